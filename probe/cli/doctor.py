"""`smtp-probe doctor`: is this machine fit to probe and to send?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from probe import settings
from probe.cli import start, values
from probe.cli.commands import Run
from probe.cli.errors import UsageError, complain, refuse_controls
from probe.cli.light import REPORT, LightParser
from probe.cli.output import (
    chosen_format,
    deliver_text,
    report_path,
    speak_utf8,
    style_for,
    write_beside,
)
from probe.model.sender_mta import MtaChoice
from probe.report.formats import Kind, formats_of

if TYPE_CHECKING:
    from probe.recording.machine import MachineJournal, MachineOptions, MachineRequest, MailHost

FORMATS = formats_of(Kind.DOCTOR)
_NETWORK = "Whom to ask"  # the headings of `check`
_SENDING = "Who sends"


def parser() -> argparse.ArgumentParser:
    """The one definition of the options of `doctor`."""
    result = LightParser(
        prog="smtp-probe doctor",
        description="Say whether this machine is fit to probe and to send: its resolver, outbound port 25,\n"
        "the address that others see, PTR and EHLO name, IPv6, the clock, the store of authorities,\n"
        "the local mail server, libraries with known traps.",
        epilog="It asks the resolver some 80 questions and greets at most four hosts of mail operators on\n"
        "port 25 (greeting and QUIT, no mail command); they are named first, on stderr.\n"
        "Exit codes: 0 fit; 1 unfit for something; 2 usage; 4 nothing could be observed.\n\n"
        "Example:\n  smtp-probe doctor\n"
        "  smtp-probe doctor --ip 192.0.2.10 --towards example.net --towards example.com",
    )
    add = result.add
    add("--towards", panel=_NETWORK, metavar="DOMAIN", action="append", help="Greet the mail hosts of this "
        "domain instead of those of large operators (repeat: two unrelated ones are needed to tell whose "
        "fault a silence is).")  # fmt: skip
    add("--offline", panel=_NETWORK, action="store_true", help="Ask nothing, connect to nobody.")
    add("--nameserver", panel=_NETWORK, metavar="IP[:PORT]", action="append", help="Look at this resolver "
        "(repeat for more). Default: the system's.")  # fmt: skip
    add("-4", "--ipv4", panel=_NETWORK, action="store_true", help="Connect over IPv4 only.")
    add("-6", "--ipv6", panel=_NETWORK, action="store_true", help="Connect over IPv6 only.")
    add("--allow-private", panel=_NETWORK, action="store_true", help="Connect to private and loopback "
        "addresses, too.")  # fmt: skip
    add("--timeout", panel=_NETWORK, metavar="S", default=f"{settings.DOCTOR_TIMEOUT:g}", help="Deadline of "
        f"the whole run in seconds. Default: {settings.DOCTOR_TIMEOUT:g}.")  # fmt: skip
    add("--ip", panel=_SENDING, metavar="IP", help="The address that mail leaves from, where others see "
        "another than this machine has.")  # fmt: skip
    add("--bind", panel=_SENDING, metavar="IP", help="Local address to connect from.")
    add("--helo", panel=_SENDING, metavar="NAME", help="The EHLO name to judge. Default: the local mail "
        "server's, else the host name.")  # fmt: skip
    add("--mta", panel=_SENDING, metavar="|".join(MtaChoice), default="auto", help="Which local mail server "
        "is read. Default: whichever is there.")  # fmt: skip
    add("--config-dir", panel=_SENDING, metavar="DIR", help="The configuration of a further instance of it.")
    result.add_report(FORMATS, verbose="Every test, and the greetings.")
    result.add("-q", "--quiet", panel=REPORT, action="store_true", help="Only what is to be mended.")
    return result


def main(argv: Sequence[str], run: Run) -> int:
    """Run `doctor` with the arguments behind its name. Returns the exit code. Raises UsageError."""
    for word in argv:
        refuse_controls(f"argument {word!r}", word)
    arguments = parser().parse_args(list(argv))
    form = chosen_format(arguments.format, Kind.DOCTOR)
    if arguments.quiet and arguments.verbose:
        raise UsageError("-q", "cannot be used together with -v")
    path = report_path(arguments.output)
    request, options = _checked(arguments)
    if not form.is_laid_out:
        speak_utf8()
    from probe import run as program

    report = program.doctor_report_of(_observe(request, options))
    verbosity = -1 if arguments.quiet else 1 if arguments.verbose else 0
    style = style_for(None if path is not None else sys.stdout, verbosity, is_paged=arguments.pager)
    text = form.write(Kind.DOCTOR, report, style)
    deliver_text(text, path, is_paged=arguments.pager, mode=form.file_mode)
    write_beside(form, Kind.DOCTOR, report)
    return form.exit_code(Kind.DOCTOR, report)


def _observe(request: MachineRequest, options: MachineOptions) -> MachineJournal:
    """What was observed, to the end or until a signal came. Raises KeyboardInterrupt if nothing was."""
    import asyncio

    from probe import run as program
    from probe.cli.ending import until_asked_to_end

    journals: list[MachineJournal] = []
    work = program.observe_machine(request, options, announce=_announce, journal_to=journals.append)
    try:
        asyncio.run(until_asked_to_end(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        if not journals:
            raise KeyboardInterrupt from None
    return journals[0]


def _announce(hosts: Sequence[MailHost], date_hosts: Sequence[str]) -> None:
    """Name whom this program is going to connect to, before it does."""
    if hosts:
        names = ", ".join(f"{it.host} [{it.ip}]" for it in hosts)
        complain(f"greeting port 25 of {names} (greeting and QUIT only)")
    if date_hosts:
        complain(f"reading the date that {' and '.join(date_hosts)} give over HTTPS")


def _checked(arguments: argparse.Namespace) -> tuple[MachineRequest, MachineOptions]:
    """The options of the run. Raises UsageError."""
    from probe.cli.choices import Reach, own_server
    from probe.recording.machine import MachineOptions, MachineRequest

    if arguments.ipv4 and arguments.ipv6:
        raise UsageError("-4", "cannot be used together with -6")
    towards = tuple(dict.fromkeys(values.domain("--towards", it) for it in arguments.towards or ()))
    if towards and arguments.offline:
        raise UsageError("--towards", "nobody is connected to with --offline; leave one of them out")
    reach = Reach.read(
        bind=arguments.bind,
        helo=arguments.helo,
        nameservers=arguments.nameserver,
        mx=None,
        port="25",
        ipv4=arguments.ipv4,
        ipv6=arguments.ipv6,
        timeout=arguments.timeout,
    )
    mta, folder = own_server(arguments.mta, arguments.config_dir)
    request = MachineRequest(
        ip=values.ip("--ip", arguments.ip) if arguments.ip is not None else None,
        bind=reach.bind,
        helo=reach.helo,
        towards=towards,
        families=reach.families,
        is_offline=arguments.offline,
        allow_private=arguments.allow_private,
    )
    options = MachineOptions(
        nameservers=reach.nameservers,
        mta=mta,
        mta_config=folder,
        timeout=reach.timeout,
        spent=start.seconds_since_start(),
    )
    return request, options
