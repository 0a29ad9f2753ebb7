"""Mailbox providers and gateways, recognised by their MX hosts: providers.toml, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from probe.knowledge.names import is_within, label_count
from probe.knowledge.toml_import import load
from probe.standards.public_suffix import organizational_domain


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of providers.toml. `kind` is mailbox, gateway, forwarder or software; `rcpt_value`
    how much an answer to RCPT proves there (high, medium, low, unknown); `refuses_null_sender` that
    MAIL FROM:<> is refused by policy; `country` ISO 3166 or ""; `desk` where the provider speaks with
    senders, as (name, URL) or None, `desk_shows` what a sender sees there; `domains` the mailbox domains
    that are its own; `greetings` texts that its greeting holds; `reply_style` what its replies look like;
    `confirmed` yes, partial or no; `checked` an ISO date. What it asks of senders is in
    `requirements.for_provider`."""

    id: str
    title: str
    kind: str
    mx_suffixes: tuple[str, ...]
    domains: tuple[str, ...]
    rcpt_value: str
    refuses_null_sender: bool
    country: str
    desk: tuple[str, str] | None
    notes: str
    source: str
    greetings: tuple[str, ...] = ()
    reply_style: str = ""
    confirmed: str = "no"
    checked: str = ""
    desk_shows: str = ""


@dataclass(frozen=True, slots=True)
class DomainNote:
    """What a source said of `domains` on `date`: history, not the domain's present state."""

    domains: tuple[str, ...]
    date: str
    says: str
    source: str


@cache
def all_providers() -> tuple[Provider, ...]:
    """Every entry of providers.toml, in its order."""
    return tuple(_provider(row) for row in _table()["provider"])


def by_id(provider_id: str) -> Provider:
    """The provider of that id. Raises KeyError."""
    return _by_id()[provider_id]


def by_mx_hosts(hosts: Sequence[str]) -> Provider | None:
    """Who runs the MX hosts. `hosts` in order of preference: the first that anyone is known for
    decides, and there the longest matching name. A host counts label by label only."""
    for host in hosts:
        known = [
            (label_count(suffix), provider)
            for provider in all_providers()
            for suffix in provider.mx_suffixes
            if is_within(host, suffix)
        ]
        if known:
            return max(known, key=lambda it: it[0])[1]
    return None


def operator_of(mx_host: str) -> str:
    """Who runs one MX host, as a key: the id of a provider, else the registered domain of its name, else
    the name."""
    provider = by_mx_hosts([mx_host])
    return provider.id if provider is not None else organizational_domain(mx_host) or mx_host


def by_domain(domain: str) -> Provider | None:
    """Whose own mailbox domain it is (gmail.com is Google's); exact names only."""
    return _by_domain().get(domain.strip().rstrip(".").lower())


def domain_notes(domain: str) -> tuple[DomainNote, ...]:
    """What dated sources say of this domain, oldest first."""
    name = domain.strip().rstrip(".").lower()
    return tuple(sorted((it for it in _notes() if name in it.domains), key=lambda it: it.date))


@cache
def _table() -> Mapping[str, Any]:
    return load(files("probe.knowledge").joinpath("providers.toml"))


@cache
def _by_id() -> dict[str, Provider]:
    return {provider.id: provider for provider in all_providers()}


@cache
def _by_domain() -> dict[str, Provider]:
    return {domain: provider for provider in all_providers() for domain in provider.domains}


@cache
def _notes() -> tuple[DomainNote, ...]:
    return tuple(
        DomainNote(tuple(row["domains"]), row["date"], row["says"], row["source"])
        for row in _table()["domain_note"]
    )


def _provider(row: Mapping[str, Any]) -> Provider:
    desk = row.get("desk")
    return Provider(
        id=row["id"],
        title=row["title"],
        kind=row["kind"],
        mx_suffixes=tuple(row["mx"]),
        domains=tuple(row.get("domains", ())),
        rcpt_value=row["rcpt_value"],
        refuses_null_sender=row.get("refuses_null_sender", False),
        country=row.get("country", ""),
        desk=None if desk is None else (desk[0], desk[1]),
        notes=row.get("notes", ""),
        source=row["source"],
        greetings=tuple(row.get("greetings", ())),
        reply_style=row.get("reply_style", ""),
        confirmed=row["confirmed"],
        checked=row["checked"],
        desk_shows=row.get("desk_shows", ""),
    )
