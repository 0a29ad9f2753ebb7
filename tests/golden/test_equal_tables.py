"""The same refusals through Postfix, Exim, OpenSMTPD and sendmail give one table (operator, cause, count),
and a bounce with the same reply gives the same cause."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from probe.bounces import read_bounces
from probe.model.reply import Stage
from tests.golden.test_log_reports import report
from tests.unit.reading.log.samples import SAMPLES, Sample

PROGRAMS = ("postfix", "exim", "opensmtpd", "sendmail")
LOGS = [it for it in SAMPLES if it.basis == "produced" and it.complete and it.format.name in PROGRAMS]
# One message went to each of these domains; what is known of each: whose servers, and the cause.
TABLE = {
    "multi": ("multi.example", "user_unknown"),
    "utf8": ("utf8.example", "user_unknown"),
    "grey": ("grey.example", "greylisted"),
    "twomx": ("grey.example", "greylisted"),  # its MX hosts are those of another domain
    "block": ("block.example", "ip_blocklisted"),
    "bare": ("bare.example", "unknown"),
    "data": ("data.example", "server_error"),
    "drop": ("drop.example", "connection_failed"),
    "ehlo": ("ehlo.example", "rdns_helo"),
    "eod": ("eod.example", "auth_failed"),
    "greet421": ("greet421.example", "rate_limited"),
    "long": ("long.example", "policy_unspecified"),
    "mailfrom": ("mailfrom.example", "sender_invalid"),
    "paren": ("paren.example", "relay_denied"),
    "nohost": ("nohost.example", "bad_domain"),
    "nomxhost": ("nomxhost.example", "bad_domain"),
    "nullmx": ("nullmx.example", "bad_domain"),
    "servfail": ("servfail.example", "dns_failure"),
    "silent": ("silent.example", "connection_failed"),
    "unknown": ("unknown.example", "user_unknown"),
    "refused": ("refused.example", "connection_failed"),
}
# Where more than one message went to a domain: other tests of the same run sent them.
COUNTS = {
    ("postfix", "unknown"): 3,
    ("exim", "unknown"): 2,
    ("sendmail", "unknown"): 2,
    ("postfix", "refused"): 6,
}
# Where a program logs no reply, or another reason; each was looked up in its own log.
OWN_WAYS: Mapping[tuple[str, str], tuple[str, str] | None] = {
    ("sendmail", "nomxhost"): ("nohost.example", "bad_domain"),  # names the MX host that does not exist
    ("opensmtpd", "silent"): None,  # it still waited when the run ended
}


def _rows(which: Sample, domain: str) -> dict[tuple[str, str], int]:
    """What the aggregated table holds of a domain: operator, cause and the number of its recipients."""
    return {
        (group.operator, group.cause): count.messages
        for group in report(which.name).groups
        for count in group.domains
        if count.name == f"{domain}.example"
    }


@pytest.mark.parametrize("domain", TABLE)
@pytest.mark.parametrize("which", LOGS, ids=lambda each: each.name)
def test_every_program_gives_the_same_table(which: Sample, domain: str) -> None:
    program = which.format.name
    row = OWN_WAYS.get((program, domain), TABLE[domain])
    expected = {} if row is None else {row: COUNTS.get((program, domain), 1)}
    assert _rows(which, domain) == expected


def test_all_four_programs_are_held_to_it() -> None:
    assert {each.format.name for each in LOGS} == set(PROGRAMS)


BOUNCE = """From: MAILER-DAEMON@mail.sender.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: alice@sender.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x/mail"

--x/mail
Content-Type: text/plain; charset=utf-8

This is the mail system at host mail.sender.example.

<{recipient}>: {prose}

--x/mail
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.sender.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Remote-MTA: dns; {host}
Diagnostic-Code: smtp; {reply}

--x/mail--
"""
# The status that each program writes where the server gave none: its own, and no word of the server.
FILLER = {"postfix": "5.0.0", "exim": "5.0.0", "sendmail": "5.1.1"}
COMMANDS = {
    Stage.MAIL.value: "MAIL FROM",
    Stage.RCPT.value: "RCPT TO",
    Stage.DATA.value: "DATA",
    Stage.END_OF_DATA.value: "end of DATA",
}


@pytest.mark.parametrize("which", [it for it in LOGS if it.format.name in FILLER], ids=lambda each: each.name)
def test_a_bounce_with_the_words_of_a_log_line_has_its_cause(which: Sample) -> None:
    records = set()
    for group in report(which.name).groups:
        for wording in group.wordings:
            # what is refused for good is bounced
            if not wording.is_remote or not wording.example.startswith("5") or wording.code is None:
                continue
            words = wording.example.replace("\n", " ")
            prose = f"host mx.b.example[192.0.2.1] said: {words}"
            if wording.stage in COMMANDS:
                prose += f" (in reply to {COMMANDS[wording.stage]} command)"
            data = BOUNCE.format(
                recipient="bob@b.example",
                prose=prose,
                status=wording.enhanced_status or FILLER[which.format.name],
                host="mx.b.example",
                reply=words,
            )
            (bounced,) = read_bounces(data.encode())
            assert bounced.explanation is not None and bounced.explanation.cause is not None
            assert bounced.explanation.cause.id == group.cause, words
            records.add(group.cause)
    assert len(records) >= 5
