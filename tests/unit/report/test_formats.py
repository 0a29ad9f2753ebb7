"""One table of formats and one of commands: each row can be loaded, and is what the program offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from probe.cli.app import build
from probe.cli.commands import COMMANDS, CommandEntry
from probe.report.formats import DOCUMENTS, FORMATS, Format, Kind, _function, formats_of


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_each_writer_of_a_format_is_there(form: Format) -> None:
    assert bool(form.builders) == bool(form.writer), "what is built has one writer"
    assert bool(form.writer) != bool(form.writers), "results have one writer a kind"
    named = [*(form.builders or form.writers or {}).values(), *((form.writer,) if form.writer else ())]
    for name in (*named, *(form.series.rows or {}).values()):
        assert callable(_function(name)), name


_LATE_MODULES = """
import sys
from pathlib import Path
from probe.diagnosis.assemble import report_of
from probe.recording.file import load
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
form = formats_of(Kind.RUN)[sys.argv[1]]
report = report_of(load(Path(sys.argv[2])))
before = set(sys.modules)
form.load(Kind.RUN)
loaded = set(sys.modules)
form.write(Kind.RUN, report, Style())
form.exit_code(Kind.RUN, report)
if form.beside is not None:
    formats_of(Kind.RUN)[form.beside.form].write(Kind.RUN, report, Style())
print(len(loaded - before) > 0, sorted(set(sys.modules) - loaded))
"""


@pytest.mark.parametrize("form", formats_of(Kind.RUN))
def test_what_writes_a_format_can_be_loaded_before_there_is_a_report(form: str) -> None:
    """A run loads it while it waits, so that the deadline is kept."""
    recording = Path(__file__).parents[3] / "fixtures" / "recordings" / "lab-tmall" / "recording.jsonl"
    command = [sys.executable, "-c", _LATE_MODULES, form, str(recording)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True []\n"


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_result_has_a_builder(kind: Kind) -> None:
    assert callable(_function(DOCUMENTS[kind]))


def test_each_kind_of_result_has_the_formats_of_the_contract() -> None:
    assert list(formats_of(Kind.RUN)) == [
        *("text", "json", "markdown", "html", "line", "note", "nagios", "prometheus", "junit", "github"),
    ]
    assert list(formats_of(Kind.REPLY)) == ["text", "json", "jsonl", "markdown", "html", "line", "note"]
    assert list(formats_of(Kind.BOUNCE)) == ["text", "json", "jsonl", "markdown", "html", "line", "note"]


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_each_command_is_there_and_explains_itself(entry: CommandEntry) -> None:
    module = entry.load()
    if entry.reads_itself:
        assert module.parser().prog == f"smtp-probe {entry.name}"
        assert callable(module.main)
    else:
        assert (getattr(module, entry.name).__doc__ or "").strip()
        assert "smtp-probe" in getattr(module, entry.example)


def test_help_names_the_commands_of_the_table_in_their_order() -> None:
    group = typer.main.get_command(build())
    assert list(getattr(group, "commands", {})) == [entry.name for entry in COMMANDS]
