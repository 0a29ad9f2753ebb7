"""The readers of the facts, of which a report says that this program failed at one."""

from __future__ import annotations

from enum import StrEnum


class FactReader(StrEnum):
    """How `Facts.faults` name the readers that a fact may be missing for; their words stand in the table
    `fact_reader` of probe/knowledge/findings/reasons.toml."""

    SPF = "spf"
    SPF_HELO = "spf_helo"
    DKIM = "dkim"
    DMARC = "dmarc"
    PTR = "ptr"
    HELO = "helo"
    MAIL = "mail"
    PROVIDER = "provider"
    TYPO = "typo"
    LISTINGS = "listings"
    MESSAGE = "message"
    BOUNCE = "bounce"
    SESSION = "session"  # with a number
