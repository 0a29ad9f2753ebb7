"""What --message shows: headers, parts, links, subject, size on the wire."""

from __future__ import annotations

import pytest

from probe.knowledge.toml_import import HERE, load
from probe.model.address_reason import AddressReason
from probe.model.message_problem import MessageReason, MessageWhy, SubjectReason
from probe.reading.message.links import judge_link, links_in_html, links_in_text
from probe.reading.message.read import read_message
from probe.reading.message.signatures import signing_selectors
from probe.reading.message.subject import subject_problems
from probe.reading.message.words import refused_attachments
from probe.settings import MESSAGE_HEADER_LIMIT, MESSAGE_PART_LIMIT
from probe.wording.spoken import clauses, spoken
from tests.support.exact_reasons import assert_exact

PLAIN = (
    b"From: Bob <bob@B\xc3\xbccher.example>\r\nTo: alice@example.com\r\n"
    b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Sat, 21 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@b.example>\r\n\r\nhello\r\n"
)
MIXED = """\
From: news@shop.example
Subject: Our offers
Date: Sat, 21 Nov 2026 08:00:00 +0000
Message-ID: <2@shop.example>
List-Unsubscribe: <mailto:u@shop.example>, <https://shop.example/u?id=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=A

--A
Content-Type: multipart/alternative; boundary=B

--B
Content-Type: text/plain; charset=utf-8

See https://shop.example/a, or http://192.0.2.7/x.
--B
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGEgaHJlZj0iaHR0cHM6Ly9iaXQubHkveCI+aGVyZTwvYT4=
--B--
--A
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="invoice.pdf.exe"

MZ
--A--
"""


def message(*headers: str, body: str = "hello\n") -> bytes:
    lines = ["From: bob@example.com", "Date: Sat, 21 Nov 2026 08:00:00 +0000", *headers, "", body]
    return "\n".join(lines).encode()


def test_a_plain_message_is_read() -> None:
    facts = read_message(PLAIN)
    assert facts.size == len(PLAIN)
    assert facts.subject == "Grüße"
    assert facts.from_mailboxes == ("bob@Bücher.example",)
    assert facts.from_domains == ("xn--bcher-kva.example",)
    assert (facts.has_date, facts.has_message_id) == (True, True)
    assert (facts.has_text_part, facts.has_html_part) == (True, False)
    assert (facts.attachments, facts.links, facts.problems) == ((), (), ())
    assert facts.has_8bit_headers
    assert not facts.has_bare_newlines
    assert not facts.bulk
    assert not facts.is_threaded


def test_parts_links_and_attachments_are_found() -> None:
    facts = read_message(MIXED.encode())
    assert (facts.has_text_part, facts.has_html_part) == (True, True)
    assert facts.attachments == ("invoice.pdf.exe",)
    assert {(link.url, link.kind) for link in facts.links} == {
        ("https://shop.example/a", "plain"),
        ("http://192.0.2.7/x", "ip"),
        ("https://bit.ly/x", "shortener"),
    }
    assert facts.bulk
    assert facts.one_click
    assert facts.list_unsubscribe
    assert not facts.has_8bit_headers


def test_the_size_is_that_on_the_wire() -> None:
    unix = b"From: a@b.example\nSubject: x\n\nhello\n"
    assert read_message(unix).size == len(unix.replace(b"\n", b"\r\n"))
    assert read_message(unix.replace(b"\n", b"\r\n")).size == len(unix.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("data", "bare"),
    [
        (b"A: b\n\nc\n", False),  # how a file keeps a message
        (b"A: b\r\n\r\nc\r\n", False),
        (b"A: b\r\n\r\nc\nd\r\n", True),
        (b"A: b\r\n\r\nc\rd\r\n", True),
        (b"A: b\n\nc\rd\n", True),
    ],
)
def test_bare_line_ends_are_told_from_unix_files(data: bytes, bare: bool) -> None:
    assert read_message(data).has_bare_newlines is bare


def test_a_line_beyond_998_octets_is_a_problem() -> None:
    fits = read_message(message(body="x" * 998 + "\n"))
    assert (fits.longest_line, fits.problems) == (998, ())
    long = read_message(message(body="x" * 999 + "\n"))
    assert long.longest_line == 999
    assert clauses(long.problems) == ("a line is 999 octets long, 998 are allowed (RFC 5322 section 2.1.1)",)


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        (("From: eve@example.com",), "2 From headers"),
        (("Subject: a", "Subject: b"), "2 Subject headers"),
        (("To: a@example.com", "To: b@example.com"), "2 To headers"),
    ],
)
def test_a_doubled_header_is_a_problem(headers: tuple[str, ...], word: str) -> None:
    assert f"{word}, one is allowed (RFC 5322 section 3.6)" in clauses(
        read_message(message(*headers)).problems
    )


