"""What DNS and the dialling alone decide: each ending with its stage, its ground and its words."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe.diagnosis.outcome import is_of_other_family, observe
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.verdict import diagnose
from probe.diagnosis.why import why
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.address import IPAddress
from probe.model.fault import Fault
from probe.model.observed import Part
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.sender_mta import Hop
from probe.model.session import EndReason
from probe.model.target import Options
from probe.model.verdict import Outcome, OutcomeReason
from probe.recording.events import NotReached
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import MxHost, RouteKind
from tests.support import facts as make
from tests.support.reasons import ended, missed

GOOD, SIX = make.MX_IP, ip_address("2620:fe::9")
LOOPBACK, LOOPBACK_6, LINK = ip_address("127.0.0.1"), ip_address("::1"), ip_address("169.254.1.1")
PRIVATE, NOBODYS = ip_address("10.1.1.1"), ip_address("0.0.0.0")
V4, V6 = Options(families=(4,)), Options(families=(6,))
BOUND = Options(bind=make.SOURCE)
UNASKED = "the run ended before a server was asked"
CHOSEN = "the family that was chosen with -4 or -6"

INCONCLUSIVE, REFUSED = Outcome.INCONCLUSIVE, Outcome.REFUSED


def host(name: str, *result: IPAddress, tried: tuple[IPAddress, ...] | None = None) -> MxHost:
    """A host with these addresses in DNS, of which `tried` are left to be dialled (default: all)."""
    answers = tuple(
        make.answer(name, RecordType.A if ip.version == 4 else RecordType.AAAA, ip) for ip in result
    )
    return MxHost(10, name, result if tried is None else tried, answers)


def silent(name: str, *statuses: Status) -> MxHost:
    kinds = (RecordType.A, RecordType.AAAA)
    answers = [make.answer(name, kind, status=status) for kind, status in zip(kinds, statuses, strict=True)]
    return MxHost(10, name, (), tuple(answers))


def routed(*hosts: MxHost, kind: RouteKind = RouteKind.MX, dropped: int = 0, **changes: Any) -> Facts:
    mx = make.mx_result(kind, dropped=dropped)
    return make.facts(
        recipient=make.recipient_facts(mx=replace(mx, hosts=hosts)), **({"sessions": ()} | changes)
    )


def undialled(number: int, name: str, ip: IPAddress) -> Session:
    detail = f"it is not public ({number})"
    return make.failed_session(EndReason.NOT_DIALLED, number, mx_host=name, ip=ip, cause=ended(detail))


def ending(facts: Facts) -> tuple[Outcome, Stage, Ground, str]:
    result = observe(facts)
    return result.outcome, result.stage, result.ground, why(result)


def not_reached(detail: str) -> tuple[Outcome, Stage, Ground, str]:
    return INCONCLUSIVE, Stage.DNS, Ground.NOT_REACHED, detail


DOMAIN = make.mx_result(RouteKind.MX).domain
NOWHERE = f"no MX host of {DOMAIN} has an address that mail could be taken to"
LOOP = f"every MX of {DOMAIN} leads back to the sender's own machine"
NO_MX = (REFUSED, Stage.DNS, Ground.ROUTE, NOWHERE)


# -- the domain's own word ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (RouteKind.NO_DOMAIN, f"the domain {DOMAIN} does not exist"),
        (RouteKind.NULL_MX, f"{DOMAIN} publishes a null MX: it takes no mail"),
        (RouteKind.NO_MAIL_HOST, f"{DOMAIN} has neither MX nor an address to take mail to"),
    ],
)
def test_a_domain_that_takes_no_mail_refuses_whatever_a_server_said(kind: RouteKind, words: str) -> None:
    facts = routed(kind=kind, sessions=(make.session(),))
    assert ending(facts) == (REFUSED, Stage.DNS, Ground.ROUTE, words)
    assert observe(facts).session is None


@pytest.mark.parametrize("kind", [RouteKind.MX, RouteKind.IMPLICIT_MX])
def test_hosts_of_which_dns_says_that_they_are_not_there_take_no_mail(kind: RouteKind) -> None:
    gone = silent("a.example", Status.NXDOMAIN, Status.NXDOMAIN)
    none = silent("b.example", Status.NODATA, Status.NODATA)
    assert ending(routed(gone, none, kind=kind)) == NO_MX


def test_one_usable_host_is_enough() -> None:
    gone = silent("a.example", Status.NXDOMAIN, Status.NXDOMAIN)
    facts = routed(gone, host("b.example", GOOD), sessions=(make.session(),))
    assert observe(facts).outcome is Outcome.ACCEPTED
    mixed = routed(host("a.example", NOBODYS, GOOD), sessions=(make.session(),))
    assert observe(mixed).outcome is Outcome.ACCEPTED


def test_addresses_that_are_nobodys_make_no_usable_host_even_where_they_were_cut() -> None:
    assert ending(routed(host("a.example", NOBODYS))) == NO_MX
    assert ending(routed(host("a.example", NOBODYS, tried=()))) == NO_MX
    assert ending(routed(MxHost(10, "a.example", (NOBODYS,), ()))) == NO_MX
    assert ending(routed(host("a.example", NOBODYS, GOOD, tried=(NOBODYS,)))) != NO_MX


def test_an_address_where_a_name_belongs_is_no_usable_host() -> None:
    literal = replace(host("9.9.9.9", GOOD), is_literal=True)
    assert ending(routed(literal, sessions=(make.session(),))) == NO_MX


def test_an_answer_of_dns_about_no_host_at_all_decides_nothing() -> None:
    assert ending(routed()) == (INCONCLUSIVE, Stage.CONNECT, Ground.NOT_REACHED, UNASKED)


def test_beyond_the_hosts_that_were_tried_nothing_is_known() -> None:
    gone = silent("a.example", Status.NXDOMAIN, Status.NXDOMAIN)
    detail = "its first 2 MX hosts lead nowhere, and 3 more were not tried"
    assert ending(routed(gone, gone, dropped=3)) == not_reached(detail)


# -- DNS that did not answer -------------------------------------------------------------------------


def test_the_first_question_that_failed_is_told() -> None:
    first = silent("a.example", Status.NODATA, Status.SERVFAIL)
    second = silent("b.example", Status.TIMEOUT, Status.TIMEOUT)
    assert ending(routed(first, second)) == (
        INCONCLUSIVE,
        Stage.DNS,
        Ground.DNS_UNKNOWN,
        "AAAA a.example: SERVFAIL",
    )


def test_a_question_that_was_not_asked_is_told_by_what_ended_the_run() -> None:
    unasked = silent("a.example", Status.NODATA, Status.NOT_ASKED)
    assert ending(routed(unasked)) == not_reached(UNASKED)
    failed = silent("a.example", Status.NOT_ASKED, Status.TIMEOUT)
    assert ending(routed(failed))[2] is Ground.DNS_UNKNOWN


def test_a_failure_beside_a_host_with_addresses_does_not_matter() -> None:
    facts = routed(
        silent("a.example", Status.TIMEOUT, Status.TIMEOUT),
        host("b.example", GOOD),
        sessions=(make.session(),),
    )
    assert observe(facts).outcome is Outcome.ACCEPTED


def test_an_mx_question_without_any_answer_kept_was_not_reached() -> None:
    mx = replace(make.mx_result(RouteKind.UNKNOWN), answers=())
    facts = make.facts(recipient=make.recipient_facts(mx=mx), sessions=())
    assert ending(facts) == not_reached(UNASKED)


# -- the family of addresses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (V4, CHOSEN),
        (BOUND, f"the family of {make.SOURCE}, which was given with --bind"),
        (Options(bind=make.SOURCE, families=(4,)), CHOSEN),
    ],
)
def test_a_family_that_was_left_out_is_told_by_the_option(options: Options, words: str) -> None:
    facts = routed(host("a.example", SIX, tried=()), options=options)
    assert ending(facts) == not_reached(f"its mail hosts have no address of {words}")


def test_a_host_given_with_mx_without_an_address_is_told_by_the_option() -> None:
    none = silent("typo.example", Status.NXDOMAIN, Status.NXDOMAIN)
    detail = "the host given with --mx has no address"
    assert ending(routed(none, kind=RouteKind.FIXED)) == not_reached(detail)
    other = routed(host("six.example", SIX, tried=()), kind=RouteKind.FIXED, options=V4)
    assert ending(other) == not_reached(f"{detail} of {CHOSEN}")


def test_one_address_of_the_hosts_given_with_mx_is_enough() -> None:
    none = silent("typo.example", Status.NXDOMAIN, Status.NXDOMAIN)
    facts = routed(none, host("b.example", GOOD), kind=RouteKind.FIXED, sessions=(make.session(),))
    assert observe(facts).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("result", "options", "other"),
    [
        ((SIX,), V4, True),
        ((GOOD,), V6, True),
        ((GOOD, SIX), V4, False),
        ((GOOD,), V4, False),
        ((GOOD,), Options(), False),
        ((SIX,), BOUND, True),
        ((), V4, False),
    ],
)
def test_hosts_are_of_another_family_where_they_have_addresses_and_none_is_left(
    result: tuple[IPAddress, ...], options: Options, other: bool
) -> None:
    assert is_of_other_family(routed(host("a.example", *result), options=options)) is other
    literal = MxHost(0, "literal", result, ())  # an address in the target: nothing was asked
    assert is_of_other_family(routed(literal, options=options)) is other


def test_the_hosts_are_taken_together() -> None:
    assert not is_of_other_family(routed(host("a.example", SIX), host("b.example", GOOD), options=V4))


# -- no session --------------------------------------------------------------------------------------


def unasked(**changes: Any) -> tuple[Outcome, Stage, Ground, str]:
    return ending(make.facts(**({"sessions": ()} | changes)))


def test_why_no_server_was_asked() -> None:
    def told(detail: str) -> tuple[Outcome, Stage, Ground, str]:
        return INCONCLUSIVE, Stage.CONNECT, Ground.NOT_REACHED, detail

    assert unasked() == told(UNASKED)
    parts = (Part.SESSIONS, Part.SESSIONS, Part.OPINIONS)
    cuts = tuple(NotReached(n, part, missed(f"{part} {n}")) for n, part in enumerate(parts))
    assert unasked(not_reached=cuts) == told("sessions 1")
    assert unasked(not_reached=cuts[2:]) == told(UNASKED)
    assert unasked(options=V6) == told(f"its host has no address of {CHOSEN}")
    assert unasked(options=V6, not_reached=cuts) == told(f"its host has no address of {CHOSEN}")
    fault = Fault(ProgramPart.SESSION, 1, "IndexError", "probe/x.py:1", of="1")
    unread = "this program failed to read what a server said"
    assert unasked(faults=(fault,), options=V6) == told(unread)
    others = (replace(fault, part=ProgramPart.CHECK, of="ptr"), fault)
    assert unasked(faults=others) == told(unread)
    assert unasked(faults=others[:1]) == told(UNASKED)
    left_out = Options(smtp=False)
    by_dns_alone = (Outcome.ACCEPTED, Stage.DNS, Ground.NOT_ASKED, "--no-smtp left the dialogue out")
    assert unasked(options=left_out, faults=(fault,)) == by_dns_alone


def test_without_a_connection_the_last_attempt_is_told() -> None:
    first, second = make.failed_session(EndReason.REFUSED), make.failed_session(EndReason.TIMEOUT, 2)
    result = observe(make.facts(sessions=(first, second)))
    timed_out = Reason(OutcomeReason.ENDED, end=EndReason.TIMEOUT)
    assert result == RunResult(INCONCLUSIVE, Stage.CONNECT, Ground.NO_CONNECTION, second, reason=timed_out)
    assert why(result) == EndReason.TIMEOUT.words
    assert result.ref == "session:2"
    cut = observe(make.facts(sessions=(replace(first, end=None),)))
    assert (cut.ground, why(cut)) == (Ground.INTERRUPTED, "the run ended")


def test_one_attempt_that_was_dialled_counts_beside_others_that_were_not() -> None:
    sessions = (make.failed_session(EndReason.REFUSED), undialled(2, "p.example", PRIVATE))
    result = observe(make.facts(sessions=sessions))
    assert (result.ground, result.session) == (Ground.NO_CONNECTION, sessions[0])


# -- addresses that were not dialled -----------------------------------------------------------------


def leading(*result: IPAddress, kind: RouteKind = RouteKind.MX, dropped: int = 0) -> Facts:
    sessions = tuple(undialled(number, "m.example", ip) for number, ip in enumerate(result, 1))
    return routed(host("m.example", *result), kind=kind, dropped=dropped, sessions=sessions)


@pytest.mark.parametrize("kind", [RouteKind.MX, RouteKind.IMPLICIT_MX])
@pytest.mark.parametrize(
    ("result", "detail"),
    [
        ((LOOPBACK,), LOOP),
        ((LOOPBACK, LOOPBACK_6), LOOP),
        ((LINK,), NOWHERE),
        ((LOOPBACK, LINK), NOWHERE),
    ],
)
def test_a_domain_that_leads_every_sender_back_to_itself_takes_no_mail(
    kind: RouteKind, result: tuple[IPAddress, ...], detail: str
) -> None:
    facts = leading(*result, kind=kind)
    assert ending(facts) == (REFUSED, Stage.DNS, Ground.ROUTE, detail)
    assert observe(facts).session == facts.sessions[-1]


@pytest.mark.parametrize("result", [(PRIVATE,), (LOOPBACK, PRIVATE), (PRIVATE, LOOPBACK)])
def test_a_private_address_may_well_be_reached_by_others(result: tuple[IPAddress, ...]) -> None:
    facts = leading(*result)
    last = f"it is not public ({len(result)})"
    assert ending(facts) == (INCONCLUSIVE, Stage.CONNECT, Ground.UNDIALLED, last)
    assert observe(facts).session == facts.sessions[-1]


@pytest.mark.parametrize("kind", [RouteKind.FIXED, RouteKind.ADDRESS_LITERAL])
def test_where_the_user_leads_is_none_of_the_domains_doing(kind: RouteKind) -> None:
    assert ending(leading(LOOPBACK, kind=kind))[:3] == (INCONCLUSIVE, Stage.CONNECT, Ground.UNDIALLED)


def test_a_loopback_host_beside_one_that_is_not_there_takes_no_mail() -> None:
    facts = leading(LOOPBACK)
    [entries] = facts.recipient.mx.hosts
    gone, unknown = (silent("b.example", status, status) for status in (Status.NXDOMAIN, Status.TIMEOUT))
    for other, outcome in ((gone, REFUSED), (unknown, INCONCLUSIVE)):
        mx = replace(facts.recipient.mx, hosts=(entries, other))
        assert observe(replace(facts, recipient=replace(facts.recipient, mx=mx))).outcome is outcome


def test_beyond_the_addresses_that_were_not_dialled_nothing_is_known() -> None:
    detail = "its first 1 MX hosts have no public address (it is not public (2)), and 4 more were not tried"
    assert ending(leading(LOOPBACK, PRIVATE, dropped=4)) == not_reached(detail)


# -- no server is to be asked ----------------------------------------------------------------------

LEFT_OUT = Options(smtp=False)
IN_ORDER = (Outcome.ACCEPTED, Stage.DNS, Ground.NOT_ASKED, "--no-smtp left the dialogue out")
OTHER = ip_address("100.64.0.1")  # of another kind, so that it is told otherwise


def left_out(*result: IPAddress, **changes: Any) -> tuple[Outcome, Stage, Ground, str]:
    facts = routed(host("p.example", *result), options=LEFT_OUT)
    return ending(replace(facts, **changes))


def test_a_dialogue_that_was_left_out_is_no_failure() -> None:
    assert left_out(make.SOURCE) == IN_ORDER
    why_not = observe(routed(host("p.example", make.SOURCE), options=LEFT_OUT, sessions=())).reason
    assert why_not == Reason(OutcomeReason.NOT_ASKED)


def test_a_run_that_was_cut_short_before_the_end_of_dns_shows_nothing() -> None:
    assert left_out(make.SOURCE, complete=False)[0] is Outcome.INCONCLUSIVE


def test_addresses_that_nobody_would_connect_to_are_not_in_order() -> None:
    assert left_out(LOOPBACK) == (REFUSED, Stage.DNS, Ground.ROUTE, LOOP)
    nowhere = left_out(PRIVATE, OTHER)
    assert nowhere[:3] == (Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.UNDIALLED)
    assert "private" in nowhere[3] and nowhere == left_out(PRIVATE, LOOPBACK)
    facts = routed(host("p.example", PRIVATE, OTHER), options=LEFT_OUT, sessions=())
    assert observe(facts).reason == Reason(OutcomeReason.NOT_DIALLED)


def test_one_public_address_or_the_users_word_puts_them_in_order() -> None:
    assert left_out(PRIVATE, make.SOURCE) == IN_ORDER
    own = replace(LEFT_OUT, allow_private=True)
    assert left_out(PRIVATE, options=own) == left_out(LOOPBACK, options=own) == IN_ORDER


@pytest.mark.parametrize("relay", [(), (Hop("relay.example", 25, True),)])
def test_silence_about_a_named_host_is_no_missing_address(relay: tuple[Hop, ...]) -> None:
    """--mx, or the relay of the local mail server: DNS did not say that it has none."""
    silent = make.answer("relay.example", RecordType.A, status=Status.TIMEOUT)
    mx = make.mx_result(RouteKind.FIXED, domain="relay.example", answers=(silent,))
    facts = make.facts(recipient=make.recipient_facts(mx=mx), sessions=(), relay=relay)
    diagnosis = diagnose(facts, ())
    assert diagnosis.result.ground is Ground.DNS_UNKNOWN
    assert "DNS gave no usable answer for relay.example" in diagnosis.verdict.summary


def test_a_private_relay_is_no_private_mx() -> None:
    host = make.mx_host("10.1.2.3", ip_address("10.1.2.3"))
    mx = make.mx_result(RouteKind.FIXED, host)
    facts = make.facts(
        recipient=make.recipient_facts(mx=mx),
        sessions=(),
        options=Options(smtp=False),
        relay=(Hop("10.1.2.3", 25),),
    )
    assert diagnose(facts, ()).verdict.outcome == "accepted"
    assert diagnose(replace(facts, relay=()), ()).verdict.outcome == "inconclusive"
