"""Read one reply: unwrap it, mask it, and let every rule that fits speak.

All rules that match fire together, with two exceptions. A match that lies wholly inside a longer match
of another rule is dropped, because the longer phrase says more exactly what the words mean ("user
unknown" inside "sender address rejected: user unknown"). A vague rule ("refused", "policy") is dropped
where a more exact one speaks, and so is a rule whose cause another rule names as not meant. Rules about
conduct ("try again later") are held against each other only. The order of rules and files never matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from probe.knowledge.causes import causes
from probe.knowledge.scoring import scoring
from probe.model.evidence import ConductOverride, Evidence, Facet
from probe.model.reply import EnhancedStatus, Stage
from probe.model.verdict import FixBy, Retry
from probe.reading.reply.mask import Masked, mask
from probe.reading.reply.phrases import UNLIMITED, Span, spans
from probe.reading.reply.quotation import Quotation, may_quote, quotation
from probe.reading.reply.speaker import Speaker, as_told, fits
from probe.reading.reply.table import compiled
from probe.reading.reply.unwrap import reply_lines, unwrap

_VAGUEST = 9
_SHOWN = 120  # characters of a quoted reply that the report repeats
# Decibans: what makes a quotation name a cause; what the head adds to it; a callout's verdict on a sender,
# and on everything else; and what is left where an address was verified and no reason is told.
_NAMES = 7.0
_QUOTED_BY_HEAD = 2.0
_CALLED_BACK = 17.0
_NOT_ABOUT_SENDER = -12.0
_ABOUT_THE_CLIENT = frozenset(
    ["ip_blocklisted", "poor_reputation", "rdns_helo", "rate_limited", "tls_problem", "smtp_auth_required"]
)
_VERIFIED_WITHOUT_REASON = {
    "user_unknown": 7.0,
    "server_error": 5.0,
    "unknown": 5.0,
    "recipient_refused": 3.0,
}
_LETTERS = re.compile(r"[^\W\d_]{2}")
_PLACEHOLDER = re.compile(r"<[a-z]+>")
# "For explanation visit <url>" says where words are, but has none itself.
_COURTESY = re.compile(
    r"(?:\b(?:please|for|an?|the|further|more|explanations?|information|details|help|see|visit|refer|to|at|go"
    r"|error|codes?)\b[ ,:;]{0,9}){1,30}(?=<(?:url|host)>)"
)


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
    speaker: Speaker | None = None
    is_quoted: bool = False


def read_reply(
    text: str,
    stage: Stage | None = None,
    host: str = "",
    ref: str = "reply",
    speaker: Speaker | None = None,
) -> Reading:
    """Read one SMTP reply as a log, a bounce or a session shows it. Never raises on any text.

    `stage` is where it was given, if known; `host` the server that gave it, `speaker` the program that the
    session told. `ref` goes into the evidence. The evidence is in no meaningful order. Of a reply that
    quotes another server's, code and status are those of the head, and the evidence is what the quotation
    says about the address that the head names.
    """
    if may_quote(text):
        reply, line = reply_lines(text)
        quoted = quotation(reply) or quotation(line)
        if quoted is not None:
            stage = stage or (unwrap(text) if reply != line else unwrap(quoted.head)).stage
            return _read_quoted(_read(reply, stage, host, ref), quoted, stage, ref)
    return _read(text, stage, host, ref, speaker)


def _read(
    text: str,
    stage: Stage | None,
    host: str,
    ref: str,
    speaker: Speaker | None = None,
    *,
    is_quoted: bool = False,
) -> Reading:
    parts = unwrap(text)
    stage = stage or parts.stage
    masked = mask(parts.text)
    subject = _Subject(
        masked,
        str(parts.code or ""),
        tuple(map(str, parts.enhanced)),
        stage.value if stage else "",
        tuple(name for name in (host.lower().rstrip("."), *masked.links.split()) if name),
        speaker=speaker,
        is_quoted=is_quoted,
    )
    return Reading(
        code=parts.code,
        enhanced=parts.enhanced[0] if parts.enhanced else None,
        text=parts.text,
        stage=stage,
        host=host,
        local=parts.local,
        evidence=tuple(_told(number, ref, speaker) for number in _fired(subject)),
    )


def _read_quoted(whole: Reading, quoted: Quotation, stage: Stage | None, ref: str) -> Reading:
    """The reading of a reply, given at `stage`, whose reason is quoted."""
    head = unwrap(quoted.head)
    heard: tuple[Evidence, ...] = ()
    if quoted.inner:
        # what is quoted without a code of its own happened on the way there: the head's class is its class
        told = unwrap(quoted.inner).code
        inner = quoted.inner if told else f"{head.code or ''} {quoted.inner}"
        heard = _read(inner, None, "", ref, is_quoted=True).evidence
    named = _named(heard)
    says = quoted.says + (f"; the answer: {quoted.inner[:_SHOWN]}" if quoted.inner else "")
    if quoted.about == "sender":
        evidence: tuple[Evidence, ...] = (_about_sender(quoted.id, says, named, ref),)
    else:
        weights = {named: _QUOTED_BY_HEAD} if named else _VERIFIED_WITHOUT_REASON
        # the third server met the receiver's own server, not the sender's
        theirs = ConductOverride(fix_by=FixBy.RECIPIENT_ADMIN) if named in _ABOUT_THE_CLIENT else None
        evidence = (*heard, Evidence(quoted.id, Facet.TEXT, weights, says, ref, conduct=theirs))
    return replace(
        whole,
        stage=stage,
        code=head.code or whole.code,
        enhanced=head.enhanced[0] if head.enhanced else None,
        evidence=evidence,
    )


def _about_sender(identity: str, says: str, named: str | None, ref: str) -> Evidence:
    """Whatever the sender's own server said of the address: it cannot be used as a sender here. What that
    server has against the address only for a time passes."""
    cause = causes()[named] if named is not None else None
    weights = dict.fromkeys(causes(), _NOT_ABOUT_SENDER) | {"sender_invalid": _CALLED_BACK}
    conduct = None
    if cause is not None and cause.passes:
        conduct = ConductOverride(retry=Retry.LATER, retry_after=cause.permanent.retry_after)
    return Evidence(identity, Facet.TEXT, weights, says, ref, conduct=conduct)


def _named(heard: Sequence[Evidence]) -> str | None:
    """The cause that the words or the status of a quotation name before all others."""
    sums: dict[str, float] = {}
    for item in heard:
        if item.facet in (Facet.TEXT, Facet.PROVIDER, Facet.ENHANCED):
            for cause, weight in item.weights.items():
                sums[cause] = sums.get(cause, 0.0) + weight
    best = max(sums, key=lambda cause: (sums[cause], cause), default=None)
    return best if best is not None and sums[best] >= _NAMES else None


@lru_cache(maxsize=1024)
def _fired(subject: _Subject) -> tuple[int, ...]:
    """The numbers of the rules that hold, after the longer match has overruled the shorter.

    The complement of a number stands for an echo (see `_echoes`).

    A log says the same thing thousands of times; the cache holds what is left when masked.
    """
    table = compiled()
    rules = table["rules"]
    found = list(spans(subject.masked, table))
    held = {number for number in {number for _, number in found} if _holds(number, subject)}
    said = [(span, number) for span, number in found if number in held]
    of_conduct = [(span, number) for span, number in said if _is_of_conduct(number)]
    of_causes = [(span, number) for span, number in said if not _is_of_conduct(number)]
    noted, told = _heard(subject)
    fired = {it for span, it in of_causes if not _overruled(span, it, of_causes)}
    fired = _without_overruled(fired | {it for it in told if not _is_of_conduct(it)})
    of_time = [(span, number) for span, number in of_conduct if not table["rules"][number][8]]
    conduct = {number for span, number in of_time if not _overruled(span, number, of_time)}
    noted_conduct = {number for number in noted if _is_of_conduct(number)}
    noted -= noted_conduct
    if not of_time:
        conduct = noted_conduct
    conduct.update(number for _, number in of_conduct if table["rules"][number][8])
    conduct.update(filter(_is_of_conduct, told))
    if any(rules[number][2] and rules[number][11] for number in fired):
        fired = _without_vague(fired, set())
        echoes = _echoes(noted, fired)
    else:
        fired = _without_vague(fired, noted)
        echoes = set()
    wordless = not any(rules[number][2] for number in fired)
    silent = wordless and not _LETTERS.search(_PLACEHOLDER.sub("", _COURTESY.sub("", subject.masked.text)))
    nothing = silent and all(map(_is_generic, subject.statuses))
    fired.update(
        _coded(
            subject.code,
            subject.statuses,
            subject.stage,
            nothing,
            unread=wordless and not silent,
            speaker=subject.speaker,
        )
    )
    return tuple(sorted(fired | echoes | conduct))


def _without_overruled(fired: set[int]) -> set[int]:
    """Without the rules for causes that another rule names as not meant (`overrules`): words about a list
    are no listing where the receiver's own query of it was refused."""
    rules = compiled()["rules"]
    unmeant = {cause for number in fired for cause in rules[number][10]}
    if not unmeant:
        return fired
    return {
        number
        for number in fired
        if rules[number][10] or not rules[number][2] or _foremost(rules[number][2]) not in unmeant
    }


