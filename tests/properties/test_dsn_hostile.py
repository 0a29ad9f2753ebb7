"""No octets, however mangled, make the reading of a bounce raise, hang or forget its bounds."""
# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.bounces import read_bounces, to_json
from probe.report.json_text import json_text
from probe.settings import BOUNCE_RECIPIENT_LIMIT

FILES = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "bounces").glob("*.eml"))
OCTETS = [path.read_bytes() for path in FILES]
PIECES = [
    b"\n", b"\n\n", b"\r", b"\0", b"--", b"--b0undary/1\n", b"Content-Type: multipart/mixed; boundary=b0undary/1\n\n",
    b"Content-Transfer-Encoding: base64\n", b"=?utf-8?b?////?=", b"<<< 550", b">>> RCPT To:<", b"\xff\xfe", b"(" * 50,
    b"Final-Recipient: rfc822;", b"Diagnostic-Code: smtp; ", b"@", b"<>", b"\x1b[31m", b"550 5.1.1 ", b";" * 20,
]  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.integers(0, 5000), st.integers(0, 40), st.one_of(st.sampled_from(PIECES), st.binary(max_size=8))
    ),
    min_size=1,
    max_size=6,
)


def _mangled(octets: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for position, gone, new in edits:
        place = position % (len(octets) + 1)
        octets = octets[:place] + new + octets[place + gone :]
    return octets


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(OCTETS), EDITS)
def test_a_mangled_bounce_is_still_read(octets: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    results = read_bounces(_mangled(octets, edits))
    assert results
    for item in results:
        assert item.exit_code in {0, 1, 3, 4}  # 4: it ends before its status
        json_text(to_json(item))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_are_read(octets: bytes) -> None:
    assert len(read_bounces(octets)) >= 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_prefix_is_read(path: Path) -> None:
    octets = path.read_bytes()
    for length in range(0, len(octets), max(1, len(octets) // 60)):
        assert read_bounces(octets[:length])


HEAD = b"From: MAILER-DAEMON@a.example\nSubject: Undelivered Mail\n"
HOSTILE = {
    "boundaries in boundaries": HEAD + b"Content-Type: multipart/report; boundary=a\n\n"
    + b"--a\nContent-Type: multipart/report; boundary=a\n\n" * 20000,
    "deep nesting": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)),
    "one endless header": HEAD + b"X: " + b"a" * 4_000_000,
    "very many headers": HEAD + b"X-Failed-Recipients: a@b.example\n" * 100_000 + b"\n\nfailed\n",
    "very many recipients": HEAD + b"Content-Type: text/plain\n\nThis is the mail system at host a.\n\n"
    + b"<a@b.example>: host x[192.0.2.1] said: 550 no\n" * 50_000,
    "very many distinct recipients": HEAD + b"\nThis is the mail system at host a.\n\n"
    + b"".join(b"<a%d@b.example>: host x[192.0.2.1] said: 550 no\n\n" % n for n in range(5000)),
    "very many status groups": HEAD + b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822;a@b.example\nAction: failed\n\n" * 60_000,
    "unclosed tags": HEAD + b"Content-Type: text/html\n\n" + b"<style " * 40_000,
    "at signs": HEAD + b"\nHi. This is the qmail\n\n" + b"@" * 250_000,
    "angle brackets": HEAD + b"\nThis is the mail system\n\n" + b"<" * 250_000,
    "half addresses": HEAD + b"\nThe following address(es) failed:\n\n" + b"a@" * 125_000,
    "spaces": HEAD + b"\nThe following recipients failed:\n" + b" " * 250_000 + b"x",
    "empty lines": HEAD + b"\nThe following recipients failed:\n" + b" \n" * 125_000,
    "arrows": HEAD + b"\n   ----- Transcript of session follows -----\n" + b">>> RCPT To:<a@b.example>\n<<< 550-no\n" * 6000,
    "parentheses": HEAD + b"\n----- The following addresses had permanent fatal errors -----\n<a@b.example>\n" + b"(reason: " * 27_000,
    "quotes": HEAD + b"\nGenerating server: a\n\na@b.example\nRemote server returned '" + b"'x" * 120_000,
    "words": HEAD + b"\nDiagnostic information for administrators:\nGenerating server: a\n\na@b.example\n" + b"returned host said rejected reason: " * 7000,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 1000 + HEAD + b"\nfailed\n",
    "a digest of thousands": b"Content-Type: multipart/digest; boundary=d\n\n" + (b"--d\n\n" + HEAD + b"\nfailed\n") * 20_000,
    "a digest of large ones": b"Content-Type: multipart/digest; boundary=d\n\n"
    + (b"--d\n\n" + HEAD + b"\n" + b"user unknown mailbox address " * 2000 + b"\n") * 200,
    "a refusal for thousands": HEAD + b"\n----- Transcript of session follows -----\n>>> DATA\n<<< 550 no\n"
    + b"".join(b"550 <a%d@b.example>... no\n" % n for n in range(8000)),
    "refusals of thousands under one DATA": HEAD + b"\n----- The following addresses had permanent fatal errors -----\n"
    + b"".join(b"<a%d@b.example>\n" % n for n in range(1500))
    + b"----- Transcript of session follows -----\n... while talking to mx.b.example.:\n>>> DATA\n"
    + b"".join(b"<<< 550 no %d\n550 5.1.1 a%d@b.example... User unknown\n" % (n, n) for n in range(5000)),
    "a report beside a long transcript": HEAD + b"Content-Type: multipart/report; boundary=b\n\n--b\n\n>>> DATA\n"
    + b"".join(b"<<< 550 5.1.1 it is not for me to say, number %d\n" % n for n in range(5000))
    + b"--b\nContent-Type: message/delivery-status\n\n"
    + b"".join(b"Final-Recipient: rfc822;a%d@b.example\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 it is not for you\n\n" % n for n in range(2000)),
    "copies of one reply": HEAD + b"Content-Type: multipart/report; boundary=b\n\n--b\n\nThis is the nullmailer delivery system.\n\n"
    + b"".join(b"\t<a%d@b.example>\n" % n for n in range(2000)) + b"--b\nContent-Type: message/delivery-status\n\n"
    + b"".join(b"Final-Recipient: rfc822;a%d@b.example\nAction: failed\nDiagnostic-Code: smtp; 550 <c@b.example> unknown\n\n" % n for n in range(2000)),
    "comments in a status": HEAD + b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.1.2"
    + b" (550 no" * 30_000 + b"\n",
    "leads": HEAD + b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nDiagnostic-Code: smtp; "
    + b"Error: Too many failures (" * 10_000 + b"\n",
    "a reply of many lines": HEAD + b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nDiagnostic-Code: smtp; "
    + b"550-5.1.1 no 550 " * 15_000 + b"\n",
    "a quoted reply": HEAD + b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nDiagnostic-Code: smtp; "
    + b'mx.: MAIL/RCPT failed: 550 "' + b"\\n5.1.1 \\" * 20_000 + b"\n",
    "bare names": HEAD + b"\nmail to the following recipients could not be delivered because\n" + b"\tabc\n" * 40_000,
    "dashes": HEAD + b"\n" + b"-" * 250_000 + b"server message\n",
    "host letters": HEAD + b"\nfailed: " + b"a" * 250_000,
    "bare carriage returns": (HEAD + b"\n" + b"a@b.example: failed\n" * 10_000).replace(b"\n", b"\r"),
    "Chinese": HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + "退信原因：收件人：".encode() * 9000,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_sizes_are_read(name: str) -> None:
    # quadratic work on a quarter of a megabyte would take minutes here, and be seen by whoever waits
    results = read_bounces(HOSTILE[name])
    assert 1 <= len(results) <= BOUNCE_RECIPIENT_LIMIT
