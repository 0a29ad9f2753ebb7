"""The documents as data: their code blocks, and the outputs in them that a command has made.

A block that stands under `<!-- made by: smtp-probe demo tmall -->` is the true output of that command.
A part of it: `; until Why` ends before the line that begins so, `; only Nine steps` is the paragraph
that begins so. A table under `<!-- made from: tests/repo/layers.py -->` is made by that module.
`python -m tests.repo.documents` writes all of them again, docs/reference/fixtures.md and the picture of the
README (tests/repo/picture.py).
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.repo import fixtures, layers, picture

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_MADE_BLOCK = re.compile(
    r"^<!-- made by: (?P<command>[^;\n]*?)(?:; (?P<part>[^\n]*?))? -->\n```text\n(?P<output>.*?)^```$",
    re.M | re.S,
)
_TABLE = re.compile(r"^<!-- made from: (?P<source>\S+) -->\n\n(?P<rows>(?:\|.*\n)+)", re.M)
_TABLES = {"tests/repo/layers.py": layers.table}
# What differs from run to run: durations, the ports that the lab was given, hashes.
_VARIES = (
    (re.compile(r" *\b\d+\.\d s\b"), " 0.0 s"),
    (re.compile(r"(?<=\]:)\d{4,5}\b"), "25252"),
    (re.compile(r"\bport \d{4,5}\b"), "port 25252"),
    (re.compile(r"(?<=\brules[ =])(\"?)[0-9a-f]{12}\b"), r"\g<1>0123456789ab"),  # they change daily
    (re.compile(r"~[0-9a-f]{10}\b"), "~0123456789"),  # the hash of a local part, by a key of the machine
)


def pages() -> list[Path]:
    """Every document that is written by hand."""
    written = [path for path in (ROOT / "docs").rglob("*.md") if "reference" not in path.parts]
    return [ROOT / "README.md", *sorted(written)]


def name(path: Path) -> str:
    """The document's path below the repository."""
    return path.relative_to(ROOT).as_posix()


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `language` as written after the fence."""

    page: Path
    language: str
    text: str


def blocks() -> Iterator[Block]:
    """All fenced blocks of all documents."""
    for page in pages():
        for language, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            yield Block(page, language, text)


def prose(page: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def slug(heading: str) -> str:
    """The anchor of a heading, as forges make it."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Made:
    """An output in a document: the command, the part of it, and what stands there."""

    page: Path
    command: str
    part: str
    output: str


def made_outputs() -> list[Made]:
    """All outputs that are said to be made by a command."""
    return [
        Made(page, match["command"], match["part"] or "", match["output"])
        for page in pages()
        for match in _MADE_BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def output_of(command: str, part: str = "") -> str:
    """What the command prints now, or the part of it."""
    whole = _run(command)
    if part.startswith("until "):
        lines = whole.splitlines(keepends=True)
        end = _line_that_begins(lines, part.removeprefix("until "), command)
        return "".join(lines[:end]).rstrip("\n") + "\n"
    if part.startswith("only "):
        lines = whole.splitlines(keepends=True)
        start = _line_that_begins(lines, part.removeprefix("only "), command)
        return "".join(lines[start:]).split("\n\n")[0].rstrip("\n") + "\n"
    return whole


def steady(output: str) -> str:
    """The output with what varies from run to run made alike."""
    for pattern, replacement in _VARIES:
        output = pattern.sub(replacement, output)
    return output


def _line_that_begins(lines: list[str], word: str, command: str) -> int:
    for number, line in enumerate(lines):
        if line.startswith(word):
            return number
    raise ValueError(f"no line of `{command}` begins with {word!r}")


@cache
def _run(command: str) -> str:
    program, *arguments = shlex.split(command)
    if program != "smtp-probe":
        raise ValueError(f"not a command of this program: {command}")
    environment = os.environ | {"COLUMNS": "100", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "probe", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if run.stderr:
        raise ValueError(f"`{command}` complains: {run.stderr[-500:]}")
    return run.stdout


def with_made_tables(text: str) -> str:
    """A document with its made tables as they must be. ValueError where one is made from nothing known."""
    return _TABLE.sub(_made_again, text)


def _made_again(match: re.Match[str]) -> str:
    if match["source"] not in _TABLES:
        raise ValueError(f"no table is made from {match['source']}, only from {', '.join(_TABLES)}")
    return match[0].replace(match["rows"], _TABLES[match["source"]]())


def refresh() -> None:
    """Write every made output and table again."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        fresh = with_made_tables(_MADE_BLOCK.sub(_rewritten, text))
        if fresh != text:
            page.write_text(fresh, encoding="utf-8")
            print(f"written: {name(page)}")
    fixtures.PAGE.write_text(fixtures.index(), encoding="utf-8")
    drawn = picture.drawn(picture.screen())
    if not picture.PAGE.exists() or steady(drawn) != steady(picture.PAGE.read_text(encoding="utf-8")):
        picture.PAGE.write_text(drawn, encoding="utf-8")
        print(f"written: {name(picture.PAGE)}")


def _rewritten(match: re.Match[str]) -> str:
    fresh = output_of(match["command"], match["part"] or "")
    if steady(fresh) == steady(match["output"]):
        return match[0]
    head = match[0][: match.start("output") - match.start(0)]
    return f"{head}{fresh}```"


def main() -> int:
    """Write everything again; 1 where a document, a fixture or a part of the program does not allow it."""
    try:
        refresh()
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
