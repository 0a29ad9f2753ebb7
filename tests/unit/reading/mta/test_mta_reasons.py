"""Each reason why something of this host's mail server is not known: how it comes about, and what it says."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from probe.collect.sender_mta import why_not_read
from probe.model.address_parse import parse_mailbox
from probe.model.fault import fault_of
from probe.model.local_tool import (
    Call,
    FileCall,
    ToolOutput,
    ToolReason,
    ToolWhy,
    run_inquiry,
)
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.program_part import ProgramPart
from probe.model.sender_mta import MtaChoice, NoSenderMta, SenderMta
from probe.reading.mta.exim import ask_exim
from probe.reading.mta.inquiry import ask_sender_mta
from probe.reading.mta.postfix import ask_postfix
from probe.reading.mta.postfix_client import address_of, helo_of, tls_of
from probe.recording.codec import decode
from probe.recording.events import SenderMtaRead
from probe.wording.spoken import spoken
from tests.support.exact_reasons import assert_exact
from tests.unit.reading.mta.other_mta_reasons import OTHER_CASES

BOB, ALICE = parse_mailbox("bob@example.org"), parse_mailbox("alice@example.net")
LATE = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=2))
FAILED = ToolOutput("", "/usr/sbin/postconf: fatal: no such thing\n", 1)
NO_FILE = "[Errno 2] No such file or directory: '/etc/postfix/main.cf'"
ABSENT = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.FILE_UNREADABLE, text=NO_FILE))
MISSING = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.NO_PROGRAM, "x"), is_missing=True)
ROUTED = "alice@example.net\n  router = dnslookup, transport = remote\n"
SMTP = "driver = smtp\n"


def exim(
    tested: str | ToolOutput = ROUTED,
    transport: str | ToolOutput = SMTP,
    main: str = "primary_hostname = a.example\n",
    router: str = "driver = dnslookup\n",
    expanded: ToolOutput = LATE,
    about: ToolOutput | str = "Exim version 4.96 #2\n",
) -> SenderMta | NoSenderMta:
    """What is read of an Exim that prints this."""
    printed = {"-bV": about, "-bt": tested, "-be": expanded, "-brw": ""}

    def answer(call: Call) -> ToolOutput:
        if isinstance(call, FileCall):
            return ToolOutput("nameserver 192.0.2.53\n")
        if "-bP" in call.arguments:
            if isinstance(transport, ToolOutput) and "transport" in call.arguments:
                return transport
            of = {"transport": str(transport), "router": router}
            return ToolOutput(next((it for name, it in of.items() if name in call.arguments), main))
        output = next(it for name, it in printed.items() if name in call.arguments)
        return ToolOutput(output) if isinstance(output, str) else output

    return run_inquiry(ask_exim(BOB, ALICE, ""), answer)


def postfix(
    services: str = "smtp unix - - y - - smtp\n",
    tables: ToolOutput = LATE,
    failing: ToolOutput | None = None,
    lists: str = "# main.cf",
    **values: str,
) -> SenderMta | NoSenderMta:
    """What is read of a Postfix with these parameters."""
    main = {"mail_version": "3.7.11", "default_transport": "smtp", "message_size_limit": "1000", **values}

    def answer(call: Call) -> ToolOutput:
        if isinstance(call, FileCall):
            return ToolOutput(lists)
        if call.program == "postmap":
            return tables
        if "-M" in call.arguments or "-P" in call.arguments:
            return ToolOutput(services if "-M" in call.arguments else "")
        return failing or ToolOutput("".join(f"{name} = {value}\n" for name, value in main.items()))

    return run_inquiry(ask_postfix(BOB, ALICE, ""), answer)


def unconfigured_postfix(directory: str) -> SenderMta | NoSenderMta:
    """What is read where no usual directory of Postfix has a main.cf, and `directory` is the one that it was
    built for."""

    def answer(call: Call) -> ToolOutput:
        if isinstance(call, FileCall):
            return ABSENT
        return ToolOutput(f"{directory}\n") if "-d" in call.arguments else FAILED

    return run_inquiry(ask_postfix(BOB, ALICE, ""), answer)


def reasons_in(mta: SenderMta | NoSenderMta) -> Iterator[MtaWhy]:
    """All that it gives."""
    if isinstance(mta, NoSenderMta):
        yield mta.reason
        return
    facts = (mta.helo, mta.source_v4, mta.source_v6, mta.route, mta.tls, mta.size_limit)
    yield from (fact.reason for fact in facts if fact.reason is not None)


T = MtaReason
LINKS = ["alice", *map(str, range(9))]
CHAIN = "".join(f"{a}@example.net\t{b}@example.net\n" for a, b in pairwise(LINKS))
# What is read, a reason that it gives, and its sentence.
CASES: list[tuple[SenderMta | NoSenderMta, MtaReason, str]] = [
    (run_inquiry(ask_sender_mta(MtaChoice.NONE, BOB, ALICE, ""), lambda _: LATE), T.NOT_ASKED, "--mta none"),
    (run_inquiry(ask_exim(BOB, ALICE, ""), lambda _: MISSING), T.NO_PROGRAM, "no exim on this host"),
    (run_inquiry(ask_postfix(BOB, ALICE, ""), lambda _: MISSING), T.NO_PROGRAM, "no postconf on this host"),
    (
        run_inquiry(ask_exim(BOB, ALICE, "/etc/x"), lambda _: ABSENT),
        T.NO_CONFIGURATION,
        "no configuration of Exim in /etc/x",
    ),
    (
        postfix(failing=ToolOutput("", "postconf: fatal: open /etc/postfix/main.cf: No such file", 1)),
        T.NOT_CONFIGURED,
        "Postfix is installed, and not configured",
    ),
    (unconfigured_postfix("/etc/postfix"), T.NOT_CONFIGURED, "Postfix is installed, and not configured"),
    (unconfigured_postfix("/srv/mail"), T.TOOL_FAILED, "postconf: fatal: no such thing"),
    (postfix(failing=FAILED), T.TOOL_FAILED, "postconf: fatal: no such thing"),
    (exim(about=ToolOutput(exit_code=1)), T.TOOL_FAILED, "exim4 -bV: exit status 1"),
    (exim(LATE), T.NO_ANSWER, "the tools took longer than 2 s"),
    (exim("\n"), T.NO_TRANSPORT, "exim -bt named no transport"),
    (exim("\n"), T.NAME_OF_TRANSPORT, "it named no transport, which may have a name of its own"),
    (exim("alice@example.net is undeliverable: Unrouteable address\n"), T.OWN_WORDS, "Unrouteable address"),
    (exim("alice@example.net is undeliverable:\n"), T.NO_REASON, "no reason was given"),
    (exim(transport=""), T.TRANSPORT_NOT_TOLD, "what the transport remote is was not told"),
    (exim(transport=LATE), T.NO_ANSWER, "the tools took longer than 2 s"),
    (exim(transport=LATE), T.TRANSPORT_NOT_TOLD, "not told (the tools took longer than 2 s)"),
    (exim(transport="driver = pipe\n"), T.PROGRAM, "pipe"),
    (exim(transport="driver = pipe\n"), T.NO_SMTP_TRANSPORT, "there is no SMTP transport"),
    (
        exim("".join(ROUTED.replace("alice", name) for name in ("carol", "dan"))),
        T.SENT_ON,
        "it is sent on to carol@example.net, dan@example.net",
    ),
    (exim(router="driver = manualroute\n"), T.HOSTS_AT_DELIVERY, "known at the time of delivery alone"),
    (
        exim(transport=f"{SMTP}hosts_require_tls = +secure_hosts\n"),
        T.HOSTS_DIFFER,
        "it is not the same for all of the hosts",
    ),
    (
        exim(transport=f"{SMTP}hosts_require_dane = *\n"),
        T.NO_TRUST_AD,
        "DANE needs the option trust-ad in /etc/resolv.conf, which is not set",
    ),
    (exim(main=""), T.NOT_SET, "it is not set"),
    (exim(main=""), T.NO_PLAIN_LIMIT, "no limit is set, or none that is a plain number"),
    (exim(), T.SYSTEM_CHOOSES, "not set: the system chooses"),
    (exim(transport=f"{SMTP}helo_data = a b\n"), T.NO_HOST_NAME, "its value is no host name"),
    (exim(transport=f"{SMTP}helo_data = ${{run{{x}}}}\n"), T.FROM_PROGRAM, "comes from a program, which"),
    (exim(transport=f"{SMTP}helo_data = $h\n"), T.FROM_VARIABLE, "its value depends on $h"),
    (
        exim(transport=f"{SMTP}helo_data = $primary_hostname\n", expanded=ToolOutput("> Failed: x\n")),
        T.NOT_EXPANDED,
        "it could not be expanded (Failed: x)",
    ),
    (
        exim(transport=f"{SMTP}helo_data = $primary_hostname\n"),
        T.NOT_EXPANDED,
        "it could not be expanded (the tools took longer than 2 s)",
    ),
    (postfix(message_size_limit="0"), T.NO_LIMIT, "no limit is set"),
    (
        postfix(virtual_alias_maps="hash:/t", tables=ToolOutput(CHAIN)),
        T.VIRTUAL_ALIASES,
        "virtual aliases are not followed further",
    ),
    (
        postfix(virtual_alias_domains="example.net"),
        T.NO_MAILBOX,
        "it has no mailbox alice@example.net, and no alias for it",
    ),
    (
        postfix(defer_transports="smtp"),
        T.TRANSPORT_PUT_OFF,
        "mail for the transport smtp is put off (defer_transports)",
    ),
    (
        postfix(smtp_discard_ehlo_keywords="starttls", smtp_tls_security_level="encrypt"),
        T.STARTTLS_IGNORED,
        "it demands TLS (encrypt) and takes no notice that a server offers it",
    ),
    (postfix(default_transport="nosuch"), T.NO_SERVICE, "master.cf has no service nosuch"),
    (postfix(services="smtp unix - - y - - uucp\n"), T.PROGRAM, "uucp"),
    (postfix(relayhost="a:b:c"), T.NO_SERVER, "a:b:c names no server"),
    (
        postfix(transport_maps="hash:/t"),
        T.TABLE_UNREADABLE,
        "hash:/t could not be read (the tools took longer than 2 s)",
    ),
    (postfix(relay_domains="/etc/domains", lists="/more"), T.LIST_UNREAD, "/more was not read"),
    *OTHER_CASES,
]


@pytest.mark.parametrize(("mta", "tag", "says"), CASES, ids=[f"{tag}-{says}" for _, tag, says in CASES])
def test_what_is_not_known_has_a_reason(mta: SenderMta | NoSenderMta, tag: MtaReason, says: str) -> None:
    assert says in next(spoken(reason) for reason in reasons_in(mta) if reason.tag is tag)


def of_the_client() -> Iterator[MtaWhy | None]:
    """Those that the SMTP client of Postfix alone gives."""
    yield address_of({"inet_interfaces": "192.0.2.1, 192.0.2.2"}, 4, "s").reason
    yield address_of({"inet_interfaces": "mail.example.org"}, 4, "s").reason
    yield address_of({"smtp_bind_address6": "192.0.2.1"}, 6, "s").reason
    yield helo_of({"smtp_helo_name": "$nosuch"}, "s").reason
    yield tls_of({"smtp_tls_security_level": "encrypted"}, "x.org", {}, "s").reason
    yield tls_of({"smtp_tls_security_level": "dane"}, "x.org", {}, "s").reason


def test_each_reason_comes_about_and_names_its_values() -> None:
    of_client = [reason for reason in of_the_client() if reason is not None]
    assert [spoken(reason) for reason in of_client] == [
        "the system chooses among them",
        "the addresses of mail.example.org were not looked up",
        "192.0.2.1 is no IPv6 address",
        "$nosuch is no name of a host",
        "encrypted is no level of TLS that Postfix knows",
        "dane needs smtp_dns_support_level = dnssec, which is not set",
    ]
    faults = [
        fault_of(ProgramPart.SENDER_MTA, error, step=9)
        for error in (KeyError("x"), OSError(errno.EMFILE, "x"))
    ]
    of_run = [why_not_read(fault) for fault in faults]
    assert [spoken(reason) for reason in of_run] == [fault.what for fault in faults]
    earlier = decode(json.dumps({"kind": "local_mta", "at_ms": 1, "mta": None, "why": "no exim"}))
    assert isinstance(earlier, SenderMtaRead) and earlier.why is not None
    of_cases = [reason for mta, _, _ in CASES for reason in reasons_in(mta)]
    assert_exact([*of_cases, *of_client, *of_run, earlier.why], MtaReason)
