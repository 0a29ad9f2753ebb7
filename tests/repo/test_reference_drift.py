"""docs/reference is what the code and the data make of it, and names every command, check and rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.checks.catalogue import all_checks
from probe.cli.catalogue import rule_entries
from probe.cli.reference import pages

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(pages()))
def test_reference_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], (
        "run: python -m probe.cli.reference docs/reference"
    )


def test_reference_names_every_check_and_rule() -> None:
    checks, rules = pages()["checks.md"], pages()["rules.md"]
    assert [check.ID for check in all_checks() if f"### {check.ID}\n" not in checks] == []
    assert [entry.id for entry in rule_entries() if entry.id.replace("_", "\\_") not in rules] == []


def test_published_schema_is_json() -> None:
    assert json.loads(pages()["report-schema.json"])["title"] == "smtp-probe report"
