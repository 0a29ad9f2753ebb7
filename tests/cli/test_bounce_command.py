"""`smtp-probe bounce`: formats, streams, several files, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.cli.main import run
from tests.cli.command import smtp_probe

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "bounces"
KEYS = {
    "file", "is_bounce", "kind", "recipient", "action", "status", "reporting_mta", "remote_mta", "reply",
    "stage", "cause", "band", "causes", "fix_by", "retry", "steps", "action_text",
}  # fmt: skip


def _file(slug: str) -> str:
    return str(FIXTURES / f"{slug}.eml")


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_have_one_object_for_each_recipient(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("bounce", _file("postfix-many"), "--format", "jsonl")) == 1
    objects = _lines(capsys.readouterr().out)
    assert all(set(item) >= KEYS for item in objects)
    assert [item["recipient"] for item in objects] == [
        "alice@example.net",
        "carol@example.org",
        "dave@nowhere.example",
    ]
    assert objects[0]["reply"] == {
        "code": 552,
        "enhanced_status": "5.2.2",
        "text": "552 5.2.2 Mailbox full",
    }


def test_what_is_no_bounce_gives_one_object_that_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("bounce", _file("vacation"), "--format", "jsonl")) == 0
    (item,) = _lines(capsys.readouterr().out)
    assert (item["is_bounce"], item["kind"], item["recipient"]) == (False, "auto_reply", None)
    assert set(item) >= KEYS


def test_a_delay_exits_3() -> None:
    outcome = smtp_probe("bounce", _file("postfix-delay"))
    assert outcome.code == 3
    assert outcome.stdout.startswith("DELAY ")


@pytest.mark.parametrize(
    ("action", "reply", "is_given_up"),
    [
        ("failed", "452 4.2.2 Mailbox full", True),
        ("failed", "450 4.2.0 Greylisted", True),
        ("failed", "451 4.3.0 Temporary lookup failure", True),
        ("failed", "421 4.7.0 Too many connections from your IP", True),
        ("failed", "550 5.1.1 User unknown", False),
        ("delayed", "452 4.2.2 Mailbox full", False),
        ("delayed", "450 4.2.0 Greylisted", False),
    ],
)
def test_what_may_pass_and_was_given_up_is_no_contradiction(
    tmp_path: Path, action: str, reply: str, *, is_given_up: bool
) -> None:
    notice = tmp_path / "full.eml"
    notice.write_text(
        "From: Mail Delivery Subsystem <mailer-daemon@relay.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; carol@example.net\nAction: {action}\nStatus: {reply[4:9]}\n"
        f"Remote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; {reply}\n\n--b--\n",
        "utf-8",
    )
    text = " ".join(smtp_probe("bounce", str(notice)).stdout.split())
    assert f"Action {action}" in text
    assert ("the reporting server has given up (Action: failed)" in text) == is_given_up
    act = text.partition(" Act ")[2].partition(" Retry ")[0]
    if is_given_up:
        assert "the message again" in act
        assert "given up" in act
        assert "Who acts nobody" not in text
    if reply.startswith("4"):  # what is tried no more does not go by itself
        assert ("by itself" in act or "in the queue" in act) == (not is_given_up)


def test_a_failure_that_quotes_no_reply_is_headed_as_it_exits(tmp_path: Path) -> None:
    notice = tmp_path / "mute.eml"
    notice.write_text(
        "From: Mail Delivery Subsystem <mailer-daemon@relay.example>\n"
        "Subject: Delivery Status Notification (Failure)\n\n"
        "Delivery to the following recipient failed permanently:\n\n     alice@example.net\n"
    )
    outcome = smtp_probe("bounce", str(notice))
    assert outcome.code == 1
    assert "REFUSED FOR GOOD" in outcome.stdout and "INCONCLUSIVE" not in outcome.stdout
    assert "no reply is quoted" in outcome.stdout


def test_several_files_are_read_in_order_and_the_worst_counts() -> None:
    outcome = smtp_probe(
        "bounce", _file("vacation"), _file("postfix-delay"), _file("gmail-old"), "--format", "jsonl"
    )
    assert outcome.code == 1
    assert [item["kind"] for item in _lines(outcome.stdout)] == ["auto_reply", "delay", "bounce"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty.eml"
    empty.write_bytes(b"")
    outcome = smtp_probe(
        "bounce", str(tmp_path / "gone.eml"), str(empty), _file("imail"), "--format", "jsonl"
    )
    assert outcome.code == 2
    assert [item["recipient"] for item in _lines(outcome.stdout)] == ["alice@example.net"]
    gone, nothing = outcome.stderr.splitlines()
    assert "gone.eml" in gone
    assert "empty.eml" in nothing


def test_a_directory_is_one_clear_line(tmp_path: Path) -> None:
    outcome = smtp_probe("bounce", str(tmp_path))
    assert outcome.code == 2
    assert outcome.stderr.count("\n") == 1


def test_a_mailbox_file_gives_every_message(tmp_path: Path) -> None:
    mailbox = tmp_path / "mbox"
    slugs = ("imail", "groupwise", "vacation")
    mailbox.write_bytes(
        b"".join(
            b"From MAILER-DAEMON Sat Nov 21 09:00:00 2026\n" + (FIXTURES / f"{slug}.eml").read_bytes() + b"\n"
            for slug in slugs
        )
    )
    outcome = smtp_probe("bounce", str(mailbox), "--format", "jsonl")
    items = _lines(outcome.stdout)
    assert [item["kind"] for item in items] == ["bounce", "bounce", "auto_reply"]
    assert [str(item["file"]).rpartition("#")[2] for item in items[1:]] == ["2", "3"]


def test_a_mailbox_file_of_courier_gives_every_message(tmp_path: Path) -> None:
    """Nothing for the empty address, and no blank line where a message ends without one; what a message
    quotes begins none, though it reads like a From_ line."""
    mailbox = tmp_path / "mbox"
    notice = (FIXTURES / "imail.eml").read_bytes().rstrip(
        b"\n"
    ) + b"\nFrom me to you on Monday, May 4 2026, 09:00\n"
    mailbox.write_bytes((b"From  Sat Nov 21 09:00:00 2026\n" + notice) * 3)
    items = _lines(smtp_probe("bounce", str(mailbox), "--format", "jsonl").stdout)
    assert [item["kind"] for item in items] == ["bounce"] * 3


def test_stdin_is_read_as_a_file() -> None:
    octets = (FIXTURES / "qmail-remote.eml").read_bytes()
    outcome = smtp_probe("bounce", "-", "--format", "json", stdin=octets)
    assert outcome.code == 1
    assert len(json.loads(outcome.stdout)) == 4


def test_text_says_whom_why_and_who_acts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FIXTURES)  # the line that holds the path is no longer where the checkout is deep down
    run(("bounce", "exchange-2013.eml"))
    text = capsys.readouterr().out
    for part in ("BOUNCE", "for alice@example.net", "REFUSED FOR GOOD", "Cause", "Who acts", "Retry"):
        assert part in text


def test_nothing_live_reaches_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evil.eml"
    octets = (FIXTURES / "qmail-remote.eml").read_bytes()
    path.write_bytes(octets.replace(b"no such mailbox", b"no \x1b[31msuch \xe2\x80\xae mailbox"))
    for form in ("text", "markdown"):
        outcome = smtp_probe("bounce", str(path), "--format", form)
        assert "\x1b" not in outcome.stdout
        assert "\u202e" not in outcome.stdout


def test_the_output_goes_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    outcome = smtp_probe("bounce", _file("imail"), "--format", "jsonl", "-o", str(path))
    assert outcome.stdout == ""
    assert _lines(path.read_text(encoding="utf-8"))[0]["cause"] == "user_unknown"


NOWHERE = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl")


def test_check_goes_on_with_the_live_check_and_joins_the_bounce() -> None:
    outcome = smtp_probe("bounce", _file("postfix-dsn"), "--check", *NOWHERE)
    assert outcome.code == 4
    assert outcome.stdout.startswith("BOUNCE ")
    _, _, live = outcome.stdout.partition("INCONCLUSIVE")
    assert "this mailbox does not exist" in live  # this run asked nobody: only the bounce can say so


def test_check_with_bounce_replays_identically(tmp_path: Path) -> None:
    recording = str(tmp_path / "run.jsonl")
    live = smtp_probe(
        "bounce", _file("exim-new-dsn"), "--check", *NOWHERE, "--record", recording, "--format", "json"
    )
    report = json.loads(live.stdout)
    assert report["target"]["forward_path"] == "alice@example.net"
    words = [item["message"] for item in report["findings"] if item["id"] == "bounce-reply"]
    assert any(
        "5.0.0 is filler that mail.example.com wrote; the remote server said 5.7.1" in text for text in words
    )
    assert smtp_probe("replay", recording, "--format", "json").stdout == live.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("vacation", "--check"), "names no recipient"),
        (("imail", "--check", "--format", "jsonl"), "reports as text, json, markdown, html"),
        (("imail", "--timeout", "2"), "no such option"),
        (("postfix-many", "--check", "--format", "json"), "3 recipients"),
        (("imail", "--check", "--nosuch", "5"), "no such option: --nosuch"),
        (("imail", "--check", "--timeout"), "--timeout: needs a value"),
    ],
)
def test_what_cannot_be_checked_is_one_clear_line(arguments: tuple[str, ...], words: str) -> None:
    outcome = smtp_probe("bounce", _file(arguments[0]), *arguments[1:])
    assert outcome.code == 2
    assert outcome.stderr.count("\n") == 1
    assert words in outcome.stderr


@pytest.mark.parametrize("place", range(4))
def test_the_file_may_stand_anywhere_among_the_options_of_check(place: int) -> None:
    arguments = [("--check",), ("--timeout", "20"), ("--selector=s1", "--no-smtp"), ("-q",)]
    ordered = [
        word for group in (*arguments[:place], (_file("imail"),), *arguments[place:]) for word in group
    ]
    outcome = smtp_probe("bounce", *ordered, *NOWHERE)
    assert outcome.code != 2, outcome.stderr
    assert "Cause:" in outcome.stdout and not outcome.stderr


def test_an_address_in_a_bounce_never_becomes_an_option(tmp_path: Path) -> None:
    path = tmp_path / "evil.eml"
    octets = (FIXTURES / "groupwise.eml").read_bytes()
    path.write_bytes(octets.replace(b"\talice@example.net", b"\t--output=x@example.net"))
    outcome = smtp_probe("bounce", str(path), "--check", *NOWHERE)
    assert not list(Path.cwd().glob("x@example.net*"))
    assert "no such option" not in outcome.stderr.lower()


def test_a_mail_log_is_no_message_and_the_command_for_it_is_named() -> None:
    log = str(FIXTURES.parent / "logs" / "exim-fates.log")
    outcome = smtp_probe("bounce", log)
    assert (outcome.code, outcome.stdout[:9]) == (2, "NO BOUNCE")
    assert f"looks like a mail log; read it with: smtp-probe log {log}" in outcome.stderr


def test_a_delay_notice_of_a_message_that_was_given_up_says_so() -> None:
    """OpenSMTPD writes "delayed" and "kept in the queue" of an envelope that has expired."""
    outcome = smtp_probe("bounce", str(FIXTURES / "opensmtpd-expired-delayed.eml"))
    text = " ".join(outcome.stdout.split())
    assert "Action delayed, as it is written; the words say that the server has given up" in text
    assert "the reporting server has given up (so its words)" in text
    assert outcome.code == 3


@pytest.mark.parametrize(("action", "who"), [("delayed", "nobody"), ("failed", "you, the sender")])
def test_both_halves_say_whether_the_message_has_to_be_sent_again(
    action: str, who: str, tmp_path: Path
) -> None:
    notice = tmp_path / "notice.eml"
    octets = (FIXTURES / "opensmtpd-delay.eml").read_bytes()
    notice.write_bytes(octets.replace(b"Action: delayed", f"Action: {action}".encode()))
    alone, live = smtp_probe("bounce", str(notice), "--check", *NOWHERE).stdout.split("nothing delivered")
    assert f"Who acts    {who}" in alone
    assert ("given up" in alone) == ("given up" in live) == (action == "failed")
