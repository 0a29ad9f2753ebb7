"""What is read of a sendmail or an OpenSMTPD that prints little, each with a reason that it gives."""

from __future__ import annotations

from collections.abc import Mapping

from probe.model.address_parse import parse_mailbox
from probe.model.local_tool import Call, FileCall, ToolOutput, ToolReason, ToolWhy, run_inquiry
from probe.model.mta_reason import MtaReason
from probe.model.sender_mta import NoSenderMta, SenderMta
from probe.reading.mta.opensmtpd import ask_opensmtpd
from probe.reading.mta.sendmail import ask_sendmail

T = MtaReason
BOB, ALICE = parse_mailbox("bob@example.org"), parse_mailbox("alice@example.net")
NO_FILE = "[Errno 2] No such file or directory: 'x'"
ABSENT = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.FILE_UNREADABLE, path="x", text=NO_FILE))
MISSING = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.NO_PROGRAM, "x"), is_missing=True)
LATE = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=2))
MAILERS = (
    "mailer 0 (local): P=/bin/true S=a/b M=0 U=-1:-1 F=lsDFM L=0 E=\\n r=100 A=true\n"
    "mailer 1 (esmtp): P=[IPC] S=a/b M=0 U=-1:-1 F=mDFMX L=990 E=\\r\\n r=100 A=TCP $h"
)
TO_MX = "mailer esmtp, host example.net., user alice@example.net"
NO_ERROR = "tls_server returns: OK"
ERROR = "tls_server returns: $# error $@ 4 . 7 . 0 $: no"


def _tls(without: str = NO_ERROR, unknown: str = NO_ERROR, trusted: str = NO_ERROR) -> str:
    answers = ["", "", "try_tls returns: OK", "", "", without, "", "", "", unknown, "", "", "", trusted, ""]
    return "".join(f"> {answer}\n" if answer else "> " for answer in answers)


def sendmail(
    config: str = "",
    parse_answer: str = TO_MX,
    name: str = "mail.example.org",
    mx: str = "getmxrr(example.net) returns 1 value(s):\n\tmx.example.net.",
    tls: Mapping[str, str] | ToolOutput | None = None,
    tested: ToolOutput | None = None,
    recipient: str = "alice@example.net",
) -> SenderMta | NoSenderMta:
    """`tls` are the answers on TLS by host."""
    route = f"Version 8.17.1\n Compiled with: STARTTLS\n> {name}\n> {MAILERS}\n> > {parse_answer}\n> {mx}\n> "

    def answer(call: Call) -> ToolOutput:
        if isinstance(call, FileCall):
            return ToolOutput(config) if call.path == "/etc/mail/sendmail.cf" else ABSENT
        if call.program != "sendmail-mta":
            return MISSING
        if "/parse" in call.stdin:
            return tested or ToolOutput(route)
        if isinstance(tls, ToolOutput):
            return tls
        host = call.stdin.partition("{server_name}")[2].partition("\n")[0]
        return ToolOutput((tls or {}).get(host, _tls()))

    return run_inquiry(ask_sendmail(BOB, parse_mailbox(recipient), ""), answer)


def opensmtpd(
    config: str = 'action "out" relay\nmatch for any action "out"\n',
    host: str = "mail.example.org",
    check: ToolOutput | None = None,
    about: ToolOutput | None = None,
) -> SenderMta | NoSenderMta:
    """With this smtpd.conf, and no further file."""

    def answer(call: Call) -> ToolOutput:
        if isinstance(call, FileCall):
            return ToolOutput(config) if call.path == "/etc/smtpd.conf" else ABSENT
        if call.program == "hostname":
            return ToolOutput(f"{host}\n")
        if "-h" in call.arguments:
            return about or ToolOutput("", "version: OpenSMTPD 6.8.0p2\n", 1)
        return check or ToolOutput("configuration OK\n")

    return run_inquiry(ask_opensmtpd(BOB, ALICE, ""), answer)


def _action(options: str) -> str:
    return f'action "out" relay {options}\nmatch for any action "out"\n'


