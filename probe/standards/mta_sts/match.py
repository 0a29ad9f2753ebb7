"""Which MX hosts a policy covers (RFC 8461 section 4.1)."""

from __future__ import annotations

from collections.abc import Iterable


def matches(pattern: str, host: str) -> bool:
    """Whether `host` is covered by one mx pattern: equal, or `*.` in place of exactly one label."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if not pattern.startswith("*."):
        return bool(host) and pattern == host
    label, _, parent = host.partition(".")
    return bool(label) and parent == pattern[2:]


def uncovered_hosts(patterns: Iterable[str], hosts: Iterable[str]) -> tuple[str, ...]:
    """The hosts that no pattern matches, each once, in the order given."""
    names = tuple(patterns)
    return tuple(dict.fromkeys(host for host in hosts if not any(matches(p, host) for p in names)))
