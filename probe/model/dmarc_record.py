"""What is wrong with a DMARC record, or with finding it (RFC 9989): words and values, no sentences."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.answer_fault import AnswerWhy
from probe.model.tag_list import TagListWhy


class DmarcReason(StrEnum):
    """Why a record is not read as written, is not used, or is not known."""

    # of a record that is used
    NO_CHOICE = "no_choice"  # a value that the tag cannot have
    POLICY_READ_AS_NONE = "policy_read_as_none"
    NO_POLICY_READ_AS_NONE = "no_policy_read_as_none"
    NO_REPORT_URI = "no_report_uri"
    PERCENTAGE = "percentage"  # pct=
    OTHER_VALUE = "other_value"  # of fo=, ri=, rf= or pct=, for which some receivers discard the record
    # of one that is not
    SEVERAL_POLICIES = "several_policies"
    POLICY_WITHOUT_REPORTS = "policy_without_reports"
    NO_POLICY_WITHOUT_REPORTS = "no_policy_without_reports"
    SEVERAL_RECORDS = "several_records"
    # of the search
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class DmarcWhy:
    """A reason with the values that its sentence uses; the others are empty. `domain` is where the record is
    published, `name` the name of a tag and `names` several, `choices` the allowed values, `taken` the value
    that receivers use, `policies` what stands as p=, `count` of records; `host` and `rtype` are a question,
    `failure` what came instead of its answer."""

    tag: DmarcReason
    domain: str = ""
    name: str = ""
    names: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    taken: str = ""
    count: int | None = None
    host: str = ""
    rtype: str = ""
    failure: AnswerWhy | None = None


RecordProblem = DmarcWhy | TagListWhy
