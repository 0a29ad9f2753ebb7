"""Refusals that a login would have spared (RFC 4954 section 6).

Sendmail, and Exim with `hosts_try_auth`, go on without a login when the server refuses theirs. What it then
says of the recipient, to a stranger, is not the fault of the recipient's side.
"""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.reply import Stage

# "User unknown in relay recipient table" is Postfix's for a mailbox that is not there
_OF_STRANGERS = regex(
    r"relay(?! recipient)|auth|log(?:ged)?[ -]?in|(?<![\d.])530\b|(?<![\d.])5\.7\.\d{1,3}(?!\d|\.\d)",
    re.IGNORECASE,
)
_OF_MAILBOXES = regex(r"(?<![\d.])[45]\.(?:1\.1|2\.\d)(?!\d|\.\d)")  # RFC 3463: no such mailbox, or its state
_NAMES = regex(
    r"(?<![^\s@])[^\s@]{1,320}+@[^\s@]{1,255}|(?<![\w.-])(?:[\w-]{1,63}\.){1,20}[a-z][\w-]{1,62}\b",
    re.IGNORECASE,
)
_STAGES = frozenset({Stage.MAIL, Stage.RCPT, None})  # None: not known


def may_follow_from_login(reply: str, stage: Stage | None) -> bool:
    """Whether a reply may be what it is because the login before it was refused: it is about relaying,
    authentication or a policy, not about a mailbox, and no later than RCPT. The names of hosts and mailboxes
    in it tell nothing: `author@` is about no login."""
    if stage not in _STAGES or _OF_STRANGERS.search(reply) is None or _OF_MAILBOXES.search(reply):
        return False
    return _OF_STRANGERS.search(_NAMES.sub("", reply)) is not None
