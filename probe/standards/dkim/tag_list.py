"""The tag=value lists that DKIM and DMARC share (RFC 6376 section 3.2, RFC 9989 section 4.7)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.tag_list import TagListReason, TagListWhy

# RFC 6376 section 2.8: folding white space; in DNS only SP, HTAB and stray line ends occur.
_WHITE_SPACE = " \t\r\n"
_NAME = regex(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class TagList:
    """`tags` in the order of the text, names and values as written without the white space around them; of a
    repeated tag the first is kept, and the later ones are in `repeated`. `has_stray`: a part is no tag=value;
    `has_gap`: nothing stands between two semicolons, or before the first. `problems` do not include gaps,
    which only DKIM forbids."""

    tags: tuple[tuple[str, str], ...]
    problems: tuple[TagListWhy, ...]
    has_stray: bool = False
    has_gap: bool = False
    repeated: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str | None:
        """The value of a tag; None when it is absent. Tag names are case-sensitive."""
        return next((value for tag, value in self.tags if tag == name), None)

    @property
    def has_duplicates(self) -> bool:
        """Whether a name occurs more than once."""
        return bool(self.repeated)

    @property
    def first(self) -> str | None:
        """The name of the first tag."""
        return self.tags[0][0] if self.tags else None


def parse_tag_list(text: str) -> TagList:
    """Read `tag=value; tag=value`. Never raises; invalid parts are left out and reported."""
    tags: dict[str, str] = {}
    problems: list[TagListWhy] = []
    repeated: list[tuple[str, str]] = []
    has_stray = has_gap = False
    parts = [part.strip(_WHITE_SPACE) for part in text.split(";")]
    for number, spec in enumerate(parts, 1):
        if not spec:
            has_gap = has_gap or number < len(parts)  # one semicolon may stand at the end
            continue
        name, equals, value = spec.partition("=")
        name = name.rstrip(_WHITE_SPACE)
        if not equals:
            has_stray = True
            problems.append(TagListWhy(TagListReason.NO_TAG_VALUE, number, _short(spec)))
        elif not _NAME.fullmatch(name):
            problems.append(TagListWhy(TagListReason.TAG_NAME, number, _short(spec)))
        elif name in tags:
            # RFC 6376 section 3.2: tags with duplicate names must not occur
            repeated.append((name, value.lstrip(_WHITE_SPACE)))
            problems.append(TagListWhy(TagListReason.SECOND_VALUE, name=name))
        else:
            tags[name] = value.lstrip(_WHITE_SPACE)
    return TagList(tuple(tags.items()), tuple(problems), has_stray, has_gap, tuple(repeated))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
