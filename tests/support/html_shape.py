"""Reads a page as a browser's tokenizer does: its elements and attributes, and what could act in it."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"meta"})
_ACTIVE = frozenset(
    {"script", "iframe", "object", "embed", "link", "base", "form", "img", "foreignobject", "use"}
)


class Shape(HTMLParser):
    """`tags` are the elements in order with the names of their attributes; `active` whatever could act."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.active: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        assert len(set(names)) == len(names)
        self.tags.append((tag, names))
        if tag in _ACTIVE:
            self.active.append(tag)
        for name, value in attrs:
            is_link = name in ("href", "src", "action", "xlink:href") and not (value or "").startswith("#")
            if is_link or name.startswith("on") or name == "style":
                self.active.append(f"{tag} {name}={value}")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
