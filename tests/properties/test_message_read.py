"""No octets make the reading of a message raise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.reading.message.links import links_in_html, links_in_text
from probe.reading.message.read import read_message
from probe.reading.message.signatures import signing_selectors, verify_signatures
from probe.reading.message.subject import subject_problems
from probe.standards.dns.message import Answer, Question, Status, Txt, run

HEADERS = (b"From: ", b"Subject: ", b"Date: ", b"DKIM-Signature: ", b"Content-Type: ", b"Message-ID: ")
MIME = (b"multipart/mixed; boundary=x", b"text/html; charset=", b"text/plain", b"--x", b"--x--")
NAMES = (
    b"Content-Disposition: attachment; filename*0*=",
    b"=?utf-8?q?",
    b"?=",
    b"=?gb2312?b?",
    b"a@b.example",
)
DKIM = (
    b"v=1; a=rsa-sha256; ",
    b"s=s1; d=example.com; ",
    b"h=from:to; ",
    b"b=AAAA; bh=AAAA; ",
    b"l=1; ",
    b"x=1; ",
)
HTML = (b"<a href=", b"https://example.com/", b"</a>", b"<![", b"&#x", b"<", b">", b'"')
ODD = (b";", b"\xff", b"\x00", b" ", b"\t", b"\r\n", b"\n", b"\r")
PIECES = st.sampled_from([*HEADERS, *MIME, *NAMES, *DKIM, *HTML, *ODD])
OCTETS = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join))


@given(OCTETS)
def test_any_octets_are_read(data: bytes) -> None:
    facts = read_message(data)
    assert facts.size == len(data) + data.count(b"\n") - data.count(b"\r\n")
    assert all(link.host for link in facts.links)
    subject_problems(facts.subject)


@given(OCTETS, st.binary(max_size=60))
def test_any_signature_and_key_come_to_a_verdict(data: bytes, key: bytes) -> None:
    def lookup(question: Question) -> Answer:
        return Answer(question, Status.ANSWER, (Txt((b"v=DKIM1; p=" + key,)),))

    for result in run(verify_signatures(data), lookup):
        assert result.verdict == "fail"
        assert result.problem
    signing_selectors(data)


@given(st.text())
def test_any_text_is_searched_for_links(text: str) -> None:
    links_in_text(text)
    links_in_html(text)
    subject_problems(text)
