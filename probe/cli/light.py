"""Shared code of commands that use argparse, because loading typer would take longer than the command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn

from probe.cli.errors import UsageError

_WIDTH = 80  # columns of a layout that nobody sees
OPTIONS = "Options"
REPORT = "Report"


class LightParser(argparse.ArgumentParser):
    """The options of one command; `prog` ends with its name. Bad arguments raise UsageError. Its help looks
    like that of the typer commands."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        self.panels: dict[str, list[argparse.Action]] = {}
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            # argparse lays out each option once to test it, and would load the archivers for the width
            formatter_class=partial(argparse.HelpFormatter, width=_WIDTH),
            allow_abbrev=False,
            add_help=False,
        )

    def add(self, *names: str, panel: str = OPTIONS, **details: Any) -> None:
        """`add_argument`, under a heading of the help."""
        self.panels.setdefault(panel, []).append(self.add_argument(*names, **details))

    def add_report(self, formats: Iterable[str], *, verbose: str) -> None:
        """Add the options of every command with a report, and -h; to be called last. `verbose` says what -v
        adds."""
        names = "|".join(formats)
        self.add(
            "--format", panel=REPORT, default="text", metavar=names, help="Report format. Default: text."
        )
        self.add("-o", "--output", panel=REPORT, metavar="FILE", help="Write the report to FILE.")
        self.add("-v", "--verbose", panel=REPORT, action="store_true", help=verbose)
        self.add(
            "--pager",
            panel=REPORT,
            action="store_true",
            help="Show a report that is longer than the screen page by page, with $PAGER or less -FRX. "
            "Default: it is folded, the verdict last.",
        )
        self.add("-h", "--help", action="help", help="Show this message and exit.")

    def parse_files(self, argv: Sequence[str]) -> argparse.Namespace:
        """The arguments of a command whose operands are files, before and behind its options. Each behind
        "--" is one, whatever it begins with; Python 3.11's parse_intermixed_args would lose it."""
        words = list(argv)
        end = words.index("--") if "--" in words else len(words)
        files = (f"./{name}" if name[:1] == "-" != name else name for name in words[end + 1 :])
        return self.parse_intermixed_args([*words[:end], *files])

    def error(self, message: str) -> NoReturn:
        """One line, as for every bad argument; argparse would print the usage and exit."""
        _, unknown, options = message.partition("unrecognized arguments: ")
        if unknown:
            self.refuse(options.split())
        raise UsageError(self.prog.rpartition(" ")[2], message)

    def refuse(self, options: Sequence[str]) -> None:
        """Raise UsageError for options and arguments that the command does not have."""
        if not options:
            return
        from probe.cli.slips import option_advice

        advice = option_advice(options[0]) or f"see {self.prog} --help"
        what = "no such option" if options[0].startswith("-") else "one argument too many"
        raise UsageError(self.prog.rpartition(" ")[2], f"{what}: {options[0]}; {advice}")

    def format_help(self) -> str:
        """The help in lines as wide as the terminal; examples are not wrapped."""
        from probe.cli.program_help import help_width

        return "\n".join(self._lines(help_width())) + "\n"

    def print_help(self, file: Any = None) -> None:
        """Write the help; argparse's own method ignores a full disk."""
        (file or sys.stdout).write(self.format_help())

    def _lines(self, width: int) -> Iterator[str]:
        from probe.cli.program_help import Row, prose, section

        operands = [it for it in self._operands() if not it.option_strings]
        names = " ".join(map(_operand, operands))
        yield f"Usage: {self.prog} [OPTIONS] {names}".rstrip()
        yield from prose(self.description or "", width)
        if operands:
            yield from section("Arguments", [Row(str(it.metavar), it.help or "") for it in operands], width)
        for title, actions in self.panels.items():
            rows = [Row(_name(it), it.help or "") for it in actions if it.option_strings]
            if rows:
                yield from section(title, rows, width)
        about, _, examples = (self.epilog or "").rpartition("Example:")
        if about.strip():
            yield from prose(about.strip(), width)
        yield from ("", f"Example:{examples}")

    def _operands(self) -> list[argparse.Action]:
        return [action for actions in self.panels.values() for action in actions]


def _operand(action: argparse.Action) -> str:
    # Python 3.11's parse_intermixed_args hides nargs while it reads the options, --help among them
    nargs = getattr(action, "save_nargs", action.nargs)
    if nargs == "?":
        return f"[{action.metavar}]"
    return f"{action.metavar}..." if nargs in ("+", "*") else str(action.metavar)


def _name(action: argparse.Action) -> str:
    return " ".join(part for part in (", ".join(action.option_strings), str(action.metavar or "")) if part)