OTHER_CASES: list[tuple[SenderMta | NoSenderMta, MtaReason, str]] = [
    (run_inquiry(ask_sendmail(BOB, ALICE, ""), lambda _: ABSENT), T.NO_FILE, "no /etc/mail/sendmail.cf"),
    (run_inquiry(ask_opensmtpd(BOB, ALICE, "/x"), lambda _: ABSENT), T.NO_FILE, "no /x on this host"),
    (sendmail(tested=MISSING), T.NO_PROGRAM, "no sendmail on this host"),
    (sendmail(tested=LATE), T.TOOL_FAILED, "sendmail -bt: the tools took longer than 2 s"),
    (sendmail(tested=ToolOutput("ssmtp: not supported")), T.NO_PROGRAM, "no sendmail on this host"),
    (sendmail(parse_answer="alice... 553 5.1.3 no"), T.NO_ROUTE, "sendmail -bt /parse named no route"),
    (sendmail(recipient="al$j@example.net"), T.NO_ROUTE, "named no route"),
    (sendmail(parse_answer="mailer uucp, host x, user y"), T.TRANSPORT_NOT_TOLD, "uucp"),
    (sendmail(parse_answer="mailer *error*, host 5.1.2, user "), T.NO_REASON, "no reason was given"),
    (sendmail(parse_answer="mailer *error*, host 4.1.2, user later"), T.OWN_WORDS, "later"),
    (sendmail(parse_answer=TO_MX.replace("alice", "carol")), T.SENT_ON, "it is sent on to carol@example.net"),
    (sendmail(parse_answer="mailer esmtp, host , user alice@example.net"), T.NO_SERVER, "names no server"),
    (sendmail("O ClientPortOptions=Family=inet, Modifier=h"), T.NAME_OF_INTERFACE, "name of the interface"),
    (sendmail("O ClientPortOptions=Addr=mail.example.org"), T.NOT_LOOKED_UP, "were not looked up"),
    (sendmail("O ClientPortOptions=Family=inet6, Addr=192.0.2.1"), T.NO_ADDRESS, "192.0.2.1 is no IPv6"),
    (sendmail("O HeloName=a b"), T.NO_HOST, "a b is no name of a host"),
    (sendmail(name=""), T.NOT_SET, "it is not set"),
    (sendmail(), T.NO_LIMIT, "no limit is set"),
    (sendmail(parse_answer="mailer local, user alice"), T.NO_SMTP_TRANSPORT, "there is no SMTP transport"),
    (sendmail(tls=LATE), T.NO_ANSWER, "the tools took longer than 2 s"),
    (sendmail(tls={"mx.example.net": _tls(ERROR, ERROR, ERROR)}), T.CERTIFICATE_NOT_TOLD, "is not told"),
    (
        sendmail(
            mx="getmxrr(example.net) returns 2 value(s):\n\ta.example.\n\tb.example.",
            tls={"a.example": _tls(ERROR)},
        ),
        T.HOSTS_DIFFER,
        "it is not the same for all of the hosts",
    ),
    (opensmtpd(about=MISSING), T.NO_PROGRAM, "no smtpd on this host"),
    (opensmtpd(check=ToolOutput("", "x:1: syntax error\n", 1)), T.TOOL_FAILED, "smtpd -n: x:1: syntax error"),
    (opensmtpd("match for domain example.com reject\n"), T.NO_RULE, "no rule takes this mail"),
    (opensmtpd("match for any reject\n"), T.RULE_REJECTS, "a rule rejects this mail"),
    (opensmtpd("match helo x for any reject\n"), T.RULE_NOT_SURE, "depends on what only the server knows"),
    (opensmtpd("match for any action x\n"), T.TRANSPORT_NOT_TOLD, "what the transport x is"),
    (opensmtpd('action x mda "/bin/true"\nmatch for any action x\n'), T.PROGRAM, "mda"),
    (opensmtpd('include "/x"\n'), T.LIST_UNREAD, "/x was not read"),
    (opensmtpd(_action("host <nosuch>")), T.LIST_UNREAD, "nosuch was not read"),
    (opensmtpd(_action("src { 192.0.2.1, 192.0.2.2 }")), T.SYSTEM_CHOOSES_AMONG, "among them"),
    (opensmtpd(host=""), T.NOT_SET, "it is not set"),
    (opensmtpd("smtp max-message-size 0\nmatch for any reject\n"), T.NO_PLAIN_LIMIT, "plain number"),
]
