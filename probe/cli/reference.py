"""Writes docs/reference from the code and the data: `python -m probe.cli.reference docs/reference`; beside it
the manual pages (docs/man).

Nothing in those files is written by hand; a test compares them with what this module makes. A page that is no
longer made is removed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from probe.checks import catalogue as checks_catalogue
from probe.cli.app import build
from probe.cli.catalogue import paragraphs
from probe.cli.commands import READING_THEMSELVES
from probe.cli.help import GENERAL, by_group
from probe.cli.manual import manual
from probe.cli.python_reference import python_page
from probe.cli.recording_reference import recording_page
from probe.cli.reference_text import MADE, literal, page
from probe.cli.rule_reference import rule_pages
from probe.knowledge.finding_tags import FindingTag, tags_of
from probe.model.steps import STEP_TITLES
from probe.report.json_text import json_text
from probe.report.markdown_text import markdown_code, markdown_fence
from probe.report.schema import bulk_schema, doctor_schema, log_schema, report_schema
from probe.wording.sentence import outline


def pages() -> dict[str, str]:
    """File name below the directory to content, for everything generated here."""
    return {
        "cli.md": page("Command line", _cli()),
        "checks.md": page("Checks", _checks()),
        "recording.md": page("Recordings", recording_page()),
        "python.md": page("Python", python_page()),
        **rule_pages(),
        "report-schema.json": json_text(report_schema(), indent=2) + "\n",
        "log-schema.json": json_text(log_schema(), indent=2) + "\n",
        "bulk-schema.json": json_text(bulk_schema(), indent=2) + "\n",
        "doctor-schema.json": json_text(doctor_schema(), indent=2) + "\n",
    }


def _cli() -> Iterator[str]:
    program: Any = typer.main.get_command(build())
    yield from _prose(program.help)
    yield _example(program.epilog)
    for name, command in program.commands.items():
        yield f"## smtp-probe {name}"
        if name in READING_THEMSELVES:
            yield from _in_argparse(READING_THEMSELVES[name].load().parser())
            continue
        context: Any = command.make_context(name, [], resilient_parsing=True)
        yield markdown_code(" ".join(("smtp-probe", name, *command.collect_usage_pieces(context))))
        yield from _prose(command.help)
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        if arguments:
            yield _definitions((argument.metavar, argument.help or "") for argument in arguments)
        options = [param for param in command.params if param.param_type_name == "option"]
        for group, members in by_group(options, GENERAL).items():
            yield f"**{group}**"
            yield _definitions(record for option in members if (record := option.get_help_record(context)))
        yield _example(command.epilog)


def _in_argparse(parser: ArgumentParser) -> Iterator[str]:
    """The same for an argparse command."""
    operands = (action for action in parser._actions if not action.option_strings)
    names = " ".join(f"{action.metavar}{'...' if action.nargs == '+' else ''}" for action in operands)
    yield markdown_code(f"{parser.prog} [OPTIONS] {names}".rstrip())
    yield from _prose(parser.description)
    yield _definitions(
        (
            " ".join(part for part in (", ".join(action.option_strings), str(action.metavar or "")) if part),
            action.help or "",
        )
        for action in parser._actions
        if action.dest != "help"
    )
    yield _example(parser.epilog)


def _prose(text: str | None) -> Iterator[str]:
    for paragraph in paragraphs(text):
        yield literal(paragraph)


def _definitions(pairs: Any) -> str:
    return "\n".join(f"- {markdown_code(term)}: {literal(text)}" for term, text in pairs)


def _example(text: str | None) -> str:
    return "\n".join(markdown_fence((text or "").strip("\n").split("\n")))


def _checks() -> Iterator[str]:
    yield (
        "What each finding of a report means. `smtp-probe checks ID` prints the same. Below each check stands"
        " what it can find: tag, severity and sentence."
    )
    step = 0
    for check in checks_catalogue.all_checks():
        if step != check.STEP:
            step = check.STEP
            yield f"## Step {step}: {STEP_TITLES[step]}"
        yield f"### {literal(check.ID)}"
        for paragraph in paragraphs(check.__doc__):
            yield literal(paragraph)
        yield "\n".join(map(_outcome, tags_of(check.ID)))


def _outcome(tag: FindingTag) -> str:
    when = f" ({literal(tag.when)})" if tag.when else ""
    label = f"{markdown_code(tag.name)} {markdown_code(tag.severity.value)}{when}"
    return f"- {label}: {literal(outline(tag.message))}"


def write(directory: Path) -> None:
    """Write every page; remove pages of an earlier run that are no longer generated.

    Raises OSError.
    """
    texts = pages()
    for folder in sorted({(directory / name).parent for name in texts}):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.md"):
            if path.relative_to(directory).as_posix() not in texts and _is_ours(path):
                path.unlink()
    for name, content in texts.items():
        (directory / name).write_text(content, encoding="utf-8")


def write_manual(manual_folder: Path) -> None:
    """Write the manual pages into their folder; a page that is no longer made is removed.

    Raises OSError.
    """
    texts = manual()
    manual_folder.mkdir(parents=True, exist_ok=True)
    for path in manual_folder.glob("*.1"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (manual_folder / name).write_text(text, encoding="utf-8")


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as stream:
        return stream.readline().rstrip("\n") == MADE


def main() -> int:
    """Write the pages into the directory that the command line names; 2 if that fails."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: python -m probe.cli.reference DIRECTORY (here: docs/reference)", file=sys.stderr)
        return 2
    try:
        directory = Path(sys.argv[1])
        write(directory)
        write_manual(directory.parent / "man")
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
