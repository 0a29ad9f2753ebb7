"""Limits of recorded values: numbers, times, names and answers that no DNS message, TCP connection or clock
can have.

A recording may be forged. Each function returns a clause on what is wrong, None if nothing is.
"""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

from probe._enum import StrEnum
from probe._regex import regex
from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.dialable import AddressKind, NotPublic
from probe.model.observed import EndCause, FetchFault, Gap, HandshakeFault, OpinionFault, SessionReason
from probe.model.reason import Reason
from probe.model.trust import Trust
from probe.settings import RECORDING_EVENT_LIMIT
from probe.standards.dns.message import Answer, Mx, Record, Tlsa, Txt

_DAY = 86_400_000  # milliseconds
_LONGEST = 366 * _DAY  # the longest run; --timeout has no limit
_OCTET, _TWO_OCTETS, _FOUR_OCTETS = (0, 2**8 - 1), (0, 2**16 - 1), (0, 2**32 - 1)
RANGES: dict[str, tuple[int, int]] = {
    "version": _TWO_OCTETS,
    "at_ms": (0, _LONGEST),
    "elapsed_ms": (0, _LONGEST),
    "session": (0, RECORDING_EVENT_LIMIT),
    "port": _TWO_OCTETS,
    "preference": _TWO_OCTETS,
    "usage": _OCTET,
    "selector": _OCTET,
    "matching_type": _OCTET,
    "ttl": _FOUR_OCTETS,
    "minimum": _FOUR_OCTETS,
    "code": _TWO_OCTETS,  # of an extended error (RFC 8914 section 2)
    "status": (0, 999),  # of HTTP
    "size": (0, 10**18),
    "families": (4, 6),
    "family": (4, 6),
    "exit_status": (-(2**31), 2**32 - 1),
    "seed": (0, 2**64),
    "most": (0, 10**18),
    "more": (0, 10**18),
    "line": (0, 10**18),
    "queries": (0, 10**18),
    "strange": (0, 10**18),
    "octets": (0, 10**18),
    "attempts": (0, 10**18),
    "others": (0, 10**18),
    "delivered": (0, 10**18),
    "cured": (0, 10**18),
    "waiting": (0, 10**18),
    "refused": (0, 10**18),
    "expired": (0, 10**18),
    "tried_last_hour": (0, 10**18),
    "tried_last_day": (0, 10**18),
    "peak_minute": (0, 10**18),
}
"""What whole numbers may be, by the name of their field."""

NAMED = frozenset(
    {
        *(("Question", "name"), ("Mx", "exchange"), ("Answer", "records"), ("Answer", "aliases")),
        *(("SessionOpened", "mx_host"), ("Endpoint", "host"), ("DomainTarget", "domain")),
        *(("Mailbox", "local_part"), ("Mailbox", "domain"), ("Mailbox", "unicode_domain")),
        *(("Vantage", "helo"), ("Options", "helo"), ("Options", "selectors"), ("Options", "dnsbl")),
        *(
            ("Soa", "zone"),
            ("Soa", "mname"),
            ("Soa", "rname"),
            ("Provenance", "server"),
            ("Provenance", "policy_zone"),
        ),
        *(("OpinionGiven", "domain"), ("HttpsFetched", "url"), ("Reason", "host")),
        *(("AnswerWhy", "server"), ("AnswerWhy", "name")),
        *(("LoggedDelivery", "relay_host"), ("LoggedVolume", "operator")),
    }
)
"""Class and field of what names a host, a domain, a mailbox or a key: algorithms work with it. Other texts
are only shown."""

_YEARS = (1970, 2999)  # a clock that was never set shows 1970
# RFC 3339 section 5.6
_TIME = regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_LONGEST_NAME = 2000  # characters: 255 octets that are each written \DDD, with room for pseudonyms
_SURROGATE = regex("[\ud800-\udfff]")
_LARGEST_ANSWER = 65_535  # octets of a DNS message over TCP (RFC 1035 section 4.2.2)
_HEAD = 12  # of a record: owner (a pointer), type, class, TTL and length (RFC 1035 section 3.2.1)
_POINTER = 2  # the shortest name beside the root


