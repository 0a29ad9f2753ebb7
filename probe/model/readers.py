"""The names of the readers of facts, for a report on a reader that raised."""

from __future__ import annotations

from enum import StrEnum


class FactReader(StrEnum):
    """The readers, as `Facts.faults` names them; their words are in the table `fact_reader` of
    probe/knowledge/findings/reasons.toml."""

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
