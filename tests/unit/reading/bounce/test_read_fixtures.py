"""Every bounce of fixtures/bounces is read as the TOML beside it says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from probe.bounces import BouncedRecipient, read_bounces, to_json

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "bounces"
CASES = sorted(FIXTURES.glob("*.toml"))


def _expected(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _seen(bounced: BouncedRecipient) -> dict[str, Any]:
    status, explanation = bounced.status, bounced.explanation
    assert status is not None
    result = to_json(bounced)
    return {
        "recipient": status.recipient,
        "original_recipient": status.original_recipient,
        "actual_recipient": status.actual_recipient,
        "action": status.action.value,
        "status": str(status.status or ""),
        "reporting_mta": status.reporting_mta,
        "remote_mta": status.remote_mta,
        "reply": status.reply,
        "is_remote": status.is_remote,
        "code": result["reply"]["code"],
        "stage": bounced.stage.value if bounced.stage else "",
        "cause": explanation.cause.id if explanation and explanation.cause else None,
        "exit": bounced.exit_code,
        # as the JSON has it; empty for null
        "fix_by": result["fix_by"] or "",
        "retry": result["retry"] or "",
        "reported": result["status"] or "",
        "reply_enhanced": result["reply"]["enhanced_status"] or "",
        "text": result["reply"]["text"],
    }


def test_there_is_a_message_beside_every_expectation_and_the_reverse() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in FIXTURES.glob("*.eml")}
    assert len(CASES) > 70


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_bounce_is_read_as_expected(path: Path) -> None:
    expected = _expected(path)
    results = read_bounces(path.with_suffix(".eml").read_bytes(), path.stem)
    notice = results[0].notice
    assert notice.kind == expected["kind"], notice.form
    items = [item for item in results if item.status is not None]
    wanted = expected.get("recipient", [])
    assert [item.status.recipient for item in items if item.status] == [row["recipient"] for row in wanted]
    for row, item in zip(wanted, items, strict=True):
        result = _seen(item)
        assert {key: result[key] for key in row} == row
    for key in ("reverse_path", "message_id"):
        if key in expected:
            assert getattr(notice.original, key) == expected[key]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_line_ends_change_nothing(path: Path) -> None:
    octets = path.with_suffix(".eml").read_bytes()
    assert b"\r" not in octets
    unix = [(item.kind, item.status) for item in read_bounces(octets)]
    for line_end in (b"\r\n", b"\r"):
        changed = read_bounces(octets.replace(b"\n", line_end))
        assert [(item.kind, item.status) for item in changed] == unix


@pytest.mark.parametrize(
    "path", [path for path in CASES if _expected(path)["kind"] == "bounce"], ids=lambda p: p.stem
)
def test_a_forwarded_bounce_is_found_inside(path: Path) -> None:
    octets = path.with_suffix(".eml").read_bytes()
    outer = (
        b"From: list@example.com\nSubject: uncaught notification\n"
        b"Content-Type: multipart/mixed; boundary=outer-x\n\n"
        b"--outer-x\nContent-Type: text/plain\n\nThe attached message came in.\n\n"
        b"--outer-x\nContent-Type: message/rfc822\n\n" + octets + b"\n--outer-x--\n"
    )
    inner = [item.status.recipient for item in read_bounces(octets) if item.status]
    assert [item.status.recipient for item in read_bounces(outer) if item.status] == inner
