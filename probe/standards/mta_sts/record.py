"""The `_mta-sts` TXT record (RFC 8461 section 3.1)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.text import decode
from probe.model.tls_policy import StsProblem, StsWhy
from probe.standards.dns.message import Answer, Question, RecordType
from probe.standards.mta_sts.results import StsStatus

_VERSION = regex(rb"v=STSv1[ \t]*;")
_FIELD = regex(r"([A-Za-z0-9][A-Za-z0-9_.\-]{0,31})=([\x21-\x3a\x3c\x3e-\x7e]+)")
_ID = regex(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class StsRecord:
    """`policy_id` is set exactly when `status` is valid."""

    status: StsStatus
    policy_id: str | None = None
    problems: tuple[StsWhy, ...] = ()


def record_question(domain: str) -> Question:
    """Where a domain publishes its MTA-STS record."""
    return Question(f"_mta-sts.{domain}", RecordType.TXT)


def read_record(answer: Answer) -> StsRecord:
    """Judge the answer to `record_question`. Never raises."""
    if answer.is_unknown:
        unanswered = StsWhy(StsProblem.UNANSWERED, question=str(answer.question), failure=answer.failure)
        return StsRecord(StsStatus.UNKNOWN, problems=(unanswered,))
    # Records that do not begin with v=STSv1; are discarded; of the rest there must be exactly one.
    texts = [txt.data for txt in answer.txts() if _VERSION.match(txt.data)]
    if not texts:
        return StsRecord(StsStatus.ABSENT)
    if len(texts) > 1:
        return _unusable(StsWhy(StsProblem.SEVERAL_RECORDS, count=len(texts)))
    return _parse(decode(texts[0]))


def _unusable(*problems: StsWhy) -> StsRecord:
    return StsRecord(StsStatus.UNUSABLE, problems=problems)


def _parse(text: str) -> StsRecord:
    fields: dict[str, str] = {}
    problems: list[StsWhy] = []
    parts = [part.strip(" \t") for part in text.split(";")[1:]]
    for field in parts if parts[-1] else parts[:-1]:  # one delimiter may stand at the end
        if not field:
            return _unusable(StsWhy(StsProblem.EMPTY_FIELD))
        match = _FIELD.fullmatch(field)
        if match is None:
            return _unusable(StsWhy(StsProblem.NO_FIELD))
        name, value = match.groups()
        if name in fields:  # all but the first are ignored
            problems.append(StsWhy(StsProblem.REPEATED_FIELD, name=name))
        fields.setdefault(name, value)
    policy_id = fields.get("id")
    if policy_id is None or not _ID.fullmatch(policy_id):
        return _unusable(*problems, StsWhy(StsProblem.NO_ID if policy_id is None else StsProblem.BAD_ID))
    return StsRecord(StsStatus.VALID, policy_id, tuple(problems))
