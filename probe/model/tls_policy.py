"""What is wrong with an MTA-STS record or policy (RFC 8461), a TLS-RPT record (RFC 8460) and TLSA records
(RFC 7672): words and values, no sentences."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.answer_fault import AnswerWhy


class StsProblem(StrEnum):
    """What is wrong with the record, the response of the policy host, or the policy."""

    UNANSWERED = "unanswered"
    SEVERAL_RECORDS = "several_records"
    EMPTY_FIELD = "empty_field"
    NO_FIELD = "no_field"  # no name=value
    REPEATED_FIELD = "repeated_field"
    NO_ID = "no_id"
    BAD_ID = "bad_id"
    NOT_FETCHED = "not_fetched"
    NO_RESPONSE = "no_response"
    REDIRECT = "redirect"
    SERVER_ERROR = "server_error"
    OTHER_STATUS = "other_status"
    MEDIA_TYPE = "media_type"
    NO_PAIR = "no_pair"  # no key: value
    NO_VALUE = "no_value"
    REPEATED_KEY = "repeated_key"
    NO_VERSION = "no_version"
    NO_MODE = "no_mode"
    NO_MAX_AGE = "no_max_age"
    LONG_MAX_AGE = "long_max_age"
    SHORT_MAX_AGE = "short_max_age"
    NO_MX = "no_mx"
    BAD_MX = "bad_mx"


@dataclass(frozen=True, slots=True)
class StsWhy:
    """A problem with the values that its sentence uses; the others are empty. `question` got no usable answer
    and `failure` says why, `count` is a number of records, `name` a field or a key, `status` the HTTP status,
    `line` a line of the policy (from 1), `seconds` its max_age, `most` the longest one; `text` are the
    domain's words: a media type, a pattern."""

    tag: StsProblem
    question: str = ""
    failure: AnswerWhy | None = None
    count: int = 0
    name: str = ""
    status: int | None = None
    line: int = 0
    seconds: int | None = None
    most: int | None = None
    text: str = ""


class TlsRptProblem(StrEnum):
    """What is wrong with the record."""

    UNANSWERED = "unanswered"
    SEVERAL_RECORDS = "several_records"
    NO_RUA = "no_rua"
    BAD_URI = "bad_uri"


@dataclass(frozen=True, slots=True)
class TlsRptWhy:
    """As `StsWhy`; `uri` stands in rua=."""

    tag: TlsRptProblem
    question: str = ""
    failure: AnswerWhy | None = None
    count: int = 0
    uri: str = ""


class TlsaProblem(StrEnum):
    """Why a TLSA record is left out or does not match; `unanswered`: DNS did not say which there are. The
    table `tlsa_problem` of probe/knowledge/findings/reasons.toml holds the words."""

    UNANSWERED = "unanswered"
    NOT_FOR_SMTP = "not_for_smtp"
    UNKNOWN_USAGE = "unknown_usage"
    UNKNOWN_SELECTOR = "unknown_selector"
    UNKNOWN_MATCHING_TYPE = "unknown_matching_type"
    NO_DIGEST = "no_digest"  # of that length
    NO_DATA = "no_data"
    NO_KEY = "no_key"
    NO_CERTIFICATE = "no_certificate"
    WEAKER = "weaker"  # than another of the same usage and selector
    WEAKER_MATCH = "weaker_match"  # the same, but it matches
    OTHER_CERTIFICATE = "other_certificate"
    OTHER_ANCHOR = "other_anchor"
    NOT_IN_TIME = "not_in_time"
    NOT_FOR_SERVERS = "not_for_servers"
    OTHER_NAMES = "other_names"
    UNREADABLE = "unreadable"  # the server's certificate


@dataclass(frozen=True, slots=True)
class TlsaWhy:
    """A problem with the values that its sentence uses; the others are empty. `usage`, `selector` and
    `matching_type` are those of the record, `octets` the length of its data, `digest` the digest that these
    should be, or that counts instead, `names` those that the certificate lacks, `text` the words of the
    library that reads it; `question` got no usable answer and `failure` says why."""

    tag: TlsaProblem
    usage: int | None = None
    selector: int | None = None
    matching_type: int | None = None
    octets: int = 0
    digest: str = ""
    names: tuple[str, ...] = ()
    text: str = ""
    question: str = ""
    failure: AnswerWhy | None = None
