"""What fuzzing found, each as small as it could be made. Work that grows too fast would take minutes here."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.bounces import read_bounces
from probe.explanation import to_json
from probe.reading.message.links import links_in_html
from probe.reading.message.read import read_message
from probe.reading.message.signatures import verify_signatures
from probe.reading.reply.mask import mask
from probe.recording import events as ev
from probe.recording.codec import RecordingError, decode, encode
from probe.recording.file import load
from probe.recording.journal import Recording
from probe.recording.pseudonyms import Keep, Pseudonyms
from probe.recording.redact import redact
from probe.report.json_text import json_text
from probe.settings import RECORDING_EVENT_LIMIT
from probe.standards.dns.message import Answer, Status, Txt, run
from probe.standards.tls.certificate import problems, read_certificate
from probe.wording.spoken import spoken
from tests.fuzz.dns_targets import DNS_TARGETS
from tests.fuzz.target import FIXTURES
from tests.support.explained import explain_lines
from tests.support.reasons import TRUSTED

CERTIFICATE = next(iter(next(target for target in DNS_TARGETS if target.name == "certificate").seeds()))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
def test_an_id_that_is_no_json_number_is_refused_not_given_back(number: str) -> None:
    (row,) = (to_json(item) for item in explain_lines([f'{{"id": [{number}], "text": "550 no"}}']))
    assert row["id"] == 1 and row["error"].startswith("line 1: not a JSON object")
    json.loads(json_text(row))


def test_an_id_that_is_nested_deeply_is_refused() -> None:
    (row,) = (
        to_json(item) for item in explain_lines([f'{{"id": {"[" * 500}{"]" * 500}, "text": "550 no"}}'])
    )
    assert '"id" is nested deeper than 32 levels' in row["error"]
    json_text(row)


def test_a_subject_of_the_wrong_type_leaves_the_rest_of_a_certificate_readable() -> None:
    name = b"mx.recipient.example"
    text, bits = (bytes([tag, len(name)]) + name for tag in (0x0C, 0x03))
    read = read_certificate(CERTIFICATE.replace(text, bits))
    assert (read.subject, read.names) == ("", (name.decode(),))


def test_a_year_before_1000_is_written_with_four_digits() -> None:
    # asn1: SEQUENCE of UTCTime and UTCTime; the first becomes a GeneralizedTime, two octets longer
    start = CERTIFICATE.index(b"\x30\x1e\x17\x0d")
    times = b"\x30\x20\x18\x0f09990101000000Z" + CERTIFICATE[start + 17 : start + 32]
    odd = bytearray(CERTIFICATE[:start] + times + CERTIFICATE[start + 32 :])
    for outer in (0, 4):
        size = int.from_bytes(odd[outer + 2 : outer + 4], "big") + 2
        odd[outer + 2 : outer + 4] = size.to_bytes(2, "big")
    read = read_certificate(bytes(odd))
    assert read.not_before == "0999-01-01T00:00:00Z"
    assert problems(read, "mx.recipient.example", datetime(2026, 10, 1, tzinfo=UTC), TRUSTED) == ()


def test_lines_of_dashes_in_a_notice_are_searched_in_linear_time() -> None:
    head = b"From: MAILER-DAEMON@a.example\nSubject: Undelivered Mail\n\n"
    assert read_bounces(head + (b"-" * 4000 + b"\n") * 60)


def test_a_nul_in_a_charset_is_no_reason_not_to_read_a_message() -> None:
    data = b'Content-Type: text/plain; charset="utf\0-8"\n\n\xff\n'
    assert read_message(data).has_text_part


def test_thousands_of_names_in_a_reply_are_redacted_in_linear_time() -> None:
    base = (FIXTURES / "recordings/lab-unknown-user/recording.jsonl").read_text().splitlines()
    events = [decode(line, version=1) for line in base]
    at = next(index for index, event in enumerate(events) if isinstance(event, ev.Received))
    names = b"".join(b"host%d.org%d.com user%d@a.com a.a.a. " % (n, n, n) for n in range(4000))
    first = events[at]
    assert isinstance(first, ev.Received)
    shared = redact(
        Recording.of([*events[:at], replace(first, data=b"220 " + names + b"\r\n"), *events[at:]])
    )
    text = b"".join(event.data for event in shared.all(ev.Received))
    assert b"org7.com" not in text
    assert text.count(b"@domain") >= 4000


def test_a_text_that_holds_every_private_address_is_redacted_all_the_same() -> None:
    keep = Keep((), (), (), (), (), frozenset(), frozenset())
    learned = Pseudonyms(keep, frozenset())
    every = [
        ip_address(number) for number in range(int(ip_address("192.168.0.0")), int(ip_address("192.169.0.0")))
    ]
    for ip in every:
        learned.address(ip)
    assert Pseudonyms(keep, frozenset(), learned).address(every[7]) == ip_address("192.0.2.0")


def test_a_recording_of_more_events_than_a_run_can_make_is_refused(tmp_path: Path) -> None:
    first, *_ = (FIXTURES / "recordings/lab-unknown-user/recording.jsonl").read_text().splitlines()
    path = tmp_path / "run.jsonl"
    line = encode(ev.Sent(1, 1, b"QUIT\r\n")) + "\n"
    path.write_text(first + "\n" + line * (RECORDING_EVENT_LIMIT + 1))
    with pytest.raises(RecordingError, match="more events than a run can make"):
        load(path)


def test_a_signature_of_spaces_is_not_looked_at_for_ever() -> None:
    head = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=AAAA; b=AA"
    octets = head + b" " * 200_000 + b".\r\nFrom: a@example.com\r\n\r\nhi\r\n"
    key = Txt((b"v=DKIM1; p=AAAA",))
    (result,) = run(verify_signatures(octets), lambda question: Answer(question, Status.ANSWER, (key,)))
    assert result.verdict == "fail" and spoken(result.problem) == "the header is longer than 8192 octets"


def test_a_reply_of_dashes_is_masked_in_linear_time() -> None:
    assert mask("-" * 200_000).text


@pytest.mark.parametrize("unit", ["<n1is acccount ", "<!--", "<![", "<a b='", "<script></", "</a "])
def test_html_that_closes_nothing_is_searched_in_linear_time(unit: str) -> None:
    html = "<a title='a < b' href='https://a.example/'>first</a>" + unit * 20_000
    assert [link.host for link in links_in_html(html)] == ["a.example"]


def test_an_opening_that_is_closed_far_behind_is_text() -> None:
    html = "<a " + "x" * 9000 + " href='https://far.example/'>x</a><a href='https://near.example/'>y</a>"
    assert [link.host for link in links_in_html(html)] == ["near.example"]


def test_a_reply_that_stands_for_a_thousand_recipients_is_read_once() -> None:
    groups = "\n".join(f"Final-Recipient: rfc822; user{number}@recipient.example\n" for number in range(1000))
    notice = (
        "From: Postmaster <postmaster@mail.example>\nSubject: Undeliverable Mail\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
        "Unknown user: user0@recipient.example\n\nRCPT TO generated following response:\n"
        f"550 5.1.1 no {'such user ' * 800}\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n{groups}\n--b--\n"
    )
    result = read_bounces(notice.encode())
    assert len(result) == 1000
    # the text is about the first; the others have one explanation together
    assert len({id(item.explanation) for item in result[1:]}) == 1
    assert result[999].explanation and result[999].explanation.cause
    assert result[999].explanation.cause.id == "user_unknown"
