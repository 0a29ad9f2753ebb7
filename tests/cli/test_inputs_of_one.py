"""Inputs of one row, one line, one domain: no report counts "1 rows"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.command import smtp_probe

ROW = "alice@example.net\n"
LINE = (
    "Nov 30 10:00:00 mx postfix/smtp[9]: 4B2A1: to=<alice@example.net>, relay=mx.example.net[192.0.2.1]:25, "
    "delay=1, delays=0/0/1/0, dsn={}, status={} (host mx.example.net[192.0.2.1] said: {} "
    "(in reply to RCPT TO command))\n"
)
GONE = LINE.format("5.1.1", "bounced", "550 5.1.1 no such user")
WAITS = LINE.format("4.2.0", "deferred", "450 4.2.0 greylisted")
# a verb of its own does not count: `1 is refused`, `1 still waits`
PLURAL = re.compile(r"(?<![\d.,:-])1 (?:more |other )?(?!is\b|was\b|has\b|ms\b|still\b)[a-z]+s\b")
COMMANDS = {
    "bulk": (ROW, ("bulk", "--offline")),
    "bulk, the plan": (ROW, ("bulk", "--offline", "--plan")),
    "a log of a refusal": (GONE, ("log",)),
    "a log of a deferral": (WAITS, ("log", "-v")),
    "a log of a delivery": (LINE.format("2.0.0", "sent", "250 ok"), ("log",)),
    "a reply": (GONE, ("explain", "--input")),
}


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
@pytest.mark.parametrize("name", COMMANDS)
def test_one_is_counted_as_one(name: str, form: str, tmp_path: Path) -> None:
    text, command = COMMANDS[name]
    path = tmp_path / "one"
    path.write_text(text)
    run = smtp_probe(*command, str(path), "--format", form)
    assert run.code in (0, 1, 3) and run.stderr == ""
    page = re.sub(r"(?s)<style.*?</style>", "", run.stdout)
    assert "1" in page and PLURAL.findall(page) == []
    assert "all 1" not in page
