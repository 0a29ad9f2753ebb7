"""Names and words that point to nobody: redaction.toml, read."""

from __future__ import annotations

from functools import cache

from probe.knowledge.toml_import import HERE, load


@cache
def infrastructure() -> frozenset[str]:
    """Domains that replies and DNS records name again and again, in lower case."""
    return _names("infrastructure")


@cache
def words() -> frozenset[str]:
    """Words of replies and of mail, in lower case: in running text they are no name, even where a mailbox is
    called so."""
    return _names("words")


@cache
def names() -> frozenset[str]:
    """Those of the `words` that people are called, too, in lower case."""
    return _names("names")


@cache
def roles() -> frozenset[str]:
    """Local parts that every domain has (RFC 2142, RFC 5321 section 4.5.1), in lower case."""
    return _names("roles")


def _names(table: str) -> frozenset[str]:
    return frozenset(load(HERE / "redaction.toml")[table])
