"""One table of formats and one of commands: each row can be loaded, and is what the program offers."""

from __future__ import annotations

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
