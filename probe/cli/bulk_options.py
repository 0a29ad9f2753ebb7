"""The options of `smtp-probe bulk`, read and checked."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from probe._dataclass import dataclass, replace
from probe.bulk.gate import ON_ANSWERS, Limit, read_limits
from probe.cli import choices, values
from probe.cli.bulk_progress import ProgressForm
from probe.cli.errors import UsageError, complain, refuse_controls
from probe.cli.light import LightParser
from probe.cli.output import report_path
from probe.model.address import AddressError, NullReversePath, ReversePath
from probe.model.address_parse import describe, parse_reverse_path
from probe.model.sender_mta import MtaChoice
from probe.model.target import Options
from probe.model.verdict import Extent
from probe.reading.list.layout import ListForm
from probe.report.formats import Format, Kind, formats_of
from probe.settings import BULK_COURTESY, BULK_PARALLEL, RUN_TIMEOUT

if TYPE_CHECKING:
    from probe.cli.bulk_dask import DaskAddress

FORMATS = formats_of(Kind.BULK)
ROW_FORMATS = ("csv", "jsonl")
_BY_SUFFIX = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".md": "markdown"}
_AGE = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)
_MOST_PARALLEL = 500
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LISTS = ("auto", *(form.value for form in ListForm))


def parser() -> LightParser:
    """The one definition of the options of `bulk`."""
    result = LightParser(
        prog="smtp-probe bulk",
        description="Look at a whole list before a send: which rows are no addresses, which domains take no\n"
        "mail, who runs the others. DNS alone is asked, each domain once; with --smtp one session is\n"
        "held with each operator, with --rcpt mailboxes are asked about, slowly. Nothing is sent.",
        epilog="Rows go to -o FILE.csv or FILE.jsonl (or with --format csv or jsonl to stdout), the summary\n"
        "to stdout. Stopped or killed at any moment, the same command goes on where it was; its\n"
        "state is FILE.csv.state.\n"
        "Exit codes: 0 nothing to act on; 1 a gate of --fail-over failed; 2 usage; 4 nothing could be\n"
        "observed.\n\n"
        "Example:\n  smtp-probe bulk list.csv -o rows.jsonl --fail-over refused=2%,unknown=20%\n"
        "  smtp-probe bulk list.csv --offline",
    )
    result.add(
        "file",
        nargs="?",
        metavar="FILE",
        help='Addresses or domains: CSV, JSON Lines or plain; "-" is stdin.',
    )
    result.add("--column", metavar="NAME|N", help="The column of a CSV file, or the key of JSON Lines.")
    result.add(
        "--input-format",
        metavar="|".join(_LISTS),
        default="auto",
        help="How FILE is laid out. Default: auto.",
    )
    result.add("--offline", action="store_true", help="Only read the list; nothing is asked.")
    result.add(
        "--plan",
        action="store_true",
        help="Say what a run takes: rows, domains, operators, questions, time. MX records alone are asked "
        "for; with --offline not even those.",
    )
    _add_servers(result)
    result.add(
        "--nameserver",
        metavar="IP[:PORT]",
        action="append",
        help="Resolver to ask (repeat for more). Default: the system's.",
    )
    result.add(
        "--allow-private", action="store_true", help="Take private and loopback addresses for real ones."
    )
    result.add("--unordered", action="store_true", help="Write rows as they are known, not in input order.")
    result.add("--fresh", action="store_true", help="Begin anew, whatever the output or its state holds.")
    result.add(
        "--again",
        action="store_true",
        help="When going on: what is neither accepted nor refused for good is asked again.",
    )
    result.add(
        "--max-age",
        metavar="AGE",
        default="7d",
        help="When going on: what is older (7d, 12h, 30m) is asked again. Default: 7d.",
    )
    result.add(
        "--fail-over",
        metavar="NAME=LIMIT,...",
        help="Exit with 1 where more rows than these are refused, unknown, malformed, duplicate or typo. "
        "A LIMIT is a number of rows, or a percentage of all.",
    )
    result.add("--summary", metavar="FILE", help="Write the summary as JSON, too (schema: bulk).")
    result.add(
        "--progress",
        metavar="auto|jsonl|none",
        default="auto",
        help="On stderr: a line that is rewritten on a terminal, else one every 30 s; or JSON Lines.",
    )
    result.add_report(FORMATS, verbose="All malformed rows, slips and operators.")
    return result


def _add_servers(result: LightParser) -> None:
    """How far the questions go, and how mail servers are reached."""
    result.add(
        "--smtp",
        action="store_true",
        help="Ask the mail servers, too: one session for each operator, up to EHLO and STARTTLS.",
    )
    result.add(
        "--rcpt",
        action="store_true",
        help=f"Ask about mailboxes, too: one session at a time with an operator, "
        f"{BULK_COURTESY.rcpt_a_session} RCPT each, {BULK_COURTESY.session_pause:g} s between two, "
        f"{BULK_COURTESY.mailboxes_an_hour} an hour, and a pause of "
        f"{BULK_COURTESY.guest_pause / 60:g} min after words about this machine. An accepted RCPT is no "
        "proof of a mailbox; of a domain that takes every recipient none is asked about.",
    )
    result.add(
        "--sender", metavar="ADDR", default="<>", help="With --rcpt: MAIL FROM. Default: <>, the null sender."
    )
    result.add("--helo", metavar="NAME", help="EHLO name. Default: as check has it.")
    result.add("--bind", metavar="IP", help="Local address to connect from. Default: as check has it.")
    result.add("--port", metavar="N", default="25", help="SMTP port. Default: 25.")
    result.add("-4", dest="ipv4", action="store_true", help="IPv4 only.")
    result.add("-6", dest="ipv6", action="store_true", help="IPv6 only.")
    result.add(
        "--mta",
        metavar="|".join(it.value for it in MtaChoice),
        default="auto",
        help="With --rcpt: take EHLO name, source address, family and demand of TLS from this host's mail "
        "server, as check does. Default: auto.",
    )
    result.add(
        "--dask",
        metavar="ADDRESS",
        help="Let the workers of this Dask scheduler ask: tcp://HOST:PORT, tls://HOST:PORT, or local:N for "
        "N processes here. Needs smtp-probe[dask].",
    )
    result.add(
        "--dask-tls",
        metavar="CA,CERT,KEY",
        help="For tls://: the authority, a certificate and its key, in PEM.",
    )
    result.add("--dask-insecure", action="store_true", help="Take tcp:// to another host, in the clear.")
    result.add(
        "--dask-worker",
        metavar="ADDRESS",
        help="Be a worker of that scheduler, with --bind, --helo, -4 and -6 of its own; no FILE.",
    )
    result.add(
        "--parallel",
        metavar="N",
        default=str(BULK_PARALLEL),
        help=f"Operators asked at once; no operator sees more for it. Default: {BULK_PARALLEL}.",
    )


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What was asked for, checked. `output` is the file of -o; `extent` says how far the
    questions go, `server` how mail servers are reached, `sender` in whose name."""

    file: str
    column: str | None
    list_form: ListForm | None
    is_offline: bool
    is_plan: bool
    extent: Extent
    sender: ReversePath
    server: Options
    parallel: int
    dask: DaskAddress | None
    in_order: bool
    is_fresh: bool
    is_again: bool
    max_age: int
    limits: tuple[Limit, ...]
    summary: Path | None
    progress: ProgressForm
    form: Format
    output: Path | None
    verbosity: int
    is_paged: bool

    @property
    def asks_servers(self) -> bool:
        """Whether mail servers are asked."""
        return self.extent is not Extent.DNS and not self.is_offline and not self.is_plan

    @property
    def has_rows(self) -> bool:
        """Whether -o or stdout gets rows, and not the summary."""
        return self.form.name in ROW_FORMATS

    @property
    def state_path(self) -> Path | None:
        """Where the state is kept; None: nowhere that lasts."""
        if self.output is None or not self.has_rows:
            return None
        return self.output.with_name(f"{self.output.name}.state")


