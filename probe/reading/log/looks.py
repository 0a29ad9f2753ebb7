"""A fast test whether a line may be from a mail log or a queue listing, made for every reply. Light."""

from __future__ import annotations

from probe.reading.reply.patterns import pattern_of

_REPLY = r"\s*[245]\d\d(?:[ -]|\s*$)"
_BEGIN = (
    r"\s*(?:<\d|(?:[A-Z][a-z]{2} ){1,2}[ \d]\d \d\d:|\d{4}-\d\d-\d\d[T ]|\d{1,2} \d{4}-\d|[\[{#]|-{2,}|-Queue"
    r"|\"?type\"?,|[\w.-]{1,64}(?:/[\w.-]{1,64})? {1,64}\| |[0-9a-f]{16}[| ]|\d{1,6}[smhdw]\s)"
)
# Marks within a line, each with literals of which one stands in it. Most lines have none of them, and
# literals are found many times as fast as expressions.
_EXPRESSIONS = {
    r"(?:to|from)=<|\b(?:status|stat|relay|evpid|client|message-id|exitcode|uuid|nrcpt|uid)=": ("=",),
    r"\w (?:=>|->|>>|\*\*|==|<=) ": ("=> ", "-> ", ">> ", "** ", "== ", "<= "),
    r"elivery|Rescanning queue| Completed": ("elivery", "Rescanning queue", " Completed"),
    r"postfix[\w-]*/": ("postfix",),
    r": removed\s*$": (": removed",),
    r"\d [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:": (":",),
}
_MARKS = [(word, mark) for mark, literals in _EXPRESSIONS.items() for word in literals]


def may_be_logged(text: str) -> bool:
    """Whether to try the readers of logs on a line. A line that begins with a reply code is a reply (RFC 5321
    section 4.2); a JSON object with a `text` is an input of `explain`."""
    if text[:1] in ("2", "4", "5") and text[3:4] in (" ", "-") and text[1:3].isdecimal():
        return False  # most inputs
    if pattern_of(_REPLY).match(text) is not None:
        return False
    if text.lstrip()[:1] == "{":
        return '"text"' not in text or _is_marked(text)
    return pattern_of(_BEGIN).match(text) is not None or _is_marked(text)


def _is_marked(text: str) -> bool:
    for word, mark in _MARKS:  # noqa: SIM110  a generator takes twice as long
        if word in text and pattern_of(mark).search(text) is not None:
            return True
    return False


def is_reply_alone(text: str) -> bool:
    """Whether a line begins as a reply does, with its code."""
    return pattern_of(_REPLY).match(text) is not None