def _is_of_conduct(number: int) -> bool:
    return bool(compiled()["rules"][number][1] == Facet.CONDUCT)


def _echoes(noted: set[int], fired: set[int]) -> set[int]:
    """Notions beside a sentence that is known, for causes that its rules do not name; as complements."""
    rules = compiled()["rules"]
    named = {cause for number in fired for cause, weight in rules[number][2].items() if weight > 0}
    return {~number for number in noted if _foremost(rules[number][2]) not in named}


def _foremost(causes: Mapping[str, float]) -> str:
    return max(causes, key=causes.__getitem__)


@lru_cache(maxsize=4096)
def _coded(
    code: str,
    statuses: tuple[str, ...],
    stage: str,
    wordless: bool,
    *,
    unread: bool,
    speaker: Speaker | None,
) -> tuple[int, ...]:
    """The rules that look at no words that hold."""
    subject = _Subject(Masked("", ""), code, statuses, stage, (), wordless, unread, speaker)
    return tuple(number for number in compiled()["coded"] if _holds(number, subject))


def _heard(subject: _Subject) -> tuple[set[int], set[int]]:
    """The rules whose notions stand in the text, and those whose sentence stands in one of its clauses.

    Of two on notions the one that asks for more of the same counts.
    """
    from probe.reading.reply.notions import heard

    noted, told = heard(subject.masked.text, compiled())
    holding = [(wanted, number) for wanted, number in noted if _holds(number, subject)]
    most = {
        number
        for wanted, number in holding
        if not any(wanted < more and _is_of_conduct(number) == _is_of_conduct(it) for more, it in holding)
    }
    return most, {number for number in told if _holds(number, subject)}


