"""What the sender's own message says in its body is not believed as the report on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from probe.bounces import read_bounces, to_json
from probe.model.notice_reason import NoticeForm, NoticeReason, NoticeWhy

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "bounces"
FORGED = {
    "fields": (
        "Reporting-MTA: dns; mx.evil.example\n\n"
        "Final-Recipient: rfc822; victim@victim.example\nAction: failed\n"
        "Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n"
    ),
    "words": (
        "<victim@victim.example>: host mx.victim.example[192.0.2.66] said: 552 5.2.2\n"
        "    <victim@victim.example> mailbox full (in reply to RCPT TO command)\n"
    ),
    "transcript": (
        "   ----- Transcript of session follows -----\n... while talking to mx.victim.example.:\n"
        ">>> RCPT To:<victim@victim.example>\n<<< 552 5.2.2 <victim@victim.example>... mailbox full\n"
    ),
    "reply": "550 5.1.1 user unknown\n554 5.7.1 Client host [192.0.2.1] blocked by a blocklist\n",
    "own words": (
        "alice@example.net: Envelope expired\nretry timeout exceeded\n451 4.4.1 reply: read error from mx.\n"
    ),
    "pipelining": (
        "   ----- Transcript of session follows -----\n... while talking to mx.victim.example.:\n"
        ">>> DATA\n<<< 550 5.1.1 nobody\n550 5.1.1 alice@example.net... User unknown\n<<< 503 RCPT first\n"
    ),
    "software": (
        "This is the nullmailer delivery system.\n\n\t<victim@victim.example>\n\n"
        "Intended Recipients: <victim@victim.example>\nFailure Reason: Error: Tried all MXs\n\n"
        '- "victim@victim.example" (EMAIL) failed permanently with error:\n'
        '    mx.: MAIL/RCPT failed: 550 "no"\n\n'
        "Delivery failed for:\n- victim@victim.example\n\nDestination host responded:\n550 5.1.1 no\n"
    ),
    "delay": "WARNING: message still undelivered. Will keep trying until message is 5 days old.\n",
    "absence": "I am out of the office until Monday. This is an automatic reply.\n",
}
_END = re.compile(rb"\n--[^\n]+--[ \t]*\n?\s*\Z")
HEAD = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@mail.example.com\nTo: bob@example.com\n"
    "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
)
SAID = (
    "<alice@example.net>: host mx.example.net[192.0.2.7] said: 550 5.1.1 no such user\n"
    "    (in reply to RCPT TO command)\n"
)


def _told(octets: bytes) -> list[tuple[Any, ...]]:
    keys = ("kind", "recipient", "action", "status", "reply", "remote_mta", "cause", "stage")
    return [tuple(to_json(item)[key] for key in keys) for item in read_bounces(octets)]


def _returns_a_message(octets: bytes) -> bool:
    returned = read_bounces(octets)[0].notice.original
    return bool(returned.message_id or returned.date or returned.header_from or returned.recipients)


RETURNING = [path for path in sorted(FIXTURES.glob("*.eml")) if _returns_a_message(path.read_bytes())]


def test_most_bounces_return_a_message() -> None:
    assert len(RETURNING) > 40


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("path", RETURNING, ids=lambda path: path.stem)
def test_the_body_of_the_returned_message_changes_nothing(path: Path, forged: str) -> None:
    octets = path.read_bytes()
    end = match.start() + 1 if (match := _END.search(octets)) else len(octets)
    changed = octets[:end] + f"\n\n{FORGED[forged]}\n".encode() + octets[end:]
    assert _told(changed) == _told(octets)


def _report(returned: str) -> bytes:
    status = "Final-Recipient: rfc822; alice@example.net\nAction: failed\nStatus: 5.1.1\n"
    return (
        f"{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{SAID}\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.com\n\n{status}\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: bob@example.com\nTo: alice@example.net\n"
        f"{returned}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("kind", ["delivery-status", "feedback-report", "disposition-notification"])
def test_a_part_of_the_returned_message_with_the_boundary_of_the_report_is_not_believed(kind: str) -> None:
    octets = _report(f"\nhello\n--b\nContent-Type: message/{kind}\n\n{FORGED['fields']}")
    (result,) = read_bounces(octets)
    assert result.status is not None and result.status.recipient == "alice@example.net"
    assert result.kind == "bounce"
    assert result.notice.problems == (NoticeWhy(NoticeReason.PARTS_BEHIND),)


def test_a_multipart_in_the_returned_message_with_the_boundary_of_the_report_is_not_believed() -> None:
    inner = _report("\nhello\n").replace(b"alice", b"carol").decode()
    assert _told(_report(f"\nhello\n{inner}")) == _told(_report("\nhello\n"))


def test_two_reports_in_one_message_are_both_read() -> None:
    first, second = (
        _report("\nhello\n").replace(b"alice", name).replace(b"boundary=b", b"boundary=" + name)
        .replace(b"--b", b"--" + name)
        for name in (b"dave", b"carol")
    )  # fmt: skip
    parts = "".join(
        f"--outer\n{text.decode().partition('MIME-Version: 1.0')[2].lstrip()}" for text in (first, second)
    )
    octets = f"{HEAD}Content-Type: multipart/mixed; boundary=outer\n\n{parts}--outer--\n".encode()
    assert [row[1] for row in _told(octets)] == ["dave@example.net", "carol@example.net"]


def test_a_status_that_stands_behind_the_returned_message_alone_is_read() -> None:
    octets = (
        f"{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nIt failed.\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: bob@example.com\nTo: list@example.net\n\nhello\n"
        "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; alice@example.net\n"
        "Action: failed\nStatus: 5.1.1\n\n--b--\n"
    ).encode()
    assert [row[1] for row in _told(octets)] == ["alice@example.net"]


def test_an_original_recipient_behind_the_other_fields_is_of_the_same_recipient() -> None:
    octets = _report("\nhello\n").replace(
        b"Status: 5.1.1\n", b"Status: 5.1.1\nOriginal-Recipient: rfc822; sales@example.net\n"
    )
    (result,) = read_bounces(octets)
    assert result.status is not None
    assert (result.status.recipient, result.status.original_recipient) == (
        "alice@example.net",
        "sales@example.net",
    )


def test_an_answering_machine_that_quotes_a_bounce_in_its_subject_is_none() -> None:
    octets = (
        b"Return-Path: <>\nFrom: alice@example.net\nTo: bob@example.com\n"
        b"Subject: Automatic reply: 550 5.1.1 user unknown\nAuto-Submitted: auto-replied\n\n"
        b"I am away.\n> <carol@example.org>: 550 5.1.1 user unknown\n"
    )
    (result,) = read_bounces(octets)
    assert (result.kind, result.status) == ("auto_reply", None)


def test_a_bounce_of_headers_alone_is_one() -> None:
    octets = HEAD.replace("MIME-Version: 1.0", "Auto-Submitted: auto-replied").encode() + b"\n"
    (result,) = read_bounces(octets)
    assert (result.kind, result.is_bounce) == ("bounce", True)


def test_octets_without_a_header_are_called_no_message() -> None:
    (result,) = read_bounces(b"\x1f\x8b\x08\x00 not a message")
    assert (result.kind, result.notice.form) == ("other", NoticeForm.NO_MESSAGE)


def test_a_failure_that_quotes_success_is_inconclusive() -> None:
    octets = _report("\nhello\n").replace(SAID.encode(), b"It failed.\n")
    octets = octets.replace(b"5.1.1", b"2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 OK queued")
    (result,) = read_bounces(octets)
    assert (result.kind, result.exit_code) == ("bounce", 4)
    assert to_json(result)["cause"] is None
