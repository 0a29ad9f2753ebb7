"""What a message is, and what could not be read of it: each word comes about, and names its values."""

from __future__ import annotations

from pathlib import Path

from probe.bounces import read_bounces, to_json
from probe.model.notice_reason import NoticeForm, NoticeReason
from probe.reading.bounce.layouts import bounce_layouts
from probe.reading.bounce.read import read_notice
from probe.reading.bounce.results import DeliveryNotice
from probe.settings import (
    BOUNCE_DEPTH_LIMIT,
    BOUNCE_PART_LIMIT,
    BOUNCE_RECIPIENT_LIMIT,
    BOUNCE_SIZE_LIMIT,
    BOUNCE_TEXT_LIMIT,
)
from probe.wording.spoken import clauses
from tests.support.exact_reasons import assert_exact

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "bounces"
HEAD = b"From: a@b.example\nTo: c@d.example\nSubject: hello\nMIME-Version: 1.0\n"
PLAIN = b"Content-Type: text/plain\n\n"


def read(octets: bytes) -> DeliveryNotice:
    return read_notice(octets, bounce_layouts())


def nested(depth: int) -> bytes:
    """A message of so many multiparts, one in another."""
    inner = PLAIN + b"hello\n"
    for level in range(depth):
        mark = str(level).encode()
        inner = b'Content-Type: multipart/mixed; boundary="b%s"\n\n--b%s\n%s\n--b%s--\n' % (
            mark,
            mark,
            inner,
            mark,
        )
    return HEAD + inner


def of_many_parts(count: int) -> bytes:
    parts = b"--b\nContent-Type: text/plain\n\nx\n" * count
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + parts + b"--b--\n"


def report_on(*recipients: str, between: bytes = b"", behind: bytes = b"") -> bytes:
    """A report of failure on these, as RFC 3464 has it."""
    rows = "".join(
        f"\nFinal-Recipient: rfc822; {name}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
        for name in recipients
    )
    return (
        b"From: MAILER-DAEMON@x.example\nSubject: failure\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        + b"--b\nContent-Type: text/plain\n\n"
        + (between or b"It did not arrive.\n")
        + b"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n"
        + rows.encode()
        + b"\n--b\nContent-Type: message/rfc822\n\nFrom: a@b.example\n\nhello\n"
        + behind
        + b"\n--b--\n"
    )


MANY = [f"u{number}@r.example" for number in range(BOUNCE_RECIPIENT_LIMIT + 1)]
COPIED = b"This is the nullmailer delivery system.\n\n\t<a@b.example>\n\t<c@b.example>\n"
BEHIND = b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n"
MESSAGES = (
    b"\xef\xbb\xbf" + HEAD + PLAIN + b"hello\n",
    of_many_parts(BOUNCE_PART_LIMIT + 1),
    nested(BOUNCE_DEPTH_LIMIT + 2),
    HEAD + PLAIN + b"x" * (BOUNCE_TEXT_LIMIT + 1),
    HEAD + PLAIN + b"x" * BOUNCE_SIZE_LIMIT,
    report_on(*MANY),
    report_on("a@b.example", behind=BEHIND),
    report_on("a@b.example", "c@b.example", between=COPIED),
    (FIXTURES / "fetchmail-refused.eml").read_bytes(),
    report_on("a@b.example")[:200],
    HEAD.replace(b"a@b", b"mailer-daemon@b").replace(b"hello", b"failure notice")
    + PLAIN
    + b"<e@f.example>: 550 no",
)


def test_each_reason_comes_about_and_names_its_values() -> None:
    problems = [problem for octets in MESSAGES for problem in read(octets).problems]
    assert_exact(problems, NoticeReason)
    assert set(clauses(problems)) == {
        "the file begins with a byte order mark and was read as UTF-8",
        f"more than {BOUNCE_PART_LIMIT} parts; the rest was not read",
        f"parts nested deeper than {BOUNCE_DEPTH_LIMIT} levels were not taken apart",
        f"only the first {BOUNCE_TEXT_LIMIT} octets of a long text were read",
        "it ends before the end of the delivery status that it announces",
        "it ends within a line of its text",
        f"only the first {BOUNCE_SIZE_LIMIT} octets were read",
        f"no more than {BOUNCE_RECIPIENT_LIMIT} recipients are reported of one message",
        "parts behind the returned message were not read",
        "the sending server gives one recipient's reply as the reply to all",
        "it had been delivered to a mailbox, from where a program took it to the server that refused it",
    }


def test_a_result_in_json_has_the_tags_beside_the_words() -> None:
    (result,) = read_bounces(MESSAGES[0])
    fields = to_json(result)
    assert (fields["detail"], fields["detail_tag"]) == ("no bounce: ordinary mail", "ordinary")
    assert fields["problems"] == ["the file begins with a byte order mark and was read as UTF-8"]
    assert fields["problem_tags"] == ["byte_order_mark"]


def test_each_form_is_that_of_a_message() -> None:
    stored = {read(path.read_bytes()).form for path in FIXTURES.glob("*.eml")}
    more = {
        read(octets).form
        for octets in (
            b"From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail Returned to Sender\n\nfailed\n",
            HEAD + b"Auto-Submitted: auto-replied\n\nI am away\n",
            HEAD.replace(b"hello", b"[dmarc] aggregate report") + b"Content-Type: application/gzip\n\nx\n",
            HEAD + b"Content-Type: application/tlsrpt+gzip\n\nx\n",
            b"",
            HEAD + PLAIN + b"hello\n",
        )
    }
    assert set(NoticeForm) - stored - more == set()
