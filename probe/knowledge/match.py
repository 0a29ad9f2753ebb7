"""Read one reply: unwrap it, mask it, and let every rule that fits speak.

All rules that match fire together, with two exceptions. A match that lies wholly inside a longer match
of another rule is dropped, because the longer phrase says more exactly what the words mean ("user
unknown" inside "sender address rejected: user unknown"). A vague rule ("refused", "policy") is dropped
where a more exact one speaks. The order of rules and files never matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from probe.knowledge import store
from probe.knowledge.mask import Masked, mask
from probe.knowledge.unwrap import unwrap
from probe.model.evidence import Evidence, Facet
from probe.model.reply import EnhancedStatus, Stage

_UNLIMITED = (0, 1 << 30)
_Span = tuple[int, int]
_LETTERS = re.compile(r"[^\W\d_]{2}")
_PLACEHOLDER = re.compile(r"<[a-z]+>")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reply says.

    `code` and `enhanced` are the remote server's, None where it sent none; `text` is on one line,
    without wrapping and leading codes, not escaped; `stage` as given, else as the wrapping tells it;
    `local` is true where the text is only the sending MTA's own filler and the remote line is lost.
    """

    code: int | None
    enhanced: EnhancedStatus | None
    text: str
    stage: Stage | None
    host: str
    local: bool
    evidence: tuple[Evidence, ...]

    @property
    def permanent(self) -> bool | None:
        """True for 5yz, False for 4yz, None where neither code says."""
        klass = self.code // 100 if self.code else self.enhanced.klass if self.enhanced else 0
        return {4: False, 5: True}.get(klass)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What conditions of rules look at."""

    masked: Masked
    code: str
    statuses: tuple[str, ...]
    stage: str
    hosts: tuple[str, ...]
    wordless: bool = True
    unread: bool = False


def read_reply(text: str, stage: Stage | None = None, host: str = "", ref: str = "reply") -> Reading:
    """Read one SMTP reply as a log, a bounce or a session shows it. Never raises on any text.

    `stage` is where it was given, if known; `host` the server that gave it. `ref` goes into the
    evidence. The evidence is in no meaningful order.
    """
    parts = unwrap(text)
    stage = stage or parts.stage
    masked = mask(parts.text)
    subject = _Subject(
        masked,
        str(parts.code or ""),
        tuple(map(str, parts.enhanced)),
        stage.value if stage else "",
        tuple(name for name in (host.lower().rstrip("."), *masked.links.split()) if name),
    )
    return Reading(
        code=parts.code,
        enhanced=parts.enhanced[0] if parts.enhanced else None,
        text=parts.text,
        stage=stage,
        host=host,
        local=parts.local,
        evidence=tuple(_evidence(number, ref) for number in _fired(subject)),
    )


@lru_cache(maxsize=1024)
def _fired(subject: _Subject) -> tuple[int, ...]:
    """The numbers of the rules that hold, after the longer match has overruled the shorter.

    A log says the same thing thousands of times; the cache holds what is left when masked.
    """
    spans = [(span, number) for span, number in _textual(subject) if _holds(number, subject)]
    fired = _without_vague({number for span, number in spans if not _overruled(span, number, spans)})
    rules = store.compiled()["rules"]
    wordless = not any(rules[number][2] for number in fired)
    silent = not _LETTERS.search(_PLACEHOLDER.sub("", subject.masked.text))
    subject = replace(
        subject,
        wordless=wordless and silent and all(map(_is_generic, subject.statuses)),
        unread=wordless and not silent,
    )
    fired.update(number for number in store.compiled()["coded"] if _holds(number, subject))
    return tuple(sorted(fired))


def _is_generic(status: str) -> bool:
    """x.0.0 says nothing beyond the class (RFC 3463 section 3.1)."""
    return status.endswith(".0.0")


def _without_vague(fired: set[int]) -> set[int]:
    """Drop vague rules ("refused", "policy") where a more exact one has something to say."""
    rules = store.compiled()["rules"]
    exact = min((rules[number][6] for number in fired if rules[number][2]), default=0)
    return {number for number in fired if rules[number][6] <= exact}


def _textual(subject: _Subject) -> Iterator[tuple[_Span, int]]:
    """Every place where a rule's words stand. A link counts as longer than any words."""
    table = store.compiled()
    text, links = subject.masked
    for phrase, number in table["phrases"]:
        if phrase in text:
            for start in _occurrences(phrase, text):
                yield (start, start + len(phrase)), number
    for needed, pattern, number in table["patterns"]:
        if any(literal in text for literal in needed):
            for match in _pattern(pattern).finditer(text):
                yield match.span(), number
    if links:
        for link, number in table["links"]:
            if link in links:
                yield _UNLIMITED, number


