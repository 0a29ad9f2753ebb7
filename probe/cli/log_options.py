"""The options of `smtp-probe log`. Parsed with argparse, like `explain`: a log is read by cron, often."""

from __future__ import annotations

from probe.cli.errors import UsageError
from probe.cli.jobs import HELP
from probe.cli.light import LightParser
from probe.maillog.groups import Fate
from probe.reading.log.formats import FORMATS as LOG_FORMATS
from probe.report.formats import Kind, formats_of

FORMATS = formats_of(Kind.LOG)
ALERTS = ("new", "any", "never")
STATUSES = tuple(fate.value for fate in Fate)


def queue_id(text: str) -> str:
    """A queue id without what stands behind it where it is copied from: the colon of a log, the marks of
    mailq (Postfix: *, !, #). Raises UsageError for none: a script whose variable is empty."""
    result = text.strip().rstrip(":*!#")
    if not result:
        raise UsageError("--queue-id", "is empty; name the message by its queue id")
    return result


def parser() -> LightParser:
    """The one definition of the options of `log`."""
    result = LightParser(
        prog="smtp-probe log",
        description="Read mail logs and queue listings into causes: what did not get through, why,\n"
        "who must act, since when. Offline.",
        epilog="A FILE may be packed (gz, xz, bz2; zst with smtp-probe[zstd]); rotated files are read in\n"
        f"the order of time. Formats: {', '.join(row.name for row in LOG_FORMATS)}.\n\n"
        "Example:\n  smtp-probe log /var/log/mail.log\n"
        "  postqueue -j | smtp-probe log -",
    )
    result.add("files", metavar="FILE", nargs="+", help='Mail logs or queue listings; "-" is stdin.')
    result.add("--log-format", metavar="NAME", help="The format, where it is not found out by itself.")
    result.add("--since", metavar="TIME", help="Only what happened since: 2h, 14:30, 2026-11-29T14:30.")
    result.add("--until", metavar="TIME", help="Only what happened before.")
    result.add("--sender", metavar="ADDR", help="Only of this sender: an address, a domain, or <>.")
    result.add("--recipient", metavar="ADDR", help="Only to this address.")
    result.add("--domain", metavar="DOMAIN", help="Only to recipients at this domain.")
    result.add("--queue-id", type=queue_id, metavar="ID", help="Only the message with this queue id.")
    result.add(
        "--status", metavar="|".join(STATUSES), action="append", help="Only messages that ended so; repeat."
    )
    result.add("--follow", action="store_true", help="Go on as the one FILE grows; Ctrl-C ends it.")
    result.add("--internal", action="store_true", help="Count hops to filters on this machine, too.")
    result.add("--unparsed", metavar="FILE", help="Keep the lines that were not understood in FILE.")
    result.add("--addresses", action="store_true", help="Show addresses; else local parts are hashed.")
    result.add("--state", metavar="FILE", help="Remember in FILE, and say what is new since last time.")
    result.add(
        "--alert-on",
        default="never",
        metavar="|".join(ALERTS),
        help="What gives exit code 1. Default: never.",
    )
    result.add(
        "--check",
        action="store_true",
        help="With --queue-id: go on with the live check of each recipient that failed, as `check --log` "
        "does. FILE comes first; further options are those of `check`.",
    )
    result.add("--jobs", default="1", metavar="N", help=f"Read {HELP}")
    result.add_report(FORMATS, verbose="Every matter, with all its wordings.")
    return result
