"""Whole reports, compared with files that a person has read.

`UPDATE_GOLDEN=1 python -m pytest tests/golden/test_reports.py` writes them anew; the phrases below hold
whatever the files say, so that a wrong verdict cannot be blessed by writing them again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probe.report.json_report import to_json
from probe.report.style import Style
from tests.support import reports
from tests.support.rendering import to_markdown, to_text

FILES = Path(__file__).parent / "reports"
NOTE = "Saved nothing. --record FILE keeps what was observed."

RENDERERS = {
    "txt": lambda report: to_text(report, Style(note=NOTE)),
    "60.txt": lambda report: to_text(report, Style(width=60, note=NOTE)),
    "ascii.txt": lambda report: to_text(report, Style(width=80, encoding="ascii", note=NOTE)),
    "verbose.txt": lambda report: to_text(report, Style(verbosity=1, note=NOTE)),
    "quiet.txt": lambda report: to_text(report, Style(verbosity=-1)),
    "md": to_markdown,
    "json": to_json,
}
CASES = [
    *(("refused", kind) for kind in RENDERERS),
    *((name, "txt") for name in sorted(reports.SAMPLES) if name != "refused"),
    ("domain", "md"),
]
MUST = {
    "refused": ("REFUSED FOR GOOD", "554 5.0.0 user unknown", "the domain takes no mail from outside"),
    "accepted": ("ACCEPTED AT RCPT  by", "A probe stops before DATA"),
    "accepted_at_risk": ("LIKELY TO BE REFUSED LATER", "SPF fail and p=reject"),
    "deferred": ("DEFERRED", "in 5 min"),
    "inconclusive": ("INCONCLUSIVE", "Not reached"),
    "domain": ("SERVER ANSWERS", "MTA-STS"),
    "demo": ("LAB: ", "REFUSED FOR GOOD"),
}
MUST_NOT = {
    "refused": ("ACCEPTED", "DEFERRED"),
    "accepted": ("REFUSED", "LIKELY"),
    "accepted_at_risk": ("DEFERRED", "INCONCLUSIVE"),
    "deferred": ("REFUSED FOR GOOD", "ACCEPTED"),
    "inconclusive": ("REFUSED", "ACCEPTED"),
    "domain": ("REFUSED", "RCPT"),
    "demo": ("ACCEPTED",),
}


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_report_is_as_read(name: str, kind: str) -> None:
    rendered = RENDERERS[kind](reports.SAMPLES[name]())
    path = FILES / f"{name}.{kind}"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(rendered, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == rendered


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
def test_report_says_what_it_must_and_not_what_it_must_not(name: str) -> None:
    text = " ".join(to_text(reports.SAMPLES[name](), Style(width=1000)).replace("\n", " ").split(" "))
    assert [phrase for phrase in MUST[name] if phrase not in text] == []
    assert [phrase for phrase in MUST_NOT[name] if phrase in text] == []
