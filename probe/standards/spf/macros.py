"""Macro strings of RFC 7208 section 7: read once, expanded for one client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.spf import SpfReason, SpfWhy
from probe.standards.dns.names import NAME_LIMIT

_TOKEN = regex(
    r"%\{(?P<letter>[A-Za-z])(?P<digits>[0-9]*)(?P<reverse>[rR]?)(?P<delimiters>[.\-+,/_=]*)\}"
    r"|%(?P<escape>[%_-])"
    r"|(?P<literal>[!-$&-~]+)"
    r"|(?P<space> +)"
)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_LETTERS = frozenset("slodiphv")
_EXPLANATION_LETTERS = _LETTERS | frozenset("crt")
_MOST_PARTS = 128  # section 7.1: more right-hand parts than a domain name can have


class MacroError(ValueError):
    """The text is no macro string, for the reason `why`."""

    def __init__(self, why: SpfWhy) -> None:
        super().__init__(why.tag.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Macro:
    """One `%{…}`: `keep` right-hand parts (None: all), after splitting at `delimiters` and, with
    `reverse`, turning their order; `escape` URL-escapes the result (an upper-case letter)."""

    letter: str
    keep: int | None
    reverse: bool
    delimiters: str
    escape: bool


MacroString = tuple[str | Macro, ...]


def parse_domain_spec(text: str) -> MacroString:
    """Read a domain-spec, which must end in a macro or in a dot and a valid top label.

    Raises MacroError.
    """
    if not text:
        raise MacroError(SpfWhy(SpfReason.EMPTY_DOMAIN))
    parts, ends_in_macro = _parse(text, _LETTERS, spaces=False)
    last = parts[-1]
    if not ends_in_macro and isinstance(last, str) and not _ends_in_top_label(last):
        raise MacroError(SpfWhy(SpfReason.TOP_LABEL))
    return parts


def parse_macro_string(text: str) -> MacroString:
    """Read the value of an unknown modifier (section 6: its syntax counts). Raises MacroError."""
    return _parse(text, _LETTERS, spaces=False)[0]


def parse_explanation(text: str) -> MacroString:
    """Read an explain-string (section 6.2), where spaces and c, r, t may stand. Raises MacroError."""
    return _parse(text, _EXPLANATION_LETTERS, spaces=True)[0]


def needs_validated_name(parts: MacroString) -> bool:
    """Whether expansion takes the PTR look-ups of %{p}."""
    return any(isinstance(part, Macro) and part.letter == "p" for part in parts)


def expand(parts: MacroString, values: Mapping[str, str]) -> str:
    """The text with every macro replaced; `values` maps each lower-case macro letter to its value."""
    return "".join(part if isinstance(part, str) else _expand_one(part, values) for part in parts)


def expand_domain(parts: MacroString, values: Mapping[str, str]) -> str:
    """A domain-spec expanded to a name: no trailing dot, and at most 253 octets, for which whole
    labels are taken off the left (section 7.3)."""
    name = expand(parts, values).removesuffix(".")
    if len(name) > NAME_LIMIT:
        _, dot, rest = name[-NAME_LIMIT - 1 :].partition(".")
        name = rest if dot else name
    return name


def _parse(text: str, letters: frozenset[str], *, spaces: bool) -> tuple[MacroString, bool]:
    """The parts, adjoining literals merged, and whether the last one was written as a macro."""
    parts: list[str | Macro] = []
    position, ends_in_macro = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match["space"] and not spaces):
            raise MacroError(_no_token(text[position]))
        position = match.end()
        ends_in_macro = bool(match["letter"] or match["escape"])
        part = _macro(match, letters) if match["letter"] else _plain(match)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(parts), ends_in_macro


def _no_token(char: str) -> SpfWhy:
    if char == "%":
        return SpfWhy(SpfReason.PERCENT_SIGN)
    return SpfWhy(SpfReason.CHARACTER, character=f"0x{ord(char):02x}")


def _plain(match: re.Match[str]) -> str:
    return _ESCAPES[match["escape"]] if match["escape"] else match["literal"] or match["space"]


def _macro(match: re.Match[str], letters: frozenset[str]) -> Macro:
    letter = match["letter"]
    if letter.lower() not in letters:
        raise MacroError(SpfWhy(SpfReason.MACRO_LETTER, character=letter))
    keep = None
    if match["digits"]:
        digits = match["digits"].lstrip("0")
        if not digits:
            raise MacroError(SpfWhy(SpfReason.MACRO_OF_NO_PART))  # section 7.1
        keep = int(digits) if len(digits) <= 3 else _MOST_PARTS
    return Macro(letter.lower(), keep, bool(match["reverse"]), match["delimiters"] or ".", letter.isupper())


def _ends_in_top_label(literal: str) -> bool:
    """Section 7.1: letters, digits and inner hyphens, and not digits alone."""
    _, dot, label = literal.removesuffix(".").rpartition(".")
    if not (dot and label) or label[0] == "-" or label[-1] == "-":
        return False
    return label.replace("-", "a").isalnum() and not label.isdigit()


def _expand_one(macro: Macro, values: Mapping[str, str]) -> str:
    value = values[macro.letter]
    parts = re.split(f"[{re.escape(macro.delimiters)}]", value)
    if macro.reverse:
        parts.reverse()
    if macro.keep is not None:
        parts = parts[-macro.keep :]
    text = ".".join(parts)
    return quote(text, safe="-._~") if macro.escape else text
