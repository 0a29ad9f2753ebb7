"""How fast one operator may be asked: spacing, the cap of an hour, pauses, and lanes that become one."""

from __future__ import annotations

from probe.bulk.pace import Pace
from probe.bulk.plan import mailbox_seconds
from probe.settings import BULK_COURTESY, ListCourtesy

NOW = 1_000_000.0


def test_the_courtesy_is_that_of_the_documentation() -> None:
    assert ListCourtesy(3, 2.0, 200, 1800.0, 2) == BULK_COURTESY


def test_the_first_session_may_begin_at_once_and_the_next_two_seconds_after_its_end() -> None:
    pace = Pace()
    assert pace.ready_at(NOW) <= NOW
    pace.note_end(NOW + 7)
    assert pace.ready_at(NOW + 7) == NOW + 9


def test_after_200_questions_in_an_hour_the_oldest_must_pass() -> None:
    pace = Pace()
    for number in range(199):
        pace.note_question(NOW + number)
    assert (pace.room(NOW + 199), pace.ready_at(NOW + 199) <= NOW + 199) == (1, True)
    pace.note_question(NOW + 199)
    assert (pace.room(NOW + 199), pace.ready_at(NOW + 199)) == (0, NOW + 3600)
    assert pace.room(NOW + 3600) == 1 and pace.room(NOW + 3600 + 5) == 3


def test_a_pause_is_half_an_hour_and_two_in_a_row_are_the_end() -> None:
    pace = Pace()
    pace.pause(NOW, "after a 421")
    assert pace.ready_at(NOW) == NOW + 1800 and not pace.is_given_up
    pace.note_answer()
    pace.pause(NOW + 1800, "after a 421")
    assert not pace.is_given_up
    pace.pause(NOW + 3600, "after a 421")
    assert pace.is_given_up


def test_of_two_lanes_that_become_one_the_stricter_holds() -> None:
    one, other = Pace(), Pace()
    for number in range(150):
        one.note_question(NOW + number)
        other.note_question(NOW + number)
    one.note_end(NOW + 150)
    other.pause(NOW, "after a 421")
    one.join(other)
    assert one.ready_at(NOW + 151) == NOW + 3600 + 50
    assert (one.paused_until, one.why, one.in_vain) == (NOW + 1800, "after a 421", 1)


def test_a_plan_counts_with_the_same_numbers() -> None:
    assert mailbox_seconds(400) == 2 * 3600
    assert mailbox_seconds(3) == 54


def test_what_holds_up_nobody_is_past() -> None:
    pace = Pace()
    pace.note_end(NOW)
    assert not pace.is_past(NOW) and pace.is_past(NOW + 2)
    pace.note_question(NOW)
    assert not pace.is_past(NOW + 2) and pace.is_past(NOW + 3600)
    pace.pause(NOW, "after a 421")
    assert not pace.is_past(NOW + 7200)  # one more in a row would be the end
