"""`smtp-probe log` on what was taken with a 250 that says that nobody gets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import smtp_probe
from tests.cli.test_log_command import reported, written
from tests.unit.maillog.made import sent


def test_what_was_taken_for_nobody_is_in_the_first_screen_and_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thrown_away = sent(to="dan@b.example").replace("250 2.0.0 Ok", "250 2.7.0 Ok, discarded, id=05 - spam")
    path = written(tmp_path, sent(to="carol@b.example"), thrown_away)
    text = smtp_probe("log", path).stdout
    assert "TAKEN  1 of 2 messages was taken and reaches nobody; 50 % delivered" in text
    assert "No mailbox" in text and "b.example: 1 discarded" in text and "mail.log:2, ABCDEF1234" in text
    assert "DELIVERED" not in text
    assert text.rsplit("b.example", 1)[1].split()[:2] == ["1", "0"]  # delivered, failed
    result = reported(capsys, path)
    assert (result["totals"]["sent"], result["totals"]["discarded"]) == (2, 1)
    (volume,) = result["volumes"]
    assert (volume["sent"], volume["in_no_mailbox"]) == (2, 1)
    (row,) = result["no_mailbox"]
    assert (row["operator"], row["disposition"], row["messages"]) == ("b.example", "discarded", 1)
    rows = map(json.loads, smtp_probe("log", path, "--format", "jsonl").stdout.splitlines())
    assert [it["disposition"] for it in rows] == [None, "discarded"]
    assert smtp_probe("log", path, "--alert-on", "any").code == 1
    assert smtp_probe("log", written(tmp_path, sent()), "--alert-on", "any").code == 0


def test_what_was_taken_for_nobody_is_a_warning_to_a_monitoring_system(tmp_path: Path) -> None:
    thrown_away = sent().replace("250 2.0.0 Ok", "250 2.7.0 Ok, discarded, id=05 - spam")
    result = smtp_probe("log", written(tmp_path, thrown_away), "--format", "nagios")
    assert result.code == 1
    assert "1 of 1 was taken and by the words of the server reach nobody" in " ".join(result.stdout.split())
    assert "discarded=1" in result.stdout


def test_what_this_server_throws_away_itself_is_in_the_first_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = sent("DEF0000001").replace("postfix/smtp[", "postfix/discard[")
    thrown_away = f"{words.partition(' relay=')[0]} relay=none, delay=0.1, dsn=2.0.0, status=sent (Spam)"
    path = written(tmp_path, sent(), thrown_away)
    text = smtp_probe("log", path).stdout
    assert "\nDELIVERED  1 message\n  Thrown away 1 message by this server itself: nobody gets it\n" in text
    totals = reported(capsys, path)["totals"]
    assert (totals["messages"], totals["discards"], totals["dropped"]) == (1, 1, 0)
    rows = map(json.loads, smtp_probe("log", path, "--format", "jsonl").stdout.splitlines())
    assert [(it["queue_id"], it["status"]) for it in rows] == [
        ("ABCDEF1234", "sent"),
        ("DEF0000001", "unknown"),
    ]
    alone = smtp_probe("log", written(tmp_path, thrown_away)).stdout
    assert "DELIVERED" not in alone and "Thrown away 1 message by this server" in alone
