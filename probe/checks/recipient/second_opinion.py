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

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding, Severity
from probe.recording.events import OpinionGiven

ID = "second-opinion"
STEP = 2
say = Voice(ID, STEP, ("pypi.org/project/checkdmarc",))

_LONGEST = 1000  # characters of one remark that are repeated
_MOST = 20  # remarks on one record: a zone can earn thousands

_RECORDS = {
    "spf": "SPF",
    "dmarc": "DMARC",
    "mta_sts": "MTA-STS",
    "smtp_tls_reporting": "TLS-RPT",
}


def check(facts: Facts) -> Iterator[Finding]:
    """Its errors as warnings and its warnings as notices: an opinion, never a verdict."""
    opinions = facts.opinions
    if not opinions:
        yield say.not_assessed("checkdmarc was not asked")
        return
    spoken = [finding for opinion in opinions for finding in _of(opinion)]
    silent = [o for o in opinions if o.error]
    if spoken:
        yield from spoken
    if silent:
        told = series(f"{_subject(o)} ({o.error})" for o in silent)
        yield say.not_assessed(f"checkdmarc could not judge {told}")
    elif not spoken:
        yield say.ok(f"checkdmarc has nothing against {series(_subject(o) for o in opinions)}")


def _subject(opinion: OpinionGiven) -> str:
    return f"{_RECORDS.get(opinion.subject, opinion.subject)} of {opinion.domain}"


def _of(opinion: OpinionGiven) -> Iterator[Finding]:
    remarks = [(Severity.WARNING, text) for text in dict.fromkeys(opinion.errors)]
    remarks += [(Severity.NOTICE, text) for text in dict.fromkeys(opinion.warnings)]
    for severity, text in remarks[:_MOST]:
        yield say.of(severity, f"checkdmarc on {_subject(opinion)}: {_short(text)}", (_ref(opinion),))
    if len(remarks) > _MOST:
        left_out = len(remarks) - _MOST
        yield say.notice(f"checkdmarc on {_subject(opinion)}: {left_out} more remarks", (_ref(opinion),))


def _short(text: str) -> str:
    """It quotes whole records, which a zone may make of any length."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _ref(opinion: OpinionGiven) -> str:
    return f"opinion:{opinion.subject}:{opinion.domain}"
