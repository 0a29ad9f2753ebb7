"""Identifiers made by servers, which a redacted recording still contains.

A hash, a GUID, a queue id or a ticket number is not a name: it does not identify anybody by itself, but
whoever has the log of that server can look it up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from probe.recording import events as ev
from probe.recording.journal import Recording

_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_CITED = r"(?i:ticket|case|incident|reference|ref|request|session|queued as|id|msgid)[\s:#=(\[]{1,3}"
_MIXED = r"[0-9A-Za-z][0-9A-Za-z._-]{6,}[0-9A-Za-z]"
_IDENTIFIER = re.compile(
    rf"(?<![0-9A-Za-z@.-])(?:(?P<guid>{_GUID})|{_CITED}(?P<cited>[0-9A-Za-z._-]*[0-9][0-9A-Za-z_-]*)"
    rf"|(?P<mixed>{_MIXED}))(?![0-9A-Za-z@-])"
)
_REPLY_CODE = re.compile(r"(?m)^[0-9]{3}[ -]")
_PSEUDONYM = re.compile(r"(?:user|host|domain)[0-9]+(?![a-z])|.*\.example$")
# Names, addresses, times, and the name of a program or a standard with its version
_ELSE = re.compile(
    r"(?i).*\.(?:org|com|net|arpa)$|[0-9]{4}-[0-9]{2}-|[0-9a-f:.]*[:.][0-9a-f:.]*$|[a-z]+-?[0-9.]{1,4}[a-z]?$"
    r"|[0-9.]+[a-z]*$"
)
_LEAST = 2  # letters, and digits, of an identifier without a word such as "id" before it


def identifiers(redacted: Recording) -> tuple[str, ...]:
    """Identifiers in the texts of servers, in the order of the recording, each once; only those recognised by
    their form."""
    names = (name for event in redacted.all(ev.Received) for name in _identifiers(event.data))
    return tuple(dict.fromkeys(names))


def _identifiers(data: bytes) -> Iterator[str]:
    text = _REPLY_CODE.sub("", data.decode("utf-8", "replace"))
    for match in _IDENTIFIER.finditer(text):
        identifier = match["guid"] or match["cited"] or match["mixed"]
        is_one = match["mixed"] is None or (_is_mixed(identifier) and _ELSE.match(identifier) is None)
        if is_one and _PSEUDONYM.match(identifier) is None:
            yield identifier


def _is_mixed(text: str) -> bool:
    letters, digits = sum(map(str.isalpha, text)), sum(map(str.isdigit, text))
    return letters >= _LEAST and digits >= _LEAST