def read_options(arguments: argparse.Namespace) -> BulkOptions:
    """Check what the command line says. Raises UsageError."""
    for name, value in vars(arguments).items():
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str):
                refuse_controls("FILE" if name == "file" else f"--{name.replace('_', '-')}", text)
    if arguments.file is None:
        raise UsageError("FILE", 'is missing: addresses or domains; "-" is stdin')
    output = report_path(arguments.output)
    if output is not None:
        values.output_file("-o", str(output))
    if arguments.input_format not in _LISTS:
        raise UsageError("--input-format", f"{arguments.input_format!r} is not one of {', '.join(_LISTS)}")
    list_form = None if arguments.input_format == "auto" else ListForm(arguments.input_format)
    summary = arguments.summary
    options = BulkOptions(
        file=arguments.file,
        column=arguments.column,
        list_form=list_form,
        is_offline=arguments.offline,
        is_plan=arguments.plan,
        extent=_extent(arguments),
        sender=_sender(arguments),
        server=_server(arguments),
        parallel=_parallel(arguments.parallel),
        dask=_dask(arguments),
        in_order=not arguments.unordered,
        is_fresh=arguments.fresh,
        is_again=arguments.again,
        max_age=_age(arguments.max_age),
        limits=_limits(arguments),
        summary=values.output_file("--summary", summary) if summary is not None else None,
        progress=values.choice("--progress", arguments.progress, ProgressForm),
        form=_form(arguments.format, output),
        output=output,
        verbosity=int(arguments.verbose),
        is_paged=arguments.pager,
    )
    if options.is_plan and options.has_rows:
        raise UsageError(
            "--plan", f"writes no rows; take --format text, markdown or json, not {options.form.name}"
        )
    _refuse_no_file(options)
    _refuse_same_file(options)
    _tell_of_no_rows(options)
    return options


