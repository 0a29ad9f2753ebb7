"""docs/reference is what the code and the data make of it; it names every command, check, rule and cause, and
its links lead somewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from probe.checks.catalogue import all_checks
from probe.cli import reference
from probe.cli.catalogue import rule_entries
from probe.cli.reference_text import MADE
from probe.knowledge.causes import causes
from tests.repo import fixtures
from tests.repo.documents import ROOT, slug

REFERENCE = ROOT / "docs/reference"
HEADING = re.compile(r"^#+ (.+)$", re.M)
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
MADE_ELSEWHERE = {fixtures.PAGE.name}

pages = cache(reference.pages)
written = sorted(path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*") if path.is_file())
each_page = pytest.mark.parametrize("name", [name for name in written if name.endswith(".md")])


def headings(name: str) -> list[str]:
    """The headings of a page, without the escapes of Markdown."""
    text = (REFERENCE / name).read_text(encoding="utf-8")
    return [re.sub(r"\\(.)", r"\1", heading) for heading in HEADING.findall(text)]


@cache
def anchors(name: str) -> set[str]:
    return {slug(heading) for heading in headings(name)}


@pytest.mark.parametrize("name", sorted(pages()))
def test_reference_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], (
        "run: python -m probe.cli.reference docs/reference"
    )


def test_reference_has_no_page_that_nothing_makes() -> None:
    assert set(written) - pages().keys() - MADE_ELSEWHERE == set(), (
        "run: python -m probe.cli.reference docs/reference; remove what is left"
    )


def test_reference_names_every_check_rule_and_cause() -> None:
    assert [check.ID for check in all_checks() if check.ID not in headings("checks.md")] == []
    result = Counter(head for name in written if name.startswith("rules/") for head in headings(name)[1:])
    assert result == Counter(entry.id for entry in rule_entries())
    assert {name for name in written if name.startswith("causes/")} == {f"causes/{it}.md" for it in causes()}


def test_every_rule_is_found_by_the_causes_it_weighs_for() -> None:
    lost = [
        f"{entry.id}: {cause}"
        for entry in rule_entries()
        for cause in {*entry.causes, *filter(None, [entry.final])}
        if f"#{slug(entry.id)})" not in pages()[f"causes/{cause}.md"]
    ]
    assert lost == []


@each_page
def test_every_link_of_the_reference_leads_somewhere(name: str) -> None:
    wrong = []
    for link in LINK.findall((REFERENCE / name).read_text(encoding="utf-8")):
        path, _, place = link.partition("#")
        target = ((REFERENCE / name).parent / path).resolve()
        if not target.exists() or (place and place not in anchors(target.relative_to(REFERENCE).as_posix())):
            wrong.append(link)
    assert wrong == []


@each_page
def test_no_two_headings_of_a_page_have_one_slug(name: str) -> None:
    result = Counter(slug(heading) for heading in headings(name))
    assert [place for place, count in result.items() if count > 1] == []


def test_no_page_is_too_large_to_read() -> None:
    large = {
        name: len(text) for name, text in pages().items() if name.endswith(".md") and len(text) > 100_000
    }
    assert large == {}


def test_published_schema_is_json() -> None:
    assert json.loads(pages()["report-schema.json"])["title"] == "smtp-probe report"


# -- the command that writes it -------------------------------------------------------------------


def test_writing_removes_what_is_no_longer_made_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for stale in ("old.md", "rules/old.md"):
        (tmp_path / stale).write_text(f"{MADE}\n\n# Old\n", encoding="utf-8")
    (tmp_path / "mine.md").write_text("# Mine\n", encoding="utf-8")
    (tmp_path / "rules.md").write_text("old\n", encoding="utf-8")
    reference.write(tmp_path)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == pages().keys() | {"mine.md"}
    assert (tmp_path / "rules.md").read_text(encoding="utf-8") == pages()["rules.md"]


@pytest.mark.parametrize("arguments", [(), ("--help",), ("pyproject.toml",), ("a", "b")])
def test_a_wrong_directory_is_one_clear_line(arguments: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "probe.cli.reference", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert arguments != ("pyproject.toml",) or "pyproject.toml: cannot be written" in run.stderr
