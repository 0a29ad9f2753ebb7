"""The index of fixtures/, made from what each says of itself: docs/reference/fixtures.md.

`python -m tests.repo.documents` writes it again. Each folder has a README.md, whose first paragraph says what
its fixtures are. A fixture is a TOML file with a sentence `about`, and what lies beside it under that
name; its rows, where they have a `name`, have an `about` of their own. A recording of the lab is about its
scenario.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe import lab
from probe.cli.reference_text import literal, page, table

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
PAGE = ROOT / "docs/reference/fixtures.md"
MADE = "<!-- Made by python -m tests.repo.documents; do not edit. -->"
_LAB = "lab-"


@dataclass(frozen=True, slots=True)
class Fixture:
    """`files`: all that belongs to it, what is read first. `parts`: name and sentence of each named row.
    `kinds`: how many of its rows are of each kind."""

    name: str
    about: str
    files: tuple[Path, ...]
    parts: tuple[tuple[str, str], ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()


def fixtures(folder: Path) -> list[Fixture]:
    """The fixtures of one folder by name. Raises ValueError where one does not say what it is about."""
    described = [_described(path) for path in sorted(folder.glob("*.toml"))]
    recorded = [_recorded(path) for path in sorted(folder.iterdir()) if path.is_dir()]
    return described + recorded


def _described(path: Path) -> Fixture:
    """A fixture by its TOML file."""
    whole = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [row for value in whole.values() for row in (value if isinstance(value, list) else ())]
    named = [row for row in rows if isinstance(row, dict) and "name" in row]
    kinds = Counter(row["kind"] for row in rows if isinstance(row, dict) and "kind" in row)
    others = sorted(other for other in path.parent.iterdir() if other.stem == path.stem and other != path)
    return Fixture(
        path.stem,
        _about(whole, path),
        (*others, path),
        tuple((row["name"], _about(row, path)) for row in named),
        tuple(kinds.items()),
    )


def _about(row: dict[str, Any], path: Path) -> str:
    about = row.get("about")
    if not isinstance(about, str) or not about.strip():
        raise ValueError(f"{_shown(path)}: {row.get('name', 'the file')} does not say what it is `about`")
    return about


def _recorded(folder: Path) -> Fixture:
    """A recording of a scenario of the lab."""
    identity = folder.name.removeprefix(_LAB)
    if not folder.name.startswith(_LAB) or identity not in lab.identities():
        raise ValueError(f"{_shown(folder)}: is not named after a scenario of the lab (lab-ID)")
    return Fixture(folder.name, lab.load(identity).title, tuple(sorted(folder.iterdir())))


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def strays() -> list[str]:
    """The files under fixtures/ that belong to no fixture."""
    entries = {path for folder in folders() for fixture in fixtures(folder) for path in fixture.files}
    entries |= {folder / "README.md" for folder in folders()}
    return [_shown(path) for path in sorted(FIXTURES.rglob("*")) if path.is_file() and path not in entries]


def folders() -> list[Path]:
    """The kinds of fixtures."""
    return sorted(path for path in FIXTURES.iterdir() if path.is_dir())


def index() -> str:
    """The page. Raises ValueError where a fixture, and OSError where a folder, does not say what it is."""
    return page("Fixtures", _blocks(), MADE)


def _blocks() -> Iterator[str]:
    yield (
        "The data that the tests read, by kind, and what each is there for. Where a name stands for two "
        "files, the link leads to what is read; the TOML file beside it says what must come out."
    )
    for folder in folders():
        yield from _section(folder, fixtures(folder))


def _section(folder: Path, members: list[Fixture]) -> Iterator[str]:
    yield f"## {folder.name}"
    paragraph = (folder / "README.md").read_text(encoding="utf-8").split("\n\n")[0]
    yield " ".join(paragraph.split())
    yield f"[More]({_target(folder / 'README.md')}). Fixtures: {len(members)}."
    yield table(("name", "about"), ((_name(fixture), literal(fixture.about)) for fixture in members))
    for fixture in members:
        if fixture.parts or fixture.kinds:
            yield f"### {literal(f'{folder.name}: {fixture.name}')}"
        if fixture.parts:
            yield table(("part", "about"), ((literal(name), literal(about)) for name, about in fixture.parts))
        if fixture.kinds:
            yield table(("kind", "rows"), ((literal(kind), str(count)) for kind, count in fixture.kinds))


def _name(fixture: Fixture) -> str:
    return f"[{literal(fixture.name)}]({_target(fixture.files[0])})"


def _target(path: Path) -> str:
    return f"../../{_shown(path)}"
