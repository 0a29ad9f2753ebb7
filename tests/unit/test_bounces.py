"""The messages of a file: one, or those of a mailbox file (RFC 4155)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from probe import bounces
from probe.bounces import messages, read_bounces

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "bounces"
FROM = b"From a@b.test Mon Jan  1 00:00:00 2024\n"


@pytest.mark.parametrize(
    ("octets", "parts"),
    [
        (b"", []),
        (b"\n\n", [b"\n\n"]),
        (b"Subject: a\n\nx\n", [b"Subject: a\n\nx\n"]),
        (b"\r\nSubject: a\n\n" + FROM + b"x", [b"\r\nSubject: a\n\n" + FROM + b"x"]),
        (FROM + b"A: b\n\nx\n\n" + FROM + b"y", [FROM + b"A: b\n\nx\n\n", FROM + b"y"]),
        (b"\n" + FROM + b"x\n\n" + FROM, [b"\n" + FROM + b"x\n\n", FROM]),
        (FROM + b"x\n" + FROM + b"y", [FROM + b"x\n", FROM + b"y"]),
        (FROM + b"x\nFrom b 1 Jan 2024 00:00\ny", [FROM + b"x\nFrom b 1 Jan 2024 00:00\ny"]),
        (FROM + b"x\n\nFrom the start of a sentence\n", [FROM + b"x\n\nFrom the start of a sentence\n"]),
        (b"From the start\n\n" + FROM + b"x", [b"From the start\n\n" + FROM + b"x"]),
    ],
)
def test_messages_of_a_file(octets: bytes, parts: list[bytes]) -> None:
    assert list(messages(io.BytesIO(octets))) == parts


class _Slow(io.BytesIO):
    """A stream that gives a few octets at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or size < 0 else min(7, size))


@pytest.mark.parametrize("start", [b"Subject: a\n", b"\n" * 50, FROM])
def test_one_octet_beyond_the_limit_shows_that_there_was_more(
    monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(bounces, "BOUNCE_SIZE_LIMIT", 100)
    octets = start + b"x\n" * 200
    for stream in (io.BytesIO(octets), _Slow(octets)):
        assert list(messages(stream)) == [octets[:101]]
    assert list(messages(io.BytesIO(octets[:100]))) == [octets[:100]]


def test_a_long_message_is_read_from_a_slow_stream_whole() -> None:
    octets = b"Subject: a\n\n" + b"x" * (bounces._BLOCK * 2 + 5)
    assert list(messages(_Slow(octets))) == [octets]


def test_a_bounce_for_a_mailbox_in_punycode_is_not_about_the_one_that_was_meant() -> None:
    report = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n--b\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        b"Final-Recipient: rfc822; NAME@example.net\nAction: failed\nStatus: 5.1.1\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 User unknown\n--b--\n"
    )
    for name, cause in ((b"gruss", "user_unknown"), (b"xn--gre-6ka8l", "address_syntax")):
        (result,) = read_bounces(report.replace(b"NAME", name))
        assert result.explanation is not None and result.explanation.cause is not None
        assert result.explanation.cause.id == cause


def test_a_report_on_mail_that_was_fetched_says_nothing_of_the_mailbox() -> None:
    octets = (FIXTURES / "fetchmail-unknown-user.eml").read_bytes()
    (result,) = bounces.read_bounces(octets)
    row = bounces.to_json(result)
    assert (row["cause"], row["fix_by"], row["retry"]) == ("unknown", "recipient", "after_fix")
    assert "Keep the address" in row["action_text"] and row["reply"]["enhanced_status"] == "5.1.1"
    assert row["problem_tags"] == ["fetched_mail"]
    by_exim = octets.replace(b"Reason: Some addresses were rejected by the MDA fetchmail forwards to.", b"")
    assert bounces.to_json(bounces.read_bounces(by_exim)[0])["cause"] == "user_unknown"
