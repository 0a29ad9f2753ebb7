"""Mailbox providers and gateways, recognised by their MX hosts: providers.toml and mx/*.toml, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.knowledge.names import is_within, label_count
from probe.knowledge.toml_import import HERE, load
from probe.standards.public_suffix import organizational_domain


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of providers.toml or mx/*.toml. `kind` is mailbox, gateway, forwarder or software;
    `rcpt_value` how much an answer to RCPT proves there (high, medium, low, unknown); `refuses_null_sender`
    that MAIL FROM:<> is refused by policy; `country` ISO 3166 or ""; `desk` where the provider speaks with
    senders, as (name, URL) or None, `desk_shows` what a sender sees there, `desk_request` where
    it takes questions about a block; `domains` the mailbox domains
    that are its own; `greetings` texts that its greeting holds, `greeting_tells` whether they are its alone
    (a program that others run greets alike); `language` in which its replies are beside English (ISO 639-1,
    or ""); `confirmed` yes, partial or no; `checked` an ISO date. What
    it asks of senders is in `requirements.for_provider`."""

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
    confirmed: str = "no"
    checked: str = ""
    desk_shows: str = ""
    desk_request: str = ""
    language: str = ""
    greeting_tells: bool = True


@dataclass(frozen=True, slots=True)
class DomainNote:
    """What a source said about `domains` on `date`: history, not the present state of the domain."""

    domains: tuple[str, ...]
    date: str
    says: str
    source: str


@cache
def all_providers() -> tuple[Provider, ...]:
    """Every entry, those of providers.toml first, in the order of the files."""
    return tuple(_provider(row) for table in _tables() for row in table["provider"])


def by_id(provider_id: str) -> Provider:
    """The provider of that id. Raises KeyError."""
    return _by_id()[provider_id]


def by_mx_hosts(hosts: Sequence[str]) -> Provider | None:
    """Who runs the MX hosts. `hosts` in order of preference: the first host with a known operator decides, by
    the longest matching name. Names are compared label by label."""
    return next((provider for host in hosts if (provider := _by_host(host)) is not None), None)


class OperatorSource(StrEnum):
    """How the operator of a mail server was recognised."""

    MX = "mx"  # the name of an MX host
    DOMAIN = "domain"  # the mailbox domain is the provider's own
    GREETING = "greeting"  # the greeting, which anybody can forge
    NAME = "name"  # no known operator: the registered domain of the first host is used instead


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the mail servers of a domain. `key` is equal for all servers of one operator: the id of the
    provider, else the registered domain of the first MX host, else its name. `provider` is the entry in the
    data, `known_by` how it was recognised."""

    key: str
    provider: Provider | None
    known_by: OperatorSource


def operator(mx_hosts: Sequence[str], *, domain: str = "", greeting: str = "") -> Operator | None:
    """Who runs the mail of a domain: by its MX hosts in order of preference, by the `domain` itself, by the
    text of the first server's `greeting` without the code; else by name. None where there is no host."""
    names = (
        (OperatorSource.MX, by_mx_hosts(mx_hosts)),
        (OperatorSource.DOMAIN, by_domain(domain)),
        (OperatorSource.GREETING, by_greeting(greeting)),
    )
    for known_by, provider in names:
        if provider is not None:
            return Operator(provider.id, provider, known_by)
    name = next((host.strip().rstrip(".").lower() for host in mx_hosts), "")
    return Operator(organizational_domain(name) or name, None, OperatorSource.NAME) if name else None


def operator_of(mx_host: str) -> str:
    """The key of the operator of one MX host (see `Operator`)."""
    provider = operator([mx_host])
    return provider.key if provider is not None else mx_host


def by_greeting(greeting: str) -> Provider | None:
    """The provider whose server sends this greeting: by the host that it names first (RFC 5321 section 4.2),
    else by known texts in it. The name of a program identifies no operator."""
    words = greeting.split()
    if not words:
        return None
    by_name = by_mx_hosts(words[:1])
    if by_name is not None:
        return by_name
    fitting = [
        (len(text), provider)
        for provider in all_providers()
        if provider.greeting_tells
        for text in provider.greetings
        if text in greeting
    ]
    return max(fitting, key=lambda it: it[0])[1] if fitting else None


def by_domain(domain: str) -> Provider | None:
    """The provider whose own mailbox domain it is (gmail.com is Google's); exact names only."""
    return _by_domain().get(domain.strip().rstrip(".").lower())


def domain_notes(domain: str) -> tuple[DomainNote, ...]:
    """What dated sources say of this domain, oldest first."""
    name = domain.strip().rstrip(".").lower()
    return tuple(sorted((it for it in _notes() if name in it.domains), key=lambda it: it.date))


@lru_cache(maxsize=4096)
def _by_host(host: str) -> Provider | None:
    labels = host.strip().rstrip(".").lower().split(".")
    plain, patterns = _by_suffix()
    exact = next((end for start in range(len(labels)) if (end := ".".join(labels[start:])) in plain), "")
    fitting = [pattern for pattern in patterns if is_within(host, pattern)]
    longest = max(fitting, key=label_count, default="")
    if label_count(longest) > label_count(exact):
        return patterns[longest]
    return plain.get(exact)


@cache
def _by_suffix() -> tuple[dict[str, Provider], dict[str, Provider]]:
    """The providers by the suffixes of their MX hosts: those that are plain names, and those with a `*`."""
    by_suffix = {suffix: provider for provider in all_providers() for suffix in provider.mx_suffixes}
    patterns = {suffix: provider for suffix, provider in by_suffix.items() if "*" in suffix}
    return {suffix: provider for suffix, provider in by_suffix.items() if suffix not in patterns}, patterns


@cache
def _tables() -> tuple[Mapping[str, Any], ...]:
    more = ("public", "hosts", "consumers", "gateways")
    return (load(HERE / "providers.toml"), *(load(HERE / "mx" / f"{name}.toml") for name in more))


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
        for row in _tables()[0]["domain_note"]
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
        confirmed=row["confirmed"],
        checked=row["checked"],
        desk_shows=row.get("desk_shows", ""),
        desk_request=row.get("desk_request", ""),
        language=row.get("language", ""),
        greeting_tells=row.get("greeting_tells", row["kind"] != "software"),
    )
