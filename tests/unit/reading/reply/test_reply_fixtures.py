"""Every reply of fixtures/replies has its cause, owner and time: a right cause with a wrong act fails."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from probe.explanation import explain, parse_stage
from probe.knowledge.causes import causes

FILES = sorted((Path(__file__).resolve().parents[4] / "fixtures" / "replies").glob("*.toml"))
_OWNERS = {"sender", "sender_network", "recipient", "recipient_admin", "either", "nobody"}
_TIMES = {"now", "later", "after_fix", "never"}


@dataclass(frozen=True)
class Labelled:
    """A reply with what a careful reader accepts: the first cause, who acts, and when to try again."""

    file: str
    kind: str
    text: str
    causes: tuple[str, ...]
    fix_by: tuple[str, ...]
    retry: tuple[str, ...]
    stage: str = ""
    host: str = ""


def _read(path: Path) -> tuple[str, list[Labelled]]:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [
        Labelled(
            file=path.stem,
            kind=row["kind"],
            text=row["text"],
            causes=tuple(row["causes"]),
            fix_by=tuple(row["fix_by"]),
            retry=tuple(row["retry"]),
            stage=row.get("stage", ""),
            host=row.get("host", ""),
        )
        for row in table["reply"]
    ]
    return table["about"], rows


TABLES = {path.stem: _read(path) for path in FILES}
REPLIES = [row for _, rows in TABLES.values() for row in rows]


@pytest.mark.parametrize("row", REPLIES, ids=lambda row: f"{row.file}: {row.text[:60]}")
def test_cause_owner_and_time_are_right(row: Labelled) -> None:
    explained = explain(row.text, parse_stage(row.stage), row.host)
    assert explained.cause is not None and explained.conduct is not None
    shares = [(item.id, round(item.probability, 2)) for item in explained.ranking[:3]]
    assert explained.cause.id in row.causes, shares
    assert explained.conduct.fix_by in row.fix_by
    assert explained.conduct.retry in row.retry


def test_the_labels_are_of_the_contract() -> None:
    assert len(FILES) >= 2 and all(about for about, _ in TABLES.values())
    for row in REPLIES:
        assert row.causes and set(row.causes) <= set(causes())
        assert row.fix_by and set(row.fix_by) <= _OWNERS
        assert row.retry and set(row.retry) <= _TIMES


def test_no_reply_stands_twice() -> None:
    texts = [(row.stage, row.text) for row in REPLIES]
    assert len(texts) == len(set(texts))
