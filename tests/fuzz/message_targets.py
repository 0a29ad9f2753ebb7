"""What a stranger wrote: bounces, messages, recordings, addresses."""
# ruff: noqa: E501

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

from probe.bounces import messages, read_bounces, to_json
from probe.model.address import AddressError
from probe.model.address_parse import describe, parse_domain, parse_endpoint, parse_mailbox
from probe.model.text import decode, printable
from probe.reading.bounce.layouts import bounce_layouts
from probe.reading.bounce.read import read_notice
from probe.reading.message.links import links_in_html, links_in_text
from probe.reading.message.read import read_message
from probe.reading.message.subject import subject_problems
from probe.recording import events as ev
from probe.recording.codec import RecordingError, encode
from probe.recording.codec import decode as decode_event
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.report.json_report import to_json as report_json
from probe.report.style import Style
from probe.run import report_of
from probe.settings import BOUNCE_RECIPIENT_LIMIT, MESSAGE_PART_LIMIT
from probe.wording.spoken import clauses
from tests.fuzz.target import Target, fixtures, quiet, valid_json
from tests.support import rendering
from tests.support.recordings import full_events
from tests.support.rendering import to_markdown, to_text

MIME_WORDS = (
    b"\n", b"\r\n", b"\n\n", b"--", b"Content-Type: multipart/report; boundary=b\n\n--b\n", b"\n--b\n", b"\n--b--\n",
    b"Content-Type: message/delivery-status\n\n", b"Content-Type: message/rfc822\n\n", b"Content-Type: text/html\n",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"charset=utf-7",
    b"=?utf-8?b?", b"=?gb2312?q?", b"?=", b"Final-Recipient: rfc822; ", b"Action: failed\n", b"Status: 5.1.1\n",
    b"Diagnostic-Code: smtp; 550 ", b"<a@b.example>: ", b"host x[192.0.2.1] said: 550 ", b"Subject: ", b"From: ",
    b"Remote host said: ", b">>> RCPT To:<", b"<<< 550 ", b"(reason: ", b"Auto-Submitted: auto-replied\n", b"filename*=",
    b"Content-Disposition: attachment; filename=\"", b"From MAILER-DAEMON Mon Jan  1 00:00:00 2026\n", b"\xe2\x80\xae",
    b"<a href=\"http://", b"</a>", b"&#x", b"<style", b"\x1b[", b"X-Failed-Recipients: ", b"Reporting-MTA: dns; ",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, 1e308, "", "\x1b[31m", "a" * 300, "\ud800", "\u202ex", [], {}, [[]], "192.0.2.1", "::1",
    "example.com", "127.0.0.2", "550 no\r\n", "-" * 70, ".", "a..b", "2026-01-01T00:00:00+00:00", 65536, "rcpt", "answer",
)  # fmt: skip


def dsn(data: bytes) -> None:
    """A notice with at most so many recipients, each with a stage that exists, from any octets."""
    notice = read_notice(data, bounce_layouts())
    assert len(notice.recipients) <= BOUNCE_RECIPIENT_LIMIT
    for status in notice.recipients:
        quiet(printable(f"{status.recipient} {status.reply} {status.remote_mta} {status.added}"))
        assert "\n" not in status.recipient
    assert notice == read_notice(data, bounce_layouts())


def bounce(data: bytes) -> None:
    """The whole of `smtp-probe bounce`: mailbox files too, one result at least, quiet in every form."""
    for octets in messages(io.BytesIO(data)):
        results = read_bounces(octets, "f")
        assert results
        for item in results[:20]:
            assert item.exit_code in {0, 1, 3, 4}
            row = valid_json(to_json(item))
            assert row["is_bounce"] == item.is_bounce
            quiet(rendering.to_text(item, Style(width=80)))
            quiet(rendering.to_markdown(item))


def message(data: bytes) -> None:
    """What a message says of itself is bounded and true of its size."""
    facts = read_message(data)
    assert facts.size == len(data) + data.count(b"\n") - data.count(b"\r\n")
    assert len(facts.attachments) <= MESSAGE_PART_LIMIT
    for link in facts.links:
        assert link.host
        quiet(printable(f"{link}"))
    quiet(printable(" ".join(clauses((*facts.problems, *subject_problems(facts.subject))))))
    text = decode(data)
    links_in_text(text)
    links_in_html(text)


def address(data: bytes) -> None:
    """A mailbox reads back as itself; what is none has a reason to show."""
    text = decode(data)
    try:
        mailbox = parse_mailbox(text)
    except AddressError as error:
        quiet(printable(describe(error)))
    else:
        assert parse_mailbox(str(mailbox)) == mailbox
    for read in (lambda: parse_domain(text), lambda: parse_endpoint(text, 25)):
        try:
            read()
        except AddressError as error:
            describe(error)


