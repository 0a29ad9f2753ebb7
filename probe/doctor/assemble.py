"""Puts the results together: every test in its order, and for what the machine is fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probe._dataclass import replace
from probe._version import VERSION
from probe.doctor import blocklists, host, names, resolver, way_out
from probe.doctor.report import (
    SCHEMA,
    Connection,
    DoctorReport,
    MachineFacts,
    TestResult,
    UseReadiness,
)
from probe.doctor.voice import leave_open
from probe.knowledge.machine import machine_tests
from probe.knowledge.rules import rules_digest
from probe.model.fault import collect_faults, recover
from probe.model.fitness import Fitness, MachineGap, Readiness, Use
from probe.model.program_part import ProgramPart
from probe.model.report_tool import ReportTool
from probe.model.sender_mta import SenderMta
from probe.model.verdict import ExitCode
from probe.recording.machine import ConnectionAttempt, MachineJournal

Check = Callable[[MachineJournal], Iterator[TestResult]]

CHECKS: dict[str, Check] = {
    "resolver-answers": resolver.check_answers,
    "resolver-kind": resolver.check_kind,
    "nxdomain": resolver.check_nxdomain,
    "dnssec": resolver.check_dnssec,
    "tcp": resolver.check_tcp,
    "edns": resolver.check_edns,
    "spamhaus": blocklists.check_spamhaus,
    "loopback-answers": blocklists.check_loopback_answers,
    "deep-names": blocklists.check_deep_names,
    "own-ptr": resolver.check_own_ptr,
    "dns64": resolver.check_dns64,
    "stale": resolver.check_stale,
    "ttl": resolver.check_ttl,
    "many": resolver.check_many,
    "port25-ipv4": way_out.check_port25_ipv4,
    "port25-ipv6": way_out.check_port25_ipv6,
    "source": names.check_source,
    "ptr": names.check_ptr,
    "helo": names.check_helo,
    "ipv6": way_out.check_ipv6,
    "clock": host.check_clock,
    "ca-store": host.check_ca_store,
    "mail-server": host.check_mail_server,
    "libraries": host.check_libraries,
}
# what says something without any question in DNS, or of why there is none
_WITHOUT_DNS = frozenset(
    {"resolver-answers", "source", "helo", "ipv6", "clock", "ca-store", "mail-server", "libraries"}
)
# what the resolver does with any question
_OF_TRANSPORT = ("resolver-kind", "tcp", "edns", "own-ptr")
# what does not concern mail that leaves by a relay
_OF_OWN_DELIVERY = frozenset({"port25-ipv4", "port25-ipv6", "source", "ptr", "helo", "ipv6"})
_PORT25 = ("port25-ipv4", "port25-ipv6")


def report_of(journal: MachineJournal) -> DoctorReport:
    """The report of what was observed."""
    results = tuple(result for name in CHECKS for result in _results(name, journal))
    if host.relays(journal):
        results = tuple(_without_sending(it) if it.id in _OF_OWN_DELIVERY else it for it in results)
    uses = tuple(_readiness(use, results, is_relayed=host.relays(journal)) for use in Use)
    return DoctorReport(
        SCHEMA,
        ReportTool(VERSION, rules_digest()),
        journal.started_at,
        journal.elapsed_ms,
        journal.request.is_offline,
        _machine(journal),
        uses,
        results,
        tuple(map(_connection, journal.attempts)),
        _exit_code(journal, uses),
    )


def _results(name: str, journal: MachineJournal) -> list[TestResult]:
    """The results of one test; if this program fails at it, that it was not made."""
    if not journal.server and name not in _WITHOUT_DNS:
        gap = journal.missing.get("resolver", MachineGap.RESOLVER)
        return [leave_open(name, gap)]
    if name not in (*_WITHOUT_DNS, *_OF_TRANSPORT) and resolver.is_walled(journal):
        return [leave_open(name, MachineGap.WALLED)]
    with collect_faults() as faults:
        results: list[TestResult] = recover(
            ProgramPart.CHECK, lambda: list(CHECKS[name](journal)), [], step=9, of=name
        )
    return [leave_open(name, MachineGap.FAILED, what=it.what, where=it.where) for it in faults] or results


def _without_sending(result: TestResult) -> TestResult:
    """Mail leaves by a relay: what a test says of this machine's own deliveries rules sending out no more."""
    uses = tuple(use for use in result.unfit_for if use is not Use.SENDING)
    if uses == result.unfit_for:
        return result
    return replace(result, unfit_for=uses, fitness=result.fitness if uses else Fitness.LIMITED)


def _readiness(use: Use, results: tuple[TestResult, ...], *, is_relayed: bool) -> UseReadiness:
    against = tuple(it.id for it in results if use in it.unfit_for)
    if against:
        return UseReadiness(use, Readiness.UNFIT, against)
    levels = {it.id: it.fitness for it in results}
    is_reached = any(levels.get(name, Fitness.NOT_ASSESSED) is not Fitness.NOT_ASSESSED for name in _PORT25)
    unknown = tuple(
        test.id
        for test in machine_tests().values()
        if use in test.needs
        and levels.get(test.id, Fitness.NOT_ASSESSED) is Fitness.NOT_ASSESSED
        and not (test.id in _PORT25 and is_reached)
        and not (is_relayed and use is Use.SENDING and test.id in _OF_OWN_DELIVERY)
    )
    return UseReadiness(use, Readiness.NOT_KNOWN if unknown else Readiness.FIT, unknown)


def _exit_code(journal: MachineJournal, uses: tuple[UseReadiness, ...]) -> ExitCode:
    """1 where the machine is unfit for anything; 4 where nothing is known of the network, which was asked
    for."""
    words = {it.readiness for it in uses}
    if Readiness.UNFIT in words:
        return ExitCode.REFUSED
    is_blind = Readiness.FIT not in words and not journal.request.is_offline
    return ExitCode.INCONCLUSIVE if is_blind else ExitCode.ACCEPTED


def _machine(journal: MachineJournal) -> MachineFacts:
    mta = journal.mta
    return MachineFacts(
        journal.hostname,
        tuple(map(str, journal.addresses)),
        tuple(str(ip) for _, ip in sorted(journal.sources.items())),
        journal.nameservers,
        journal.helo,
        mta.software.label if isinstance(mta, SenderMta) else None,
    )


def _connection(attempt: ConnectionAttempt) -> Connection:
    greeting = str(attempt.greeting) if attempt.greeting is not None else ""
    end = "" if greeting else way_out.failure_of(attempt)
    return Connection(attempt.domain, attempt.host, str(attempt.ip), greeting, end, attempt.elapsed_ms)
