"""`smtp-probe explain`: formats, streams, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from probe.cli.main import run
from tests.cli.command import smtp_probe

UNKNOWN = "550 5.1.1 <alice@example.net>: user unknown"
GREYLISTED = "450 4.2.0 greylisted, please try again in 300 seconds"
KEYS = [
    "id",
    "reply",
    "stage",
    "cause",
    "band",
    "causes",
    "fix_by",
    "retry",
    "steps",
    "action",
    "retry_after_s",
    "retry_reason",
]


def test_a_refusal_exits_1_and_names_its_cause(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("explain", UNKNOWN, "--stage", "rcpt", "--format", "json")) == 1
    explained = json.loads(capsys.readouterr().out)
    assert list(explained) == KEYS
    assert explained["cause"] == "user_unknown"
    assert explained["reply"]["code"] == 550
    assert explained["stage"] == "rcpt"


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_an_input_without_a_reply_is_inconclusive(jobs: str, form: str) -> None:
    run = smtp_probe("explain", "--input", "-", "--jobs", jobs, "--format", form, stdin=b"\n\n")
    assert run.code == 4
    assert run.stderr == "smtp-probe: explain: no reply stands in the input; give one a line, or JSON lines\n"


def test_text_says_verdict_cause_action_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    run(("explain", UNKNOWN, "--stage", "rcpt"))
    text = capsys.readouterr().out
    assert text.startswith("REFUSED FOR GOOD  at RCPT\n")
    for part in ("Cause", "Who acts", "Retry", "Steps", "Why"):
        assert part in text


def test_markdown_keeps_the_reply_in_a_code_span(capsys: pytest.CaptureFixture[str]) -> None:
    run(("explain", "550 5.1.1 `user` | <b>unknown</b>", "--format", "markdown"))
    assert "`550 5.1.1` &#96;`user`&#96; `| <b>unknown</b>`" in capsys.readouterr().out


def test_a_temporary_failure_exits_3() -> None:
    assert smtp_probe("explain", GREYLISTED).code == 3


def test_a_positive_reply_exits_0() -> None:
    outcome = smtp_probe("explain", "250 2.1.5 ok")
    assert outcome.code == 0
    assert outcome.stdout.startswith("POSITIVE REPLY")
    assert "no mailbox" not in outcome.stdout
    assert "no mailbox" in smtp_probe("explain", "250 2.7.0 Ok, discarded, id=05").stdout


def test_a_reply_of_several_lines_is_one_reply() -> None:
    outcome = smtp_probe(
        "explain",
        "550-5.1.1 The email account that you tried to reach\n550 5.1.1 does not exist",
        "--format",
        "jsonl",
    )
    assert outcome.stdout.count("\n") == 1
    assert json.loads(outcome.stdout)["cause"] == "user_unknown"


def test_many_replies_come_out_in_order_and_the_worst_counts() -> None:
    lines = f"250 ok\n{GREYLISTED}\n\n{UNKNOWN}\n".encode()
    outcome = smtp_probe("explain", "--input", "-", "--format", "jsonl", stdin=lines)
    assert outcome.code == 1
    assert [json.loads(line)["reply"]["code"] for line in outcome.stdout.splitlines()] == [250, 450, 550]


def test_json_lines_bring_their_own_id_stage_and_host() -> None:
    line = json.dumps({"id": "x7", "text": UNKNOWN, "stage": "end-of-data", "host": "mx.example"})
    outcome = smtp_probe("explain", "--input", "-", "--format", "jsonl", stdin=line.encode())
    explained = json.loads(outcome.stdout)
    assert (explained["id"], explained["stage"]) == ("x7", "end-of-data")


def test_stage_and_host_hold_for_plain_lines() -> None:
    outcome = smtp_probe(
        "explain", "--input", "-", "--stage", "mail", "--format", "jsonl", stdin=b"550 no\n\n550 no"
    )
    assert [json.loads(line)["stage"] for line in outcome.stdout.splitlines()] == ["mail", "mail"]
    assert [json.loads(line)["id"] for line in outcome.stdout.splitlines()] == [1, 3]


def test_json_of_many_is_one_array(tmp_path: Path) -> None:
    path = tmp_path / "replies.txt"
    path.write_text(f"{UNKNOWN}\n{GREYLISTED}\n")
    outcome = smtp_probe("explain", "--input", str(path), "--format", "json")
    assert [item["reply"]["code"] for item in json.loads(outcome.stdout)] == [550, 450]
    assert json.loads(smtp_probe("explain", "--input", "-", "--format", "json").stdout) == []


def test_a_bad_line_does_not_stop_the_rest() -> None:
    outcome = smtp_probe("explain", "--input", "-", "--format", "jsonl", stdin=b'{"id":\n550 no\n')
    assert outcome.code == 2
    first, second = map(json.loads, outcome.stdout.splitlines())
    assert "error" in first
    assert second["reply"]["code"] == 550
    assert outcome.stderr.count("\n") == 1
    assert "line 1" in outcome.stderr


def test_charsets_mix_line_by_line() -> None:
    lines = "550 用户不存在\n".encode("gb18030") + "550 não existe\n".encode() + b"550 \xff\xfe\n"
    outcome = smtp_probe("explain", "--input", "-", "--format", "jsonl", stdin=lines)
    texts = [json.loads(line)["reply"]["text"] for line in outcome.stdout.splitlines()]
    assert texts[0] == "用户不存在"
    assert texts[1] == "não existe"
    assert "\\xff" in texts[2]


def test_hostile_text_does_not_reach_the_terminal() -> None:
    outcome = smtp_probe("explain", "550 5.1.1 \x1b[2J\u202euser unknown")
    assert "\x1b" not in outcome.stdout
    assert "\u202e" not in outcome.stdout
    assert "\\x1b" in outcome.stdout


def test_results_come_before_the_input_ends() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", "explain", "--input", "-", "--format", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    with process:
        process.stdin.write(b"550 no\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["reply"]["code"] == 550
        process.stdin.close()


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", "explain", "--input", "-", "--format", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    with process:
        process.stdin.write(b"550 no\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b"550 no\n" * 10)
        process.stdin.close()
        assert process.stderr.read() == b""


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    outcome = smtp_probe("explain", UNKNOWN, "--format", "jsonl", "-o", str(path))
    assert outcome.stdout == ""
    assert json.loads(path.read_text())["cause"] == "user_unknown"


LOGGED = (
    "Nov 28 20:25:15 mail postfix/smtp[884]: 4B2A91: to=<bob@x.example>, relay=none, delay=1, "
    "delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx.x.example[192.0.2.1]:25: Connection refused)"
)
REMOVED = "Nov 28 20:25:16 mail postfix/qmgr[884]: 4B2A91: removed"


def test_a_line_of_a_log_tells_whose_words_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("explain", LOGGED)) == 3
    text = capsys.readouterr().out
    assert text.startswith("LOG LINE  Postfix\n") and "Said by     the own mail server" in text
    assert run(("explain", LOGGED, "--format", "json")) == 3
    explained = json.loads(capsys.readouterr().out)
    assert list(explained)[: len(KEYS)] == KEYS
    assert explained["reply"] is None and explained["queue_id"] == "4B2A91"


def test_a_line_that_tells_of_no_failure_takes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("explain", REMOVED)) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_lines_of_logs_and_replies_mix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argument = tmp_path / "mixed"
    wrapped = json.dumps({"id": "mine", "text": LOGGED})
    argument.write_text("\n".join((LOGGED, UNKNOWN, REMOVED, wrapped, '{"id": 7, "text": "452 4.2.2 full"}')))
    assert run(("explain", "--input", str(argument), "--format", "jsonl")) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 3, "mine", 7]
    assert [row.get("status", "") for row in rows] == ["deferred", "", None, "deferred", ""]
    assert [row["cause"] for row in rows] == [
        "connection_failed",
        "user_unknown",
        None,
        "connection_failed",
        "mailbox_full",
    ]
    assert list(rows[1]) == KEYS


def test_a_listing_as_the_argument_is_read_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    listing = Path("fixtures/logs/queue-mailq-postfix.log").read_text()
    assert run(("explain", listing, "--format", "json")) == 3
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) >= 3 and all("queue_id" in row for row in rows)
