"""The one place that decodes octets from the network to text, and escapes text for display."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_SAMPLE = 2048  # octets that are looked at before UTF-8 with faults is believed

# Format characters that reorder or hide text are shown as escapes, too: a bidi override in a reply must not
# change the rest of the line.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Characters that are invisible, or change the one before them (Unicode's Default_Ignorable_Code_Point outside
# Cf): joiners, fillers and variation selectors
_INVISIBLE = frozenset(
    chr(point)
    for start, end in (
        *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800)),
        *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF)),
    )
    for point in range(start, end + 1)
)

# Many combining marks on a letter write over the lines above and below. No language needs more than this.
_MARK_CATEGORIES = frozenset({"Mn", "Me"})
_MARKS = 4

# Output of a CI build may be a command to the CI system: `##vso[...]` of Azure Pipelines, `##[...]` of
# GitHub, `##teamcity[...]`, wherever they stand in a line ...
LOGGING_COMMAND = re.compile(r"#(?=#\w*\[)")
# ... and `::name arguments::` of GitHub at its beginning
_LINE_COMMAND = r"(?m)^([^\S\n]*):(?=:[A-Za-z_-]+(?:[^\S\n][^\n]*?)?::)"


def decode(data: bytes) -> str:
    """Decode bytes of unknown charset without loss of meaning and without raising.

    ISO-2022 by its escapes, then UTF-8 (RFC 6531), also with a few octets that are not; then the legacy
    charset of Chinese, Japanese, Korean, Russian or Western servers in which the words are ordinary
    (`probe.model.charset`); and at last each remaining byte as a `\\xNN` escape.
    """
    if data.isascii() and b"\x1b$" not in data:
        return data.decode("ascii")
    if b"\x1b$" in data:
        text = decode_shifted(data)
        if text is not None:
            return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        if _is_mostly_utf8(data, problem):
            return data.decode("utf-8", "backslashreplace")
    from probe.model.charset import guess

    return data.decode(guess(data) or "ascii", "backslashreplace")


def decode_shifted(data: bytes) -> str | None:
    """ISO-2022-JP or ISO-2022-KR (RFC 1468, RFC 1557); None where the escapes do not fit."""
    for codec in ("iso2022_kr", "iso2022_jp_ext") if b"\x1b$)C" in data else ("iso2022_jp_ext",):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x1b" not in text:
            return text
    return None


def _is_mostly_utf8(data: bytes, problem: UnicodeDecodeError) -> bool:
    """Whether there were characters before the first fault, and faults are rarer than characters."""
    text = data[: problem.start].decode("utf-8")
    if text.isascii():
        return False
    sample = data[:_SAMPLE].decode("utf-8", "replace")
    good = sum(not character.isascii() for character in sample) - sample.count("\ufffd")
    return good > 2 * sample.count("\ufffd")


def printable(text: str) -> str:
    """Escape what could act on a terminal, page, ticket or spreadsheet.

    Controls (C0, C1, ESC, CR, LF, NUL), bidi and zero-width format characters, fillers and variation
    selectors, surrogates and unassigned code points come out as visible `\\xNN` / `\\uNNNN`, and so do
    marks that are heaped upon one letter, and the `##` of a command to a build system (`##vso[`); all else
    is unchanged. The result has no line break and is always valid UTF-8. Idempotent.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_escape(char) if is_hidden else char for char, is_hidden in escape_flags(text))
    return LOGGING_COMMAND.sub(r"\\x23", text) if "##" in text else text


def is_plain(text: str) -> bool:
    """Whether `escape_flags` surely marks nothing but line feeds, by a test of each letter that occurs: five
    times as fast as a look at every place. No combining mark passes, even where it is not escaped."""
    for char in set(text):
        if not " " <= char <= "~" and char != "\n":
            category = unicodedata.category(char)
            if category in _HIDDEN_CATEGORIES or category in _MARK_CATEGORIES or char in _INVISIBLE:
                return False
    return True


def escape_flags(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it must be escaped."""
    marks = _MARKS  # the first has no letter to stand on
    for char in text:
        if " " <= char <= "~":
            marks = 0
            yield char, False
            continue
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARK_CATEGORIES else 0
        yield char, marks > _MARKS or category in _HIDDEN_CATEGORIES or char in _INVISIBLE


def _escape(char: str) -> str:
    point = ord(char)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def inert_lines(text: str) -> str:
    """Lines of printable text without commands to a CI system."""
    return re.sub(_LINE_COMMAND, r"\1\\x3a", text) if "::" in text else text


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` characters; the last of a longer one is an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def duration(seconds: int) -> str:
    """A time as a person says it, in the largest unit of which there are at least two: 90 s, 5 min, 26 h."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"


def thousands(number: float) -> str:
    """A whole number with a space between its thousands: 1 048 576."""
    return f"{number:,.0f}".replace(",", " ")


def amount(count: int, one: str, many: str = "") -> str:
    """How many, with the noun: "1 domain", "2 domains"; `many` where that is not `one` with an s."""
    return f"{thousands(count)} {one if count == 1 else many or f'{one}s'}"


def seconds(milliseconds: float) -> str:
    """A time that was measured: 2.4 s."""
    return f"{milliseconds / 1000:.1f} s"


def size(octets: float) -> str:
    """Octets in the units of mail limits (1 MiB = 1 048 576 octets): 35 MiB, 9.5 MiB, 700 octets."""
    for unit, name in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if octets >= unit:
            return f"{octets / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{octets:.0f} octets"
