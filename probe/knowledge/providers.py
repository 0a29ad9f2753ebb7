"""Mailbox providers and gateways, recognised by their MX hosts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of providers.toml. `kind` is mailbox, gateway, forwarder or software; `rcpt_value`
    how much an answer to RCPT proves there (high, medium, low); `refuses_null_sender` that MAIL FROM:<>
    is refused by policy; `requirements` ids of sender requirements; `desk` the provider's own
    reputation desk as (name, URL) or None; `domains` the mailbox domains that are its own."""

    id: str
    title: str
    kind: str
    mx_suffixes: tuple[str, ...]
    domains: tuple[str, ...]
    rcpt_value: str
    refuses_null_sender: bool
    country: str
    requirements: tuple[str, ...]
    desk: tuple[str, str] | None
    notes: str
    source: str
