"""Finds the notions of a text: words and stems in many languages, folded and looked up.

The words are data (notions.toml and vocabulary.toml). A stem matches from the start of a word; where words
are not separated (Chinese, Japanese, Korean, Thai, and Arabic and Hebrew, which write particles before the
word) it matches anywhere. Of several at one place the longest of each language counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.records import MatchRule, NotionRule, SentenceBook, Table
from probe.reading.reply.stems import (
    ANY,
    HINTS,
    LEAD,
    LOST,
    UNSPACED,
    Stems,
    entries_at,
    fold,
    is_unspaced,
    lines_like,
)

# What separates words; the brackets of placeholders (<ip>) and marks inside words stay.
_GAPS = regex(r"[^\w<>'/\u0900-\u0963\u0966-\u097f\u0e00-\u0e7f-]+|_+")
# Where an entry may begin. The large character classes of the second and third take long to compile; most
# replies are ASCII, so they are compiled only for other texts.
_STARTS = regex(r"(?<!\w)[\w<]")
_STARTS_ANYWHERE = rf"(?<!\w)[\w<]|[{UNSPACED}]|(?<=[{UNSPACED}])[\w<]"
# The borders of clauses. A Japanese comma may follow the subject, so it is not one.
_CLAUSES = regex(r"[;!?…。；：！？،؛؟।|\n]+|[.,:)(](?=\s|$)|，|\s[/(–-]+\s?|(?<=[)>])\s*:")
# Words and phrases only of English, and words that it shares with other languages; words that end in "ed" are
# shared, too. Not regular expressions, which would take long to compile.
_ENGLISH_WORDS = (
    "the|your|you|this|not|been|please|and|that|with|cannot|can't|does|doesn't|did|unable|because|exceeded"
    "|blocked|rejected|denied|allowed|refused|which|our|we|have|there|unknown|user|said|failed|failure|access"
    "|address|sender|recipient"
)
_ENGLISH_PHRASES = "is not|no valid|has been|no such|too many|too much|too large|too big"
_SHARED_WORDS = (
    "internal|invalid|full|inactive|limit|quota|mailbox|server|servers|system|service|services|account|accounts"
    "|user|users|message|messages|mail|mails|email|emails|e-mail|e-mails|content|format|syntax|virus|malware"
    "|domain|policy|relay|header|loop|loops|command|reputation|problem|error|login|timeout|maximum|file|inbox"
    "|disk|disks|capacity|intern|certificate|blacklist|suspend|suspect|post|later|list|temporary|temporarily|block"
    "|reverse|valid|credentials|permission|client|rbl|graylist|graylisting|greylist|greylisting|record|records"
    "|reject|access|argument|arguments|parameter|parameters|authentication"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split("|"))
_ENGLISH_PAIRS = tuple(f" {phrase} " for phrase in _ENGLISH_PHRASES.split("|"))
_SHARED = frozenset(_SHARED_WORDS.split("|"))
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
# Postfix names the class of restrictions that refused (smtpd_check.c); what follows is the reason.
_RESTRICTION = (
    r"\b(?:recipient address|(sender) address|(client) host|(helo) command|(?:end-of-)?data command)"
    r" rejected\b:?"
)
# "(SMTP)" after a server's name, or the name of a function, does not end a clause.
_ASIDE = r"[\u200e\u200f]?\s?[(（]\s?smtp-?\s?[)）]-?|(?<=connect)\(\)"
# Postfix logs "?" for each octet of a letter that it does not print, one (Latin-1) or two (UTF-8) a letter.
_LOST_RUN = r"(?<=[a-z\u00e0-\u024f])[?\ufffd]{1,4}(?=[a-z\u00e0-\u024f])"
_MOST_LOST = 100  # runs; what is lost beyond them is not looked for
_NUMBERED_UNIT = r"(\d)([kmg]i?[bo]\b)"  # "20MB", without a blank between them
_OF_CLASS = {"sender": " sender ", "client": " client host ", "helo": " helo "}
_SOON = 45  # most letters between the two parts of an entry


class Clause(NamedTuple):
    """A clause of a masked text, folded, with a space at its end."""

    text: str
    is_english: bool


def clauses(text: str) -> list[Clause]:
    """The clauses of a text in small letters."""
    return [clause for part in _CLAUSES.split(text) if (clause := _clause(part)) is not None]


def _clause(part: str) -> Clause | None:
    plain_words = _GAPS.sub(" ", f"{part} ")
    folded = plain_words.strip() if part.isascii() else _GAPS.sub(" ", fold(part)).strip()
    return Clause(f"{folded} ", _is_english(plain_words)) if folded else None


def _is_english(text: str) -> bool:
    """Whether a text, with a blank at its end, has a word or a phrase that only English has."""
    if not _ENGLISH.isdisjoint(text.split(" ")):
        return True
    padded = f" {text}"
    return any(pair in padded for pair in _ENGLISH_PAIRS)


def _is_shared(text: str, start: int) -> bool:
    """Whether the word that begins there is one that English shares with other languages."""
    word = text[start : text.find(" ", start)]
    if word in _SHARED:
        return True
    return word.endswith("ed") and 5 <= len(word) <= 17 and _LETTERS.issuperset(word)


def notions_of(clause: Clause, stems: Stems) -> dict[str, set[str]]:
    """Language -> the notions of its words in a clause.

    An English clause has words of other languages only by chance. The same holds if all words of a language
    in the clause are also English: "mailbox full" could be Norwegian. Of languages that share words, those
    with the most notions count; where they differ in what two words or more say, the one whose words have the
    most letters there.
    """
    result: dict[str, set[str]] = {}
    own: set[str] = set()
    letters: dict[str, int] = {}
    for language, notion, start, length in _entries_in(clause.text, stems):
        if clause.is_english and language not in (HINTS, ANY):
            continue
        result.setdefault(language, set()).add(notion)
        letters[language] = letters.get(language, 0) + length
        if language not in own and not _is_shared(clause.text, start):
            own.add(language)
    own -= {HINTS, ANY}
    most = max((len(result[language]) for language in own), default=0)
    own = {language for language in own if len(result[language]) == most}
    if most > 1 and len(own) > 1:
        longest = max(letters[language] for language in own)
        readings = [result[language] for language in own if letters[language] == longest]
        own = {language for language in own if result[language] in readings}
    return {
        language: named for language, named in result.items() if language in (HINTS, ANY) or language in own
    }


def notions(text: str, stems: Stems) -> frozenset[str]:
    """The notions of the words of `text`, in any language."""
    names: set[str] = set()
    for clause in clauses(text.lower()):
        names.update(*notions_of(clause, stems).values())
    return frozenset(names)


def _entries_in(text: str, stems: Stems) -> Iterator[tuple[str, str, int, int]]:
    """Language, notion, where its words begin, and their length."""
    last_ends: dict[str, int] = {}  # language -> where its last entry ends
    starts = _STARTS if text.isascii() else pattern_of(_STARTS_ANYWHERE)
    for match in starts.finditer(text):
        start = match.start()
        lead = text[start : start + LEAD]
        lines = stems.get(lead) if LOST not in lead else lines_like(lead, stems)
        if not lines:
            continue
        inside = is_unspaced(text[start])
        ends: dict[str, int] = {}
        for length, meanings in entries_at(text, start, lines):
            for notion, language, rest in meanings:
                if inside and start < last_ends.get(language, 0):
                    continue  # inside a longer entry: the Japanese word for "group" contains "loop"
                if ends.get(language, length) != length:
                    continue  # a longer entry of this language begins here
                if rest and not _is_next(rest, text[start + length :]):
                    continue
                ends[language] = length
                yield language, notion, start, length
        for language, length in ends.items():
            last_ends[language] = max(start + length, last_ends.get(language, 0))


def _is_next(rest: str, text: str) -> bool:
    """Whether the second part of an entry follows soon after the first, at the start of a word."""
    window = text[: _SOON + len(rest)]
    return rest in window if is_unspaced(rest[0]) else f" {rest}" in window


def rules_in(text: str, table: Table) -> tuple[set[NotionRule], set[MatchRule]]:
    """The rules on notions and the rules on sentences of notions that match a masked text.

    Notions of two languages are combined only if one is English, which often wraps a reply in another
    language.
    """
    named: dict[str, set[str]] = {HINTS: set()}
    numbers: set[int] = set()
    if " rejected" in text:
        text = pattern_of(_RESTRICTION).sub(_class_of_restriction, text)
    if "(" in text or "（" in text:
        text = pattern_of(_ASIDE).sub(" ", text)
    if "mb" in text or "mo" in text:
        text = pattern_of(_NUMBERED_UNIT).sub(r"\1 \2", text)
    for clause in dict.fromkeys(chain.from_iterable(map(clauses, _with_letters(text)))):
        by_language = notions_of(clause, table.stems)
        numbers |= _sentences(by_language, table.sentences)
        # "RCPT TO failed" in a mail program's own words is about the stage, not about the reason
        of_client = "verbs" in by_language.get(ANY, ())
        for language, notions in by_language.items():
            if language == HINTS or not of_client:
                named.setdefault(language, set()).update(notions)
    together = [
        named[HINTS].union(*(table.hints.get(notion, ()) for notion in notions))
        for language, notions in named.items()
        if language != ANY
    ]
    notion_rules = {
        rule
        for present in together
        for notion in present
        for rule in table.notion_rules.get(notion, ())
        if present.issuperset(rule.notions)
    }
    anywhere = set[str]().union(*(notions for language, notions in named.items() if language != HINTS))
    return notion_rules, {
        rule for rule in (table.rules[number] for number in numbers) if _is_sure(rule, anywhere)
    }


def _with_letters(text: str) -> tuple[str, ...]:
    """The text, or where letters of it were lost the two that it may have been, with `LOST` for each."""
    if "?" not in text and "\ufffd" not in text:
        return (text,)
    lost = pattern_of(_LOST_RUN)
    return (
        lost.sub(lambda run: LOST * len(run[0]), text, _MOST_LOST),
        lost.sub(lambda run: LOST * ((len(run[0]) + 1) // 2), text, _MOST_LOST),
    )


def _sentences(by_language: Mapping[str, set[str]], sentences: SentenceBook) -> set[int]:
    """The numbers of the rules whose sentence is in a clause. All its words are of one language."""
    neutral = frozenset(by_language.get(ANY, ()))
    result: set[int] = set()
    for own in {
        frozenset(notions) for language, notions in by_language.items() if language not in (HINTS, ANY)
    }:
        result |= _sentences_of(own, neutral, sentences)
    return result


def _sentences_of(own: frozenset[str], neutral: frozenset[str], sentences: SentenceBook) -> set[int]:
    """Of two sentences the one with more notions counts."""
    present = own | neutral
    candidates = [
        sentence
        for notion in present
        for sentence in sentences.beginning(notion)
        if present.issuperset(sentence.notions)
        and present.isdisjoint(sentence.unwanted)
        and not own.isdisjoint(sentence.notions)
    ]
    return {it.rule for it in candidates if not any(it.notions < other.notions for other in candidates)}


def _is_sure(rule: MatchRule, anywhere: set[str]) -> bool:
    """Whether nothing in the complete reply makes the sentence doubtful, as a ground requires."""
    return not rule.final or anywhere.isdisjoint(rule.without)


def _class_of_restriction(match: re.Match[str]) -> str:
    return _OF_CLASS.get(match[match.lastindex or 0], " ")