def _extent(arguments: argparse.Namespace) -> Extent:
    for option in ("--smtp", "--rcpt"):
        if getattr(arguments, option[2:]) and arguments.offline and not arguments.plan:
            raise UsageError(option, "asks mail servers, and --offline asks nobody")
    return Extent.MAILBOX if arguments.rcpt else Extent.SERVER if arguments.smtp else Extent.DNS


def _server(arguments: argparse.Namespace) -> Options:
    reach = choices.Reach.read(
        bind=arguments.bind,
        helo=arguments.helo,
        nameservers=arguments.nameserver,
        mx=None,
        port=arguments.port,
        ipv4=arguments.ipv4,
        ipv6=arguments.ipv6,
        timeout=f"{RUN_TIMEOUT:g}",
    )
    options = reach.options(tls="auto", smtp=True, allow_private=arguments.allow_private, fail_on="never")
    return replace(choices.as_server(options, arguments.mta, None, "mx"), seed=1)


def _sender(arguments: argparse.Namespace) -> ReversePath:
    try:
        result = parse_reverse_path(arguments.sender)
    except AddressError as error:
        raise UsageError("--sender", describe(error)) from None
    if not arguments.rcpt and result != NullReversePath():
        raise UsageError("--sender", "is named to mail servers with --rcpt alone; give that, too")
    return result


def _dask(arguments: argparse.Namespace) -> DaskAddress | None:
    if arguments.dask is None:
        return None
    from probe.cli.bulk_dask import read_address

    if _extent(arguments) is Extent.DNS:
        raise UsageError("--dask", "spreads what is asked of mail servers; give --smtp or --rcpt, too")
    return read_address("--dask", arguments.dask, arguments.dask_tls, is_insecure=arguments.dask_insecure)


def worker_options(arguments: argparse.Namespace) -> tuple[DaskAddress, Options] | None:
    """The scheduler of --dask-worker, and how its sessions are made; None without. Raises UsageError."""
    if arguments.dask_worker is None:
        return None
    from probe.cli.bulk_dask import read_address

    refuse_controls("--dask-worker", arguments.dask_worker)
    if arguments.file is not None:
        raise UsageError("--dask-worker", f"takes no list ({arguments.file}); the driver has it")
    place = (arguments.dask_worker, arguments.dask_tls)
    return read_address("--dask-worker", *place, is_insecure=arguments.dask_insecure), _server(arguments)


def _parallel(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= _MOST_PARALLEL):
        raise UsageError("--parallel", f"{text!r} is no number from 1 to {_MOST_PARALLEL}")
    return int(text)


def _form(name: str, output: Path | None) -> Format:
    if name == "text" and output is not None:
        name = _BY_SUFFIX.get(output.suffix.lower(), name)
    if name not in FORMATS:
        raise UsageError("--format", f"{name!r} is not one of {', '.join(FORMATS)}")
    return FORMATS[name]


def _age(text: str) -> int:
    match = _AGE.fullmatch(text)
    if match is None:
        raise UsageError("--max-age", f"{text!r} is no age; write 7d, 12h, 30m or 90s")
    return int(match[1]) * _UNITS[match[2]]


def _limits(arguments: argparse.Namespace) -> tuple[Limit, ...]:
    """The gate. One on answers is no gate where nobody is asked: it would always pass."""
    if arguments.fail_over is None:
        return ()
    try:
        limits = read_limits(arguments.fail_over)
    except ValueError as problem:
        raise UsageError("--fail-over", str(problem)) from None
    alone = "--offline" if arguments.offline else "--plan" if arguments.plan else ""
    on_answers = next((it.name for it in limits if it.name in ON_ANSWERS), None)
    if alone and on_answers is not None:
        raise UsageError("--fail-over", f"{on_answers} is not known with {alone}, which asks for no verdict")
    return limits


def _tell_of_no_rows(options: BulkOptions) -> None:
    """A name without an ending that rows have is meant for them as often as for the summary."""
    if options.output is not None and options.form.name == "text":
        where = f"{options.output} gets the summary alone"
        complain(f"bulk: {where}; rows, and a run that can be gone on with, need a name in .csv or .jsonl")


def _refuse_no_file(options: BulkOptions) -> None:
    """A run goes on where its output ends, which a device or a pipe cannot say."""
    output = options.output
    if not options.has_rows or output is None:
        return
    if output.is_relative_to("/dev") or (output.exists() and not output.is_file()):
        problem = f"{output} is a device or a pipe; without -o, --format {options.form.name} writes to stdout"
        raise UsageError("-o", problem)


def _refuse_same_file(options: BulkOptions) -> None:
    """The list is never written over."""
    for name, path in (("-o", options.output), ("--summary", options.summary)):
        if path is None or not path.exists():
            continue
        if options.file != "-" and Path(options.file).exists() and path.samefile(options.file):
            raise UsageError(name, f"{path} is the list itself; name another file")
    if options.output is not None and options.summary == options.output:
        raise UsageError("--summary", f"{options.summary} is the output, too; name another file")
