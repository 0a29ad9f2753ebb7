"""What is known of a DKIM key and of a signature (RFC 6376)."""

from __future__ import annotations

from enum import StrEnum


class KeyOrigin(StrEnum):
    """Why a selector was asked for."""

    GIVEN = "given"  # with --selector
    MESSAGE = "message"  # the s= of its signature
    PROVIDER = "provider"  # the sender's provider is known to use it
    COMMON = "common"

    @property
    def is_named(self) -> bool:
        """Whether somebody says that it signs; the others are guesses, whose absence proves nothing."""
        return self in (KeyOrigin.GIVEN, KeyOrigin.MESSAGE)


class SignatureVerdict(StrEnum):
    """What the verification of one signature came to."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"  # the key could not be fetched
