"""Recordings of format 1, which held sentences where format 2 holds reasons.

An unknown sentence is kept, and shown unchanged: `other_words`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from probe.recording import format_1_sentences as old

# Fields of format 1 that hold sentences, by the kind of the event; and those of format 2 that it did not have
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "vantage": ("helo_reason",),
    "session_opened": ("reason",),
    "tls_established": ("trust_error",),
    "tls_failed": ("error",),
    "session_closed": ("detail",),
    "https": ("error",),
    "opinion": ("error",),
    "not_reached": ("part", "reason"),
}
NEW: Mapping[str, tuple[str, ...]] = {
    "tls_established": ("trust",),
    "tls_failed": ("fault",),
    "session_closed": ("cause",),
    "https": ("fault",),
    "opinion": ("fault",),
    "not_reached": ("experiment", "words"),
}

Fields = dict[str, Any]
Reason = dict[str, Any]


def upgrade(kind: str, fields: Fields) -> Fields:
    """The fields of an event of format 1 as format 2 writes them; missing fields stay missing."""
    upgrade = _UPGRADES.get(kind)
    return upgrade(dict(fields)) if upgrade is not None else fields


def _vantage(fields: Fields) -> Fields:
    return _rename(fields, "helo_reason", "helo_reason", lambda text: _read(text, old.HELO) or _other(text))


def _session_opened(fields: Fields) -> Fields:
    def read(text: str) -> Reason:
        if text == old.QUESTIONS.get(str(fields.get("experiment"))):
            return {"tag": "control"}
        return _read(text, old.OPENED) or _other(text)

    return _rename(fields, "reason", "reason", read)


def _tls_established(fields: Fields) -> Fields:
    def read(text: str) -> Reason:
        if not text:
            return {"tag": "trusted"}
        if text.startswith(old.NOT_JUDGED):
            why = text.removeprefix(old.NOT_JUDGED)
            return _read(why, old.TRUST_NOT_JUDGED) or {"tag": "not_judged", "text": why}
        return _read(text, old.TRUST) or _other(text)

    return _rename(fields, "trust_error", "trust", read)


def _tls_failed(fields: Fields) -> Fields:
    return _rename(fields, "error", "fault", lambda text: _read(text, old.HANDSHAKE) or _other(text))


def _session_closed(fields: Fields) -> Fields:
    def read(text: str) -> Reason | None:
        return _read(text, old.CLOSED) or (_other(text) if text else None)

    return _rename(fields, "detail", "cause", read)


def _https(fields: Fields) -> Fields:
    def read(text: str) -> Reason | None:
        if text.startswith("certificate "):
            return {"tag": "certificate", "text": text}
        return _read(text, old.FETCH) or (_other(text) if text else None)

    return _rename(fields, "error", "fault", read)


def _opinion(fields: Fields) -> Fields:
    def read(text: str) -> Reason | None:
        return _read(text, old.OPINION) or (_other(text) if text else None)

    return _rename(fields, "error", "fault", read)


def _not_reached(fields: Fields) -> Fields:
    part, why = fields.get("part"), fields.get("reason")
    if part is None or why is None:
        return fields
    of_part = _read(part, old.PARTS) or {"tag": "other_words", "words": part}
    reason = _read(why, old.GAPS) or _other(why)
    # the server or file in the part's name is moved to the reason
    reason |= {name: value for name, value in of_part.items() if name in ("host", "ip", "where", "line")}
    own = {name: value for name, value in of_part.items() if name in ("experiment", "words")}
    return fields | {"part": of_part["tag"], "reason": reason} | own


_UPGRADES: Mapping[str, Callable[[Fields], Fields]] = {
    "vantage": _vantage,
    "session_opened": _session_opened,
    "tls_established": _tls_established,
    "tls_failed": _tls_failed,
    "session_closed": _session_closed,
    "https": _https,
    "opinion": _opinion,
    "not_reached": _not_reached,
}


def _rename(fields: Fields, old: str, new: str, read: Callable[[str], Reason | None]) -> Fields:
    if old not in fields:
        return fields
    reason = read(fields[old])
    return {name: value for name, value in fields.items() if name != old} | {new: reason}


def _other(text: str) -> Reason:
    return {"tag": "other_words", "text": text}


def _read(text: str, sentences: old.Sentences) -> Reason | None:
    """The tag of the first sentence that matches the text, with the values in it; None if none matches."""
    for tag, pattern in sentences:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        values = {name: _value(name, value) for name, value in match.groupdict().items()}
        if None not in values.values():
            return {"tag": tag, **values}
    return None


def _value(name: str, text: str) -> Any:
    """A value as format 2 writes it; None for an impossible value."""
    if name == "stop":
        return old.STOPS[text]
    if name == "shortage":
        return old.SHORTAGES[text]
    try:
        if name == "ip":
            return str(ip_address(text))
        if name in ("most", "more", "line"):
            return int(text)
        return float(text) if name == "seconds" else _kind(text) if name == "address" else text
    except ValueError:
        return None


def _kind(text: str) -> dict[str, str] | None:
    match = old.WRAPPED.fullmatch(text)
    if match is None:
        return {"kind": old.ADDRESSES[text]} if text in old.ADDRESSES else None
    inside = {
        "inside": str(ip_address(match["inside"])),
        "inside_kind": old.ADDRESSES.get(match["kind"], ""),
    }
    return {"kind": old.WRAPPINGS[match["outer"]], **inside} if inside["inside_kind"] else None
