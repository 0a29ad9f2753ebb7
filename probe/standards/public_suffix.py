"""The public suffix list, offline: the organizational domain of RFC 7489 section 3.2."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
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
    suffix_and_label = _list().privatesuffix(name)
    return str(suffix_and_label) if suffix_and_label else None


@cache
def _list() -> PublicSuffixList:
    # Reading the list costs some 20 ms and 2 MB: only for who asks.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
