"""Postfix' route for one recipient, in the order of trivial-rewrite(8) and transport(5).

Later steps override earlier ones:

1. the class of the domain: mydestination, virtual_alias_domains, virtual_mailbox_domains, relay_domains, or
   none of them, which gives local_transport, error, virtual_transport, relay_transport or default_transport
   (sender_dependent_default_transport_maps);
2. for the last two the next hop: sender_dependent_relayhost_maps, relayhost, else the domain itself;
3. the next hop that stands behind the name of that transport;
4. transport_maps.
"""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass
from probe.reading.mta.postfix_values import (
    Table,
    TableEntries,
    address_keys,
    first_entry,
    parents_of,
    tables_of,
    words_of,
)

NULL_SENDER = "<>"
_CLASSES = (
    ("mydestination", "local_transport"),
    ("virtual_alias_domains", "error"),
    ("virtual_mailbox_domains", "virtual_transport"),
    ("relay_domains", "relay_transport"),
)
DOMAIN_LISTS = tuple(name for name, _ in _CLASSES)
_MAPS = ("transport_maps", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps")
ROUTING = (
    *(name for name, _ in _CLASSES),
    *_MAPS,
    *("local_transport", "virtual_transport", "relay_transport", "default_transport", "relayhost"),
    *("parent_domain_matches_subdomains", "recipient_delimiter"),
    *("empty_address_relayhost_maps_lookup_key", "empty_address_default_transport_maps_lookup_key"),
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipient: addresses as they are looked up, lower case; the sender is empty for `<>`."""

    sender: str
    recipient: str

    @property
    def domain(self) -> str:
        """The recipient's domain."""
        return self.recipient.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class ResolvedRoute:
    """The answer of trivial-rewrite(8) for mail to `domain`: `transport` is a service of master.cf, `nexthop`
    its argument, `sources` the parameters that decided."""

    domain: str
    transport: str
    nexthop: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Routing:
    """The parameters for the route of one message, and the look-ups in their tables."""

    values: Mapping[str, str]
    envelope: Envelope

    def questions(self) -> tuple[tuple[Table, tuple[str, ...]], ...]:
        """Each table once, with every key that could be looked up in it."""
        keys_by_table: dict[Table, dict[str, None]] = {}
        for name, keys in self._keys().items():
            for table in tables_of(self.values.get(name, "")):
                keys_by_table.setdefault(table, {}).update(
                    dict.fromkeys(keys if table.takes_parts else keys[:1])
                )
        return tuple((table, tuple(keys)) for table, keys in keys_by_table.items())

    def _keys(self) -> dict[str, tuple[str, ...]]:
        domain = self.envelope.domain
        keys: dict[str, tuple[str, ...]] = {name: (domain,) for name, _ in _CLASSES}
        keys["relay_domains"] = tuple(parents_of(domain, with_dot=not self._by_parent("relay_domains")))
        keys["transport_maps"] = (
            *self._address_keys(self.envelope.recipient),
            *parents_of(domain, with_dot=not self._by_parent("transport_maps")),
            "*",
        )
        for name in _MAPS[1:]:
            keys[name] = self._sender_keys(name)
        return keys

    def _by_parent(self, name: str) -> bool:
        return name in words_of(self.values.get("parent_domain_matches_subdomains", ""))

    def _address_keys(self, address: str) -> tuple[str, ...]:
        return address_keys(address, self.values.get("recipient_delimiter", ""))

    def _sender_keys(self, name: str) -> tuple[str, ...]:
        if not self.envelope.sender:
            return (self.values.get(f"empty_address_{name.split('_', 2)[2]}_lookup_key", "") or NULL_SENDER,)
        return (*self._address_keys(self.envelope.sender), "@" + self.envelope.sender.rpartition("@")[2])

    def resolved(self, entries: TableEntries) -> ResolvedRoute:
        """The route, from the entries of the tables."""
        name = next((own for own, _ in _CLASSES if self._is_in(own, entries)), "")
        if name:
            parameter = dict(_CLASSES)[name]
            channel = self.values.get(parameter, "") or parameter
            sources = [name, parameter] if name == "relay_domains" else [name]
        else:
            channel, sources = self._default_transport(entries)
        nexthop = self.envelope.domain
        if name in ("relay_domains", ""):
            nexthop, parameter_name = self._relayhost(entries)
            sources += parameter_name
        channel, colon, destination = channel.partition(":")
        nexthop = destination if colon and destination else nexthop
        if colon and destination and sources[-1] in ("relayhost", "sender_dependent_relayhost_maps"):
            sources.pop()
        entry = first_entry(
            tables_of(self.values.get("transport_maps", "")), self._keys()["transport_maps"], entries
        )
        if entry is not None and entry[0].strip() not in ("", ":"):
            transport, colon, destination = entry[0].strip().partition(":")
            nexthop = destination or self.envelope.domain
            return ResolvedRoute(self.envelope.domain, transport or channel, nexthop, ("transport_maps",))
        return ResolvedRoute(self.envelope.domain, channel, nexthop, tuple(sources))

    def _default_transport(self, entries: TableEntries) -> tuple[str, list[str]]:
        name = "sender_dependent_default_transport_maps"
        entry = first_entry(tables_of(self.values.get(name, "")), self._sender_keys(name), entries)
        if entry is not None and entry[0].upper() != "DUNNO":
            return entry[0], [name]
        return self.values.get("default_transport", "") or "smtp", ["default_transport"]

    def _relayhost(self, entries: TableEntries) -> tuple[str, list[str]]:
        name = "sender_dependent_relayhost_maps"
        entry = first_entry(tables_of(self.values.get(name, "")), self._sender_keys(name), entries)
        # DUNNO ends the look-ups of the table and keeps relayhost (postconf(5))
        if entry is not None and entry[0].upper() != "DUNNO":
            return entry[0], [name]
        relayhost = self.values.get("relayhost", "")
        return (relayhost, ["relayhost"]) if relayhost else (self.envelope.domain, [])

    def _is_in(self, name: str, entries: TableEntries) -> bool:
        """Whether the domain is in a list; the first matching item decides, `!` negates it."""
        keys = self._keys()[name]
        for item in words_of(self.values.get(name, "")):
            bare = item.lstrip("!")
            table = Table(bare)
            if tables_of(bare):
                is_match = any(key in entries.get(table.name, {}) for key in keys)
            else:
                is_match = bare.lower() in keys
            if is_match:
                return (len(item) - len(bare)) % 2 == 0
        return False
