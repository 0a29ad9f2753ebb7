"""Finds the rules that apply to a masked reply and its codes.

All rules that hold apply together, with these exceptions. Words completely inside longer words of another
rule are ignored, because the longer ones are more specific ("user unknown" inside "sender address rejected:
user unknown"). A vague rule ("refused", "policy") does not apply beside a more specific one, nor does a rule
whose cause another rule excludes. Rules of conduct ("try again later") compete only with each other. The
order of rules and files never matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.evidence import Facet
from probe.reading.reply.candidates import Place, places
from probe.reading.reply.conditions import Subject, holds
from probe.reading.reply.mask import MaskedText
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.records import MatchRule, NotionRule
from probe.reading.reply.table import rule_table

_VAGUEST = 9
_LETTERS = regex(r"[^\W\d_]{2}")
_PLACEHOLDER = r"<[a-z]+>"
# "For explanation visit <url>" points to words, but has none itself.
_COURTESY = (
    r"(?:\b(?:please|for|an?|the|further|more|explanations?|information|details|help|see|visit|refer|to|at|go"
    r"|error|codes?)\b[ ,:;]{0,9}){1,30}(?=<(?:url|host)>)"
)


class Match(NamedTuple):
    """A rule that applies. `is_echo`: it only hints at another cause, beside a known sentence."""

    rule: MatchRule
    is_echo: bool = False


class _Words(NamedTuple):
    """The candidates for one reply whose conditions hold: places of words and patterns, rules on notions, and
    rules on sentences of notions."""

    places: tuple[Place, ...]
    by_notions: frozenset[MatchRule]
    sentences: frozenset[MatchRule]

    def part(self, *, of_conduct: bool) -> _Words:
        """Only the rules of conduct, or only the rules on causes."""
        return _Words(
            tuple(place for place in self.places if place.rule.is_of_conduct is of_conduct),
            frozenset(rule for rule in self.by_notions if rule.is_of_conduct is of_conduct),
            frozenset(rule for rule in self.sentences if rule.is_of_conduct is of_conduct),
        )


def matches(subject: Subject) -> tuple[Match, ...]:
    """The rules that apply, in a fixed order."""
    words = _words(subject)
    conduct = _of_conduct(words.part(of_conduct=True))
    causes, echoes = _of_causes(words.part(of_conduct=False))
    codes = _of_codes(subject, causes)
    speakers = [Match(rule) for rule in causes | codes | conduct] + [Match(rule, True) for rule in echoes]
    return tuple(sorted(speakers, key=lambda match: (match.is_echo, match.rule.number)))


class _Candidates(NamedTuple):
    """The rules whose words are in a masked reply, whatever else they ask for."""

    places: Sequence[Place]
    rules: Collection[MatchRule]
    by_notions: Collection[NotionRule]
    sentences: Collection[MatchRule]


@lru_cache(maxsize=512)
def _candidates(masked_text: MaskedText) -> _Candidates:
    """Found once for all replies with these words: a log has them at several stages and with several
    codes."""
    from probe.reading.reply.notions import rules_in

    table = rule_table()
    occurrences = list(places(masked_text, table))
    rules = {place.rule for place in occurrences}
    return _Candidates(occurrences, rules, *rules_in(masked_text.text, table))


def _words(subject: Subject) -> _Words:
    table = rule_table()
    occurrences, candidates, by_notions, sentences = _candidates(subject.masked_text)
    rules = {rule for rule in candidates if holds(rule, subject)}
    notion_rules = [it for it in by_notions if holds(table.rules[it.rule], subject)]
    # of two rules on notions, where one needs all notions of the other and more, only that one counts
    most = (
        table.rules[it.rule]
        for it in notion_rules
        if not any(
            it.notions < other.notions
            and table.rules[it.rule].is_of_conduct == table.rules[other.rule].is_of_conduct
            for other in notion_rules
        )
    )
    return _Words(
        tuple(place for place in occurrences if place.rule in rules),
        frozenset(most),
        frozenset(rule for rule in sentences if holds(rule, subject)),
    )


def _of_conduct(words: _Words) -> set[MatchRule]:
    """The rules of conduct. Notions count only if no words name a time; grounds always count."""
    of_time = [place for place in words.places if not place.rule.final]
    best = _outermost(of_time) if of_time else words.by_notions
    return {*best, *(place.rule for place in words.places if place.rule.final), *words.sentences}


def _of_causes(words: _Words) -> tuple[set[MatchRule], set[MatchRule]]:
    """(the rules on causes, the echoes).

    Beside a known sentence, notions are only echoes, for causes that its rules do not name.
    """
    best = _without_unmeant(_outermost(words.places) | words.sentences)
    if not any(rule.causes and rule.is_exact for rule in best):
        return _without_vague(best, words.by_notions), set()
    best = _without_vague(best, ())
    cause_ids = {cause for rule in best for cause, weight in rule.causes.items() if weight > 0}
    return best, {rule for rule in words.by_notions if rule.foremost not in cause_ids}


def _of_codes(subject: Subject, by_words: Collection[MatchRule]) -> set[MatchRule]:
    """The rules without words that hold, in addition to those with words."""
    is_wordless = not any(rule.causes for rule in by_words)
    is_silent = is_wordless and not _LETTERS.search(
        pattern_of(_PLACEHOLDER).sub("", pattern_of(_COURTESY).sub("", subject.masked_text.text))
    )
    without_words = subject._replace(
        masked_text=MaskedText("", ""),
        hosts=(),
        is_wordless=is_silent and all(_is_generic(status.read) for status in subject.statuses),
        is_unread=is_wordless and not is_silent,
    )
    return set(_holding_codes(without_words))


@lru_cache(maxsize=4096)
def _holding_codes(subject: Subject) -> tuple[MatchRule, ...]:
    table = rule_table()
    return tuple(rule for rule in (table.rules[number] for number in table.coded) if holds(rule, subject))


def _is_generic(status: str) -> bool:
    """x.0.0 says nothing beyond the class (RFC 3463 section 3.1)."""
    return not status or status.endswith(".0.0")


def _outermost(occurrences: Sequence[Place]) -> set[MatchRule]:
    """The rules of the places that no other place overrules."""
    return {place.rule for place in occurrences if not any(_overrules(other, place) for other in occurrences)}


def _overrules(other: Place, place: Place) -> bool:
    """Whether `place` lies inside more specific words.

    Those are longer ones of the same kind; a general rule also yields to a special one of equal length, and
    never overrules it.
    """
    if place.is_link or not place.lies_in(other):
        return False
    is_longer = other.length > place.length
    same_kind = other.rule.is_general <= place.rule.is_general
    return (is_longer and same_kind) or (place.rule.is_general and not other.rule.is_general)


def _without_unmeant(rules: set[MatchRule]) -> set[MatchRule]:
    """Without the rules for causes that another rule excludes (`overrules`): words about a list do not mean a
    listing if the receiver's own query was refused."""
    unmeant = {cause for rule in rules for cause in rule.overrules}
    if not unmeant:
        return rules
    return {rule for rule in rules if rule.overrules or not rule.causes or rule.foremost not in unmeant}


def _without_vague(by_words: set[MatchRule], by_notions: Collection[MatchRule]) -> set[MatchRule]:
    """All rules except the vague ones ("refused", "policy") if there is a more specific one.

    Rules on notions never suppress a provider's own token, even a vague one.
    """
    exact = _least_vague((rule for rule in by_words if rule.causes), _VAGUEST)
    limit = min(exact, _least_vague(by_notions, exact))
    return {
        rule
        for rule in by_words.union(by_notions)
        if rule.vague <= limit or (rule.facet is Facet.PROVIDER and rule.vague <= exact)
    }


def _least_vague(rules: Iterable[MatchRule], default: int) -> int:
    return min((rule.vague for rule in rules), default=default)