def recording_line(data: bytes) -> None:
    """A line is an event that reads back, or a RecordingError that begins with its number."""
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            event = decode_event(line, number)
        except RecordingError as error:
            assert str(error).startswith(f"line {number}: ")
            quiet(printable(str(error)))
        else:
            assert decode_event(encode(event)) == event


class _Edits:
    """Reads an edit script out of octets; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._data)

    def number(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def octets(self) -> bytes:
        length = self.number()
        self._at += length
        return self._data[self._at - length : self._at]


def tampered(base: list[str], edits: _Edits) -> list[str]:
    """A recording whose events were left out, doubled, moved, or have another value somewhere."""
    lines = list(base)
    for _ in range(12):
        if not edits.left or len(lines) < 2:
            break
        operation, at, other = edits.number() % 8, edits.number(), edits.number()
        index, second = at % len(lines), other % len(lines)
        if operation == 0:
            del lines[index]
        elif operation == 1:
            lines.insert(second, lines[index])
        elif operation == 2:
            lines[index], lines[second] = lines[second], lines[index]
        elif operation == 3:
            del lines[max(1, index) :]
        else:
            lines[index] = _with_other_value(lines[index], other, edits)
    return lines


def _with_other_value(line: str, which: int, edits: _Edits) -> str:
    document = json.loads(line)
    places = list(_places(document))
    container, key = places[which % len(places)]
    choice = edits.number()
    if choice < len(_ODD):
        container[key] = _ODD[choice]
    elif isinstance(container[key], str):
        # octets are written as Latin-1, so most of what is put in stays a valid recording
        put = edits.octets().decode("latin-1")
        cut = choice % (len(container[key]) + 1)
        container[key] = container[key][:cut] + put + container[key][cut:] * (choice % 2)
    elif isinstance(container[key], int):
        container[key] = choice - 128
    return json.dumps(document)


def _places(document: Any) -> Iterable[tuple[Any, Any]]:
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(items):
        yield document, key
        if isinstance(value, dict | list):
            yield from _places(value)


def recording(data: bytes) -> None:
    """A tampered run: refused with a line number, or a report in every form, and a redaction that holds."""
    edits = _Edits(data)
    bases = _bases()
    try:
        lines = tampered(bases[edits.number() % len(bases)], edits)
        events = [decode_event(line, number) for number, line in enumerate(lines, 1)]
    except RecordingError as error:
        quiet(printable(str(error)))
        return
    if not isinstance(events[0], ev.Started) or any(isinstance(event, ev.Started) for event in events[1:]):
        return
    loaded = Recording.of(events)
    report = report_of(loaded)
    assert report.verdict.exit_code in {0, 1, 3, 4, 5}
    document = report_json(report)
    json.loads(document.encode("utf-8"))
    quiet(document)
    quiet(to_text(report, Style(width=80)))
    quiet(to_markdown(report))
    shared = redact(loaded)
    assert [encode(event) for event in redact(shared)] == [encode(event) for event in shared]
    assert len(shared) == len(loaded)
    report_of(shared)


_BASES: list[list[str]] = []


def _bases() -> list[list[str]]:
    if not _BASES:
        _BASES.append([encode(event) for event in full_events()])
        _BASES.extend(
            octets.decode("ascii").splitlines() for octets in fixtures("recordings/*/recording.jsonl")
        )
    return _BASES


def _edit_scripts() -> Iterable[bytes]:
    for base in range(len(_bases())):
        yield bytes([base])
        yield bytes([base, 4, base, 3, 7, 5, 9, 30, 80, 4, 65, 66, 67, 68, 1, 5, 9, 3, 30])


def _lines() -> Iterable[bytes]:
    return [encode(event).encode() for event in full_events()]


MESSAGE_TARGETS = (
    Target("dsn", dsn, lambda: fixtures("bounces/*.eml"), MIME_WORDS, 16384),
    Target("bounce", bounce, lambda: fixtures("bounces/*.eml"), MIME_WORDS, 16384),
    Target("message", message, lambda: fixtures("bounces/*.eml")[::3], MIME_WORDS, 16384),
    Target(
        "recording-line",
        recording_line,
        _lines,
        (b'{"kind":"', b'"at_ms":', b"null", b'":[', b"1e999", b"\\ud800"),
        8192,
    ),
    Target("recording", recording, _edit_scripts, longest=200),
    Target(
        "address",
        address,
        lambda: [b"a@b.example", b'"x y"@[192.0.2.1]', b"\xc3\xa4@xn--a.example", b"[::1]:25"],
        (b"xn--", b"[IPv6:", b'"', b"\\"),
        600,
    ),
)
