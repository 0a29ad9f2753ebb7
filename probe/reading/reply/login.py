"""Refusals that a login would have spared (RFC 4954 section 6).

Sendmail, and Exim with `hosts_try_auth`, go on without a login when the server refuses theirs. What it then
says of the recipient, to a stranger, is not the fault of the recipient's side.
"""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.reply import Stage

_OF_STRANGERS = regex(r"relay|auth|log(?:ged)?[ -]?in|\b530\b|\b5\.7\.\d", re.IGNORECASE)
_STAGES = frozenset({Stage.MAIL, Stage.RCPT, None})  # None: not known


def may_follow_from_login(reply: str, stage: Stage | None) -> bool:
    """Whether a reply may be what it is because the login before it was refused: it is about relaying,
    authentication or a policy, and no later than RCPT."""
    return stage in _STAGES and _OF_STRANGERS.search(reply) is not None
