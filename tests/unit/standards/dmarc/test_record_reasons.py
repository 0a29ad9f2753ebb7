"""Each reason why a DMARC record is read otherwise than it is written, or not used, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probe.model.dmarc_record import DmarcReason, DmarcWhy, RecordProblem
from probe.model.tag_list import TagListReason
from probe.standards.dmarc.discovery import discover
from probe.standards.dmarc.results import DmarcResult
from probe.standards.dns.message import Status
from probe.wording.spoken import clauses, spoken
from tests.support.dns_zone import Table
from tests.support.exact_reasons import assert_exact

RUA = "rua=mailto:d@example.com"
# The record, the reasons about it, and what they say.
USED: list[tuple[str, tuple[DmarcReason | TagListReason, ...], tuple[str, ...]]] = [
    (
        "p=none; adkim=strict",
        (DmarcReason.NO_CHOICE,),
        ("adkim= is not one of r, s: receivers take r",),
    ),
    (
        "p=none; fo=all; ri=1 day",
        (DmarcReason.OTHER_VALUE, DmarcReason.OTHER_VALUE),
        (
            "fo= has a value that it cannot have: most receivers ignore the tag, those with OpenDMARC 1.4"
            " discard the whole record",
            "ri= has a value that it cannot have: most receivers ignore the tag, those with OpenDMARC 1.4"
            " discard the whole record",
        ),
    ),
    ("p=none; fo=1:d:s; ri=86400; rf=afrf", (), ()),
    (
        "p=none; pct=150",
        (DmarcReason.PERCENTAGE, DmarcReason.OTHER_VALUE),
        (
            "pct= is historic: RFC 9989 removed it, and only older receivers still heed it",
            "pct= has a value that it cannot have: most receivers ignore the tag, those with OpenDMARC 1.4"
            " discard the whole record",
        ),
    ),
    ("p=none; psd=x", (DmarcReason.NO_CHOICE,), ("psd= is not one of y, n, u: receivers take u",)),
    (
        f"p=rejct; {RUA}",
        (DmarcReason.POLICY_READ_AS_NONE,),
        ("p= is not one of none, quarantine, reject: receivers act as if the policy were none",),
    ),
    (
        f"p=x; sp=y; np=z; {RUA}",
        (DmarcReason.POLICY_READ_AS_NONE,),
        (
            "p= and sp= and np= is not one of none, quarantine, reject: receivers act as if the policy were "
            "none",
        ),
    ),
    (
        RUA,
        (DmarcReason.NO_POLICY_READ_AS_NONE,),
        (
            "p= is missing: receivers act as if it were none, because there is a rua=; some of those that "
            "keep to RFC 7489 (OpenDMARC) ignore the record",
        ),
    ),
    (
        "p=none; rua=d@example.com",
        (DmarcReason.NO_REPORT_URI,),
        ("rua= holds no valid URI, so no reports can be sent (a mail address needs mailto:)",),
    ),
    (
        "p=none; pct=50; hello; sp=reject; sp=none",
        (TagListReason.NO_TAG_VALUE, TagListReason.SECOND_VALUE, DmarcReason.PERCENTAGE),
        (
            "part 4 is no tag=value: hello",
            "sp= occurs more than once; the first was read",
            "pct= is historic: RFC 9989 removed it, and only older receivers still heed it",
        ),
    ),
]
NOT_USED = [
    (
        f"p=none; p=reject; p=none; p=quarantine; {RUA}",
        DmarcReason.SEVERAL_POLICIES,
        "p= occurs more than once (p=none and p=reject and p=none), so receivers that keep to RFC 9989 "
        "discard the record; of those that keep to RFC 7489 some take the last (OpenDMARC), which is "
        "quarantine",
    ),
    (
        "p=rejct; sp=x",
        DmarcReason.POLICY_WITHOUT_REPORTS,
        "p= and sp= is not one of none, quarantine, reject, and there is no rua=",
    ),
    (
        "sp=none",
        DmarcReason.NO_POLICY_WITHOUT_REPORTS,
        "p= is missing, and there is no valid rua=: receivers apply no DMARC, old (RFC 7489) and new",
    ),
]


def found(*records: str, status: Status | None = None) -> DmarcResult:
    """What discovery says of the records of one domain."""
    texts = [f"v=DMARC1; {record}" for record in records]
    table = Table({"TXT _dmarc.d.example": status or texts})
    return table.drive(discover("d.example"))


@pytest.mark.parametrize(("text", "tags", "words"), USED)
def test_a_record_that_is_used_is_told_with_all_that_is_wrong(
    text: str, tags: tuple[DmarcReason | TagListReason, ...], words: tuple[str, ...]
) -> None:
    result = found(text)
    assert result.record is not None and not result.invalid_records
    assert tuple(problem.tag for problem in result.record.problems) == tags
    assert clauses(result.record.problems) == words


@pytest.mark.parametrize(("text", "tag", "words"), NOT_USED)
def test_a_record_that_is_not_used_is_told_with_its_place(text: str, tag: DmarcReason, words: str) -> None:
    result = found(text)
    assert result.record is None
    (why,) = result.invalid_records
    assert (why.tag, why.domain) == (tag, "d.example")
    assert spoken(why) == f"the record at _dmarc.d.example cannot be used: {words}"


def test_several_records_are_told_with_their_place() -> None:
    (why,) = found("p=none", "p=reject").invalid_records
    assert spoken(why).startswith("_dmarc.d.example has 2 DMARC records, so none of them counts; ")


def test_what_dns_did_not_answer_is_told_as_the_question() -> None:
    (why,) = found(status=Status.SERVFAIL).unanswered
    assert spoken(why) == "TXT _dmarc.d.example: from the test's table"


def test_every_reason_is_reached_with_the_values_of_its_template() -> None:
    reasons: list[RecordProblem] = []
    for result in _results():
        reasons += result.record.problems if result.record is not None else ()
        reasons += (*result.invalid_records, *result.unanswered)
    assert_exact([it for it in reasons if isinstance(it, DmarcWhy)], DmarcReason)


def _results() -> Iterator[DmarcResult]:
    yield from (found(text) for text, _, _ in (*USED, *NOT_USED))
    yield found("p=none", "p=reject")
    yield found(status=Status.SERVFAIL)


def test_the_tags_of_one_list_of_problems_are_told_apart() -> None:
    tags = [it.value for vocabulary in (DmarcReason, TagListReason) for it in vocabulary]
    assert len(set(tags)) == len(tags)
