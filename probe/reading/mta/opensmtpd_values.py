"""The forms of OpenSMTPD: the statements of smtpd.conf(5), its tables (table(5)), and URLs of relays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from probe._dataclass import dataclass
from probe.model.address import AddressError
from probe.model.address_parse import parse_ip
from probe.model.sender_mta import Hop, TlsLevel

_LEXEME = re.compile(
    r"(?P<gap>[ \t\r]+|\\\n)|(?P<comment>#[^\n]*)|(?P<end>\n)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*)\"|'(?P<single>[^'\n]*)'"
    r"|(?P<sign>[{}<>!=,()])|(?P<word>[^\s{}<>!=#,()\"']+)"
)
_URL = re.compile(
    r"(?:(?P<scheme>[a-z+]+)://)?(?:(?P<label>[^@/]*)@)?(?P<host>\[[^\]]*\]|[^:/@]+)(?::(?P<port>\d{1,5}))?/?"
)
_SIZE = re.compile(r"(\d{1,12})([KMGT]?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_PORTS = {"smtps": 465}
LEVELS = {
    "smtp": TlsLevel.MAY,
    "smtp+tls": TlsLevel.VERIFY,
    "smtp+notls": TlsLevel.NONE,
    "smtps": TlsLevel.VERIFY,
}
_MOST_WORDS = 100_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the configuration; one in quotes is never a sign or a macro."""

    text: str
    is_quoted: bool = False


def _words(text: str) -> Iterator[Word | None]:
    """The words, None where a statement ends."""
    position, depth = 0, 0
    while position < len(text):
        match = _LEXEME.match(text, position)
        if match is None:
            position += 1
            continue
        position = match.end()
        if match["end"] is not None:
            if not depth:
                yield None
        elif match["double"] is not None or match["single"] is not None:
            yield Word(match["double"] if match["double"] is not None else match["single"], True)
        elif match["sign"] is not None:
            depth = max(0, depth + (match["sign"] == "{") - (match["sign"] == "}"))
            yield Word(match["sign"])
        elif match["word"] is not None:
            yield Word(match["word"])
    yield None


Statement = tuple[Word, ...]


def statements_of(text: str) -> tuple[Statement, ...]:
    """The statements in their order, macros (`name = value`, `$name`) put in."""
    macros: dict[str, Statement] = {}
    statements: list[Statement] = []
    line: list[Word] = []
    for count, word in enumerate(_words(text)):
        if count > _MOST_WORDS:
            break
        if word is not None:
            is_macro = word.text.startswith("$") and not word.is_quoted
            line += macros.get(word.text[1:], ()) if is_macro else (word,)
            continue
        if len(line) > 2 and line[1] == Word("=") and line[0].text != "table":
            macros[line[0].text] = tuple(line[2:])
        elif line:
            statements.append(tuple(line))
        line = []
    return tuple(statements)


@dataclass(frozen=True, slots=True)
class Table:
    """What a table holds: values by key, empty where a key has none. `entries` None: not known; `name` is
    then what could not be read."""

    entries: Mapping[str, str] | None
    name: str = ""

    def has_domain(self, domain: str) -> bool | None:
        """Whether one of its patterns fits a domain; `*` stands for any characters."""
        if self.entries is None:
            return None
        return any(fnmatchcase(domain.lower(), key.lower()) for key in self.entries)

    def has_address(self, address: str) -> bool | None:
        """Whether one of its items is the address: `user@domain`, `@domain`, `user`."""
        if self.entries is None:
            return None
        local, _, domain = address.lower().rpartition("@")
        for key in self.entries:
            own_local, sign, own_domain = key.lower().rpartition("@")
            if not sign and own_domain == local:
                return True
            if sign and own_local in ("", local) and fnmatchcase(domain, own_domain):
                return True
        return False


def table_file(text: str) -> Table:
    """A table of `file:`: a key in each line, its value behind it."""
    entries: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition("#")[0].strip().replace("\t", " ").partition(" ")
        if key:
            entries[key.removesuffix(":") if value else key] = value.strip()
    return Table(entries)


def _inline(words: Sequence[Word]) -> Table:
    """The words between braces."""
    entries: dict[str, str] = {}
    key, is_value = "", False
    for word in words:
        if word == Word(","):
            is_value = False
        elif word == Word("="):
            is_value = True
        elif is_value:
            entries[key] = word.text
        else:
            key = word.text
            entries[key] = ""
    return Table(entries)


def table_at(statement: Statement, place: int, named: Mapping[str, Table]) -> tuple[Table, int]:
    """(the table that is named or written at a place of a statement, the place behind it)."""
    if place >= len(statement):
        return Table(None), place
    word = statement[place]
    if word == Word("<"):
        name = statement[place + 1].text if place + 1 < len(statement) else ""
        return named.get(name, Table(None, name)), place + 3
    if word == Word("{"):
        end = next((at for at in range(place, len(statement)) if statement[at] == Word("}")), len(statement))
        return _inline(statement[place + 1 : end]), end + 1
    return Table({word.text: ""}), place + 1


def size_of(text: str) -> int | None:
    """A size in octets; None for what is none."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _UNITS[match[2].lower()] if match else None


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay as `host` names it: `scheme` says how TLS is used, `label` whose password it logs in with."""

    scheme: str
    label: str
    hop: Hop


def relay_of(text: str) -> Relay | None:
    """`[scheme://[label@]]host[:port]`; None for what is none."""
    match = _URL.fullmatch(text.lower())
    scheme = (match["scheme"] or "smtp") if match else ""
    if match is None or scheme not in (*LEVELS, "lmtp"):
        return None
    port = int(match["port"]) if match["port"] else _PORTS.get(scheme, 25)
    bare = match["host"].strip("[]").rstrip(".")
    try:
        ip = parse_ip(bare.removeprefix("ipv6:"))
    except AddressError:
        hop = Hop(bare, port)
    else:
        hop = Hop(str(ip), port, False, (ip,))
    return Relay(scheme, match["label"] or "", hop) if 0 < port < 65536 else None