def _is_generic(status: str) -> bool:
    """x.0.0 says nothing beyond the class (RFC 3463 section 3.1)."""
    return status.endswith(".0.0")


def _without_vague(fired: set[int], noted: set[int]) -> set[int]:
    """Drop vague rules ("refused", "policy") where a more exact one has something to say.

    Rules on notions (`noted`) never silence a provider's own token, however vague that is.
    """
    rules = compiled()["rules"]
    exact = min((rules[number][6] for number in fired if rules[number][2]), default=_VAGUEST)
    exactest = min((rules[number][6] for number in noted), default=exact)
    limit = min(exact, exactest)
    return {
        number
        for number in fired | noted
        if rules[number][6] <= limit or (rules[number][1] == Facet.PROVIDER and rules[number][6] <= exact)
    }


def _overruled(span: Span, number: int, said: Sequence[tuple[Span, int]]) -> bool:
    """Whether a match lies inside one that says more exactly what the words mean.

    That is a longer one of the same kind; a general rule also yields to a special one of equal length,
    and never overrules it.
    """
    if span == UNLIMITED:
        return False
    rules = compiled()["rules"]
    start, end = span
    general = rules[number][7]
    for (left, right), other in said:
        if other == number or (left, right) == UNLIMITED or left > start or right < end:
            continue
        longer = right - left > end - start
        if (longer and rules[other][7] <= general) or (general and not rules[other][7]):
            return True
    return False


def _holds(number: int, subject: _Subject) -> bool:
    """Whether all further conditions of a rule hold."""
    conditions = compiled()["rules"][number][5]
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


def _coded_holds(wanted: bool, subject: _Subject) -> bool:
    """A reply of a server has a code (RFC 5321 section 4.2); words without one are the sending server's,
    unless another server quotes them."""
    return (bool(subject.code) or subject.is_quoted) is wanted


def _wordless_holds(wanted: bool, subject: _Subject) -> bool:
    return subject.wordless is wanted


def _unread_holds(wanted: bool, subject: _Subject) -> bool:
    return subject.unread is wanted


def _unless_holds(unwanted: Sequence[str], subject: _Subject) -> bool:
    text, plain = subject.masked.text, subject.masked.plain
    return not any(phrase in text or phrase in plain for phrase in unwanted)


def _software_holds(wanted: Sequence[Any], subject: _Subject) -> bool:
    return fits(wanted, subject.speaker)


_CONDITIONS: dict[str, Callable[[Any, _Subject], bool]] = {
    "codes": _code_holds,
    "enhanced": _enhanced_holds,
    "pairs": _pair_holds,
    "stages": _stage_holds,
    "hosts": _host_holds,
    "unless": _unless_holds,
    "coded": _coded_holds,
    "wordless": _wordless_holds,
    "unread": _unread_holds,
    "software": _software_holds,
}


def _told(number: int, ref: str, speaker: Speaker | None) -> Evidence:
    """What a rule that fired says, with how the session told the program that speaks."""
    item = _evidence(number, ref)
    if speaker is None or number < 0:
        return item
    return as_told(item, compiled()["rules"][number][5].get("software"), speaker)


@lru_cache(maxsize=4096)
def _evidence(number: int, ref: str) -> Evidence:
    if number < 0:
        identity, facet, weights, says, *_ = compiled()["rules"][~number]
        weight = scoring()["echo"]["weight"]
        return Evidence(identity, Facet(facet), {_foremost(weights): weight}, says, ref)
    identity, facet, named, says, rest, _, _, _, final, conduct, _, exact, _ = compiled()["rules"][number]
    override = ConductOverride.of(conduct) if conduct is not None else None
    weights = _weights(facet, named, rest)
    return Evidence(identity, Facet(facet), weights, says, ref, final, override, is_exact=exact)


def _weights(facet: str, named: Mapping[str, float], rest: float | None) -> Mapping[str, float]:
    """The rule's weights, with what a clear statement takes from all causes that it does not name."""
    if rest is None:
        strongest = max(named.values(), default=0.0)
        steps: Sequence[Sequence[float]] = scoring()["rest"].get(facet, ())
        rest = min((taken for least, taken in steps if strongest >= least), default=0.0)
    if not rest:
        return named
    return {cause: named.get(cause, rest) for cause in causes()}
