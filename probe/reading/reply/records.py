"""Records for matching, with named fields, made from rows of the stored table.

Sources, dates and examples are not here; `probe.knowledge.rules` has them. A record is created when a reply
first needs the rule: a run needs few of the thousand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from probe._dataclass import dataclass, field
from probe._enum import StrEnum
from probe._named_tuple import NamedTuple
from probe.model.evidence import ConductOverride, Facet
from probe.reading.reply.waits import WaitBook


class Aspect(StrEnum):
    """What a condition of a rule is about; the values are the keys of the rule files."""

    CODES = "codes"
    ENHANCED = "enhanced"
    PAIRS = "pairs"
    STAGES = "stages"
    HOSTS = "hosts"
    UNLESS = "unless"
    CODED = "coded"
    WORDLESS = "wordless"
    UNREAD = "unread"


class Condition(NamedTuple):
    """What must hold beside the words of a rule. `values`: a bool, or values of which one must match."""

    aspect: Aspect
    values: Any


class Programs(NamedTuple):
    """The programs whose replies a rule is about: their ids in software.toml; whether only a session can
    identify them; whether they are servers, so that the greeting of another program excludes them."""

    ids: Sequence[str]
    needs_session: bool
    are_servers: bool


@dataclass(frozen=True, slots=True, eq=False)
class MatchRule:
    """One rule for matching. Equality is identity.

    `number` is its position in the files, used only to order evidence. `causes`, `says`, `final` and
    `conduct` as in `probe.model.evidence`. `rest`: decibans for all causes that it does not name, None for
    what `scoring.toml` takes. `vague`: 0, or higher for less specific rules, which yield to lower ones.
    `is_general`: its file yields to the others. `overrules`: causes that it excludes. `is_exact`: its
    sentence is known. `without`: notions that must not occur in the reply.
    """

    number: int
    id: str
    facet: Facet
    causes: Mapping[str, float]
    says: str
    rest: float | None
    conditions: tuple[Condition, ...]
    vague: int
    is_general: bool
    final: str
    conduct: ConductOverride | None
    overrules: frozenset[str]
    is_exact: bool
    without: frozenset[str]
    software: Programs | None

    @classmethod
    def of(cls, number: int, row: Mapping[str, Any]) -> MatchRule:
        """From a row of the stored table, which has no unused fields."""
        return cls(
            number=number,
            id=row["id"],
            facet=Facet(row["facet"]),
            causes=row["causes"],
            says=row["says"],
            rest=row.get("rest"),
            conditions=tuple(
                Condition(aspect, row[aspect.value]) for aspect in Aspect if aspect.value in row
            ),
            vague=row.get("vague", 0),
            is_general=row.get("is_general", False),
            final=row.get("final", ""),
            conduct=ConductOverride.of(row["conduct"]) if "conduct" in row else None,
            overrules=frozenset(row.get("overrules", ())),
            is_exact=row.get("is_exact", False),
            without=frozenset(row.get("without", ())),
            software=Programs(*row["software"]) if "software" in row else None,
        )

    @property
    def is_of_conduct(self) -> bool:
        """Whether it is about when to try again, not about causes."""
        return self.facet is Facet.CONDUCT

    @property
    def foremost(self) -> str:
        """The cause with the highest weight."""
        return max(self.causes, key=self.causes.__getitem__)


class RuleBook:
    """The rules by their number. `rows` are JSON; a row is parsed on first use."""

    def __init__(self, rows: Sequence[str]) -> None:
        self._rows = rows
        self._rules: dict[int, MatchRule] = {}

    def __getitem__(self, number: int) -> MatchRule:
        rule = self._rules.get(number)
        if rule is None:
            rule = self._rules[number] = MatchRule.of(number, json.loads(self._rows[number]))
        return rule

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[MatchRule]:
        return (self[number] for number in range(len(self)))


class Index(NamedTuple):
    """The index of the words of rules, so that a reply is compared only with words that it may contain.

    `worded`: first two words, or the only one -> phrases that begin with them, each with its rule's number.
    `loose`: phrases that begin with no word of ASCII. `leads`: first letters -> literals that patterns need,
    each with the places of those patterns in `patterns`; `short`: such literals that have fewer letters.
    `patterns`: expressions, each with its rule's number.
    """

    worded: Mapping[str, Sequence[tuple[str, int]]]
    loose: Sequence[tuple[str, int]]
    leads: Mapping[str, Sequence[tuple[str, Sequence[int]]]]
    short: Sequence[tuple[str, Sequence[int]]]
    patterns: Sequence[tuple[str, int]]


class NotionRule(NamedTuple):
    """A rule that holds if these notions are in a reply, in any order."""

    notions: frozenset[str]
    rule: int


class Sentence(NamedTuple):
    """A rule that holds if these notions are in one clause, without any of `unwanted`."""

    notions: frozenset[str]
    unwanted: frozenset[str]
    rule: int


class SentenceBook:
    """The sentences by the first of their notions; the records are created on first use."""

    def __init__(self, table: Mapping[str, Sequence[tuple[Sequence[str], Sequence[str], int]]]) -> None:
        self._rows = table
        self._sentences: dict[str, tuple[Sentence, ...]] = {}

    def beginning(self, notion: str) -> tuple[Sentence, ...]:
        """Those that begin with a notion."""
        sentences = self._sentences.get(notion)
        if sentences is None:
            sentences = self._sentences[notion] = tuple(
                Sentence(frozenset(notions), frozenset(unwanted), number)
                for notions, unwanted, number in self._rows.get(notion, ())
            )
        return sentences


class QuotationRule(NamedTuple):
    """One entry of quotations.toml; see there. `until` is empty if the quotation goes to the end."""

    id: str
    about: str
    says: str
    needs: Sequence[str]
    pattern: str
    until: str


class Wrapping(NamedTuple):
    """A form in which programs wrap a reply; see wrappings.toml for what each field means."""

    id: str
    needs: Sequence[str]
    reported: str
    before: str
    head: str
    anywhere: str
    stages: Mapping[str, str]
    tells: str
    stands_for: str
    adds: str
    goes_on: bool
    is_first: bool

    @property
    def expressions(self) -> tuple[str, ...]:
        """All expressions of the form."""
        places = (self.reported, self.before, self.head, self.anywhere)
        return (*(it for it in places if it), *self.stages.values())

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Wrapping:
        """From a row of the file or of the stored table."""
        texts = {
            name: row.get(name, "")
            for name in ("reported", "before", "head", "anywhere", "tells", "stands_for", "adds")
        }
        return cls(
            id=row["id"],
            needs=row["needs"],
            stages=row.get("stages", {}),
            goes_on=row.get("goes_on", False),
            is_first=row.get("is_first", False),
            **texts,
        )


@dataclass(frozen=True, slots=True)
class Table:
    """All tables for reading a reply.

    `links`: parts of URLs and host names, each with its rule's number. `notion_rules`: by their first notion.
    `coded`: numbers of the rules without words. `stems` as `notions` takes them. `hints`: notion of the
    vocabulary -> notions of notions.toml. `waits`: how servers say how long to wait. `wrapper_words`: what
    any of the `wrappings` needs, each such word that holds no other one with those that hold it.
    """

    rules: RuleBook
    index: Index
    links: Sequence[tuple[str, int]]
    notion_rules: Mapping[str, Sequence[NotionRule]]
    sentences: SentenceBook
    coded: Sequence[int]
    stems: Mapping[str, str]
    hints: Mapping[str, Sequence[str]]
    quotations: tuple[QuotationRule, ...]
    waits: WaitBook
    wrappings: tuple[Wrapping, ...]
    wrapper_words: Mapping[str, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        words = sorted({word for wrapping in self.wrappings for word in wrapping.needs})
        roots = [word for word in words if not any(it in word for it in words if it != word)]
        families: dict[str, list[str]] = {root: [] for root in roots}
        for word in words:
            if word not in families:
                # the longest one is the rarest
                families[max((root for root in roots if root in word), key=len)].append(word)
        object.__setattr__(self, "wrapper_words", families)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Table:
        """From the output of `build`. Raises KeyError or TypeError for anything else."""
        notion_rules: dict[str, list[NotionRule]] = {}
        for notions, number in table["noted"]:
            notion_rules.setdefault(notions[0], []).append(NotionRule(frozenset(notions), number))
        return cls(
            rules=RuleBook(table["rules"]),
            index=Index(**table["index"]),
            links=table["links"],
            notion_rules=notion_rules,
            sentences=SentenceBook(table["sentences"]),
            coded=table["coded"],
            stems=table["stems"],
            hints=table["hints"],
            quotations=tuple(QuotationRule(**row) for row in table["quotations"]),
            waits=WaitBook(table["waits"]),
            wrappings=tuple(Wrapping.of(row) for row in table["wrappings"]),
        )
