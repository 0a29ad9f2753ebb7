"""Reads the response to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.reply import Reply
from probe.standards.smtp.results import Extensions

# ehlo-line = ehlo-keyword *( SP ehlo-param ); some old servers write "=" instead of the first SP.
_EHLO_LINE = regex(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:[ \t=]\s*(.*))?", re.DOTALL)


def parse_extensions(reply: Reply) -> Extensions:
    """The announced extensions of a 250 reply to EHLO; lines that are no keyword are left out.

    The first line is the server's name and greeting, never a keyword. A keyword that comes twice
    is kept twice, in order. `size_limit` obeys RFC 1870 section 4: a number of at most 20 digits.
    """
    domain = reply.lines[0].strip().split(" ", 1)[0] if reply.lines else ""
    keywords: list[tuple[str, str]] = []
    for line in reply.lines[1:]:
        match = _EHLO_LINE.fullmatch(line.strip())
        if match:
            keywords.append((match[1].upper(), (match[2] or "").strip()))
    return Extensions(domain, tuple(keywords), _size_limit(keywords))


def _size_limit(keywords: list[tuple[str, str]]) -> int | None:
    value = next((value for name, value in keywords if name == "SIZE"), "")
    return int(value) if re.fullmatch(r"[0-9]{1,20}", value) else None
