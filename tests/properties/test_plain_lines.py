"""A command line that is read without typer gives the command what typer gives it."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from typing import Any, cast

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from probe.cli.app import as_typer_reads
from probe.cli.commands import COMMANDS, CommandEntry
from probe.cli.parameters import Option, parameters_of, read_plain

BY_TYPER = [entry for entry in COMMANDS if not entry.reads_itself]
WORDS = st.sampled_from(
    ["a@b.example", "-", "--", "", "-x", "--nope", "x=y", "25", "-h", "--help", "a b", "-1"]
)


def read_by_typer(command: Callable[..., int], argv: list[str]) -> dict[str, Any] | None:
    """What typer calls the command with; None where it refuses the line, or shows its help."""
    calls: list[dict[str, Any]] = []

    @functools.wraps(as_typer_reads(command))
    def note(**values: Any) -> int:
        calls.append(values)
        return 0

    app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
    app.command()(note)
    program: Any = typer.main.get_command(app)
    refusal = cast(type[Exception], typer.BadParameter.__mro__[1])
    try:
        program.main(argv, "x", standalone_mode=False)
    except refusal:
        return None
    return calls[0] if calls else None


@st.composite
def lines(draw: st.DrawFn, entry: CommandEntry) -> list[str]:
    """Words of a line: the command's own options in several ways of writing them, and what else is typed."""
    names = [
        name
        for it in parameters_of(entry.function)
        if isinstance(it.declaration, Option)
        for name in it.declaration.names.split()
    ]
    named = st.sampled_from([*names, "--help"])
    values = st.text("ab-=@", max_size=3)
    glued = st.builds("{}={}".format, named, values) | st.builds("{}{}".format, named, values)
    pair = st.tuples(named, WORDS).map(list)
    words = st.lists(pair | (named | glued | WORDS).map(lambda word: [word]), max_size=5)
    return [word for part in draw(words) for word in part]


@pytest.mark.parametrize("entry", BY_TYPER, ids=lambda entry: entry.name)
@given(data=st.data())
def test_what_is_read_plainly_typer_reads_alike(entry: CommandEntry, data: st.DataObject) -> None:
    line = data.draw(lines(entry))
    plain = read_plain(entry.function, line)
    if plain is not None:
        assert plain == read_by_typer(entry.function, line)


@pytest.mark.parametrize("entry", BY_TYPER, ids=lambda entry: entry.name)
def test_the_examples_of_the_help_are_plain(entry: CommandEntry) -> None:
    examples = getattr(entry.load(), entry.example).splitlines()
    examples_of_it = [shlex.split(line) for line in examples if f"smtp-probe {entry.name} " in line]
    lines_of_it = [words[2:] for words in examples_of_it if words[0] == "smtp-probe"]
    assert lines_of_it
    for line in lines_of_it:
        plain = read_plain(entry.function, line)
        assert plain is not None
        assert plain == read_by_typer(entry.function, line)
