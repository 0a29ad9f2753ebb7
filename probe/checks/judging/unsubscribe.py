"""Whether a mailing can be unsubscribed with one click: for a check and the requirements of receivers."""

from __future__ import annotations

from probe.model.signing import SignatureVerdict
from probe.reading.message.results import MessageFacts

_COVERED = {"list-unsubscribe", "list-unsubscribe-post"}


def one_click_counts(message: MessageFacts) -> bool | None:
    """Both header fields are there and one DKIM signature that verifies covers them (RFC 8058 section 4);
    None where a signature could not be verified."""
    if not message.one_click:
        return False
    if any(s.verdict is SignatureVerdict.PASS and _COVERED.issubset(s.signed) for s in message.signatures):
        return True
    return None if any(s.verdict is SignatureVerdict.UNKNOWN for s in message.signatures) else False
