"""The zones of fixtures/zones, as `dns_server` serves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.dns_server import Fault
from tests.support.hostile_report import HEALTHY

ZONES = sorted((Path(__file__).parents[2] / "fixtures" / "zones").glob("*.toml"))

# Faults for which a question has no answer, or a late one
UNANSWERED = {
    *(
        Fault.SILENCE,
        Fault.SILENT_ONCE,
        Fault.WRONG_ID,
        Fault.WRONG_QUESTION,
        Fault.FLOOD,
        Fault.OTHER_SOURCE,
    ),
    *(Fault.A_QUERY, Fault.TRUNCATED_TCP_SILENT, Fault.TRUNCATED_TCP_SLOW),
}


def zone_of(table: Mapping[str, Any]) -> dict[str, list[str]]:
    """HEALTHY, changed by `records` (an empty list removes) and by `many`, whose texts count from 0."""
    zone = {key: list(texts) for key, texts in HEALTHY.items()}
    for key, texts in table.get("records", {}).items():
        zone[key] = list(texts)
    for one in table.get("many", ()):
        for number in range(one["count"]):
            places = {"n": number, "next": number + 1, "hundreds": number // 200, "rest": number % 200 + 1}
            key = one["key"].format_map(places)
            zone.setdefault(key, [])
            zone[key].append(one["text"].format_map(places))
    return {key: texts for key, texts in zone.items() if texts}
