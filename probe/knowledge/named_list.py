"""The blocklist that a reply names, and the page where its operator gives information on an address."""

from __future__ import annotations

import re
from functools import cache

from probe._regex import regex
from probe.knowledge.dnsbl import BlockList, all_lists

_NONE = (
    "The reply names no list that is known here: 'smtp-probe check' asks those that are, and shows the page "
    "of one that lists the IP (step 6)."
)
_LINK = regex(r"\bhttps?://|\bwww\.", re.IGNORECASE)


def named_list(text: str) -> BlockList | None:
    """The list of addresses whose zone, page's domain, or name is in the text; the longest of them counts.
    None if the text names no known list."""
    lower_text = text.lower()
    name = max((it for it in _names() if _stands_in(it, lower_text)), key=len, default="")
    return _names().get(name)


def where_to_look(text: str) -> str:
    """A sentence: where to look the address up."""
    entry = named_list(text)
    if entry is not None and entry.delist_url:
        return f"Look the IP up at {entry.delist_url}, the page of {entry.title}, which the reply names."
    if entry is not None:
        return f"The reply names {entry.title} ({entry.zone}): look the IP up on the page of that list."
    if _LINK.search(text):
        return "Look the IP up on the page that the reply names."
    return _NONE


@cache
def _names() -> dict[str, BlockList]:
    """Zones, the domains of operators' pages, and the words by which replies speak of a list, each with its
    list; of lists that share one, the first."""
    names: dict[str, BlockList] = {}
    for entry in all_lists():
        if entry.is_allow_list or not entry.weight:
            continue
        page = entry.delist_url.partition("://")[2].partition("/")[0].removeprefix("www.").lower()
        for name in (entry.zone, *entry.other_zones, entry.key_zone, page):
            if "." in name:
                names.setdefault(name, entry)
        for name in entry.reply_names:
            names.setdefault(name, entry)
    return names


def _stands_in(name: str, text: str) -> bool:
    """Whether it is there as a complete name, or as the end of one."""
    return name in text and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-]|\.\w)", text) is not None
