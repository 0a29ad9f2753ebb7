"""Where the TLSA records of an MX host are looked for (RFC 7672 section 2.2.2, RFC 7671 section 7)."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.facts.transport import dane_of
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Tlsa, run
from probe.standards.dns.mx import resolve_mx
from probe.standards.dns.results import MxResult
from probe.standards.tls.results import DaneStatus, TlsaSet
from probe.survey.recipient import HostTlsa, tlsa_answers
from tests.support.recordings import full_events

HOST, END = "mail.r.test", "host.vendor.test"
GOOD, STALE = Tlsa(3, 1, 1, b"g" * 32), Tlsa(3, 1, 1, b"s" * 32)
Zone = dict[str, Answer]


def said(
    question: str,
    *records: Record,
    secure: bool = True,
    aliases: tuple[str, ...] = (),
    status: Status | None = None,
) -> Zone:
    """One answer, or NODATA without records."""
    rtype, name = question.split()
    entries = status or (Status.ANSWER if records else Status.NODATA)
    result = Question(name, RecordType(rtype))
    return {question: Answer(result, entries, records, aliases, authenticated=secure)}


def alias(*, secure: bool = True) -> Zone:
    """An MX host that is an alias; `secure`: all the way."""
    address = said(f"A {HOST}", ip_address("192.0.2.1"), aliases=(END,), secure=secure)
    return {
        **said("MX r.test", Mx(10, HOST)),
        **address,
        **said(f"AAAA {HOST}", aliases=(END,), secure=secure),
    }


def found(zone: Zone) -> tuple[MxResult, HostTlsa, list[str]]:
    """The one host's TLSA, and what was asked for it."""
    lines: list[str] = []

    def lookup(question: Question) -> Answer:
        lines.append(str(question))
        return zone.get(str(question)) or Answer(question, Status.NOT_ASKED)

    mx = run(resolve_mx("r.test"), lookup)
    lines.clear()
    (tlsa,) = run(tlsa_answers(mx, 25), lookup)
    return mx, tlsa, lines


def at(name: str) -> str:
    return f"TLSA _25._tcp.{name}"


def dane(zone: Zone) -> tuple[DaneStatus, str]:
    """What a recording of these answers gives, and the base domain where it is another name."""
    recording = Recording.of([started(), *(ev.DnsAnswered(1, it) for it in zone.values())])
    mx = run(resolve_mx("r.test"), recording.answer)
    (result,) = dane_of(run(tlsa_answers(mx, 25), recording.answer), (), recording.started.started_at)
    return result.status, result.base


def started() -> ev.Started:
    first = full_events()[0]
    assert isinstance(first, ev.Started)
    return first


def test_the_end_of_a_secure_chain_goes_before_the_name_in_the_mx() -> None:
    zone = {**alias(), **said(at(END), GOOD), **said(at(HOST), STALE)}
    _, tlsa, questions = found(zone)
    assert questions == [at(END), at(HOST)]
    assert tlsa.tlsas == TlsaSet((GOOD,), (END, "r.test"))
    assert dane(zone) == (DaneStatus.NOT_SEEN, END)


@pytest.mark.parametrize("secure", [True, False])
def test_the_name_in_the_mx_counts_where_the_end_has_none(secure: bool) -> None:
    """Also where there are some that DNSSEC does not vouch for."""
    records = () if secure else (STALE,)
    zone = {**alias(), **said(at(END), *records, secure=secure), **said(at(HOST), GOOD)}
    assert found(zone)[1].tlsas == TlsaSet((GOOD,), (HOST, "r.test"))
    assert dane(zone) == (DaneStatus.NOT_SEEN, "")


def test_a_failure_at_the_end_of_the_chain_is_not_passed_over() -> None:
    zone = {**alias(), **said(at(END), status=Status.SERVFAIL, secure=False), **said(at(HOST), GOOD)}
    assert found(zone)[1].tlsas == TlsaSet()
    assert dane(zone) == (DaneStatus.UNKNOWN, END)


def test_the_first_link_alone_is_secure() -> None:
    zone = {
        **alias(secure=False),
        **said(f"CNAME {HOST}", END),
        **said(at(HOST), GOOD),
        **said(at(END), STALE),
    }
    _, tlsa, questions = found(zone)
    assert questions == [f"CNAME {HOST}", at(HOST)]
    assert tlsa.tlsas == TlsaSet((GOOD,), (HOST, "r.test"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (said(f"CNAME {HOST}", END, secure=False), DaneStatus.INSECURE),
        (said(f"CNAME {HOST}", status=Status.SERVFAIL, secure=False), DaneStatus.UNKNOWN),
        ({}, DaneStatus.INSECURE),
    ],
    ids=["not secure", "not answered", "not asked by an older version"],
)
def test_without_a_secure_link_dane_does_not_apply(answer: Zone, status: DaneStatus) -> None:
    zone = {**alias(secure=False), **answer, **said(at(HOST), GOOD)}
    assert found(zone)[1].tlsas == TlsaSet()
    assert dane(zone) == (status, "")


def test_what_an_older_version_did_not_ask_is_no_fault() -> None:
    assert dane({**alias(), **said(at(HOST), STALE)}) == (DaneStatus.NOT_ASKED, END)


def test_securely_none_anywhere() -> None:
    assert dane({**alias(), **said(at(END)), **said(at(HOST))}) == (DaneStatus.ABSENT, "")


def test_an_insecure_tlsa_answer_asks_for_nothing() -> None:
    zone = {**alias(), **said(at(END)), **said(at(HOST), GOOD, secure=False)}
    assert dane(zone) == (DaneStatus.INSECURE, "")


def test_an_unanswered_address_family_does_not_make_a_host_insecure() -> None:
    zone = {
        **said("MX r.test", Mx(10, HOST)),
        **said(f"A {HOST}", ip_address("192.0.2.1")),
        **said(f"AAAA {HOST}", status=Status.SERVFAIL, secure=False),
        **said(at(HOST), GOOD),
    }
    mx, tlsa, _ = found(zone)
    assert mx.hosts[0].secure and tlsa.tlsas.records == (GOOD,)


@pytest.mark.parametrize(
    ("v4", "v6", "status"),
    [
        (Status.NOT_ASKED, Status.NOT_ASKED, DaneStatus.NOT_ASKED),  # the deadline came first
        (Status.NOT_ASKED, Status.TIMEOUT, DaneStatus.UNKNOWN),
        (Status.NOT_ASKED, Status.NODATA, DaneStatus.INSECURE),
    ],
)
def test_a_host_whose_address_is_not_known_is_not_insecure(
    v4: Status, v6: Status, status: DaneStatus
) -> None:
    zone = {
        **said("MX r.test", Mx(10, HOST)),
        **said(f"A {HOST}", status=v4, secure=False),
        **said(f"AAAA {HOST}", status=v6, secure=False),
    }
    _, tlsa, questions = found(zone)
    assert not questions
    assert tlsa.known_tlsas == (None if status is DaneStatus.UNKNOWN else TlsaSet())
    assert dane(zone) == (status, "")
