"""Logins that a server refused to Exim, as a client (`plain authenticator failed H=...`).

With `hosts_try_auth`, as Debian sets Exim up for a smarthost, Exim goes on without a login. The server that
relays nothing for a stranger says so at MAIL or RCPT, and only this is in the line of the recipient (**, ==);
with `hosts_require_auth` that line has none of the server's words. A later attempt of the message may log in,
and no line tells of that: only what is logged soon after the refusal is held to follow from it.
"""

from __future__ import annotations

from datetime import timedelta

from probe._regex import regex
from probe.reading.log.event import Relay, Speaker, Stamp, Words
from probe.reading.log.words import is_reply, unescape
from probe.reading.reply.login import may_follow_from_login

_REFUSED = regex(
    r"\S{1,64} authenticator (?:failed|cancelled authentication) "
    r"H=\S{1,255}(?: \([^)\n]{0,255}\))? \[([^\]\n]{1,64})\](?::\d{1,5})?"
    r"(?: I=\[[^\]\n]{1,64}\](?::\d{1,5})?)?:? +(\S.*)"
)


_MOST = 1_000  # messages; what follows from a refused login is logged in the same session
_SESSION = timedelta(minutes=10)  # the next attempt comes after 15 min at the earliest, if nobody forces it
MARK = b" authenticator "


class RefusedLogins:
    """What a server said to the last refused login of each message, for the most recent messages.

    `recent`: by message id, in the order of the log, (IP address, words, time). It depends on nothing but the
    lines of refused logins, so that processes which read a log side by side can be told of it.
    """

    def __init__(self) -> None:
        self.recent: dict[str, tuple[str, Words, Stamp | None]] = {}

    def note(self, queue_id: str, rest: str, at: Stamp | None) -> None:
        """Remember such a line of that time, from behind the message id; any other is passed over."""
        match = _REFUSED.match(rest)
        if match is not None and is_reply(match[2]):
            self.recent.pop(queue_id, None)
            self.recent[queue_id] = (match[1], Words(Speaker.REMOTE, unescape(match[2].strip())), at)
            if len(self.recent) > _MOST:
                del self.recent[next(iter(self.recent))]

    def before(
        self, queue_id: str, relay: Relay | None, words: Words | None, at: Stamp | None
    ) -> Words | None:
        """What the server said to the login, if these words of that time on a recipient follow from it; else
        None."""
        note = self.recent.get(queue_id)
        if words is None or note is None:
            return None
        ip, reply, since = note
        is_same = (relay is None or relay.ip == ip) and _is_soon(since, at)
        return reply if is_same and may_follow_from_login(words.text, words.stage) else None


def _is_soon(since: Stamp | None, at: Stamp | None) -> bool:
    """Whether the second time is in the session that had begun at the first; True if a time is not known."""
    if since is None or at is None or since.has_zone != at.has_zone:
        return True
    return at.at - since.at <= _SESSION