def test_a_missing_or_unreadable_header_is_a_problem() -> None:
    assert clauses(read_message(b"Date: x\n\n").problems) == (
        "no From header (RFC 5322 section 3.6)",
        "the Date header is not a date",
    )
    no_date, author = read_message(b"From: a@b..c\n\n").problems
    assert no_date == MessageWhy(MessageReason.NO_FIELD, "Date")
    assert author.address is not None and author.address.tag is AddressReason.DOMAIN_TWO_DOTS
    assert spoken(author) == f"From: {author.address.words}" and author.tag is MessageReason.AUTHOR_ADDRESS


@pytest.mark.parametrize(
    ("headers", "list_unsubscribe", "one_click"),
    [
        ((), False, False),
        (
            ("List-Unsubscribe: <mailto:u@example.com>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
            True,
            False,
        ),
        (("List-Unsubscribe: <https://example.com/u>",), True, False),
        (
            ("List-Unsubscribe: <http://example.com/u>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
            True,
            False,
        ),
        (("List-Unsubscribe: <https://example.com/u>", "List-Unsubscribe-Post: yes"), True, False),
        (
            (
                "List-Unsubscribe: <https://example.com/u>",
                "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            ),
            True,
            True,
        ),
    ],
)
def test_one_click_needs_https_and_the_exact_value(
    headers: tuple[str, ...], list_unsubscribe: bool, one_click: bool
) -> None:
    facts = read_message(message(*headers))
    assert (facts.list_unsubscribe, facts.one_click) == (list_unsubscribe, one_click)


@pytest.mark.parametrize(
    ("headers", "bulk"),
    [
        ((), False),
        (("Precedence: bulk",), True),
        (("List-Id: <x.example.com>",), True),
        (("Feedback-ID: a:b:c:d",), False),
        (("Feedback-ID: a:b:c:d", "X-Campaign: 7"), True),
    ],
)
def test_a_mailing_is_recognised(headers: tuple[str, ...], bulk: bool) -> None:
    assert read_message(message(*headers)).bulk is bulk


@pytest.mark.parametrize(
    ("url", "text", "kind"),
    [
        ("https://example.com/a", "", "plain"),
        ("https://example.com/a", "click here", "plain"),
        ("https://www.example.com/a", "example.com", "plain"),
        ("https://track.example.com/a", "https://www.example.com/", "plain"),
        ("https://evil.example.net/a", "https://www.example.com/", "mismatch"),
        ("https://evil.example.net/a", "example.com", "mismatch"),
        ("https://bit.ly/abc", "", "shortener"),
        ("https://www.tinyurl.com/abc", "", "shortener"),
        ("https://notbit.ly/abc", "", "plain"),
        ("https://example.com/go?url=https%3A%2F%2Fother.example.net%2F", "", "redirect"),
        ("https://example.com/go?url=https%3A%2F%2Fwww.example.com%2F", "", "plain"),
        ("https://example.com/go?text=https%3A%2F%2Fother.example.net%2F", "", "plain"),
        ("http://192.0.2.1:8080/", "", "ip"),
        ("http://[2001:db8::1]/", "", "ip"),
        ("http://3221225985/", "", "ip"),
        ("http://0xc0000201/", "", "ip"),
    ],
)
def test_links_are_judged(url: str, text: str, kind: str) -> None:
    link = judge_link(url, text)
    assert link is not None
    assert link.kind == kind


@pytest.mark.parametrize(
    "url", ["mailto:a@example.com", "#top", "/relative", "http://", "http://[::1", "tel:1", "cid:1"]
)
def test_what_is_no_web_link_is_none(url: str) -> None:
    assert judge_link(url) is None


def test_a_link_host_is_in_a_labels() -> None:
    (link,) = links_in_text("see https://Bücher.example/x now")
    assert link.host == "xn--bcher-kva.example"


def test_punctuation_and_chinese_text_around_a_link_do_not_belong_to_it() -> None:
    (link,) = links_in_text("请看（https://example.com/a）。")
    assert link.url == "https://example.com/a"


@pytest.mark.parametrize(
    "html", ["<![x", "<!x[", "<a href='https://example.com/'><![if !mso", "<a href=", "&#9999999999;"]
)
def test_broken_html_is_read_as_far_as_it_goes(html: str) -> None:
    assert all(link.host == "example.com" for link in links_in_html(html))


def test_an_anchor_that_is_never_closed_counts() -> None:
    assert [link.url for link in links_in_html("<a href='https://example.com/'>x")] == [
        "https://example.com/"
    ]


@pytest.mark.parametrize(
    ("subject", "word"),
    [
        ("", "empty"),
        ("WIN A NEW CAR TODAY", "capitals"),
        ("Hello!!!", "punctuation"),
        ("Save $$$", "punctuation"),
        ("Act now and save", "act now"),
        ("公司代开发票", "代开"),
        ("x" * 200, "200 characters"),
    ],
)
def test_a_bad_subject_is_named(subject: str, word: str) -> None:
    assert any(word in problem for problem in clauses(subject_problems(subject)))


@pytest.mark.parametrize(
    "subject",
    [
        "Minutes of Monday's meeting",
        "NATO",
        "Re: lunch",
        "订单 12345 已发货",
        "Why winners? No: winnersh",
        "OK!",
    ],
)
def test_an_ordinary_subject_is_left_alone(subject: str) -> None:
    assert subject_problems(subject) == ()


@pytest.mark.parametrize("subject", ["Re: your order", "FW: your order", "AW: Ihre Bestellung", "回复：订单"])
def test_a_false_thread_is_named_only_without_thread_headers(subject: str) -> None:
    assert subject_problems(subject, is_threaded=False)
    assert subject_problems(subject, is_threaded=True) == ()


def test_every_reason_of_a_subject_is_reached_with_the_values_of_its_template() -> None:
    subjects = ("", "WIN A NEW CAR TODAY", "Hello!!!", "Re: act now", "x" * 151, "a\u202eb")
    problems = [it for subject in subjects for it in subject_problems(subject, is_threaded=False)]
    assert_exact(problems, SubjectReason)
    assert clauses(problems) == (
        "the subject is empty",
        "the subject is all capitals",
        "the subject has piled-up punctuation",
        "the subject claims to answer or forward, but the message continues no thread",
        "the subject says “act now”",
        "the subject is 151 characters long",
        "the subject holds characters that hide or reorder text",
    )


PARTS = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (MESSAGE_PART_LIMIT + 1)
# What a message has, and what is said of it.
MALFORMED = [
    (b"\xef\xbb\xbf" + PLAIN, "the file begins with a byte order mark and was read as UTF-8"),
    (b"From: eve@example.com\n" + PLAIN, "2 From headers, one is allowed (RFC 5322 section 3.6)"),
    (b"\n", "no Date header (RFC 5322 section 3.6)"),
    (b"Date: today\n\n", "the Date header is not a date"),
    (b"From: \n\n", "the From header holds no address"),
    (b"From: a@b..c\n\n", "From: two dots in a row are not allowed"),
    (b"\n" + b"x" * 999, "a line is 999 octets long, 998 are allowed (RFC 5322 section 2.1.1)"),
    (
        b"A: " + b"x" * MESSAGE_HEADER_LIMIT,
        f"the header section is longer than {MESSAGE_HEADER_LIMIT} octets; only its beginning was read",
    ),
    (b"\n" + b"boundary " * (MESSAGE_PART_LIMIT + 1), "the parts are nested too deeply to be read"),
    (PARTS, f"more than {MESSAGE_PART_LIMIT} parts; the rest was not read"),
    (b"\n" + b"--b\n" * 100_000, "only the first 16001 octets of the message were read"),
]


@pytest.mark.parametrize(("data", "words"), MALFORMED, ids=lambda it: str(it)[:20])
def test_every_fault_of_form_of_a_message_is_reported(data: bytes, words: str) -> None:
    assert words in clauses(read_message(data).problems)


def test_every_reason_of_a_message_is_reached_with_the_values_of_its_template() -> None:
    assert_exact([it for data, _ in MALFORMED for it in read_message(data).problems], MessageReason)


def test_thread_headers_are_seen() -> None:
    assert read_message(message("In-Reply-To: <1@example.com>")).is_threaded
    assert read_message(message("References: <1@example.com>")).is_threaded


def test_a_dkim2_signature_is_seen_and_is_no_dkim_signature() -> None:
    drafted = message("DKIM2-Signature: i=1; d=example.com; s1=sel:rsa-sha256:AAAA")
    assert read_message(drafted).has_dkim2
    assert signing_selectors(drafted) == ()
    assert not read_message(message("DKIM-Signature: v=1; d=example.com; s=sel")).has_dkim2


def test_attachments_that_providers_refuse_are_named() -> None:
    names = ("a.pdf", "b.PDF.EXE", "c.js ", "exe", "application/zip")
    assert refused_attachments(names) == ("b.PDF.EXE", "c.js ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe",
        b"\n\n\n",
        b"From: =?x?q?=?= <\xff>\nSubject: =?utf-8?b?!!!?=\nDate: Sat, 99 Foo 99999999999999 99:99\n\n",
        b"Content-Type: multipart/mixed; boundary=\n\n--\n",
        b'Content-Type: text/plain; charset="\xff"\nContent-Transfer-Encoding: base64\n\n!!!!\n',
        b"Content-Type: text/plain; name*0*=x''%; name*99999999999999999999*=y\n\n",
        b"Content-Disposition: attachment; filename*=utf-8''%ff\n\n",
        b"From:" + b" " * 10_000 + b"(" * 5_000 + b"\n\n",
        b"X: y\n" * 20_000 + b"\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(900)),
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3000)),
        b"".join(b"Content-Type: message/rfc822\n\n" for n in range(5000)),
    ],
)
def test_hostile_octets_are_read_without_an_error(data: bytes) -> None:
    assert read_message(data).size >= len(data)


def test_the_data_names_its_sources() -> None:
    data = load(HERE / "message.toml")
    assert data["links"]["shorteners_source"]
    assert data["links"]["redirect_source"]
    assert data["subject"]["source"]
    assert data["attachments"]["source"]
    assert len(data["links"]["shorteners"]) == len(set(data["links"]["shorteners"]))
