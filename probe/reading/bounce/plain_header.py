"""Reads ordinary header sections (RFC 5322 section 2.2, RFC 2045 section 5.1).

Each line is one of a field, and what is declared is plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe._regex import regex
from probe.reading.bounce.header import DEFAULT_TYPE, Header

_MOST_PARAMETERS = 60
_LIMIT = 8192  # octets
_BARE_CR = regex(rb"\r(?!\n)")
# What may declare a codec that is no charset: see `fit_for_parsing` in probe/model/declared.py
_CODEC = regex(rb"punycode|idna|unicode.escape", re.IGNORECASE)
_SECTION = regex(r"(?:[!-9;-~]+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z))*+")
_FIELD = regex(r"([^:]+):[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")  # in such a section
# name=value, the value plain or between quotation marks: no comment, escape or extended value (RFC 2231)
_PARAMETER = regex(r'\s*([^\s"*=;\\]+)\s*=\s*(?:"([^"\\]*)"|([^\s";\\<>]*))\s*')


def read_plain_header(head: bytes) -> Header | None:
    """The header, as `read_odd_header` reads it; None if the section is not an ordinary one."""
    is_odd = (b"\r" in head and _BARE_CR.search(head)) or (b"'" in head and _CODEC.search(head))
    if is_odd or len(head) > _LIMIT:
        return None
    text = head.decode("ascii", "surrogateescape")
    if not _SECTION.fullmatch(text):
        return None
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(text):
        key, line = name.lower(), value.rstrip("\r\n")
        if key in fields:
            fields[key].append(line)
        else:
            fields[key] = [line]
    type_field = fields.get("content-type", (DEFAULT_TYPE,))[0]
    disposition = fields.get("content-disposition", ("",))[0]
    if not (type_field.isascii() and disposition.isascii()):
        return None
    content_type, *pieces = type_field.split(";")
    parameters = tuple(_parameters(pieces)) if pieces else ()
    if len(parameters) != len(pieces) or '"' in content_type or len(pieces) >= _MOST_PARAMETERS:
        return None
    kind = content_type.strip().lower()
    return Header(
        fields,
        kind if kind.count("/") == 1 else DEFAULT_TYPE,
        parameters,
        disposition.partition(";")[0].strip().lower() == "attachment",
    )


def _parameters(pieces: list[str]) -> Iterator[tuple[str, str]]:
    """The parameters; less of them than pieces if one is not plain."""
    for piece in pieces:
        match = _PARAMETER.fullmatch(piece)
        if match is not None:
            yield match[1].lower(), match[2] if match[2] is not None else match[3]
