"""Parses Postfix' formats: output of postconf(1) and postmap(1), lists of tables, next hops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from probe._dataclass import dataclass
from probe.model.address import AddressError, IPAddress
from probe.model.address_parse import parse_ip
from probe.model.sender_mta import SMTP_PORT, Hop

_ASSIGNED = re.compile(r"(?m)^([A-Za-z0-9_.-]{1,200}) =(?: (.*))?$")
_OVERRIDE = re.compile(r"(?m)^([^\s/]+)/([a-z-]+)/([A-Za-z0-9_.-]{1,200}) =(?: (.*))?$")
_SERVICE = re.compile(r"(?m)^(\S+)\s+(inet|unix(?:-dgram)?|fifo|pass)(?:\s+\S+){5}\s+(\S+)")
_TABLE = re.compile(r"[a-z][a-z0-9]*:")
# Pattern tables: only the complete address is looked up, never a part of it (transport(5))
_PATTERNS = frozenset({"regexp", "pcre", "cidr", "tcp"})
_PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "urd": 465}


def settings_of(text: str) -> dict[str, str]:
    """Parse the output of `postconf`: the values by name."""
    return {name: (value or "").strip() for name, value in _ASSIGNED.findall(text)}


def overrides_of(text: str, service: str) -> tuple[tuple[str, str], ...]:
    """Parse the output of `postconf -P` for the client `service` (master.cf, `-o name=value`)."""
    pairs = _OVERRIDE.findall(text)
    return tuple((name, value or "") for at, kind, name, value in pairs if at == service and kind == "unix")


def override_names(text: str) -> frozenset[str]:
    """Parse the output of `postconf -P` for the parameters that a UNIX-socket service sets."""
    return frozenset(name for _, kind, name, _ in _OVERRIDE.findall(text) if kind == "unix")


def override_of(text: str, name: str) -> tuple[str, str]:
    """Parse the output of `postconf -P` for the first service that sets a parameter: (the service as
    `postconf -P` writes it, the value); empty if none does."""
    rows = (
        (f"{at}/{kind}", value.strip()) for at, kind, row, value in _OVERRIDE.findall(text) if row == name
    )
    return next((row for row in rows if row[1]), ("", ""))


def commands_of(text: str) -> dict[str, str]:
    """Parse the output of `postconf -M`: the program of each UNIX-socket service, by its name."""
    return {name: command for name, kind, command in _SERVICE.findall(text) if kind == "unix"}


def words_of(value: str) -> tuple[str, ...]:
    """The items of a list; text in braces is one item."""
    items: list[str] = []
    depth = 0
    for part in re.findall(r"[{}]|[\s,]+|[^{}\s,]+", value):
        is_gap = not part.strip(", \t\r\n")
        if not depth and is_gap:
            items.append("")
            continue
        depth = max(0, depth + (part == "{") - (part == "}"))
        items[-1:] = [(items[-1] if items else "") + part]
    return tuple(item for item in items if item)


@dataclass(frozen=True, slots=True)
class Table:
    """A look-up table as main.cf names it."""

    name: str

    @property
    def takes_parts(self) -> bool:
        """Whether domains and parents are looked up, too, or only complete addresses."""
        return self.name.partition(":")[0] not in _PATTERNS

    @property
    def askable(self) -> str:
        """The name for `postmap -q`: without proxymap(8), which answers only Postfix' own services."""
        return self.name.removeprefix("proxy:")


def tables_of(value: str) -> tuple[Table, ...]:
    """The tables of a list, in their order."""
    return tuple(Table(item) for item in words_of(value) if _TABLE.match(item))


def values_in(text: str) -> dict[str, str]:
    """Parse the output of `postmap -q -`: the values by key."""
    rows = (line.partition("\t") for line in text.splitlines())
    return {key: value.strip() for key, tab, value in rows if tab}


TableEntries = Mapping[str, Mapping[str, str]]  # by table, by key


def first_entry(
    tables: tuple[Table, ...], keys: tuple[str, ...], entries: TableEntries
) -> tuple[str, str] | None:
    """(the value, the table) of the first key that a table has: keys before tables, and pattern tables only
    for the first key, as in Postfix' maps_find."""
    for place, key in enumerate(keys):
        for table in tables:
            if place and not table.takes_parts:
                continue
            value = entries.get(table.name, {}).get(key)
            if value is not None:
                return value, table.name
    return None


def address_keys(address: str, delimiter: str) -> tuple[str, ...]:
    """An address, and without its extension (recipient_delimiter)."""
    local, _, domain = address.rpartition("@")
    position = next((at for at, sign in enumerate(local) if at and sign in delimiter), None)
    return (address,) if position is None else (address, f"{local[:position]}@{domain}")


def parents_of(domain: str, *, with_dot: bool) -> Iterator[str]:
    """The domain and those above it: `.example.org` where `dotted`, else `example.org`
    (parent_domain_matches_subdomains)."""
    yield domain
    while "." in domain[1:]:
        domain = domain[domain.index(".", 1) :]
        yield domain if with_dot else domain[1:]


def literal_of(text: str) -> IPAddress | None:
    """The address in a text, with or without the prefix `ipv6:`."""
    try:
        return parse_ip(text[5:] if text.lower().startswith("ipv6:") else text)
    except AddressError:
        return None


def hop_of(text: str, port: int = SMTP_PORT) -> Hop | None:
    """A next hop as Postfix writes it: `[host]`, `[host]:port`, `host`, `host:port` (transport(5)). None if
    it names no host and port."""
    match = re.fullmatch(r"(?:\[([^\[\]\s]+)\]|([^\[\]:\s]+))(?::([A-Za-z0-9-]+))?", text)
    if match is None:
        return None
    bare, name, at = match.groups()
    if at is not None:
        number = int(at) if at.isascii() and at.isdigit() and len(at) < 6 else _PORTS.get(at.lower())
        if number is None or not 0 < number < 65536:
            return None
        port = number
    ip = literal_of(bare or name)
    if ip is not None:
        return Hop(str(ip), port, False, (ip,))
    return Hop((bare or name).lower().rstrip("."), port, bare is None)


def hops_of(text: str, port: int = SMTP_PORT) -> tuple[Hop, ...]:
    """A list of next hops (Postfix 3.5); empty if one of them cannot be read."""
    hops = tuple(hop_of(item, port) for item in words_of(text))
    return tuple(hop for hop in hops if hop is not None) if all(hops) else ()
