"""Commands of clients that Exim itself refused, and messages that it discarded."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame

_REFUSAL = regex(
    r"(?:(?P<temporarily>temporarily )?rejected|(?P<discarded>discarded)) (?:by )?"
    r"(?P<what>RCPT|MAIL|EHLO or HELO|EHLO|HELO|connection|after DATA|DATA|VRFY|EXPN|AUTH|STARTTLS)\b"
    r"(?: (?:from )?<(?P<argument>(?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>)?(?P<more>[^:]{0,200}(?:\[[^\]]*\])?)"
    r"(?:: (?P<reply>.*))?",
    re.DOTALL,
)
_FROM_HOST = regex(r"H=(?:(?P<host>[^\s(\[]+) )?(?:\([^)]*\) )?\[(?P<ip>[^\]]*)\]|from \[(?P<bare>[^\]]*)\]")
_ENVELOPE_FROM = regex(r" F=<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>")
_REFUSED_AT = {
    "RCPT": Stage.RCPT,
    "MAIL": Stage.MAIL,
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "EHLO or HELO": Stage.EHLO,
    "connection": Stage.GREETING,
    "DATA": Stage.DATA,
    "after DATA": Stage.END_OF_DATA,
    "STARTTLS": Stage.STARTTLS,
}


def refusal(rest: str, queue_id: str | None, frame: Frame, file: str, number: int) -> Event | None:
    """The event of a line that holds "rejected" or "discarded"; None if it is not about a client."""
    match = _REFUSAL.search(rest)
    if match is None:
        return None
    before = f"{rest[: match.start()]} {match['more']}"
    client = _FROM_HOST.search(before)
    if client is None:
        return None
    sender = _ENVELOPE_FROM.search(rest[: match.start()])
    what, argument = match["what"], match["argument"]
    status = Status.DISCARDED if match["discarded"] else Status.REJECTED
    word = f"{match['temporarily'] or ''}{'discarded' if match['discarded'] else 'rejected'}"
    reply = (match["reply"] or match["more"]).strip()
    return Event(
        file,
        number,
        Kind.REFUSAL,
        status,
        word,
        frame.at,
        frame.program,
        queue_id,
        sender=sender[1] if sender is not None else argument if what == "MAIL" else None,
        recipient=argument if what == "RCPT" else None,
        words=Words(Speaker.LOCAL, reply, _REFUSED_AT.get(what)),
        client=Relay(client["host"], client["ip"] or client["bare"]),
    )
