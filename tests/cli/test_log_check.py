"""`check --log` and `log --queue-id ID --check`, with a resolver that cannot be reached."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.command import smtp_probe
from tests.unit.maillog.made import sent

LOG = str(Path(__file__).parents[2] / "fixtures" / "logs" / "postfix-bsd.log")
NOWHERE = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl", "--mta", "none")
PAIR = ("alice@sender.example", "bob@unknown.example")
REFUSED, SENT, EXPIRED = "612FB27C016", "5067927C00C", "635DD27C036"


def test_the_log_joins_the_evidence_and_fills_step_7() -> None:
    outcome = smtp_probe("check", *PAIR, "--log", LOG, *NOWHERE, "--format", "json")
    report = json.loads(outcome.stdout)
    assert outcome.code == 4 and report["verdict"]["cause"] == "user_unknown"
    text = {item["id"]: item["message"] for item in report["findings"] if item["id"].startswith("log-")}
    assert "550 5.1.1" in text["log-reply"] and "in the last hour of the log" in text["log-volume"]
    (step,) = (it for it in report["checklist"] if it["step"] == 7)
    assert "log-volume" in step["findings"]


@pytest.mark.parametrize("queue_id", [REFUSED, EXPIRED])
def test_a_recording_replays_identically_and_holds_no_line_of_others(tmp_path: Path, queue_id: str) -> None:
    recording, shared = tmp_path / "run.jsonl", tmp_path / "shared.jsonl"
    live = smtp_probe(
        "log",
        LOG,
        "--queue-id",
        queue_id,
        "--check",
        *NOWHERE,
        "--record",
        str(recording),
        "--format",
        "json",
    )
    assert live.code == 4
    assert smtp_probe("replay", str(recording), "--format", "json").stdout == live.stdout
    assert b"ok.example" not in recording.read_bytes()
    assert smtp_probe("redact", str(recording), "-o", str(shared)).code == 0
    assert b"unknown.example" not in shared.read_bytes() and b"grey.example" not in shared.read_bytes()
    again = json.loads(smtp_probe("replay", str(shared), "--format", "json").stdout)
    assert again["verdict"]["cause"] == json.loads(live.stdout)["verdict"]["cause"]


def test_a_log_is_read_once_and_in_the_format_that_is_named(tmp_path: Path) -> None:
    """Behind so many lines of another program no format is found; and a pipe can be read but once."""
    log = tmp_path / "mail.log"
    noise = b"Nov 29 02:00:00 mail cron[1]: nothing\n" * 30_000
    log.write_bytes(noise + Path(LOG).read_bytes())
    arguments = ("--queue-id", REFUSED, "--check", *NOWHERE, "--format", "json")
    assert smtp_probe("log", str(log), *arguments).code == 2
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(log.read_bytes(),), daemon=True)
    writer.start()
    by_pipe = smtp_probe("log", str(pipe), "--log-format", "postfix", *arguments)
    by_stdin = smtp_probe("log", "-", *arguments, stdin=Path(LOG).read_bytes())
    for outcome in (by_pipe, by_stdin):
        assert outcome.code == 4 and json.loads(outcome.stdout)["verdict"]["cause"] == "user_unknown"
    writer.join(10)


def test_one_line_says_which_recipient_is_checked() -> None:
    outcome = smtp_probe("log", LOG, "--queue-id", REFUSED, "--check", *NOWHERE)
    assert outcome.stdout.startswith(f"{REFUSED} to bob@unknown.example was refused for good")
    assert "this mailbox does not exist" in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--queue-id", SENT, "--check"), 0, "mx1.ok.example took it"),
        (("--queue-id", "NOPE", "--check"), 4, "no message with the queue id NOPE"),
        (("--check",), 2, "needs --queue-id"),
        (("--queue-id", REFUSED, "--check", "--format", "jsonl"), 2, "reports as text"),
        (("--queue-id", REFUSED, "--check", "--since", "2h"), 2, "--since"),
    ],
)
def test_what_is_not_checked_takes_one_line(arguments: tuple[str, ...], code: int, words: str) -> None:
    outcome = smtp_probe("log", LOG, *arguments)
    assert outcome.code == code
    assert (outcome.stdout, outcome.stderr.count("\n")) == ("", 1)
    assert words in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--log", "/nonexistent"), "cannot read /nonexistent"),
        (("--log", __file__), "no line of a known mail log"),
        (("--log", LOG, "--queue-id", "NOPE"), "--queue-id: NOPE"),
        (("--queue-id", "NOPE"), "needs --log"),
    ],
)
def test_a_log_that_cannot_be_used_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    outcome = smtp_probe("check", *PAIR, *arguments, *NOWHERE)
    assert (outcome.code, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert words in outcome.stderr


def test_a_pair_that_is_not_in_the_log_is_said_to_be_so() -> None:
    outcome = smtp_probe("check", "eve@sender.example", PAIR[1], "--log", LOG, *NOWHERE, "-v")
    assert outcome.code == 4
    assert "no delivery of this sender to this recipient" in " ".join(outcome.stdout.split())


def test_an_address_in_a_log_never_becomes_an_option(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    line = (
        "Nov 29 02:33:34 mail postfix/smtp[1]: 612FB27C016: to=<--output=x@b.example>, "
        "relay=mx.b.example[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced "
        "(host mx.b.example[192.0.2.1] said: 550 5.1.1 no\x1b[31m (in reply to RCPT TO command))\n"
    )
    log.write_text(line)
    outcome = smtp_probe("log", str(log), "--queue-id", REFUSED, "--check", *NOWHERE)
    assert not list(Path.cwd().glob("x@b.example*"))
    assert "\x1b" not in outcome.stdout + outcome.stderr
    assert "no such option" not in outcome.stderr.lower()


def test_what_was_taken_for_nobody_is_not_told_as_delivered(tmp_path: Path) -> None:
    words = "250 2.7.0 Ok, discarded, id=05 - spam"
    thrown_away = sent("AA00000001").replace("250 2.0.0 Ok", words)
    path = tmp_path / "mail.log"
    path.write_text(f"{thrown_away}\n")
    outcome = smtp_probe("log", str(path), "--queue-id", "AA00000001", "--check", *NOWHERE)
    assert outcome.code == 0
    assert "AA00000001 was taken for bob@b.example: mx.b.example took it" in outcome.stderr
    assert "by these words it was discarded" in outcome.stderr and "nothing to check" not in outcome.stderr


@pytest.mark.parametrize(("queue_id", "code"), [("NONE", 4), (REFUSED, 0), (f"{REFUSED}:", 0)])
def test_a_message_that_is_not_there_is_4_and_the_report_says_what_to_do(queue_id: str, code: int) -> None:
    result = smtp_probe("log", LOG, "--queue-id", queue_id)
    assert result.code == code
    text = " ".join(result.stdout.split())
    advice = f"no message with the queue id {queue_id}: give the rotated files, too"
    assert (advice in text) == (code == 4)


def test_a_message_that_has_another_fate_than_the_one_asked_for_is_there() -> None:
    result = smtp_probe("log", LOG, "--queue-id", SENT, "--status", "bounced")
    assert result.code == 0 and "no message with" not in result.stdout


def test_who_has_to_send_again_what_was_given_up_is_told() -> None:
    """The greylisted message is in no queue any more: nobody's server sends it again by itself."""
    text = " ".join(smtp_probe("log", LOG, "--queue-id", EXPIRED, "--check", *NOWHERE).stdout.split())
    assert "greylisted" in text and "Who acts you, the sender" in text
    assert "yours has given up" in text and "by itself" not in text
