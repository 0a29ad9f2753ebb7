"""What a blocklist said of an address or a name."""

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
