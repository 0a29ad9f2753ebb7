"""Which rule of smtpd.conf(5) takes a message that a program of this host hands in: the first that fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from probe._dataclass import dataclass
from probe.reading.mta.opensmtpd_values import Statement, Table, Word, table_at

_LOCAL = "localhost"
_SOCKET = "local"  # the address of what comes over the socket of this host; its tag is empty


@dataclass(frozen=True, slots=True)
class Message:
    """Who writes to whom; `host` is the name that the server has for itself. The sender is empty for `<>`."""

    sender: str
    recipient: str
    host: str

    @property
    def domain(self) -> str:
        """The recipient's domain."""
        return self.recipient.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that takes a message: the name of its action, empty where it rejects. `is_sure`: it does not
    depend on what only the server knows."""

    action: str
    is_sure: bool


def rule_for(message: Message, statements: Sequence[Statement], tables: Mapping[str, Table]) -> Rule | None:
    """The first rule that fits; None where none does, so that the server rejects."""
    for statement in statements:
        if statement[0] != Word("match"):
            continue
        rule = _Match(statement, tables)
        answers = {*rule.answers(message)}
        if False not in answers:
            return Rule(rule.action, None not in answers)
    return None


class _Match:
    """One `match` statement."""

    def __init__(self, statement: Statement, tables: Mapping[str, Table]) -> None:
        self._words = statement
        self._tables = tables
        self.action = ""

    def answers(self, message: Message) -> Iterator[bool | None]:
        """Whether each of its conditions holds; None where that cannot be told. A rule that says nothing of
        it is for local recipients, and for mail from this host."""
        place, has_for = 1, False
        while place < len(self._words):
            is_turned = self._words[place] == Word("!")
            place += is_turned
            word = self._words[place].text if place < len(self._words) else ""
            if word == "action":
                self.action = self._words[place + 1].text if place + 1 < len(self._words) else ""
                break
            if word == "reject":
                break
            has_for = has_for or word == "for"
            answer, place = self._condition(word, place + 1, message)
            yield answer if answer is None or not is_turned else not answer
        if not has_for:
            yield _is_local(message)

    def _condition(self, word: str, place: int, message: Message) -> tuple[bool | None, int]:
        """(whether it holds, the place behind it)."""
        if word in ("for", "from"):
            kind = self._words[place].text if place < len(self._words) else ""
            return self._place(word, kind, place + 1, message)
        if word == "auth":
            return self._of_user(place)
        if word in ("mail-from", "rcpt-to"):
            return self._address(message.sender if word == "mail-from" else message.recipient, place)
        if word == "tag":
            table, behind = self._table(place)
            tags = table.entries
            return (None if tags is None else any(fnmatchcase("", it) for it in tags)), behind
        if word == "helo":
            return None, self._table(place)[1]
        return (False if word == "tls" else None), place

    def _place(self, word: str, kind: str, place: int, message: Message) -> tuple[bool | None, int]:
        if kind in ("any", "socket"):
            return True, place
        if kind == "local":
            return (True if word == "from" else _is_local(message)), place
        if kind == "auth":
            return self._of_user(place)
        if kind in ("mail-from", "rcpt-to"):
            return self._address(message.sender if kind == "mail-from" else message.recipient, place)
        if kind == "domain":
            table, behind = self._table(place)
            return table.has_domain(message.domain), behind
        if kind == "src":
            table, behind = self._table(place)
            return (_SOCKET in table.entries if table.entries is not None else None), behind
        return None, self._table(place)[1] if kind == "rdns" else place

    def _is_table(self, place: int) -> bool:
        return place < len(self._words) and self._words[place] in (Word("<"), Word("{"))

    def _of_user(self, place: int) -> tuple[bool | None, int]:
        """Mail of this host's own programs counts as that of somebody who has logged in, of no name."""
        if not self._is_table(place):
            return True, place
        return None, self._table(place)[1]

    def _address(self, address: str, place: int) -> tuple[bool | None, int]:
        table, behind = self._table(place)
        return table.has_address(address), behind

    def _table(self, place: int) -> tuple[Table, int]:
        """The table at a place; one of regular expressions is not read."""
        if place < len(self._words) and self._words[place] == Word("regex"):
            return Table(None), table_at(self._words, place + 1, self._tables)[1]
        return table_at(self._words, place, self._tables)


def _is_local(message: Message) -> bool:
    return message.domain.lower() in (_LOCAL, message.host.lower())
