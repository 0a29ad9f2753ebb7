"""Messages forwarded inside the text by a person's mail program."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.reading.bounce.header import NO_FIELDS
from probe.reading.bounce.structure import Part

_MARKER = regex(
    r"^(?:> ?)?(?:-{2,} ?(?:forwarded message|original message|original-?nachricht|weitergeleitete nachricht"
    r"|urspr.ngliche nachricht|message (?:transf.r.|d.origine)|mensaje (?:reenviado|original)"
    r"|messaggio (?:inoltrato|originale)|пересылаемое сообщение|исходное сообщение|转发的?邮件|原始邮件"
    r"|転送メッセージ|元のメッセージ|original message)[^\n]{0,80}|begin forwarded message:|_{20,})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = regex(r"(?:> ?)?[ \t]*\*?(?P<name>[^\W\d_][\w -]{0,20})\*?[ \t]*[:\uff1a]\*?[ \t]*(?P<value>.*)")
_NAMES = {
    "from": ("from", "von", "de", "da", "от", "от кого", "发件人", "差出人"),
    "subject": ("subject", "betreff", "objet", "asunto", "oggetto", "тема", "主题", "件名"),
    "to": ("to", "an", "à", "para", "a", "кому", "收件人", "宛先"),
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_MOST_FIELDS = 16
_MOST_MARKERS = 20
_LEAST_QUOTED = 3  # lines


def forwarded_in_text(text: str) -> list[Part]:
    """The messages after such introductory lines, with From, To and Subject from those lines.

    Only text with both a sender and a subject counts: the dashes of a signature introduce nothing.
    """
    parts: list[Part] = []
    for number, match in enumerate(_MARKER.finditer(text)):
        if number >= _MOST_MARKERS:
            break
        part = _message(text[match.end() :])
        if part is not None:
            parts.append(part)
    return parts


def quoted_in_text(text: str) -> Part | None:
    """The lines that are quoted with `>`, as a message without a header section; None if there are few."""
    lines = [line[2:] if line.startswith("> ") else line[1:] for line in text.split("\n") if line[:1] == ">"]
    if len(lines) < _LEAST_QUOTED:
        return None
    octets = "\n".join(lines).encode("utf-8", "replace")
    return Part(NO_FIELDS, "text/plain", (("charset", "utf-8"),), octets)


def _message(text: str) -> Part | None:
    lines = text.lstrip("\r\n >").split("\n")
    fields: dict[str, str] = {}
    is_quoted = text.lstrip("\r\n").startswith(">")
    index = 0
    for line in lines[:_MOST_FIELDS]:
        match = _FIELD.match(line)
        if match is None and not (line[:1] in " \t" and line.strip()):
            break  # neither a field nor one that goes on
        index += 1
        field = _FIELD_OF.get(match["name"].strip().lower()) if match else None
        if match and field:
            fields.setdefault(field, match["value"].strip())
    if "from" not in fields or "subject" not in fields:
        return None
    body = "\n".join(re.sub(r"^> ?", "", line) if is_quoted else line for line in lines[index:])
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    octets = f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}".encode("utf-8", "replace")
    return Part(NO_FIELDS, "message/rfc822", (), octets)
