"""What shows that a resolver gives an address for names that do not exist."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.model.answer_fault import OwnWord
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Status
from probe.standards.dns.mx import resolve_mx
from probe.standards.dns.provenance import Provenance, Soa
from probe.standards.dns.results import MxResult, RouteKind
from probe.standards.dns.rewriting import by_control, control_question, rewriting_in

SERVER = "192.0.2.53"
PAGE = ip_address("203.0.113.99")
PAGE_V6 = ip_address("2001:db8:25::99")
OTHER = ip_address("203.0.113.10")
SEARCH = "search.provider.example"
TOLD = Provenance(SERVER, recursive=True, soa=Soa("", "a.root", "h.root", 60, 60))
A, AAAA, MX = RecordType.A, RecordType.AAAA, RecordType.MX


def gives(name: str, *ips: object, rtype: RecordType = A, aliases: tuple[str, ...] = ()) -> Answer:
    return Answer(Question(name, rtype), Status.ANSWER, ips, aliases, provenance=TOLD)  # type: ignore[arg-type]


def denies(name: str, rtype: RecordType = A, status: Status = Status.NXDOMAIN) -> Answer:
    return Answer(Question(name, rtype), status, provenance=TOLD)


CONTROL = control_question(7)


def route(*answers: Answer) -> MxResult:
    """The route of nosuch.example; what is not given is NODATA."""
    by_question = {answer.question: answer for answer in answers}
    resolution = resolve_mx("nosuch.example", seed=7)
    batch = next(resolution)
    while True:
        try:
            replies = [by_question.get(it, denies(it.name, it.rtype, Status.NODATA)) for it in batch]
            batch = resolution.send(tuple(answer.believed() for answer in replies))
        except StopIteration as stop:
            result: MxResult = stop.value
            return result


def test_an_implicit_mx_that_is_there_for_every_name_is_not_known() -> None:
    result = route(gives("nosuch.example", PAGE), gives(CONTROL.name, PAGE))
    assert (result.kind, result.hosts) == (RouteKind.UNKNOWN, ())
    own = [answer.why.own for answer in result.answers if answer.why is not None]
    assert [(it.tag, it.name) for it in own if it is not None] == [(OwnWord.FOR_NO_NAME, CONTROL.name)]


@pytest.mark.parametrize(
    "control",
    [
        denies(CONTROL.name),
        replace(denies(CONTROL.name), status=Status.TIMEOUT),
        gives(CONTROL.name, OTHER),
        gives(CONTROL.name, ip_address("127.0.0.1")),
    ],
    ids=["denied", "silent", "another", "loopback"],
)
def test_an_address_of_its_own_stays_an_implicit_mx(control: Answer) -> None:
    assert route(gives("nosuch.example", PAGE), control).kind is RouteKind.IMPLICIT_MX


def test_one_address_more_than_the_search_page_is_the_domains() -> None:
    result = route(gives("nosuch.example", PAGE, OTHER), gives(CONTROL.name, PAGE))
    assert result.kind is RouteKind.IMPLICIT_MX


def test_another_of_several_addresses_is_still_the_search_pages() -> None:
    result = route(gives("nosuch.example", PAGE), gives(CONTROL.name, OTHER, PAGE))
    assert result.kind is RouteKind.UNKNOWN


def test_what_is_made_for_ipv4_is_made_for_ipv6_as_well() -> None:
    result = route(
        gives("nosuch.example", PAGE),
        gives("nosuch.example", PAGE_V6, rtype=AAAA),
        gives(CONTROL.name, PAGE),
    )
    assert result.kind is RouteKind.UNKNOWN
    true = route(gives("nosuch.example", PAGE_V6, rtype=AAAA), gives(CONTROL.name, PAGE))
    assert true.kind is RouteKind.IMPLICIT_MX


def test_an_alias_of_the_search_page_counts_whatever_its_address_is_now() -> None:
    result = route(
        gives("nosuch.example", OTHER, aliases=(SEARCH,)), gives(CONTROL.name, PAGE, aliases=(SEARCH,))
    )
    assert result.kind is RouteKind.UNKNOWN


def test_an_mx_of_the_search_page_is_none_of_the_domains() -> None:
    through = gives("nosuch.example", Mx(10, "mx.provider.example"), rtype=MX, aliases=(SEARCH,))
    host = gives("mx.provider.example", OTHER)
    assert route(through, host, gives(CONTROL.name, PAGE, aliases=(SEARCH,))).kind is RouteKind.UNKNOWN
    assert route(through, host, denies(CONTROL.name)).kind is RouteKind.MX


def test_the_control_name_is_one_for_a_run_and_a_valid_domain() -> None:
    assert control_question(7) == CONTROL
    assert control_question(8) != CONTROL
    label, _, parent = CONTROL.name.partition(".")
    assert (len(label), label.isalpha(), parent) == (20, True, "com")


LISTS = ("zen.bl.example", "bl.other.test")


def entries(*answers: Answer) -> bool:
    return rewriting_in(answers, 7) is not None


def test_two_lists_show_it_where_no_control_was_asked_for() -> None:
    both = [gives(f"1.0.0.127.{LISTS[0]}", PAGE), gives(f"invalid.{LISTS[1]}", PAGE)]
    assert entries(*both)
    assert not entries(both[0])
    assert not entries(both[0], gives(f"1.0.0.127.{LISTS[1]}", OTHER))
    assert not entries(*both, denies(f"1.0.0.127.{LISTS[1]}"))
    assert not entries(*both, denies(CONTROL.name))
    loopback = ip_address("127.0.0.2")
    assert not entries(*(gives(f"1.0.0.127.{zone}", loopback) for zone in LISTS))
    of_one_operator = [gives(f"1.0.0.127.{zone}.bl.example", PAGE) for zone in ("a", "b")]
    assert not entries(*of_one_operator)


def test_what_shows_it_is_not_marked_itself() -> None:
    control = gives(CONTROL.name, PAGE)
    rewriting = by_control(control)
    assert rewriting is not None
    assert rewriting.mark(control) is control
    assert rewriting.mark(gives("mx.example", PAGE)).doubt is not None
    assert rewriting.mark(denies("mx.example")).own is None
