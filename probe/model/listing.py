"""The answer of a blocklist about an address or a name, and whose that is."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.answer_fault import AnswerWhy


class ListingStatus(StrEnum):
    """`allowed`: on an allow-list, or with a code that speaks for the subject: no listing. `refused`: the
    list answered, but would not serve this resolver. `unusable`: its test entries are wrong (dead,
    wildcarded, inverted), or it does not take this kind of subject. `timeout`: no answer. Only `listed`,
    `allowed` and `not_listed` say anything about the subject."""

    LISTED = "listed"
    ALLOWED = "allowed"
    NOT_LISTED = "not_listed"
    REFUSED = "refused"
    UNUSABLE = "unusable"
    TIMEOUT = "timeout"


class ListingRole(StrEnum):
    """The role of the subject that was looked up."""

    SOURCE = "source"  # the address that mail leaves from
    SENDER_DOMAIN = "sender_domain"
    HELO = "helo"
    LINK = "link"  # of the message


class CodeKind(StrEnum):
    """`reputation`: something bad was seen. `policy`: the operator of the range says that no mail
    should come directly from it (no bad behaviour is claimed). `allow`: a good word. `info`: a
    category that is no listing."""

    REPUTATION = "reputation"
    POLICY = "policy"
    ALLOW = "allow"
    INFO = "info"


class ListingReason(StrEnum):
    """Why a list says nothing about the subject, or how reliable its answer is."""

    # of one answer
    NO_ANSWER = "no_answer"
    TEST_WITHOUT_ANSWER = "test_without_answer"
    REFUSED = "refused"  # by whoever answered
    RESOLVER_REFUSES = "resolver_refuses"
    RESOLVER_REFUSES_TEST = "resolver_refuses_test"
    REFUSAL_CODE = "refusal_code"  # as the operator documents it
    REFUSAL_RANGE = "refusal_range"  # by the custom of operators
    TOO_MANY_CODES = "too_many_codes"
    NO_CODE = "no_code"  # an address that no list gives
    NO_LISTING = "no_listing"  # 127.0.0.1
    # of the test entries (RFC 5782 section 5)
    REBINDING = "rebinding"  # the resolver takes out the addresses
    INVERTED = "inverted"
    LISTS_BOTH = "lists_both"
    LISTS_WRONG_ONE = "lists_wrong_one"
    ALIKE = "alike"  # both are answered alike
    SILENT = "silent"
    NO_TEST_ENTRY = "no_test_entry"
    NO_DEEP_ENTRY = "no_deep_entry"  # none with as many labels as the question (RFC 9156)
    # of the list and the question
    LISTS_SUBJECT = "lists_subject"  # and cannot be believed
    DEAD = "dead"
    TOO_LONG = "too_long"
    CONCLUDED = "concluded"  # maybe from older answers (RFC 8198)


@dataclass(frozen=True, slots=True)
class ListingWhy:
    """A reason with the values that its sentence uses; the others are empty. `server` is the name server that
    answered, `entry` a test entry of the list, `entries` several, `ip` what was answered, `count` a number of
    answers, characters or seconds, `text` others' own words (the operator's, the resolver's) or codes,
    `failure` what DNS gave instead of an answer."""

    tag: ListingReason
    server: str = ""
    entry: str = ""
    entries: tuple[str, ...] = ()
    ip: IPAddress | None = None
    count: int = 0
    text: str = ""
    failure: AnswerWhy | None = None