_NEEDED: dict[type[StrEnum], dict[str, tuple[str, ...]]] = {
    SessionReason: {"not_connected": ("ip", "end"), "no_answer": ("ip",)},
    EndCause: {
        "stop": ("stop",),
        "no_connection": ("seconds",),
        "no_reply": ("seconds",),
        "octets": ("most",),
        "replies": ("most",),
        "shortage": ("shortage",),
        "other_family": ("ip",),
        "not_public": ("address",),
    },
    HandshakeFault: {"late": ("seconds",)},
    Trust: {"shortage": ("shortage",)},
    FetchFault: {
        "not_public": ("ip", "address"),
        "no_connection": ("ip", "seconds"),
        "late": ("seconds",),
        "too_large": ("most",),
        "shortage": ("shortage",),
    },
    OpinionFault: {"no_opinion": ("seconds",), "too_many": ("most",), "shortage": ("shortage",)},
    Gap: {
        "shortage": ("shortage",),
        "most_sessions": ("most",),
        "no_turn": ("most",),
        "most_controls": ("most",),
        "most_controls_there": ("most",),
        "file_too_large": ("most",),
        "beyond_first": ("most",),
        "more_lines": ("more",),
    },
}
"""Numbers, addresses and words that a reason with this tag never lacks; texts may be empty."""

_OWN = (AnswerFault.OWN_NXDOMAIN, AnswerFault.OWN_NODATA, AnswerFault.OWN_RECORDS, AnswerFault.OWN_DATA)
_NEEDED_OF_ANSWERS: dict[AnswerFault, str] = {
    AnswerFault.NO_REPLY: "seconds",
    AnswerFault.SHORTAGE: "shortage",
    AnswerFault.NO_MESSAGE: "wire",
    AnswerFault.CNAME_MOST: "most",
    AnswerFault.MOST_QUERIES: "most",
    AnswerFault.LONG_LABEL: "octets",
    AnswerFault.LONG_NAME: "most",
}

_OF_IPV4 = frozenset({AddressKind.NAT64, AddressKind.SIX_TO_FOUR, AddressKind.ISATAP})


def why_no_reason(reason: Reason[StrEnum]) -> str | None:
    """A reason must have the values that its tag needs."""
    fields = _NEEDED.get(type(reason.tag), {}).get(reason.tag.value, ())
    missing_field = next((name for name in fields if getattr(reason, name) is None), None)
    return (
        f"with the tag {reason.tag.value} lacks the field {missing_field}"
        if missing_field is not None
        else None
    )


def why_no_fault(why: AnswerWhy) -> str | None:
    """A reason for a missing answer must have the values that its tag needs; that a name server made an
    answer itself is never recorded, because it is concluded from the answer."""
    if why.tag in _OWN:
        return f"has the tag {why.tag.value}, which no run records"
    field = _NEEDED_OF_ANSWERS.get(why.tag, "tag")
    is_missing = getattr(why, field) is None
    return f"with the tag {why.tag.value} lacks the field {field}" if is_missing else None


def why_not_an_address_kind(address: NotPublic) -> str | None:
    """A reason why an address is not public: an IPv4 address inside it must have a kind, too."""
    if (address.inside is None) != (address.inside_kind is None):
        return "has one of inside and inside_kind without the other"
    needs = address.kind in _OF_IPV4 and address.inside is None
    return f"of the kind {address.kind.value} lacks the field inside" if needs else None


def why_not_whole(field: str, number: int) -> str | None:
    """A whole number must be in the range that RANGES gives for its field."""
    least, most = RANGES[field]
    return None if least <= number <= most else f"must be from {least} to {most}"


def why_no_time(text: str) -> str | None:
    """The start time of a run must be a valid time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return "is not an RFC 3339 time"
    if moment.tzinfo is None:
        return "has no UTC offset"
    if not _TIME.fullmatch(text):
        return "is not an RFC 3339 time"
    return (
        None if _YEARS[0] <= moment.year <= _YEARS[1] else f"is not in the years {_YEARS[0]} to {_YEARS[1]}"
    )


def why_no_name(text: str) -> str | None:
    """A name must have no lone surrogates (RFC 8259 section 8.2), and must not be longer than a DNS name can
    be."""
    if len(text) > _LONGEST_NAME:
        return "is longer than a name can be"
    return "holds half a character (a lone surrogate)" if _SURROGATE.search(text) else None


def why_no_answer(answer: Answer) -> str | None:
    """The records and aliases of an answer must fit into one DNS message, even with the best name
    compression."""
    octets = sum(_HEAD + _octets(record) for record in answer.records)
    octets += (_HEAD + _POINTER) * len(answer.aliases)
    return None if octets <= _LARGEST_ANSWER else f"an answer has at most {_LARGEST_ANSWER} octets"


def _octets(record: Record) -> int:
    """The least number of octets for a record's data."""
    match record:
        case IPv4Address():
            return 4
        case IPv6Address():
            return 16
        case Txt():
            return sum(1 + len(string) for string in record.strings)
        case Tlsa():
            return 3 + len(record.data)
        case Mx():
            return 2 + _POINTER
    return _POINTER
