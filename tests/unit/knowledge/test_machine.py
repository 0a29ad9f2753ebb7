"""The tables of `doctor`: whom it asks, and which versions of libraries have traps."""

from __future__ import annotations

import pytest

from probe.doctor.assemble import CHECKS
from probe.knowledge.dnsbl import all_lists
from probe.knowledge.machine import (
    LibraryTrap,
    controls,
    library_names,
    library_traps,
    machine_tests,
    why_not_assessed,
)
from probe.model.fitness import MachineGap


def test_every_test_of_the_table_is_made_in_its_order() -> None:
    assert list(CHECKS) == list(machine_tests())


def test_every_gap_has_its_words() -> None:
    assert all(map(why_not_assessed, MachineGap))


def test_the_controls_are_of_unrelated_operators_and_known_lists() -> None:
    zones = {it.zone for it in all_lists() if not it.is_dead}
    assert set(controls().lists) <= zones and controls().spamhaus in controls().lists
    assert len(controls().operators) >= 3
    assert len(set(controls().many)) == 40


@pytest.mark.parametrize(
    ("since", "below", "version", "is_caught"),
    [
        ("", "2.6.1", "2.6.0", True),
        ("", "2.6.1", "2.6.1", False),
        ("", "2.6.1", "2.10", False),
        ("", "2.6", "2.6.0", False),
        ("", "0.16", "0.16.0rc1", False),
        ("6", "", "5.9.9", False),
        ("6", "", "6.0.0", True),
        ("", "1.0.2.20240713", "1.0.2.20240712", True),
        ("", "2024.7.4", "2023.11.17", True),
    ],
)
def test_a_version_is_caught_in_its_range(since: str, below: str, version: str, is_caught: bool) -> None:
    trap = LibraryTrap("it", since, below, None, True, "", "it", "")
    assert trap.catches({"it": version}) is is_caught
    assert not trap.catches({})


def test_a_trap_of_two_libraries_needs_both() -> None:
    trap = next(it for it in library_traps() if it.beside is not None)
    assert trap.name == "typer"
    assert trap.catches({"typer": "0.15.3", "click": "8.2.0"})
    assert not trap.catches({"typer": "0.15.3", "click": "8.1.8"})
    assert not trap.catches({"typer": "0.15.3"})


def test_every_trap_names_its_source_and_a_library_that_is_looked_at() -> None:
    assert all(it.source and it.says and it.name in library_names() for it in library_traps())
