"""The options that several commands share, each declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from probe import settings

SENDING = "Who sends"
MESSAGE = "What is sent"
ASKING = "Whom to ask"
CONDUCT = "How to go about it"
REPORT = "Report"

IpOption = Annotated[
    str | None,
    typer.Option(
        "--ip",
        metavar="IP",
        rich_help_panel=SENDING,
        show_default=False,
        help="The address your mail really leaves from; SPF, PTR and blocklists are judged for it. "
        "Default: the address the probe connects from.",
    ),
]
BindOption = Annotated[
    str | None,
    typer.Option(
        "--bind",
        metavar="IP",
        rich_help_panel=SENDING,
        show_default=False,
        help="Local address to connect from. Default: the system's choice.",
    ),
]
HeloOption = Annotated[
    str | None,
    typer.Option(
        "--helo",
        metavar="NAME",
        rich_help_panel=SENDING,
        show_default=False,
        help="EHLO name. Default: the PTR of the source address when it confirms, else this host's name.",
    ),
]
HeaderFromOption = Annotated[
    str | None,
    typer.Option(
        "--header-from",
        metavar="ADDR",
        rich_help_panel=SENDING,
        show_default=False,
        help="The address of the From: header, for DMARC alignment. Default: SENDER.",
    ),
]
SelectorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--selector",
        metavar="S",
        rich_help_panel=SENDING,
        show_default=False,
        help="DKIM selector to look up (repeat for more). Default: those of the sender's provider, then "
        "the common ones.",
    ),
]
MessageOption = Annotated[
    str | None,
    typer.Option(
        "--message",
        metavar="FILE",
        rich_help_panel=MESSAGE,
        show_default=False,
        help="The message to be sent (.eml): size, DKIM signature and content are assessed. It is not sent.",
    ),
]
BounceOption = Annotated[
    str | None,
    typer.Option(
        "--bounce",
        metavar="FILE",
        rich_help_panel=MESSAGE,
        show_default=False,
        help="The bounce that was received (.eml): its reply joins the evidence.",
    ),
]
LogOption = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="FILE",
        rich_help_panel=MESSAGE,
        show_default=False,
        help="The mail log of the server that sends (repeat for rotated files): its reply to this pair joins "
        "the evidence, and it tells how much goes to these mail servers. Only that is recorded.",
    ),
]
QueueIdOption = Annotated[
    str | None,
    typer.Option(
        "--queue-id",
        metavar="ID",
        rich_help_panel=MESSAGE,
        show_default=False,
        help="With --log: the message with this queue id. Default: the last of this pair.",
    ),
]
SizeOption = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="BYTES",
        rich_help_panel=MESSAGE,
        show_default=False,
        help="Planned size, when there is no file.",
    ),
]
NameserverOption = Annotated[
    list[str] | None,
    typer.Option(
        "--nameserver",
        metavar="IP[:PORT]",
        rich_help_panel=ASKING,
        show_default=False,
        help="Resolver to ask (repeat for more); a link-local one with its interface, fe80::1%eth0. "
        "Default: the system's.",
    ),
]
MxOption = Annotated[
    str | None,
    typer.Option(
        "--mx",
        metavar="HOST[:PORT]",
        rich_help_panel=ASKING,
        show_default=False,
        help="Talk to this host instead of the domain's MX.",
    ),
]
PortOption = Annotated[
    str,
    typer.Option(
        "--port", metavar="N", rich_help_panel=ASKING, show_default=False, help="SMTP port. Default: 25."
    ),
]
Ipv4Option = Annotated[
    bool, typer.Option("-4", rich_help_panel=ASKING, show_default=False, help="IPv4 only.")
]
Ipv6Option = Annotated[
    bool, typer.Option("-6", rich_help_panel=ASKING, show_default=False, help="IPv6 only.")
]
NoDnsblOption = Annotated[
    bool,
    typer.Option("--no-dnsbl", rich_help_panel=ASKING, show_default=False, help="Leave the blocklists out."),
]
DnsblOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dnsbl",
        metavar="ZONE",
        rich_help_panel=ASKING,
        show_default=False,
        help="Ask this blocklist (repeat for more) instead of the built-in set.",
    ),
]
NoSmtpOption = Annotated[
    bool,
    typer.Option(
        "--no-smtp", rich_help_panel=CONDUCT, show_default=False, help="DNS only; connect to no mail server."
    ),
]
TlsOption = Annotated[
    str,
    typer.Option(
        "--tls",
        metavar="auto|require|encrypt|dane|never",
        rich_help_panel=CONDUCT,
        show_default=False,
        help="STARTTLS. auto (default): as this host's mail server demands; without one, used when offered, "
        "the certificate judged and reported, not enforced. require: nothing is asked without TLS and a "
        "certificate that verifies; encrypt: without TLS; dane: as auto, and DANE is enforced.",
    ),
]
MtaOption = Annotated[
    str,
    typer.Option(
        "--mta",
        metavar="auto|postfix|exim|sendmail|opensmtpd|none",
        rich_help_panel=SENDING,
        show_default=False,
        help="Take EHLO name, source address, family, TLS demand and route from the configuration of this "
        "host's mail server, where they are not given. auto (default): whichever is there; none: of no "
        "server (as with SMTP_PROBE_MTA=none in the environment).",
    ),
]
ConfigDirOption = Annotated[
    str | None,
    typer.Option(
        "--config-dir",
        metavar="DIR",
        rich_help_panel=SENDING,
        show_default=False,
        help="The configuration of a further instance of the mail server. Default: the main one.",
    ),
]
RouteOption = Annotated[
    str,
    typer.Option(
        "--route",
        metavar="mta|mx",
        rich_help_panel=ASKING,
        show_default=False,
        help="Whom to ask where this host's mail server hands the mail to a relay: that relay (mta, the "
        "default), or the MX with the server's EHLO name, address and family (mx).",
    ),
]
ControlsOption = Annotated[
    str,
    typer.Option(
        "--controls",
        metavar="auto|always|never",
        rich_help_panel=CONDUCT,
        show_default=False,
        help="Control experiments: postmaster, a made-up mailbox, the null reverse-path, another MX host, "
        "the other address family, without TLS. auto (default): only after a refusal that its own text does "
        "not settle, and only those that can change the report.",
    ),
]
AllowPrivateOption = Annotated[
    bool,
    typer.Option(
        "--allow-private",
        rich_help_panel=CONDUCT,
        show_default=False,
        help="Connect to private and loopback addresses too.",
    ),
]
TimeoutOption = Annotated[
    str,
    typer.Option(
        "--timeout",
        metavar="S",
        rich_help_panel=CONDUCT,
        show_default=False,
        help=f"Deadline of the whole run in seconds. Default: {settings.RUN_TIMEOUT:g}.",
    ),
]
FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="text|json|markdown",
        rich_help_panel=REPORT,
        show_default=False,
        help="Report format. Default: text.",
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        rich_help_panel=REPORT,
        show_default=False,
        help="Write the report to FILE.",
    ),
]
FailOnOption = Annotated[
    str,
    typer.Option(
        "--fail-on",
        metavar="error|warning|never",
        rich_help_panel=REPORT,
        show_default=False,
        help="Which findings turn an accepted RCPT into exit code 5. Default: error.",
    ),
]
SeveritiesOption = Annotated[
    str | None,
    typer.Option(
        "--severities",
        metavar="FILE",
        rich_help_panel=REPORT,
        show_default=False,
        help='How much findings matter to you: a TOML file of lines such as spf-softfail = "error", by the '
        "tags that `smtp-probe checks ID` lists.",
    ),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "-q", "--quiet", rich_help_panel=REPORT, show_default=False, help="Only the verdict and the cause."
    ),
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "-v",
        "--verbose",
        rich_help_panel=REPORT,
        show_default=False,
        help="Every DNS answer and the full dialogue as well.",
    ),
]
PagerOption = Annotated[
    bool,
    typer.Option(
        "--pager",
        rich_help_panel=REPORT,
        show_default=False,
        help="Show a report that is longer than the screen page by page, with $PAGER or less -FRX. Default: "
        "it is folded, the verdict last.",
    ),
]

DEFAULT_TIMEOUT = f"{settings.RUN_TIMEOUT:g}"
