"""What a blocklist said of an address or a name, and whose that is."""

from __future__ import annotations

from enum import StrEnum


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
    """Whose the subject is that was looked up."""

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
