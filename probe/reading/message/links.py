"""Links of a message, from its text and HTML parts, and what is unusual about them."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from probe.model.address import AddressError
from probe.model.address_parse import parse_domain
from probe.reading.message.results import Link, LinkKind
from probe.reading.message.words import words

LINK_LIMIT = 1000
_TEXT_LIMIT = 2 * 1024 * 1024  # characters of a text part to search
_HTML_LIMIT = 256 * 1024  # characters of an HTML part that are searched
_TAG_LIMIT = 8192  # characters of one tag
_URL = re.compile(r"https?://[^\s<>\"'\u3000-\u3002\uff00-\uffef]{1,2000}", re.IGNORECASE)
_SHOWN_HOST = re.compile(
    r"\s*(?:https?://)?(?:[^\s/@]*@)?((?:[\w-]{1,63}\.){1,8}[a-z]{2,24})(?::\d+)?(?:[/?#]\S*)?\s*",
    re.IGNORECASE,
)


def links_in_text(text: str) -> tuple[Link, ...]:
    """The http and https links in plain text, each once."""
    urls = (match.group(0).rstrip(".,;:!?)]}") for match in _URL.finditer(text[:_TEXT_LIMIT]))
    return _collect((url, "") for url in urls)


def links_in_html(html: str) -> tuple[Link, ...]:
    """The http and https links of anchors, areas and forms, each once."""
    reader = _AnchorReader()
    try:
        reader.feed(_close(html[:_HTML_LIMIT]))
        reader.close()
    except AssertionError:
        pass  # raised by html.parser for an unreadable marked section; links before it count
    reader.finish()
    return _collect(iter(reader.anchors))


def _close(html: str) -> str:
    """The text with all tags, comments and marked sections closed: html.parser searches for each end up to
    the end of the text, which takes quadratic time."""
    for start_mark, end_mark in (("<!--", "-->"), ("<![", "]>")):
        last = html.rfind(end_mark) + 1
        html = html[:last] + html[last:].replace(start_mark, f"&lt;{start_mark[1:]}")
    pieces: list[str] = []
    start, end = 0, -1
    while (tag := html.find("<", start)) >= 0:
        if end < tag:
            end = html.find(">", tag)
        is_closed = 0 <= end <= tag + _TAG_LIMIT
        pieces += (html[start:tag], "<" if is_closed else "&lt;")
        start = tag + 1
        if end < 0:
            return "".join(pieces) + html[start:].replace("<", "&lt;")
    return "".join(pieces) + html[start:]


def _collect(anchors: Any) -> tuple[Link, ...]:
    links: dict[tuple[str, LinkKind], Link] = {}
    for url, text in anchors:
        link = judge_link(url, text)
        if link is not None:
            links.setdefault((link.url, link.kind), link)
        if len(links) >= LINK_LIMIT:
            break
    return tuple(links.values())


def judge_link(url: str, text: str = "") -> Link | None:
    """What kind of link it is; `text` is that of the anchor. None if it is not a web link."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    try:
        address = str(ip_address(host))
    except ValueError:
        host = _a_labels(host)
    else:
        return Link(url, address, LinkKind.IP)
    return Link(url, host, _kind(parts, host, text))


def _kind(parts: SplitResult, host: str, text: str) -> LinkKind:
    # http://2130706433/ and http://0x7f000001/ are addresses to a browser
    if re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}", host):
        return LinkKind.IP
    bare = host.removeprefix("www.")
    if bare in _shorteners():
        return LinkKind.SHORTENER
    match = _SHOWN_HOST.fullmatch(text) if len(text) < 2000 else None
    if match and _organization(_a_labels(match.group(1))) != _organization(host):
        return LinkKind.MISMATCH
    return LinkKind.REDIRECT if _leads_elsewhere(parts, host) else LinkKind.PLAIN


def _leads_elsewhere(parts: SplitResult, host: str) -> bool:
    names = frozenset(words()["links"]["redirect_parameters"])
    try:
        pairs = parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        return False
    for name, value in pairs:
        if name.lower() in names and value.lower().startswith(("http://", "https://", "//")):
            try:
                target = urlsplit(value).hostname
            except ValueError:
                continue
            if target and _organization(_a_labels(target)) != _organization(host):
                return True
    return False


def _a_labels(host: str) -> str:
    try:
        return parse_domain(host.rstrip("."))[0]
    except AddressError:
        return host.lower().rstrip(".")


def _organization(host: str) -> str:
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@cache
def _shorteners() -> frozenset[str]:
    return frozenset(words()["links"]["shorteners"])


class _AnchorReader(HTMLParser):
    """Collects (URL, shown text) of links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[tuple[str, str]] = []
        self._href: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        if tag == "a":
            self.finish()
            self._href = values.get("href")
        elif tag == "area" and "href" in values:
            self.anchors.append((values["href"], ""))
        elif tag == "form" and "action" in values:
            self.anchors.append((values["action"], ""))

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.finish()

    def finish(self) -> None:
        """End the open anchor."""
        if self._href is not None:
            self.anchors.append((self._href, "".join(self._text)))
        self._href, self._text = None, []
