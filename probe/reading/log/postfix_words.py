"""The speaker and stage of the words in the parentheses of a Postfix delivery line."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Speaker, Status, Words
from probe.reading.log.words import reply_of_lines, stage_of

_REMOTE_REPLY = regex(r"host [^\s\[]*+\S*?\[[^\]]*+\] (said|refused to talk to me): ?", re.DOTALL)
_IN_REPLY = " (in reply to "
_SUSPENDED = "delivery temporarily suspended: "
_LOST = regex(
    r"(?:lost connection with|conversation with|timeout talking to) \S+(?: timed out)? while "
    r"(?:sending |receiving the |performing the )?(.{3,60}?)(?: -- .*)?$"
)
_REPLY = regex(r"[245]\d\d(?:[ -]|$)")
_NO_SERVER = ("local", "virtual", "pipe", "error", "discard")
_OUTPUT = "Command output: "
# The beginning of Postfix' own words, and their stage.
_OWN = (
    ("connect to ", Stage.CONNECT),
    ("Host or domain name not found", Stage.DNS),
    ("Name service error", Stage.DNS),
    ("Host not found", Stage.DNS),
    ("unable to look up host ", Stage.DNS),
    ("unable to find primary relay for ", Stage.DNS),
    ("Domain ", Stage.DNS),  # "Domain X does not accept mail (nullMX)"
    ("TLS is required, ", Stage.STARTTLS),
    ("Sender requested REQUIRETLS, ", Stage.STARTTLS),
    ("Cannot start TLS: ", Stage.STARTTLS),
    ("Server certificate not ", Stage.STARTTLS),
    ("TLSA lookup error", Stage.DNS),
    ("no TLSA records", Stage.DNS),
    ("message size ", Stage.MAIL),
    ("SASL authentication failed", None),
)

STATUSES = {
    "sent": Status.SENT,
    "deferred": Status.DEFERRED,
    "bounced": Status.BOUNCED,
    "expired": Status.EXPIRED,
    "force-expired": Status.EXPIRED,
    "SOFTBOUNCE": Status.DEFERRED,
    "undeliverable": Status.PROBE,
    "deliverable": Status.PROBE,
}


def words_of(rest: str | None, service: str, status: Status) -> tuple[Words | None, bool, bool]:
    """Read the text after the opening parenthesis, up to the end of the line.

    Returns the words, whether they are those of an older failure, and whether the line was cut.
    """
    if rest is None:
        return None, False, False
    is_cut = not rest.endswith(")")
    text = rest if is_cut else rest[:-1]
    if status is Status.SENT and text[:1] == "2" and service not in _NO_SERVER and _REPLY.match(text):
        return Words(Speaker.REMOTE, reply_of_lines(text), Stage.END_OF_DATA, is_cut), False, is_cut
    repeats = False
    if text.startswith(_SUSPENDED):
        text, repeats = text[len(_SUSPENDED) :], True
    remote = _REMOTE_REPLY.match(text)
    if remote is not None:
        return _reply(text[remote.end() :], remote[1] != "said", is_cut), repeats, is_cut
    output = text.find(_OUTPUT) if service not in ("smtp", "lmtp", "relay") else -1
    if output >= 0:
        answer = text[output + len(_OUTPUT) :].strip()
        return Words(Speaker.PROGRAM, answer, None, is_cut), repeats, is_cut
    return Words(Speaker.LOCAL, text, _own_stage(text), is_cut), repeats, is_cut


def _reply(text: str, is_refused: bool, is_cut: bool) -> Words:
    """A reply, and the command that it answers; "refused to talk" is a refusal at the greeting or at EHLO;
    Postfix does not say which."""
    stage = Stage.GREETING if is_refused else None
    at = text.rfind(_IN_REPLY)
    if at >= 0 and text.endswith(" command)"):
        stage = stage_of(text[at + len(_IN_REPLY) : -len(" command)")]) or stage
        text = text[:at]
    elif not is_refused and not is_cut:
        is_cut = True  # cut: without the text that Postfix always adds
    return Words(Speaker.REMOTE, reply_of_lines(text), stage, is_cut)


def _own_stage(text: str) -> Stage | None:
    loss = _LOST.match(text)
    if loss is not None:
        return stage_of(loss[1])
    for begin, stage in _OWN:
        if text.startswith(begin):
            return stage
    if text.endswith("loops back to myself"):
        return Stage.DNS
    return None


def status_of(word: str, service: str, rest: str) -> Status:
    """The meaning of `status=` for this service and the words in its parentheses."""
    status = STATUSES.get(word, Status.DEFERRED)
    if status is Status.SENT:
        if service == "discard":
            return Status.DISCARDED
        if rest.startswith("forwarded as "):
            return Status.FORWARDED
    return status
