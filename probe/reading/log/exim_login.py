"""Logins that a server refused to Exim, as a client (`plain authenticator failed H=...`).

With `hosts_try_auth`, as Debian sets Exim up for a smarthost, Exim goes on without a login. The server that
relays nothing for a stranger says so at MAIL or RCPT, and only this is in the line of the recipient (**, ==);
with `hosts_require_auth` that line has none of the server's words.
"""

from __future__ import annotations

from probe._regex import regex
from probe.reading.log.event import Relay, Speaker, Words
from probe.reading.log.memory import Memory
from probe.reading.log.words import is_reply, unescape
from probe.reading.reply.login import may_follow_from_login

_REFUSED = regex(
    r"\S{1,64} authenticator (?:failed|cancelled authentication) "
    r"H=\S{1,255}(?: \([^)\n]{0,255}\))? \[([^\]\n]{1,64})\](?::\d{1,5})?"
    r"(?: I=\[[^\]\n]{1,64}\](?::\d{1,5})?)?:? +(\S.*)"
)


class RefusedLogins:
    """What a server said to the last refused login of each message, in the reader's limited memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def note(self, queue_id: str, rest: str) -> None:
        """Remember such a line, from behind the message id; any other is passed over."""
        match = _REFUSED.match(rest)
        if match is not None and is_reply(match[2]):
            words = Words(Speaker.REMOTE, unescape(match[2].strip()))
            self._memory.note(("login", queue_id), (match[1], words))

    def before(self, queue_id: str, relay: Relay | None, words: Words | None) -> Words | None:
        """What the server said to the login, if these words on a recipient follow from it; else None."""
        note = self._memory.note_of(("login", queue_id))
        if words is None or not isinstance(note, tuple):
            return None
        ip, reply = note
        is_same = relay is None or relay.ip == ip
        is_consequence = is_same and may_follow_from_login(words.text, words.stage)
        return reply if is_consequence and isinstance(reply, Words) else None
