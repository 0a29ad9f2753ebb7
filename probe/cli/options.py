"""The options that several commands share, each declared once."""

from __future__ import annotations

from typing import Annotated

from probe import settings
from probe.cli.parameters import Option
from probe.report.formats import Kind, formats_of

SENDING = "Who sends"
MESSAGE = "What is sent"
ASKING = "Whom to ask"
CONDUCT = "How to go about it"
REPORT = "Report"

IpOption = Annotated[
    str | None,
    Option(
        "--ip",
        metavar="IP",
        panel=SENDING,
        help="The address your mail really leaves from; SPF, PTR and blocklists are judged for it. "
        "Default: the address the probe connects from.",
    ),
]
BindOption = Annotated[
    str | None,
    Option(
        "--bind",
        metavar="IP",
        panel=SENDING,
        help="Local address to connect from. Default: the system's choice.",
    ),
]
HeloOption = Annotated[
    str | None,
    Option(
        "--helo",
        metavar="NAME",
        panel=SENDING,
        help="EHLO name. Default: the PTR of the source address when it confirms, else this host's name.",
    ),
]
HeaderFromOption = Annotated[
    str | None,
    Option(
        "--header-from",
        metavar="ADDR",
        panel=SENDING,
        help="The address of the From: header, for DMARC alignment. Default: SENDER.",
    ),
]
SelectorOption = Annotated[
    list[str] | None,
    Option(
        "--selector",
        metavar="S",
        panel=SENDING,
        help="DKIM selector to look up (repeat for more). Default: those of the sender's provider, then "
        "the common ones.",
    ),
]
MessageOption = Annotated[
    str | None,
    Option(
        "--message",
        metavar="FILE",
        panel=MESSAGE,
        help="The message to be sent (.eml): size, DKIM signature and content are assessed. It is not sent.",
    ),
]
BounceOption = Annotated[
    str | None,
    Option(
        "--bounce",
        metavar="FILE",
        panel=MESSAGE,
        help="The bounce that was received (.eml): its reply joins the evidence.",
    ),
]
LogOption = Annotated[
    list[str] | None,
    Option(
        "--log",
        metavar="FILE",
        panel=MESSAGE,
        help="The mail log of the server that sends (repeat for rotated files): its reply to this pair joins "
        "the evidence, and it tells how much goes to these mail servers. Only that is recorded.",
    ),
]
QueueIdOption = Annotated[
    str | None,
    Option(
        "--queue-id",
        metavar="ID",
        panel=MESSAGE,
        help="With --log: the message with this queue id. Default: the last of this pair.",
    ),
]
SizeOption = Annotated[
    str | None,
    Option(
        "--size",
        metavar="BYTES",
        panel=MESSAGE,
        help="Planned size, when there is no file.",
    ),
]
NameserverOption = Annotated[
    list[str] | None,
    Option(
        "--nameserver",
        metavar="IP[:PORT]",
        panel=ASKING,
        help="Resolver to ask (repeat for more); a link-local one with its interface, fe80::1%eth0. "
        "Default: the system's.",
    ),
]
MxOption = Annotated[
    str | None,
    Option(
        "--mx",
        metavar="HOST[:PORT]",
        panel=ASKING,
        help="Talk to this host instead of the domain's MX.",
    ),
]
PortOption = Annotated[
    str,
    Option("--port", metavar="N", panel=ASKING, help="SMTP port. Default: 25."),
]
Ipv4Option = Annotated[bool, Option("-4", panel=ASKING, help="IPv4 only.")]
Ipv6Option = Annotated[bool, Option("-6", panel=ASKING, help="IPv6 only.")]
NoDnsblOption = Annotated[
    bool,
    Option("--no-dnsbl", panel=ASKING, help="Leave the blocklists out."),
]
DnsblOption = Annotated[
    list[str] | None,
    Option(
        "--dnsbl",
        metavar="ZONE",
        panel=ASKING,
        help="Ask this blocklist (repeat for more) instead of the built-in set.",
    ),
]
NoSmtpOption = Annotated[
    bool,
    Option("--no-smtp", panel=CONDUCT, help="DNS only; connect to no mail server."),
]
TlsOption = Annotated[
    str,
    Option(
        "--tls",
        metavar="auto|require|encrypt|dane|never",
        panel=CONDUCT,
        help="STARTTLS. auto (default): as this host's mail server demands; without one, used when offered, "
        "the certificate judged and reported, not enforced. require: nothing is asked without TLS and a "
        "certificate that verifies; encrypt: without TLS; dane: as auto, and DANE is enforced.",
    ),
]
MtaOption = Annotated[
    str,
    Option(
        "--mta",
        metavar="auto|postfix|exim|sendmail|opensmtpd|none",
        panel=SENDING,
        help="Take EHLO name, source address, family, TLS demand and route from the configuration of this "
        "host's mail server, where they are not given. auto (default): whichever is there; none: of no "
        "server (as with SMTP_PROBE_MTA=none in the environment).",
    ),
]
ConfigDirOption = Annotated[
    str | None,
    Option(
        "--config-dir",
        metavar="DIR",
        panel=SENDING,
        help="The configuration of a further instance of the mail server. Default: the main one.",
    ),
]
RouteOption = Annotated[
    str,
    Option(
        "--route",
        metavar="mta|mx",
        panel=ASKING,
        help="Whom to ask where this host's mail server hands the mail to a relay: that relay (mta, the "
        "default), or the MX with the server's EHLO name, address and family (mx).",
    ),
]
ControlsOption = Annotated[
    str,
    Option(
        "--controls",
        metavar="auto|always|never",
        panel=CONDUCT,
        help="Control experiments: postmaster, a made-up mailbox, the null reverse-path, another MX host, "
        "the other address family, without TLS. auto (default): only after a refusal that its own text does "
        "not settle, and only those that can change the report.",
    ),
]
AllowPrivateOption = Annotated[
    bool,
    Option(
        "--allow-private",
        panel=CONDUCT,
        help="Connect to private and loopback addresses too.",
    ),
]
TimeoutOption = Annotated[
    str | None,
    Option(
        "--timeout",
        metavar="S",
        panel=CONDUCT,
        help=f"Deadline of the whole run in seconds. Default: {settings.RUN_TIMEOUT:g}; with --format nagios "
        f"{settings.PLUGIN_TIMEOUT:g}.",
    ),
]
FormatOption = Annotated[
    str,
    Option(
        "--format",
        metavar="|".join(formats_of(Kind.RUN)),
        panel=REPORT,
        help="Report format. Default: text.",
    ),
]
WarningOption = Annotated[
    list[str] | None,
    Option(
        "-w --warning",
        metavar="14d,10s",
        panel=REPORT,
        help="With --format nagios: a warning where the certificate ends in fewer days (d), or the run takes "
        "more seconds (s). Default: 14d.",
    ),
]
CriticalOption = Annotated[
    list[str] | None,
    Option(
        "-c --critical",
        metavar="3d,30s",
        panel=REPORT,
        help="With --format nagios: critical, likewise. Default: none.",
    ),
]
OutputOption = Annotated[
    str | None,
    Option(
        "-o --output",
        metavar="FILE",
        panel=REPORT,
        help="Write the report to FILE.",
    ),
]
FailOnOption = Annotated[
    str,
    Option(
        "--fail-on",
        metavar="error|warning|never",
        panel=REPORT,
        help="Which findings turn an accepted RCPT into exit code 5. Default: error.",
    ),
]
SeveritiesOption = Annotated[
    str | None,
    Option(
        "--severities",
        metavar="FILE",
        panel=REPORT,
        help='How much findings matter to you: a TOML file of lines such as spf-softfail = "error", by the '
        "tags that `smtp-probe checks ID` lists.",
    ),
]
QuietOption = Annotated[
    bool,
    Option("-q --quiet", panel=REPORT, help="Only the verdict and the cause."),
]
VerboseOption = Annotated[
    bool,
    Option(
        "-v --verbose",
        panel=REPORT,
        help="Every DNS answer and the full dialogue as well.",
    ),
]
PagerOption = Annotated[
    bool,
    Option(
        "--pager",
        panel=REPORT,
        help="Show a report that is longer than the screen page by page, with $PAGER or less -FRX. Default: "
        "it is folded, the verdict last.",
    ),
]
