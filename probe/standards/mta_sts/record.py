"""The `_mta-sts` TXT record (RFC 8461 section 3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probe.model.text import decode
from probe.standards.dns.message import Answer, Question, RecordType
from probe.standards.mta_sts.results import StsStatus

_VERSION = re.compile(rb"v=STSv1[ \t]*;")
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.\-]{0,31})=([\x21-\x3a\x3c\x3e-\x7e]+)")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class StsRecord:
    """`policy_id` is set exactly when `status` is valid; `problems` are clauses for a reader."""

    status: StsStatus
    policy_id: str | None = None
    problems: tuple[str, ...] = ()


def record_question(domain: str) -> Question:
    """Where a domain publishes its MTA-STS record."""
    return Question(f"_mta-sts.{domain}", RecordType.TXT)


def read_record(answer: Answer) -> StsRecord:
    """Judge the answer to `record_question`. Never raises."""
    if answer.is_unknown:
        return StsRecord(StsStatus.UNKNOWN, problems=(f"{answer.question}: {answer.failure}",))
    # Records that do not begin with v=STSv1; are discarded; of the rest there must be exactly one.
    texts = [txt.data for txt in answer.txts() if _VERSION.match(txt.data)]
    if not texts:
        return StsRecord(StsStatus.ABSENT)
    if len(texts) > 1:
        problem = f"{len(texts)} MTA-STS records, so senders act as if there were none"
        return StsRecord(StsStatus.UNUSABLE, problems=(problem,))
    return _parse(decode(texts[0]))


def _parse(text: str) -> StsRecord:
    fields: dict[str, str] = {}
    problems: list[str] = []
    parts = [part.strip(" \t") for part in text.split(";")[1:]]
    for field in parts if parts[-1] else parts[:-1]:  # one delimiter may stand at the end
        if not field:
            problem = "two semicolons of the MTA-STS record have nothing between them"
            return StsRecord(StsStatus.UNUSABLE, problems=(problem,))
        match = _FIELD.fullmatch(field)
        if match is None:
            problem = "the MTA-STS record holds something that is no name=value"
            return StsRecord(StsStatus.UNUSABLE, problems=(problem,))
        name, value = match.groups()
        if name in fields:  # all but the first are ignored
            problems.append(f"{name}= occurs more than once in the MTA-STS record; the first counts")
        fields.setdefault(name, value)
    policy_id = fields.get("id")
    if policy_id is None or not _ID.fullmatch(policy_id):
        fault = "has no id=" if policy_id is None else "has an id= that is not 1 to 32 letters or digits"
        return StsRecord(StsStatus.UNUSABLE, problems=(*problems, f"the MTA-STS record {fault}"))
    return StsRecord(StsStatus.VALID, policy_id, tuple(problems))
