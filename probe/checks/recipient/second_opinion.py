"""What does checkdmarc say about the records?

Repeats, with its own words, the errors and warnings of the checkdmarc library on the SPF, DMARC, MTA-STS and
TLS-RPT records. It judges the syntax and good habits of records, not whether this mail passes: the findings
of this program on the same records stand beside it and decide.

What to do: mend what it names when the record is yours.
Source: checkdmarc (pypi.org/project/checkdmarc), an independent implementation of RFC 7208, RFC 9989,
RFC 8461 and RFC 8460.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.observed import OpinionSubject
from probe.recording.events import OpinionGiven
from probe.wording.spoken import clause

ID = "second-opinion"
STEP = 2
say = Voice(ID, STEP, ("pypi.org/project/checkdmarc",))

_LONGEST = 1000  # characters of one remark that are repeated
_MOST = 20  # remarks on one record: a zone can cause thousands

_RECORDS = {
    OpinionSubject.SPF: "SPF",
    OpinionSubject.DMARC: "DMARC",
    OpinionSubject.MTA_STS: "MTA-STS",
    OpinionSubject.SMTP_TLS_REPORTING: "TLS-RPT",
}


def check(facts: Facts) -> Iterator[Finding]:
    """Its errors as warnings and its warnings as notices: an opinion, never a verdict."""
    opinions = [opinion.event for opinion in facts.opinions]
    if not opinions:
        yield say("second-opinion-not-asked")
        return
    remarks = [finding for opinion in opinions for finding in _of(opinion)]
    silent = [o for o in facts.opinions if o.event.fault is not None]
    yield from remarks
    if silent:
        yield say(
            "second-opinion-failed",
            records=[_record(o.event) for o in silent],
            domains=[o.event.domain for o in silent],
            errors=[clause(fault, failure=o.failure) for o in silent if (fault := o.event.fault) is not None],
        )
    elif not remarks:
        yield say(
            "second-opinion-content",
            records=[_record(o) for o in opinions],
            domains=[o.domain for o in opinions],
        )


def _of(opinion: OpinionGiven) -> Iterator[Finding]:
    remarks = [("second-opinion-error", text) for text in dict.fromkeys(opinion.errors)]
    remarks += [("second-opinion-warning", text) for text in dict.fromkeys(opinion.warnings)]
    about = {"record": _record(opinion), "domain": opinion.domain}
    for tag, text in remarks[:_MOST]:
        yield say(tag, (_ref(opinion),), remark=_short(text), **about)
    if len(remarks) > _MOST:
        yield say("second-opinion-more", (_ref(opinion),), more=len(remarks) - _MOST, **about)


def _record(opinion: OpinionGiven) -> str:
    return _RECORDS[opinion.subject]


def _short(text: str) -> str:
    """checkdmarc quotes complete records, which may have any length."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _ref(opinion: OpinionGiven) -> str:
    return f"opinion:{opinion.subject}:{opinion.domain}"
