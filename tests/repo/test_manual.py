"""The manual pages are what the commands make of them, and man(1) reads them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from probe.cli import manual as manual_pages
from probe.cli.commands import COMMANDS
from probe.cli.reference import write_manual
from tests.repo.documents import ROOT
from tests.support.needed import needed
from tests.support.patience import PATIENCE

MANUAL = ROOT / "docs/man"
AGAIN = "run: python -m probe.cli.reference docs/reference"
manual = cache(manual_pages.manual)
NAMES = ["smtp-probe.1", *(f"smtp-probe-{entry.name}.1" for entry in COMMANDS)]


def test_every_command_has_its_page() -> None:
    assert sorted(path.name for path in MANUAL.iterdir()) == sorted(NAMES) == sorted(manual())


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_up_to_date_and_man_has_no_complaint(name: str) -> None:
    path = MANUAL / name
    assert path.read_text(encoding="utf-8") == manual()[name], AGAIN
    run = subprocess.run(
        [needed("mandoc"), "-Tlint", str(path)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def shown(name: str) -> str:
    """A page as a terminal of 100 columns shows it, without bold."""
    argv = [needed("mandoc"), "-Tutf8", "-Owidth=100", str(MANUAL / name)]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return re.sub(r".\x08", "", run.stdout)


def test_a_page_says_what_the_help_says() -> None:
    text = " ".join(shown("smtp-probe-check.1").split())
    assert "smtp-probe check [OPTIONS] SENDER RECIPIENT" in text
    assert "--tls auto|require|encrypt|dane|never" in text
    assert "-o, --output FILE" in text and "<> for none" in text
    assert "smtp-probe check bob@example.com alice@example.net" in text
    program = shown("smtp-probe.1")
    assert "   5   accepted at RCPT, but likely to be refused or junked later" in program
    assert "smtp-probe-bounce(1)" in program


def test_text_that_looks_like_a_request_stays_text() -> None:
    assert manual_pages._escape(".TH x") == "\\&.TH x"
    assert manual_pages._escape("'so a\\b --c") == "\\&'so a\\eb \\-\\-c"


def test_the_wheel_carries_them() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert table["data-files"] == {"share/man/man1": ["docs/man/*.1"]}


def test_a_page_that_is_no_longer_made_goes(tmp_path: Path) -> None:
    (tmp_path / "smtp-probe-old.1").write_text("old\n")
    write_manual(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
