"""Whatever DNS holds, DMARC discovery ends with an answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.standards.dmarc.discovery import discover
from probe.standards.dmarc.record import parse_record
from probe.standards.dmarc.tree_walk import walk_names
from probe.standards.dns.message import Answer, Question, Status, Txt, run

RECORDS = st.sampled_from(
    [
        b"v=DMARC1; p=reject",
        b"v=DMARC1; p=none; sp=quarantine; np=reject",
        b"v=DMARC1; p=quarantine; psd=y",
        b"v=DMARC1; p=reject; psd=n; t=y",
        b"v=DMARC1; p=bad",
        b"v=spf1 -all",
        b"\xff\x00",
    ]
)
ANSWERS = st.one_of(
    st.sampled_from([s for s in Status if s is not Status.ANSWER]), st.lists(RECORDS, min_size=1, max_size=2)
)


@given(st.binary(max_size=300))
def test_any_octets_parse(text: bytes) -> None:
    parse_record(text, "example.com")
    parse_record(b"v=DMARC1;" + text, "example.com")


@given(st.lists(st.sampled_from("abc"), max_size=11), st.data())
def test_any_zone_gives_a_consistent_answer(labels: list[str], data: st.DataObject) -> None:
    author = ".".join((*labels, "example", "com"))
    questions: list[Question] = []

    def lookup(question: Question) -> Answer:
        questions.append(question)
        drawn = data.draw(ANSWERS)
        if isinstance(drawn, Status):
            return Answer(question, drawn)
        return Answer(question, Status.ANSWER, tuple(Txt((text,)) for text in drawn))

    result = run(discover(author), lookup)
    assert len(questions) <= 10  # eight of the walk, the registered domain, the MX
    assert author == result.organizational_domain or author.endswith(f".{result.organizational_domain}")
    assert not (result.unknown and result.record)
    if result.record is None:
        assert result.applied_policy is None
    else:
        assert result.record.domain in walk_names(author)
        assert result.applied_policy in ("none", "quarantine", "reject", None)
