"""A report of delivery that was cut off claims no more than the whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from probe.bounces import BouncedRecipient, read_bounces
from probe.model.verdict import ExitCode, Retry
from probe.reading.bounce.structure import leaves, read_head

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "bounces"
STATUS = "message/delivery-status"


@cache
def reports() -> dict[str, bytes]:
    """The fixtures that are reports of delivery for one recipient, with a status."""
    result = {}
    for path in sorted(FOLDER.glob("*.eml")):
        octets = path.read_bytes()
        top = read_head(octets)
        has_status = any(part.content_type == STATUS for part in leaves(top, []))
        if (
            has_status
            and top.parameter("report-type") == "delivery-status"
            and len(read_bounces(octets)) == 1
        ):
            result[path.stem] = octets
    return result


def _before_the_status(octets: bytes) -> list[bytes]:
    """The beginnings that end within the text for people, at each word."""
    text = octets.index(b"\n\n") if b"\n\n" in octets else octets.index(b"\r\n\r\n")
    status = octets.lower().index(b"content-type: " + STATUS.encode())
    return [octets[:place] for place in range(text + 2, status) if octets[place : place + 1].isspace()]


def _is_given_up(recipient: BouncedRecipient) -> bool:
    conclusion = recipient.explanation.conclusion if recipient.explanation is not None else None
    return conclusion is not None and conclusion.conduct.retry is Retry.NEVER


def _is_permanent(recipient: BouncedRecipient) -> bool:
    reading = recipient.explanation.reading if recipient.explanation is not None else None
    return reading is not None and reading.permanent is True


@pytest.mark.parametrize("name", ["courier-delay", "gmail-delay-dns", "postfix-delay", "postfix-success"])
def test_the_fixtures_are_there(name: str) -> None:
    assert name in reports() and len(reports()) > 60


def test_before_its_status_a_report_gives_nobody_up_and_refuses_only_in_a_servers_words() -> None:
    wrong = []
    for name, octets in reports().items():
        for beginning in _before_the_status(octets):
            for recipient in read_bounces(beginning):
                is_firm = recipient.exit_code is ExitCode.REFUSED and not _is_permanent(recipient)
                if is_firm or _is_given_up(recipient):
                    wrong.append(f"{name}, {len(beginning)} octets: {recipient!r}")
    assert wrong == []


def test_within_a_line_of_its_status_a_report_gives_nobody_up() -> None:
    head = (FOLDER / "postfix-mx-gone.eml").read_bytes()
    whole = head[: head.index(b"Host or domain name not found.") + 30]
    for octets in reports().values():
        place = octets.find(b"Diagnostic-Code:")
        if place > 0:
            assert not any(_is_given_up(it) for it in read_bounces(octets[: place + 40].rstrip()))
    assert not any(_is_given_up(it) for it in read_bounces(whole))
