"""Is the confidence true? Reliability of `explain` on labelled replies.

    python -m tests.bench.reliability FILE.jsonl

Each line: {"text", "stage", "host", "cause", "also"}; `stage` by the contract, or CONN EHLO MAIL RCPT
DATA EOD; `also` names further causes that a careful reader could not exclude. Where a line has "fix_by" and
"retry" (and "fix_by_also", "retry_also"), owner and time are judged, too. Prints, for all replies, for
those whose status says nothing (x.0.x or none), by confidence and by band: how often the first cause is right
(label, or label and also) and the label among the first three; how often an unknown user was answered where
the sender could have mended it; and the throughput.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from probe.explanation import Explanation, explain, parse_stage

_SHORT = {
    "CONN": "greeting",
    "EHLO": "ehlo",
    "STARTTLS": "starttls",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "EOD": "end-of-data",
}
# Causes that a sender can mend: to call these an unknown user would delete a good address.
_MENDABLE = frozenset(
    [
        "ip_blocklisted",
        "poor_reputation",
        "sender_blocked",
        "sender_invalid",
        "rdns_helo",
        "auth_failed",
        "smtp_auth_required",
        "spam_content",
        "virus_attachment",
        "message_too_large",
        "message_malformed",
        "protocol_error",
        "rate_limited",
        "tls_problem",
    ]
)
_EDGES = (0.0, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 1.01)

Judged = tuple[Explanation, dict[str, Any]]


def judge(rows: Iterable[dict[str, Any]]) -> list[Judged]:
    """Explain every row."""
    explained = [
        (explain(row["text"], parse_stage(_SHORT.get(row["stage"], row["stage"])), row.get("host", "")), row)
        for row in rows
    ]
    return [(explanation, row) for explanation, row in explained if explanation.ranking]


def summary(name: str, judged: Sequence[Judged]) -> str:
    """One line of the table: how many, mean confidence, share right by label, share right leniently."""
    count = len(judged)
    if not count:
        return f"{name:14} {0:5}"
    confidence = sum(item.ranking[0].probability for item, _ in judged) / count
    strict = sum(item.ranking[0].id == row["cause"] for item, row in judged) / count
    lenient = sum(item.ranking[0].id in {row["cause"], *row["also"]} for item, row in judged) / count
    three = sum(row["cause"] in {one.id for one in item.ranking[:3]} for item, row in judged) / count
    return (
        f"{name:14} {count:5}  said {confidence:6.1%}  label {strict:6.1%}  label or also {lenient:6.1%}"
        f"  label among three {three:6.1%}"
    )


def is_generic(row: dict[str, Any]) -> bool:
    """Whether the enhanced status says nothing beyond its class, or there is none (RFC 3463 section 3.1)."""
    status = row.get("enhanced_code") or ""
    return not status or ".0." in status


def harm(judged: Sequence[Judged]) -> str:
    """How often an unknown user was answered, and how often where the sender could have mended the cause."""
    text = [row for item, row in judged if item.ranking[0].id == "user_unknown"]
    harmful = [row for row in text if row["cause"] in _MENDABLE and "user_unknown" not in row["also"]]
    return f"unknown user answered {len(text)} times, {len(harmful)} times where the sender could mend it"


def acts(judged: Sequence[Judged]) -> str:
    """How often owner and time are right, both with the cause, and how often `never` is said wrongly."""
    labelled = [(item, row) for item, row in judged if "fix_by" in row and item.conduct is not None]
    if not labelled:
        return "no labels of owner and time"
    right = {"owner": 0, "time": 0, "cause, owner and time": 0}
    wrongly = text = 0
    for item, row in labelled:
        assert item.conduct is not None
        owner = item.conduct.fix_by in {row["fix_by"], *row.get("fix_by_also", ())}
        time_ = item.conduct.retry in {row["retry"], *row.get("retry_also", ())}
        cause = item.ranking[0].id in {row["cause"], *row["also"]}
        right["owner"] += owner
        right["time"] += time_
        right["cause, owner and time"] += cause and owner and time_
        text += item.conduct.retry == "never"
        wrongly += item.conduct.retry == "never" and not time_
    shares = "  ".join(f"{name} {count / len(labelled):6.1%}" for name, count in right.items())
    return f"{shares}  never said {text} times, {wrongly} times wrongly"


def reliability(judged: Sequence[Judged]) -> list[str]:
    """The table, by confidence and by band."""
    lines = [summary("all", judged)]
    lines.append(summary("generic", [pair for pair in judged if is_generic(pair[1])]))
    for low, high in pairwise(_EDGES):
        lines.append(summary(f"{low:.2f}-{min(high, 1):.2f}", _where(judged, low, high)))
    for band in ("stated", "likely", "possible", "undecided"):
        lines.append(summary(band, [pair for pair in judged if pair[0].band == band]))
    lines += [harm(judged), acts(judged)]
    return lines


def _where(judged: Sequence[Judged], low: float, high: float) -> list[Judged]:
    inside: Callable[[Judged], bool] = lambda pair: low <= pair[0].ranking[0].probability < high  # noqa: E731
    return [pair for pair in judged if inside(pair)]


def main(path: str) -> None:
    """Print the table for one file."""
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    started = time.perf_counter()
    judged = judge(rows)
    elapsed = time.perf_counter() - started
    print("\n".join(reliability(judged)))
    print(f"{len(rows) / elapsed:.0f} replies a second, first use included")


if __name__ == "__main__":
    main(sys.argv[1])
