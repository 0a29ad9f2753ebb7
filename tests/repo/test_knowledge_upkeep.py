"""The dates of the knowledge, and the share of MX operators that it names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.knowledge.__main__ import main
from tests.knowledge.upkeep import (
    HERE,
    BadTableError,
    UndatedEntryError,
    age_in_months,
    coverage,
    entries,
    stale,
)

TABLE = """# registered domain, domains, countries, hosts
outlook.com\t30\tde\t*.mail.protection.outlook.com *.mail.eo.outlook.com
half.example\t10\tde\tmx.half.example aspmx.l.google.com
own.example\t60\tde\tmail.own.example
"""


def test_every_entry_has_a_date_that_is_not_in_the_future_of_the_newest() -> None:
    result = list(entries())
    assert len(result) > 900
    assert {it.file.split("/")[0] for it in result} >= {"providers.toml", "dnsbl.toml", "mx", "replies"}
    assert all(date(2010, 1, 1) < it.checked < date(2100, 1, 1) for it in result)


def test_an_entry_is_due_after_its_months() -> None:
    newest = max(it.checked for it in entries())
    assert stale(1, newest.replace(year=newest.year + 30)) != []
    assert stale(600, newest) == []
    due = stale(12, newest.replace(year=newest.year + 2))
    assert [it.checked for it in due] == sorted(it.checked for it in due)
    assert len(due) == len(list(entries()))


@pytest.mark.parametrize(
    ("then", "today", "months"),
    [
        ("2025-11-29", "2026-11-29", 12),
        ("2025-11-30", "2026-11-29", 11),
        ("2026-11-29", "2026-11-29", 0),
        ("2024-12-31", "2026-01-01", 12),
    ],
)
def test_months_are_whole(then: str, today: str, months: int) -> None:
    assert age_in_months(date.fromisoformat(then), date.fromisoformat(today)) == months


def test_an_entry_without_a_date_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('[[provider]]\nid = "somebody"\n')
    with pytest.raises(UndatedEntryError, match=r"x\.toml: somebody has no date"):
        list(entries(tmp_path))


def test_the_share_counts_domains_and_half_named_operators_in_part() -> None:
    measured = coverage(TABLE)
    assert (measured.named, measured.domains, measured.share) == (35, 100, 0.35)
    assert measured.unnamed == ((60, "own.example"), (5, "half.example"))
    assert coverage("").share == 0


@pytest.mark.parametrize("line", ["a.example\t1\tde", "a.example\tmany\tde\tmx.a.example", "a b c d"])
def test_a_line_of_another_form_is_named(line: str) -> None:
    with pytest.raises(BadTableError, match="line 2"):
        coverage(f"# comment\n{line}\n")


def test_the_command_tells_what_is_due_and_what_is_covered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stale", "--months", "600", "--today", "2026-11-29"]) == 0
    assert main(["stale", "--today", "2090-01-01"]) == 1
    file = tmp_path / "mx.tsv"
    file.write_text(TABLE)
    assert main(["coverage", str(file)]) == 0
    assert "35.0% of 100 domains" in capsys.readouterr().out
    assert main(["coverage", str(file), "--least", "75"]) == 1
    file.write_text("nonsense")
    assert main(["coverage", str(file)]) == 2
    assert main(["coverage", str(tmp_path / "missing")]) == 2
    assert "line 1" in capsys.readouterr().err


def test_the_knowledge_is_where_the_command_looks() -> None:
    assert (HERE / "providers.toml").is_file()
