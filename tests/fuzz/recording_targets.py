"""A valid recording with one leaf changed: what a stranger may hand in most easily."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from probe.checks.vantage.internal import ID as INTERNAL
from probe.model.text import printable
from probe.recording import events as ev
from probe.recording.codec import RecordingError, encode
from probe.recording.file import read
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.report.json_report import to_json
from probe.report.style import Style
from probe.run import report_of
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from tests.fuzz.target import Target, fixtures, quiet
from tests.support.recordings import full_events
from tests.support.rendering import to_markdown, to_text

_WHOLE: tuple[Any, ...] = (
    *(0, -1, 1, 2, 4, 6, 25, 127, 128, 255, 256, 999, 1000, 65535, 65536, 86_400_000, 31_622_400_000),
    *(2**31, 2**32 - 1, 2**32, 2**53, 10**13, 10**15, 10**18, 2**63, 2**64, 2**64 + 1, 10**40, -(10**15)),
)
_OTHER: tuple[Any, ...] = (
    *(None, True, False, 1.5, 1e15, 1e300, -1e300, 5e-324, [], {}, [[]], ["a"], [None], {"kind": "x"}),
)
_TIMES = (
    *(
        "0001-01-01T00:00:00+00:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "2999-12-31T23:59:59-23:59",
    ),
    *("9999-12-31T23:59:59-23:59", "2026-11-21T08:00:00+99:99", "2026-W01-1T00:00:00Z", "20261121T080000Z"),
)
_NAMES = (
    *(
        "",
        ".",
        "a",
        "host",
        "a..b",
        ".a",
        "a.",
        "\\",
        "\\999",
        "a\\",
        "\\.",
        "xn--",
        "a.xn--zzzz",
        "*",
        "@",
        "a@b",
    ),
    *(
        "\ud800",
        "x\ud800.example",
        "\udcff",
        "\0",
        "\u202e",
        "\xe9" * 300,
        "a." * 300,
        "a" * 70_000,
        "%" * 100,
    ),
)
_ADDRESSES = (
    *("192.0.2.1", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "::1", "fe80::1", "ff02::1"),
    *("fe80::1%eth0", "::1%lo", "ff02::1%1", "::ffff:192.0.2.1", "64:ff9b::a00:1", "2002:a00:1::", "3ffe::1"),
    *("[192.0.2.1]", "[IPv6:fe80::1%eth0]", "[]", "[", "fe80::1%", "2001:0:a00:1::"),
)
_TEXTS = (
    "AAAA",
    "=",
    "rcpt",
    "answer",
    "550 no\r\n",
    "250 ok\r\n",
    "\x1b[31m",
    "-" * 70,
    "v=spf1 -all",
    "-" * 300,
)
VALUES = (*_WHOLE, *_OTHER, *_TIMES, *_NAMES, *_ADDRESSES, *_TEXTS)
"""What stands in the place of a leaf."""


_PROVENANCE = Provenance(
    server="127.0.0.53",
    soa=Soa("com", "a.gtld.example", "hostmaster.example", 900, 300),
    policy_zone="rpz.example",
    extended=(ExtendedError(15, "not here"),),
)


def _told(event: ev.Event) -> ev.Event:
    """An answer with all that is kept of how it was told."""
    if not isinstance(event, ev.DnsAnswered):
        return event
    return replace(event, answer=replace(event.answer, provenance=_PROVENANCE))


@cache
def bases() -> tuple[tuple[str, ...], ...]:
    """The lines of valid recordings."""
    items = tuple(encode(_told(event)) for event in full_events())
    result = (octets.decode("ascii").splitlines() for octets in fixtures("recordings/*/recording.jsonl"))
    return (items, *map(tuple, result))


def leaves(document: Any) -> Iterable[tuple[Any, Any]]:
    """Every place of a line that holds no further places, as its container and its key there."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(items):
        if isinstance(value, dict | list) and value:
            yield from leaves(value)
        elif key != "kind":
            yield document, key


def changed(base: tuple[str, ...], line: int, leaf: int, value: Any) -> bytes:
    """The octets of a recording in which one leaf is `value`."""
    document = json.loads(base[line])
    places = list(leaves(document))
    if places:
        container, key = places[leaf % len(places)]
        container[key] = value
    lines = [*base[:line], json.dumps(document), *base[line + 1 :]]
    return ("\n".join(lines) + "\n").encode("ascii")


def holds(octets: bytes) -> None:
    """Refused in one quiet line; or a report in every form, and a redaction that is read again."""
    try:
        loaded = read(io.BytesIO(octets))
    except RecordingError as error:
        assert "\n" not in str(error)
        quiet(printable(str(error)))
        return
    _reported(loaded)
    shared = redact(loaded)
    written = "".join(f"{encode(event)}\n" for event in shared).encode("ascii")
    _reported(read(io.BytesIO(written)))


def _reported(recording: Recording) -> None:
    report = report_of(recording)
    assert report.verdict.exit_code in {0, 1, 3, 4, 5}
    assert not [finding for finding in report.findings if finding.id == INTERNAL]
    json.loads(to_json(report).encode("utf-8"))
    for text in (to_text(report), to_text(report, Style(verbosity=1)), to_markdown(report), to_json(report)):
        quiet(text)


def recording_leaf(data: bytes) -> None:
    """Which recording, which line, which leaf, and which value, two octets each."""
    base, line, leaf, value = (int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4, 6))
    lines = bases()[base % len(bases())]
    holds(changed(lines, line % len(lines), leaf, VALUES[value % len(VALUES)]))


def _choices() -> Iterable[bytes]:
    for base, lines in enumerate(bases()):
        for line in range(0, len(lines), 7):
            yield b"".join(number.to_bytes(2, "big") for number in (base, line, 3 * line, 5 * line + base))


RECORDING_TARGETS = (Target("recording-leaf", recording_leaf, _choices, longest=8),)
