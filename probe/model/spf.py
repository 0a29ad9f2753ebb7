"""The steps and faults of an SPF evaluation (RFC 7208), term by term: words and values, no sentences."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.answer_fault import AnswerWhy


class SpfStepOutcome(StrEnum):
    """The result of one term."""

    MATCH = "match"
    NO_MATCH = "no match"
    REDIRECT = "redirect"
    NEUTRAL = "neutral"  # no term matched
    LIMIT = "limit"
    SYNTAX_ERROR = "syntax error"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class SpfReason(StrEnum):
    """The reason for the result of an evaluation, or of one of its terms."""

    # syntax (section 4.6): these make a permerror
    NON_ASCII = "non_ascii"
    NO_TERM = "no_term"  # neither a mechanism nor a modifier
    UNKNOWN_MECHANISM = "unknown_mechanism"
    REPEATED_MODIFIER = "repeated_modifier"
    ARGUMENT_OF_ALL = "argument_of_all"
    DOMAIN_NEEDED = "domain_needed"
    ADDRESS_NEEDED = "address_needed"
    NO_IPV4_ADDRESS = "no_ipv4_address"
    NO_IPV6_ADDRESS = "no_ipv6_address"
    NO_TARGET = "no_target"  # neither a domain nor a prefix length
    PREFIX_LENGTH = "prefix_length"
    PREFIX_NO_NUMBER = "prefix_no_number"
    EMPTY_DOMAIN = "empty_domain"
    TOP_LABEL = "top_label"
    PERCENT_SIGN = "percent_sign"
    CHARACTER = "character"
    MACRO_LETTER = "macro_letter"
    MACRO_OF_NO_PART = "macro_of_no_part"
    # what else makes an error
    SEVERAL_RECORDS = "several_records"
    INCLUDE_WITHOUT_RECORD = "include_without_record"
    REDIRECT_WITHOUT_RECORD = "redirect_without_record"
    TOO_MANY_TERMS = "too_many_terms"
    CIRCLE = "circle"
    TOO_MANY_VOID = "too_many_void"
    TOO_MANY_HOSTS = "too_many_hosts"
    UNANSWERED = "unanswered"  # makes a temperror
    NO_DOMAIN = "no_domain"  # none: there is nothing to look up
    # of one term, and no error
    NO_TERM_MATCHED = "no_term_matched"
    WENT_ON = "went_on"  # to the target of a redirect
    INCLUDED = "included"
    ADDRESS_MATCHED = "address_matched"
    HOST_MATCHED = "host_matched"
    NAME_MATCHED = "name_matched"
    NO_HOST_MATCHED = "no_host_matched"
    NO_NAME_MATCHED = "no_name_matched"
    VOID = "void"
    OTHER_ANSWER = "other_answer"
    NOT_LOOKED_UP = "not_looked_up"  # no name that DNS can hold


@dataclass(frozen=True, slots=True)
class SpfWhy:
    """A reason with the values that its sentence uses; the others are empty.

    `domain` is the one whose record it is, `term` as written there, `name` a mechanism's or a modifier's.
    `host` is a name in DNS, `rtype` what was asked there, `status` how that was answered, `failure` what came
    instead of an answer. `result` is that of an included record, `hosts` are several names, `count` is of
    records or hosts, `most` a limit, `character` one that may not stand there ("0x7f") or a macro's letter.
    """

    tag: SpfReason
    domain: str = ""
    term: str = ""
    name: str = ""
    host: str = ""
    rtype: str = ""
    status: str = ""
    failure: AnswerWhy | None = None
    result: str = ""
    ip: IPAddress | None = None
    hosts: tuple[str, ...] = ()
    count: int | None = None
    most: int | None = None
    character: str = ""
