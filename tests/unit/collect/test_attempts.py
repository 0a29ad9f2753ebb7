"""Which server is asked next, and when to stop: every turn of the search, on a clock that only tests move."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe import settings
from probe.collect.attempts import WITHOUT_TLS, NextStep, Visits, next_step
from probe.collect.session import SessionOutcome
from probe.model.address import IPAddress
from probe.model.observed import EndCause, Gap, Part, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import TlsMode
from probe.net.clock import Deadline
from probe.net.courtesy import Courtesy
from probe.net.smtp import Dial
from probe.recording import events as ev
from probe.settings import SmtpBudgets
from probe.standards.dns.message import Tlsa
from probe.standards.smtp.dialogue import DialoguePlan
from probe.standards.tls.required import CertificateDemand, Proof
from probe.standards.tls.results import TlsaSet
from probe.survey.demand import HostTls
from tests.support.reasons import FORBIDDEN, NOT_PUBLIC, WHY
from tests.support.sessions import PLAN
from tests.support.visits import (
    ANSWERED,
    BARRED,
    GREETED,
    HELLO,
    MAILED,
    MUTE,
    NOTHING,
    TLS_FAILED,
    A,
    B,
    C,
    Make,
    outcome,
)

SIX = ip_address("2620:fe::9")
REQUIRED, NEVER = replace(PLAN, tls=TlsMode.REQUIRE), replace(PLAN, tls=TlsMode.NEVER)
LOOK = replace(PLAN, until=Stage.EHLO)


@pytest.mark.parametrize(
    ("session", "step"),
    [
        # what ends the run ends the search, however far the session came
        (outcome(GREETED, end=EndReason.DEADLINE), NextStep.DONE),
        (outcome(GREETED, end=EndReason.INTERRUPTED), NextStep.DONE),
        (outcome(end=EndReason.DEADLINE), NextStep.DONE),
        (outcome(end=EndReason.INTERRUPTED), NextStep.DONE),
        # no connection
        *((outcome(end=end), NextStep.ADDRESS) for end in (EndReason.REFUSED, EndReason.TIMEOUT)),
        (outcome(end=EndReason.NOT_DIALLED), NextStep.ADDRESS),
        # any answer to RCPT, and a refused MAIL
        *((outcome(*MAILED, (Stage.RCPT, code)), NextStep.DONE) for code in (250, 354, 450, 550)),
        (outcome(*MAILED, (Stage.RCPT, 421), stop=Stop.CLOSING), NextStep.DONE),
        (outcome(*HELLO, (Stage.MAIL, 550), stop=Stop.MAIL_REFUSED), NextStep.DONE),
        (outcome(*HELLO, (Stage.MAIL, 450), stop=Stop.MAIL_REFUSED), NextStep.DONE),
        (outcome(*HELLO, (Stage.MAIL, 421), stop=Stop.CLOSING), NextStep.DONE),
        (outcome(*HELLO, (Stage.MAIL, 354), stop=Stop.INTERMEDIATE), NextStep.DONE),
        # a dialogue that came to its planned end, or to one that is the same everywhere
        (outcome(*HELLO, stop=Stop.DONE), NextStep.DONE),
        (outcome(*HELLO, stop=Stop.SMTPUTF8_NOT_OFFERED), NextStep.DONE),
        (outcome(GREETED, (Stage.EHLO, 354), stop=Stop.INTERMEDIATE), NextStep.DONE),
        # 421 turns away the guest: not to this host again
        (outcome((Stage.GREETING, 421), stop=Stop.CLOSING), NextStep.HOST),
        (outcome(GREETED, (Stage.EHLO, 421), stop=Stop.CLOSING), NextStep.HOST),
        (outcome(*MAILED, stop=Stop.CLOSING), NextStep.HOST),
        # a passing refusal of the greeting or EHLO: the next address of the host
        (outcome((Stage.GREETING, 450), stop=Stop.GREETING_REFUSED), NextStep.ADDRESS),
        (outcome(GREETED, (Stage.EHLO, 451), stop=Stop.EHLO_REFUSED), NextStep.ADDRESS),
        (outcome((Stage.GREETING, 450)), NextStep.ADDRESS),
        # a lasting one: the next host
        (BARRED, NextStep.HOST),
        (outcome((Stage.GREETING, 554)), NextStep.HOST),
        (outcome(GREETED, (Stage.EHLO, 550), stop=Stop.EHLO_REFUSED), NextStep.HOST),
        (outcome(GREETED, (Stage.EHLO, 550), end=EndReason.RESET), NextStep.HOST),
        # what stopped the dialogue otherwise is of the host
        (TLS_FAILED, NextStep.HOST),
        (outcome(*HELLO, stop=Stop.TLS_NOT_OFFERED), NextStep.HOST),
        (outcome(GREETED, stop=Stop.UNUSABLE_REPLY), NextStep.HOST),
        # after MAIL something was said about the recipient, if nothing clear
        (outcome(*MAILED, (Stage.RCPT, None), stop=Stop.UNUSABLE_REPLY), NextStep.DONE),
        (outcome(*MAILED, stop=Stop.OUT_OF_STEP), NextStep.DONE),
        # a connection that was lost
        (outcome((Stage.GREETING, None), end=EndReason.RESET), NextStep.ADDRESS),
        (outcome(*HELLO, end=EndReason.RESET), NextStep.ADDRESS),
        (outcome(*MAILED, (Stage.RCPT, None), end=EndReason.TIMEOUT), NextStep.ADDRESS),
    ],
)
def test_where_the_search_goes_after_a_session(session: SessionOutcome, step: NextStep) -> None:
    assert next_step(session) is step


def test_ehlo_tells_more_than_the_greeting_before_it() -> None:
    assert next_step(outcome((Stage.GREETING, 450), (Stage.EHLO, 550))) is NextStep.HOST
    assert next_step(outcome((Stage.GREETING, 554), (Stage.EHLO, 450))) is NextStep.ADDRESS


# -- the visits of a run -----------------------------------------------------------------------------


def visit(
    visits: Visits,
    ip: IPAddress = A,
    plan: DialoguePlan = PLAN,
    *,
    host: str = "a.test",
    reason: Reason[SessionReason] = WHY,
) -> SessionOutcome | None:
    return asyncio.run(visits.visit(host, ip, Experiment.TARGET, reason, plan))


def test_a_visit_is_numbered_from_one_and_says_where_it_goes(world: Make) -> None:
    demand = CertificateDemand(Proof.TLSA, tlsas=TlsaSet((Tlsa(3, 1, 1, b"x"),), ("a.test",)))
    at = world(ANSWERED)
    demands = {"a.test": HostTls(TlsMode.REQUIRE, demand)}
    visits = at.visits(port=2525, bind=B, tls_roots="roots.pem", demands=demands)
    first, second = visit(visits), visit(visits, host="b.test")
    assert [it.number for it in at.dialled] == [1, 2]
    assert at.dialled[0].dial == Dial(A, 2525, "a.test", B, "roots.pem", demand)
    assert at.dialled[1].dial == Dial(A, 2525, "b.test", B, "roots.pem", None)
    assert visits.outcomes == [first, second]
    assert (at.dialled[0].experiment, at.dialled[0].reason) == (Experiment.TARGET, WHY)


@pytest.mark.parametrize(
    ("host", "mode"), [("a.test", TlsMode.ENCRYPT), ("b.test", TlsMode.AUTO), ("c.test", TlsMode.REQUIRE)]
)
def test_what_dane_comes_to_is_told_by_the_host(world: Make, host: str, mode: TlsMode) -> None:
    demands = {"a.test": HostTls(TlsMode.ENCRYPT), "c.test": HostTls(TlsMode.REQUIRE, CertificateDemand())}
    at = world(ANSWERED)
    visit(at.visits(demands=demands), host=host, plan=replace(PLAN, tls=TlsMode.DANE))
    assert at.dialled[0].plan.tls is mode


def test_mail_goes_to_port_25_unless_told_otherwise(world: Make) -> None:
    at = world(ANSWERED)
    visit(at.visits())
    assert at.dialled[0].dial.port == 25


def test_without_bind_the_local_address_is_that_of_the_family(world: Make) -> None:
    at = world(ANSWERED)
    visits = at.visits(sources={4: B, 6: SIX})
    for ip in (A, SIX):
        visit(visits, ip)
    visit(at.visits(sources={6: SIX}), A)
    visit(at.visits(bind=C, sources={4: B}), A)
    assert [it.dial.bind for it in at.dialled] == [B, SIX, None, C]


def test_failed_tls_is_tried_once_more_in_the_clear(world: Make) -> None:
    at = world(TLS_FAILED, ANSWERED)
    outcomes = visit(at.visits())
    assert [(it.plan.tls, it.reason) for it in at.dialled] == [
        (TlsMode.AUTO, WHY),
        (TlsMode.NEVER, WITHOUT_TLS),
    ]
    assert Reason(SessionReason.TLS_FAILED) == WITHOUT_TLS
    assert outcomes is not None and outcomes.number == 2


@pytest.mark.parametrize("plan", [REQUIRED, NEVER, LOOK])
def test_what_needs_tls_or_asks_no_mailbox_is_not_tried_in_the_clear(world: Make, plan: DialoguePlan) -> None:
    at = world(TLS_FAILED)
    outcomes = visit(at.visits(), plan=plan)
    assert [it.plan for it in at.dialled] == [plan]
    assert outcomes is not None and outcomes.number == 1


def test_tls_that_did_not_fail_is_no_reason_to_come_again(world: Make) -> None:
    at = world(MUTE)
    visit(at.visits())
    assert len(at.dialled) == 1


def test_where_tls_failed_once_it_is_not_tried_again_at_that_address(world: Make) -> None:
    at = world(TLS_FAILED, ANSWERED)
    visits = at.visits()
    visit(visits)
    for ip, host, plan in (
        (A, "a.test", PLAN),
        (B, "a.test", PLAN),
        (A, "b.test", PLAN),
        (A, "a.test", REQUIRED),
    ):
        visit(visits, ip, plan, host=host)
    tried = [it.plan.tls for it in at.dialled[2:]]
    assert tried == [TlsMode.NEVER, TlsMode.AUTO, TlsMode.AUTO, TlsMode.REQUIRE]


def test_what_failed_stands_where_the_second_try_cannot_be_made(world: Make) -> None:
    at = world(TLS_FAILED)
    visits = at.visits(deadline=Deadline(at.clock, 12.0))  # the first session takes all that is left
    outcomes = visit(visits)
    assert outcomes is not None and outcomes.number == 1
    assert [(it.part, it.reason) for it in at.events if isinstance(it, ev.NotReached)] == [
        (Part.SESSION, Reason(Gap.DEADLINE, host="a.test", ip=A))
    ]


def test_a_forbidden_address_is_recorded_with_its_reason_and_not_dialled(world: Make) -> None:
    at = world(ANSWERED)
    visits = at.visits(lambda ip: FORBIDDEN if ip == A else None, port=26)
    outcomes = visit(visits)
    visit(visits, B)
    assert at.places() == ["a.test 9.9.9.2"]
    assert outcomes is not None
    assert (outcomes.number, outcomes.end, outcomes.cause, outcomes.connected) == (
        1,
        EndReason.NOT_DIALLED,
        NOT_PUBLIC,
        False,
    )
    assert at.events == [
        ev.SessionOpened(10_000, 1, "a.test", A, 26, Experiment.TARGET, WHY),
        ev.SessionClosed(10_000, 1, EndReason.NOT_DIALLED, NOT_PUBLIC),
    ]
    assert [it.number for it in visits.outcomes] == [1, 2]
    assert at.dialled[0].number == 2


@pytest.mark.parametrize(
    ("bind", "to", "dialled"), [(B, A, True), (SIX, A, False), (B, SIX, False), (SIX, SIX, True)]
)
def test_from_an_address_only_its_own_family_is_dialled(
    world: Make, bind: IPAddress, to: IPAddress, dialled: bool
) -> None:
    at = world(ANSWERED)
    outcomes = visit(at.visits(bind=bind), to)
    assert bool(at.dialled) is dialled
    assert outcomes is not None
    assert dialled or outcomes.cause == Reason(EndCause.OTHER_FAMILY, ip=bind)


def test_between_two_sessions_there_is_a_pause_of_what_is_left_of_the_spacing(world: Make) -> None:
    at = world(ANSWERED)
    visits = at.visits(spacing=3.0)
    visit(visits)
    assert at.pauses == []
    at.clock.now_s += 1.0
    visit(visits, B)
    assert at.pauses == [pytest.approx(2.0)]
    at.clock.now_s += 3.5
    visit(visits, C)
    assert at.pauses[1] <= 0


def test_a_host_that_nobody_reached_needs_no_pause(world: Make) -> None:
    at = world(NOTHING, ANSWERED)
    visits = at.visits(spacing=3.0)
    visit(visits)
    visit(visits, B)
    assert at.pauses == []


def test_a_pause_ends_with_the_run(world: Make) -> None:
    at = world(ANSWERED)
    visits = at.visits(spacing=60.0, deadline=Deadline(at.clock, 15.0))
    visit(visits)
    assert visit(visits, B) is None
    assert at.pauses == [pytest.approx(3.0)]


@pytest.mark.parametrize(("left", "dialled"), [(0.5, True), (0.0, False), (-0.5, False)])
def test_at_the_deadline_nothing_is_dialled_any_more(world: Make, left: float, dialled: bool) -> None:
    at = world(ANSWERED)
    outcomes = visit(at.visits(deadline=Deadline(at.clock, 10.0 + left)))
    assert (outcomes is not None) is dialled is bool(at.dialled)


def test_only_so_many_sessions_are_held_and_only_those_that_connected_count(world: Make) -> None:
    tried = [NOTHING, *[ANSWERED] * (settings.MAX_SESSIONS - 1), NOTHING, ANSWERED, ANSWERED]
    at = world(*tried)
    visits = at.visits()
    result = [visit(visits) for _ in tried]
    assert [it is None for it in result] == [False] * (settings.MAX_SESSIONS + 2 - 1) + [False, True]
    [unreached] = [it for it in at.events if isinstance(it, ev.NotReached)]
    assert (unreached.reason.tag, unreached.reason.most) == (Gap.MOST_SESSIONS, settings.MAX_SESSIONS)


def test_a_session_is_held_in_its_turn_at_operator_and_address(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = world(ANSWERED)
    turns: list[tuple[str, int]] = []

    @contextlib.asynccontextmanager
    async def turn(operator: str, ip: IPAddress) -> AsyncIterator[None]:
        turns.append((f"{operator} {ip} taken", len(at.dialled)))
        yield
        turns.append((f"{operator} {ip} given back", len(at.dialled)))

    courtesy = Courtesy()
    monkeypatch.setattr(courtesy, "turn", turn)
    visit(at.visits(courtesy=courtesy), host="mx3.example.com")
    assert turns == [(f"example.com {A} taken", 0), (f"example.com {A} given back", 1)]


def test_a_turn_that_does_not_come_before_the_deadline_is_told(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = world(ANSWERED)

    @contextlib.asynccontextmanager
    async def never(*_: object) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    courtesy = Courtesy()
    monkeypatch.setattr(courtesy, "turn", never)
    visits = at.visits(deadline=Deadline(at.clock, 10.05), courtesy=courtesy)
    assert visit(visits) is None
    assert (at.dialled, visits.outcomes) == ([], [])
    [unreached] = [it for it in at.events if isinstance(it, ev.NotReached)]
    most = settings.SESSIONS_WITH_ONE_ADDRESS
    assert unreached.reason == Reason(Gap.NO_TURN, most=most, host="a.test", ip=A)


def test_a_courtesy_cap_uses_up_no_number(world: Make) -> None:
    at = world(ANSWERED)
    visits = at.visits(deadline=Deadline(at.clock, 0.0))
    visit(visits)
    later = replace(visits, deadline=Deadline(at.clock, 1000.0))
    visit(later)
    assert at.dialled[0].number == 1


@pytest.mark.parametrize(
    ("before", "connect"),
    [
        (outcome(end=EndReason.TIMEOUT), 5.0),  # filtered: the next one likely meets the same filter
        (outcome(end=EndReason.REFUSED), 10.0),
        (MUTE, 10.0),  # silent, but connected
        (ANSWERED, 10.0),
    ],
)
def test_after_one_connection_timed_out_the_next_get_less_time(
    world: Make, before: SessionOutcome, connect: float
) -> None:
    at = world(before, ANSWERED)
    visits = at.visits(budgets=SmtpBudgets(connect=10.0, connect_again=5.0))
    visit(visits)
    visit(visits, B)
    visit(visits, C)
    assert [it.budgets.connect for it in at.dialled] == [10.0, connect, connect]
    assert at.dialled[1].budgets == SmtpBudgets(connect=connect, connect_again=5.0)


def test_the_second_try_never_gets_more_time_than_the_first(world: Make) -> None:
    at = world(outcome(end=EndReason.TIMEOUT))
    visits = at.visits(budgets=SmtpBudgets(connect=1.0, connect_again=5.0))
    visit(visits)
    visit(visits, B)
    assert [it.budgets.connect for it in at.dialled] == [1.0, 1.0]
