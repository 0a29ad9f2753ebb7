"""The words of a refusal without what differs from message to message: the key under which they are read
once.

Two depths. The first takes out addresses, ids and long numbers, and leaves short codes, which may be the
whole
meaning of a reply ("S3140"). Where it gives too many keys, host names and all numbers go, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._regex import regex

_TOKEN = regex(r"(?<!\S)[^\s@0-9]*+[@0-9]\S*+")
_EDGES = "<>()[]{},.;:\"'!?#*=|"
_UNMASKED = regex(
    r"(?:[245]\d\d-)?[245]\.\d{1,3}\.\d{1,3}|[245]\d\d-?|\d{1,4}|[A-Za-z]{1,6}[-_:]?\d{1,4}[A-Za-z]?"
)
_ADDRESS = regex(r"[^\s<>()\[\]:;,\"'=]*@[^\s<>()\[\]:;,\"']*")
_PLAIN_ADDRESS = regex(r"[\w.+=/-]+@[\w.-]+")
_IP = regex(
    r"\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4})?:?|::(?:[0-9A-Fa-f]{1,4}:?){1,7}"
)
_TIME = regex(r"(?:\d{4}-\d\d-\d\d(?:T|$))?(?:\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?")
_INSIDE = regex(r"[0-9A-Za-z+_-]*\d[0-9A-Za-z+_-]*")
_HOST = regex(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_ANY_HOST = regex(r"(?<![\w.@/-])(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z]{2,24}\b(?![\w@])")
_CODE = regex(r"[245]\d\d(?:[ -](?:#?[245]\.\d{1,3}\.\d{1,3})?)?")
_WAIT = regex(r"\b\d{1,4}(?= (?:sec|second|min|minute|hour)s?\b)")
_NUMBER = regex(r"\d+")
_LIMIT = 600  # characters of a text that make a key
_DIGITS = 4  # of a number that may be a code
_NUMBER_DIGITS = 8  # of what is counted; more is an id that has no letters by chance
_CODE_LETTERS = 12  # of a code with letters
_SHORT = 3  # letters of a local part that are still looked for by themselves
_CACHED = 4096


class _Masks(dict[str, str]):
    """A cache from words to masked words. Most words occur again, and a dict look-up is much faster than a
    call."""

    def __missing__(self, part: str) -> str:
        if len(self) >= _CACHED:
            self.clear()
        if part.isalnum() and part.isascii():  # one token without edges, as most ids are
            text_template = part if part.isalpha() else _read(part)
        else:
            text_template = _TOKEN.sub(_mask, part)
        self[part] = text_template
        return text_template


class _Waits(dict[str, str]):
    """A cache from masked texts to the same without the requested waiting time."""

    def __missing__(self, text_template: str) -> str:
        if len(self) >= _CACHED:
            self.clear()
        text = self[text_template] = _WAIT.sub("[n]", text_template)
        return text


_masks = _Masks()
_wait_marks = _Waits()


def template(
    text: str, recipient: str | None = None, host: str | None = None, recipients: Sequence[str] = ()
) -> str:
    """The text with `[address]`, `[ip]`, `[host]`, `[id]`, `[n]`, `[user]` and `[domain]` where they stood.

    `recipient`, or one of `recipients`, and `host` are those that the text is about, whose names are found
    without an @, too."""
    text = text[:_LIMIT]
    if host and host in text:
        text = text.replace(host, "[host]")
    if recipient and "@" in recipient and recipient in text:
        text = text.replace(recipient, "[address]")  # its token comes again then, and is masked once
    text_template = _wait_marks[" ".join(map(_masks.__getitem__, text.split(" ")))]
    for name in (recipient, *recipients) if recipient else recipients:
        local, _, domain = (name or "").rpartition("@")
        if len(local) >= _SHORT and local in text_template:
            text_template = text_template.replace(local, "[user]")
        if domain and domain in text_template:
            text_template = text_template.replace(domain, "[domain]")
    return text_template


def coarse(text_template: str) -> str:
    """A template without any host name or number but those of its code."""
    code = _CODE.match(text_template)
    begin = code.end() if code is not None else 0
    return text_template[:begin] + _NUMBER.sub("[n]", _ANY_HOST.sub("[host]", text_template[begin:]))


def code_of(text_template: str) -> str:
    """The code and the enhanced status at the beginning; empty where there are none."""
    match = _CODE.match(text_template)
    return match[0] if match is not None else ""


def _mask(match: re.Match[str]) -> str:
    return _read(match[0])


def _read(token: str) -> str:
    bare = token.strip(_EDGES)
    if bare.isalnum():
        if bare.isdecimal():
            if len(bare) <= _DIGITS:
                return token
            return token.replace(bare, "[n]" if len(bare) <= _NUMBER_DIGITS else "[id]")
        is_code = len(bare) <= _CODE_LETTERS and _UNMASKED.fullmatch(bare) is not None
        return token if is_code else token.replace(bare, "[id]")
    if "@" in token:
        if _PLAIN_ADDRESS.fullmatch(bare):
            return token.replace(bare, "[address]")
        token = _ADDRESS.sub("[address]", token)
        return _INSIDE.sub(_short, token) if any(map(str.isdigit, token)) else token
    if _UNMASKED.fullmatch(bare):
        return token
    if "://" in token:
        return _INSIDE.sub(_short, _IP.sub("[ip]", token))
    if _TIME.fullmatch(bare):
        return token.replace(bare, "[time]")
    if _IP.fullmatch(bare):
        return token.replace(bare, "[ip]").replace("[[ip]]", "[ip]")
    if _HOST.fullmatch(bare):
        return token.replace(bare, "[host]")
    token = _IP.sub("[ip]", token).replace("[[ip]]", "[ip]")
    return _INSIDE.sub(_short, token)


def _short(match: re.Match[str]) -> str:
    """Inside a longer token short codes stay, too."""
    part = match[0]
    if _UNMASKED.fullmatch(part):
        return part
    return "[n]" if part.isdecimal() and len(part) <= _NUMBER_DIGITS else "[id]"
