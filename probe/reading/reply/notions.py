"""Finds the notions of a text: words and stems in many languages, folded and looked up.

The words are data (notions.toml and vocabulary.toml). A stem matches from the start of a word; where words
are not separated (Chinese, Japanese, Korean, Thai, and Arabic and Hebrew, which write particles before the
word) it matches anywhere. Of several at one place the longest of each language counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from probe.reading.reply.folding import plain
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.records import MatchRule, NotionRule, SentenceBook, Table

HINTS = ""
"""The language of the words of notions.toml, which hint at a notion and make no sentence."""
ANY = "any"
"""The language of words that every language has: SPF, spam, an address."""

Stems = Mapping[str, str]
"""The first two letters of folded words -> the words that begin so, a line each: the word, a tab, and its
meanings with `|` between them: notion, language, and what must follow soon (or nothing), with `:` between
them. Strings, because a table of thousands is loaded by every run, which looks at few of them."""

_FOLDS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe"})
# What separates words; the brackets of placeholders (<ip>) and marks inside words stay.
_GAPS = re.compile(r"[^\w<>'/\u0e00-\u0e7f-]+|_+")
_UNSPACED = "\u0590-\u06ff\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# Where an entry may begin. The large character classes of the second and third take long to compile; most
# replies are ASCII, so they are compiled only for other texts.
_STARTS = re.compile(r"(?<!\w)[\w<]")
_STARTS_ANYWHERE = rf"(?<!\w)[\w<]|[{_UNSPACED}]|(?<=[{_UNSPACED}])\w"
_JUNCTIONS = rf"(?<=[a-z0-9])(?=[{_UNSPACED}])|(?<=[{_UNSPACED}])(?=[a-z0-9])"
# The borders of clauses. A Japanese comma may follow the subject, so it is not one.
_CLAUSES = re.compile(r"[;!?…。；：！？،؛؟|\n]+|[.,:)(](?=\s|$)|，|\s[/(–-]+\s?|(?<=[)>])\s*:")
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
    "|disk|disks|capacity|intern|certificate|blacklist|suspend|suspect|post|list|temporary|temporarily|block"
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
_OF_CLASS = {"sender": " sender ", "client": " client host ", "helo": " helo "}
_LEAD = 2  # leading letters of a word used for look-up
_SOON = 45  # most letters between the two parts of an entry


class Meaning(NamedTuple):
    """A possible meaning of a word: a notion, in a language, if `rest` follows soon (empty: always)."""

    notion: str
    language: str
    rest: str


class Clause(NamedTuple):
    """A clause of a masked text, folded, with a space at its end."""

    text: str
    is_english: bool


def fold(text: str) -> str:
    """Lower-case without accents, so that both spellings are equal.

    Hangul and kana keep their marks, which distinguish words. An ASCII word inside a script without spaces
    gets spaces before and after it.
    """
    lower = text.lower()
    if lower.isascii():
        return lower
    folded = plain(unicodedata.normalize("NFC", lower).replace("\u0307", "")).translate(_FOLDS)
    return re.sub(_JUNCTIONS, " ", folded)


def compile_stems(
    hints: Mapping[str, Sequence[str]], vocabulary: Mapping[str, Mapping[str, Sequence[str]]] | None = None
) -> dict[str, str]:
    """Turn notion -> words, and language -> notion -> words, into `Stems`."""
    stems: dict[str, dict[str, None]] = {}
    for language, table in ((HINTS, hints), *(vocabulary or {}).items()):
        for notion, words in table.items():
            for word in words:
                first, _, rest = fold(word).partition(" .. ")
                stems.setdefault(first, {})[f"{notion}:{language}:{rest}"] = None
    lines: dict[str, list[str]] = {}
    for word, meanings in stems.items():
        lines.setdefault(word[:_LEAD], []).append(f"{word}\t{'|'.join(meanings)}")
    return {lead: "\n".join(entries) for lead, entries in lines.items()}


@cache
def _entries(lines: str) -> tuple[Mapping[str, str], Sequence[int]]:
    """(word -> its meanings, the lengths that words have, the longest first) of one value of `Stems`"""
    entries = dict(line.split("\t") for line in lines.split("\n"))
    return entries, sorted(set(map(len, entries)), reverse=True)


def clauses(text: str) -> list[Clause]:
    """The clauses of a text in small letters."""
    return [
        Clause(f"{folded} ", _is_english(_GAPS.sub(" ", f"{part} ")))
        for part in _CLAUSES.split(text)
        if (folded := _GAPS.sub(" ", fold(part)).strip())
    ]


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
    with the most notions count.
    """
    result: dict[str, set[str]] = {}
    own: set[str] = set()
    for language, notion, start in _entries_in(clause.text, stems):
        if clause.is_english and language not in (HINTS, ANY):
            continue
        result.setdefault(language, set()).add(notion)
        if language not in own and not _is_shared(clause.text, start):
            own.add(language)
    most = max((len(result[language]) for language in own if language not in (HINTS, ANY)), default=0)
    return {
        language: named
        for language, named in result.items()
        if language in (HINTS, ANY) or (language in own and len(named) == most)
    }


def notions(text: str, stems: Stems) -> frozenset[str]:
    """The notions of the words of `text`, in any language."""
    names: set[str] = set()
    for clause in clauses(text.lower()):
        names.update(*notions_of(clause, stems).values())
    return frozenset(names)


def _entries_in(text: str, stems: Stems) -> Iterator[tuple[str, str, int]]:
    last_ends: dict[str, int] = {}  # language -> where its last entry ends
    starts = _STARTS if text.isascii() else re.compile(_STARTS_ANYWHERE)
    for match in starts.finditer(text):
        start = match.start()
        lines = stems.get(text[start : start + _LEAD])
        if not lines:
            continue
        entries, lengths = _entries(lines)
        inside = _is_unspaced(text[start])
        ends: dict[str, int] = {}
        room = len(text) - start
        for length in lengths:
            if length > room:
                continue
            meanings = entries.get(text[start : start + length])
            for notion, language, rest in _meanings(meanings) if meanings else ():
                if inside and start < last_ends.get(language, 0):
                    continue  # inside a longer entry: the Japanese word for "group" contains "loop"
                if ends.get(language, length) != length:
                    continue  # a longer entry of this language begins here
                if rest and not _is_next(rest, text[start + length :]):
                    continue
                ends[language] = length
                yield language, notion, start
        for language, length in ends.items():
            last_ends[language] = max(start + length, last_ends.get(language, 0))


@lru_cache(maxsize=4096)
def _meanings(meanings: str) -> tuple[Meaning, ...]:
    return tuple(Meaning(*meaning.split(":", 2)) for meaning in meanings.split("|"))


def _is_unspaced(letter: str) -> bool:
    """Whether a letter is of a script that writes words together."""
    return not letter.isascii() and re.match(f"[{_UNSPACED}]", letter) is not None


def _is_next(rest: str, text: str) -> bool:
    """Whether the second part of an entry follows soon after the first, at the start of a word."""
    window = text[: _SOON + len(rest)]
    return rest in window if _is_unspaced(rest[0]) else f" {rest}" in window


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
    for clause in dict.fromkeys(clauses(text)):
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
