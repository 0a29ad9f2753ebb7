"""The public suffix list, offline: the organizational domain of RFC 7489 section 3.2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

PublicSuffix = Callable[[str], str | None]
"""A function from a domain to its organizational domain."""


def organizational_domain(domain: str) -> str | None:
    """One label below the public suffix; None when `domain` is itself a public suffix, or no domain.

    `domain` is in A-labels. The list is the dated one inside the publicsuffixlist package; nothing
    is fetched. A top-level domain that the list does not name counts as a public suffix.
    """
    name = domain.rstrip(".").lower()
    if not name or name.startswith((".", "[")) or ".." in name or name.rpartition(".")[2].isdigit():
        return None  # an address is no domain, with brackets or without
    suffix_and_label = _list_for(name).privatesuffix(name)
    return str(suffix_and_label) if suffix_and_label else None


def is_top_level_domain(label: str) -> bool:
    """Whether the list names it (an ASCII label in small letters, an A-label too): then the root zone has it,
    or had it when the list was made."""
    try:
        # the list has U-labels; RFC 5890 section 2.3.2.1: what is behind the prefix is Punycode
        rule_name = label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
        octets = rule_name.encode("utf-8")
    except UnicodeError:
        return False  # no A-label
    return any(rule in _rules() for rule in _possible_rules(octets))


def _list_for(name: str) -> PublicSuffixList:
    """A list with at least the rules that bear on `name`."""
    if not name.isascii() or "xn--" in name:
        return _whole_list()
    from publicsuffixlist import PublicSuffixList

    rules = [rule for rule in _possible_rules(name.encode("ascii")) if rule in _rules()]
    return PublicSuffixList(rules, accept_encoded_idn=False)


def _possible_rules(name: bytes) -> Iterator[bytes]:
    """All rules that the list can have for a name: of each suffix that it is public, that all names below it
    are, and that it is not in spite of such a rule."""
    at = 0
    while True:
        suffix = name[at:]
        yield from (suffix, b"*." + suffix, b"!" + suffix)
        at = name.find(b".", at) + 1
        if not at:
            return


@cache
def _rules() -> frozenset[bytes]:
    """The lines of the list. To parse it, and to encode what is not in ASCII, takes twenty times as long."""
    from publicsuffixlist import PSLFILE

    return frozenset(re.findall(rb"^[^\s/]\S*", Path(PSLFILE).read_bytes().lower(), re.MULTILINE))


@cache
def _whole_list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