def _occurrences(phrase: str, text: str) -> Iterator[int]:
    """Where `phrase` stands in `text` as whole words."""
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if _is_edge(text, start - 1, phrase[0]) and _is_edge(text, end, phrase[-1]):
            yield start
        start = text.find(phrase, start + 1)


def _is_edge(text: str, outside: int, inner: str) -> bool:
    """Whether a word ends between `inner` and the character at `outside`; scripts without spaces always."""
    if not 0 <= outside < len(text) or not inner.isascii() or not inner.isalnum():
        return True
    return not (text[outside].isascii() and text[outside].isalnum())


@lru_cache(maxsize=1024)
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _overruled(span: _Span, number: int, spans: Sequence[tuple[_Span, int]]) -> bool:
    """Whether a match lies inside one that says more exactly what the words mean.

    That is a longer one of the same kind; a general rule also yields to a special one of equal length,
    and never overrules it.
    """
    if span == _UNLIMITED:
        return False
    rules = store.compiled()["rules"]
    start, end = span
    general = rules[number][7]
    for (left, right), other in spans:
        if other == number or (left, right) == _UNLIMITED or left > start or right < end:
            continue
        longer = right - left > end - start
        if (longer and rules[other][7] <= general) or (general and not rules[other][7]):
            return True
    return False


def _holds(number: int, subject: _Subject) -> bool:
    """Whether all further conditions of a rule hold."""
    conditions = store.compiled()["rules"][number][5]
    return all(_CONDITIONS[key](wanted, subject) for key, wanted in conditions.items())


def _code_holds(wanted: Sequence[str], subject: _Subject) -> bool:
    return bool(subject.code) and subject.code.startswith(tuple(wanted))


def _enhanced_holds(wanted: Sequence[str], subject: _Subject) -> bool:
    return any(status in wanted or f"x{status[1:]}" in wanted for status in subject.statuses)


def _pair_holds(wanted: Sequence[str], subject: _Subject) -> bool:
    """`550 5.1.1`: both; `550 -`: that code without any enhanced status."""
    return any(f"{subject.code} {status}" in wanted for status in subject.statuses or ("-",))


def _stage_holds(wanted: Sequence[str], subject: _Subject) -> bool:
    return subject.stage in wanted


def _host_holds(wanted: Sequence[str], subject: _Subject) -> bool:
    return any(name == suffix or name.endswith("." + suffix) for name in subject.hosts for suffix in wanted)


def _wordless_holds(wanted: bool, subject: _Subject) -> bool:
    return subject.wordless is wanted


def _unread_holds(wanted: bool, subject: _Subject) -> bool:
    return subject.unread is wanted


def _unless_holds(unwanted: Sequence[str], subject: _Subject) -> bool:
    return not any(phrase in subject.masked.text for phrase in unwanted)


_CONDITIONS: dict[str, Callable[[Any, _Subject], bool]] = {
    "codes": _code_holds,
    "enhanced": _enhanced_holds,
    "pairs": _pair_holds,
    "stages": _stage_holds,
    "hosts": _host_holds,
    "unless": _unless_holds,
    "wordless": _wordless_holds,
    "unread": _unread_holds,
}


@lru_cache(maxsize=4096)
def _evidence(number: int, ref: str) -> Evidence:
    identity, facet, causes, says, rest, *_ = store.compiled()["rules"][number]
    return Evidence(identity, Facet(facet), _weights(facet, causes, rest), says, ref)


def _weights(facet: str, causes: Mapping[str, float], rest: float | None) -> Mapping[str, float]:
    """The rule's weights, with what a clear statement takes from all causes that it does not name."""
    table = store.compiled()
    if rest is None:
        strongest = max(causes.values(), default=0.0)
        steps: Sequence[Sequence[float]] = table["scoring"]["rest"].get(facet, ())
        rest = min((taken for least, taken in steps if strongest >= least), default=0.0)
    if not rest:
        return causes
    return {cause: causes.get(cause, rest) for cause in table["causes"]["cause"]}
