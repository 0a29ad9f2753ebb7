"""The blocklists that the program knows: dnsbl.toml, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from probe._dataclass import replace
from probe.knowledge.toml_import import HERE, load
from probe.model.listing import CodeKind
from probe.standards.dnsbl.blocklist import (
    UNDOCUMENTED_WEIGHT,
    BlockList,
    CodePattern,
    CodeRule,
    RefusalRule,
    SubjectKind,
    Use,
)

__all__ = ["BlockList", "all_lists", "built_in_lists", "by_id", "by_zone", "lists_for_zones"]

_DEFAULT_USES = (Use.ON, Use.INFO)
_PLAIN = (
    *("id", "title", "zone", "key_zone", "is_allow_list", "delist_url", "removal", "policy", "note"),
    *("status", "status_note", "checked", "confirmed", "source"),
)
# How much of the weight in the data counts, in thirds: less without a source that confirms it.
_THIRDS = {"yes": 3, "partial": 2, "no": 1}


@cache
def all_lists() -> tuple[BlockList, ...]:
    """Every entry of dnsbl.toml, dead ones too. Raises KeyError, TypeError or PatternError when the
    data does not fit, which the tests of the data rule out."""
    table = load(HERE / "dnsbl.toml")
    return tuple(_entry(row) for row in table["list"])


def built_in_lists() -> tuple[BlockList, ...]:
    """The lists that are asked when no --dnsbl is given; none of them is dead."""
    return tuple(it for it in all_lists() if it.use in _DEFAULT_USES and it.zone and not it.is_dead)


def by_id(list_id: str) -> BlockList | None:
    """The list of that id; None for a list given only with --dnsbl."""
    return _by_id().get(list_id)


def by_zone(zone: str) -> BlockList:
    """The list of a zone given with --dnsbl; an unknown zone is treated as RFC 5782 says.

    `KEY.zen.dq.spamhaus.net` is the known list behind that customer's key. An unknown zone is asked about
    addresses and domains alike; its test entries tell which of them it takes (RFC 5782 section 5), and any
    answer in 127/8 other than 127.0.0.1, outside 127.255.255.0/24, is a listing of medium weight.
    """
    name = zone.strip().rstrip(".").lower()
    for blocklist in all_lists():
        if blocklist.zone and name in (blocklist.zone, *blocklist.other_zones):
            return blocklist if name == blocklist.zone else _at(blocklist, name)
    for blocklist in all_lists():
        if blocklist.key_zone and name.endswith(f".{blocklist.key_zone}"):
            return _at(blocklist, name)
    return BlockList(
        id=name,
        title=name,
        zone=name,
        subjects=(SubjectKind.IPV4, SubjectKind.IPV6, SubjectKind.DOMAIN),
        kinds_are_guessed=True,
        status_note="a list given with --dnsbl that this program knows nothing about",
        weight=UNDOCUMENTED_WEIGHT,
    )


def lists_for_zones(zones: Sequence[str]) -> tuple[BlockList, ...]:
    """The lists of the --dnsbl zones, in order, each once."""
    return tuple({it.zone: it for it in map(by_zone, zones)}.values())


@cache
def _by_id() -> dict[str, BlockList]:
    return {it.id: it for it in all_lists()}


def _at(blocklist: BlockList, zone: str) -> BlockList:
    return replace(blocklist, zone=zone)


def _entry(row: Mapping[str, Any]) -> BlockList:
    plain = {name: row[name] for name in _PLAIN if name in row}
    return BlockList(
        **plain,
        subjects=tuple(SubjectKind(kind) for kind in row["subjects"]),
        use=Use(row["use"]),
        weight=_weight(row["weight"], row["confirmed"]),
        codes=tuple(_code(code, row["confirmed"]) for code in row.get("codes", ())),
        refusals=tuple(
            RefusalRule(CodePattern.parse(refusal["code"]), refusal["meaning"])
            for refusal in row.get("refusals", ())
        ),
        test_listed=_tests(row.get("test_listed", {})),
        test_not_listed=_tests(row.get("test_not_listed", {})),
        other_zones=tuple(row.get("other_zones", ())),
        reply_names=tuple(row.get("reply_names", ())),
    )


def _code(code: Mapping[str, Any], confirmed: str) -> CodeRule:
    kind = CodeKind(code.get("kind", "reputation"))
    weight = _weight(code["weight"], confirmed)
    return CodeRule(CodePattern.parse(code["code"]), code["meaning"], kind, weight)


def _weight(weight: int, confirmed: str) -> int:
    """The weight that counts, rounded up, so that a weight above 0 stays at least 1."""
    return -(-weight * _THIRDS[confirmed] // 3)


def _tests(tests: Mapping[str, Sequence[str]]) -> dict[SubjectKind, tuple[str, ...]]:
    return {SubjectKind(kind): tuple(subjects) for kind, subjects in tests.items()}
