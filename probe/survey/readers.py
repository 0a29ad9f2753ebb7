"""The names of the readers of the facts, of which a report says that this program failed at one."""

from __future__ import annotations

from enum import StrEnum


class FactReader(StrEnum):
    """How `Facts.faults` name the other readers that a fact may be missing for."""

    SPF = "SPF"
    SPF_HELO = "SPF of the EHLO name"
    DKIM = "DKIM"
    DMARC = "DMARC"
    PTR = "PTR"
    HELO = "the EHLO name"
    MAIL = "the mail route of the sender"
    PROVIDER = "the provider"
    TYPO = "the comparison with known domains"
    LISTINGS = "the blocklists"
    BOUNCE = "the reading of the bounce"
