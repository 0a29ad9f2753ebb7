"""Reads a free-text bounce without a known layout: finds recipients and replies."""

from __future__ import annotations

import re

from probe._dataclass import replace
from probe._regex import regex
from probe.reading.bounce.layout import LEADING_CODE, SYSTEM, Entry, Layouts, coded_line
from probe.reading.bounce.own_words import own_words
from probe.reading.bounce.results import ReturnedMessage
from probe.reading.bounce.structure import Part
from probe.reading.bounce.wrapped import unwrap_text
from probe.standards.dsn.address import mailboxes

_ODD = regex(r"@.*[!#$%&*+/=?^`{|}~\x00-\x20]")  # in a domain: not even an invalid one has these
_LABEL = regex(r"\A\w{1,20}[:：]\s*(?=[245]\d\d[ -])")  # the colons of Latin and of Chinese
_IDENTITY = regex(r"message-?id\b[^\n<@]{0,20}<[^<>\n]{1,998}>", re.IGNORECASE)
_MOST = 20  # recipients; a text with more is not a list of failures
_REPLY_LIMIT = 1000
_TEXT_LIMIT = 32768


def prose_entries(
    top: Part, notice: str, original: ReturnedMessage, layouts: Layouts, *, guess: bool
) -> list[Entry]:
    """The recipients that headers name (X-Failed-Recipients), else, if `guess` allows it, the addresses in
    the notice other than the sender's; else the recipient of the returned message."""
    x_failed = mailboxes(", ".join(top.headers("x-failed-recipients")))
    recipients = x_failed or (_mentions(top, notice, original) if guess else ())
    if not recipients and guess and len(original.recipients) == 1:
        recipients = original.recipients
    if not recipients:
        return []
    entry = _entry(notice, layouts)
    return [replace(entry, recipient=recipient) for recipient in recipients[:_MOST]]


def _mentions(top: Part, notice: str, original: ReturnedMessage) -> tuple[str, ...]:
    senders = (top.headers(name) for name in ("to", "from", "cc", "reply-to"))
    own = {address.lower() for values in senders for address in mailboxes(", ".join(values))}
    own |= {original.header_from.lower(), original.reverse_path.lower()}
    recipients = {address.lower() for address in (*original.recipients, *original.delivered_to)} - own
    addresses = [
        address
        for address in mailboxes(_IDENTITY.sub("", notice))
        if not SYSTEM.match(address) and _ODD.search(address) is None
    ]
    both = tuple(address for address in addresses if address.lower() in recipients)
    if both:
        return both
    others = tuple(address for address in addresses if address.lower() not in own)
    # further addresses are often contacts; the first is the recipient
    return others[:1]


def nameless_entry(notice: str, layouts: Layouts) -> list[Entry]:
    """The entry of a notice without a recipient, if it gives a reason; else none."""
    entry = _entry(notice, layouts)
    return [entry] if entry.reply else []


def _entry(notice: str, layouts: Layouts) -> Entry:
    reply, host, stage = unwrap_text(notice, layouts.wrappings)
    is_wrapped = bool(reply)
    reply = _LABEL.sub("", reply or coded_line(notice))
    is_remote = is_wrapped or LEADING_CODE.match(reply) is not None
    reply = reply or own_words(notice[:_TEXT_LIMIT], layouts.reason)
    text = " ".join(notice[:4000].split())
    return Entry("", text, reply[:_REPLY_LIMIT], is_remote, host, stage)
