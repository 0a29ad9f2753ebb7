"""Expressions that an earlier run has compiled are those that `re` compiles, or are compiled."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe import _regex
from probe.knowledge import toml_import
from probe.reading.bounce import layouts
from probe.reading.reply.table import rule_table
from tests.support.patience import PATIENCE

_OWN = [rf"(?P<first>a{{{number}}})|(é[b-f]+)\\b" for number in range(20)]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for the file, and a process that has compiled nothing."""
    path = tmp_path / "__pycache__" / "_regex.codes"
    monkeypatch.setattr(_regex, "_FILE", path)
    monkeypatch.setattr(_regex, "_new", {})
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    _regex._codes.cache_clear()
    yield path
    _regex._codes.cache_clear()


def _next_run() -> None:
    _regex.keep()
    _regex._new.clear()
    _regex._codes.cache_clear()


def _all_expressions() -> set[tuple[str, int]]:
    """Those of the rules, the wrappings and the layouts of bounces."""
    table = rule_table()
    flags = (0, re.IGNORECASE, re.IGNORECASE | re.MULTILINE)
    texts = {expression for expression, _ in table.index.patterns}
    texts.update(expression for wrapping in table.wrappings for expression in wrapping.expressions)
    texts.update(layouts.expressions(toml_import.load(layouts.FILE)))
    return {(text, int(flag)) for text in texts for flag in flags}


def test_what_was_kept_is_what_the_compiler_makes(file: Path) -> None:
    expressions = _all_expressions()
    for text, flags in expressions:
        _regex.regex(text, flags)
    _next_run()
    for text, flags in expressions:
        pattern, standard = _regex.regex(text, flags), re.compile(text, flags)
        assert pattern == standard  # the expression, its flags and its code
        assert (pattern.groups, pattern.groupindex, pattern.flags) == (
            standard.groups,
            standard.groupindex,
            standard.flags,
        )
    assert not _regex._new, "all of them came from the file"


def test_octets_and_text_are_two_expressions(file: Path) -> None:
    for text in _OWN:
        _regex.regex(text)
        _regex.regex(text.encode("latin-1"))
    _next_run()
    for text in _OWN:
        assert _regex.regex(text) == re.compile(text)
        assert _regex.regex(text.encode("latin-1")) == re.compile(text.encode("latin-1"))
    assert not _regex._new
    match = _regex.regex(_OWN[3]).search("xéaaa é")
    assert match is not None
    assert (match["first"], match.lastgroup) == ("aaa", "first")


def test_flags_make_another_expression(file: Path) -> None:
    for text in _OWN:
        _regex.regex(text, re.IGNORECASE)
    _next_run()
    assert _regex.regex(_OWN[0], re.IGNORECASE | re.DOTALL) == re.compile(_OWN[0], re.I | re.S)
    assert len(_regex._new) == 1


def test_a_file_grows(file: Path) -> None:
    for texts in (_OWN, [f"{text}x" for text in _OWN]):
        for text in texts:
            _regex.regex(text)
        _next_run()
    for text in (*_OWN, *(f"{text}x" for text in _OWN)):
        assert _regex.regex(text) == re.compile(text)
    assert not _regex._new


@pytest.mark.parametrize("change", ["build", "cut", "words", "rows", "text", "empty"])
def test_a_file_that_is_not_right_is_no_error(file: Path, change: str) -> None:
    for text in _OWN:
        _regex.regex(text)
    _next_run()
    octets = file.read_bytes()[_regex._CHECK :]
    head, _, words = octets.partition(b"\n")
    build, rows = json.loads(head)
    changed = {
        "build": json.dumps([["0", *build[1:]], rows]).encode() + b"\n" + words,
        "cut": octets[: -len(words) // 2],
        "words": head + b"\n" + bytes(len(words)),
        "rows": json.dumps([build, {key: row[:3] for key, row in rows.items()}]).encode() + b"\n" + words,
        "text": b"\xff not JSON",
        "empty": b"",
    }
    file.write_bytes(_regex._check(changed[change]) + changed[change])
    for text in _OWN:
        assert _regex.regex(text) == re.compile(text)
    _next_run()
    for text in _OWN:
        assert _regex.regex(text) == re.compile(text)


@pytest.mark.parametrize("bit", range(8))
def test_a_damaged_file_is_not_believed(file: Path, bit: int) -> None:
    for text in _OWN:
        _regex.regex(text)
    _next_run()
    octets = file.read_bytes()
    for position in range(bit, len(octets), 97):
        damaged = bytearray(octets)
        damaged[position] ^= 1 << bit
        for content in (bytes(damaged), octets[:position]):
            file.write_bytes(content)
            _regex._codes.cache_clear()
            assert _regex._codes() is _regex._NONE


def test_where_one_may_not_write_nothing_is_compiled_twice(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in _OWN:
        _regex.regex(text)
    compiled: list[str] = []
    monkeypatch.setattr(_regex, "_code_of", lambda expression, _: compiled.append(expression))
    monkeypatch.setattr("os.access", lambda *_: False)
    _regex.keep()
    assert not compiled
    assert not file.exists()


def test_a_draft_that_cannot_be_finished_is_taken_away(file: Path) -> None:
    file.mkdir(parents=True)  # in the place of the file
    (file / "content").touch()
    for text in _OWN:
        _regex.regex(text)
    _regex.keep()
    assert list(file.parent.iterdir()) == [file]


def test_old_expressions_go_when_there_are_too_many(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in _OWN:
        _regex.regex(text)
    _next_run()
    monkeypatch.setattr(_regex, "_LARGEST", 100)
    for text in _OWN:
        _regex.regex(text + "x")
    _next_run()
    assert {_regex._key(f"{text}x", 0) for text in _OWN} == set(_regex._codes().rows)


def test_an_engine_that_takes_no_code_is_no_error(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in _OWN:
        _regex.regex(text)
    monkeypatch.setattr(_regex, "_code_of", lambda *_: (0, 0, {}, b"\0\0\0\0"))
    _regex.keep()
    _regex._codes.cache_clear()
    assert not _regex._codes().rows


def test_the_file_is_where_compiled_modules_are(tmp_path: Path) -> None:
    words = [sys.executable, "-X", f"pycache_prefix={tmp_path}", "-c"]
    words.append("from probe import _regex; print(_regex._FILE)")
    answer = subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert Path(answer.stdout.strip()).is_relative_to(tmp_path)


def test_few_are_not_worth_a_file(file: Path) -> None:
    _regex.regex(_OWN[0])
    _regex.keep()
    assert not file.exists()


def test_nothing_is_written_where_python_may_not(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in _OWN:
        _regex.regex(text)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _regex.keep()
    assert not file.parent.exists()


def test_a_folder_that_cannot_be_made_is_no_error(file: Path) -> None:
    file.parent.write_text("a file where the folder would be")
    for text in _OWN:
        _regex.regex(text)
    _regex.keep()
    assert file.parent.is_file()


def test_a_wrong_expression_is_told_as_ever() -> None:
    with pytest.raises(re.error, match="unterminated"):
        _regex.regex("(a")
