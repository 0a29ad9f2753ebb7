"""Judges what this machine has itself: clock, roots, mail server, libraries."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from probe.doctor.report import TestResult
from probe.doctor.voice import leave_open, say
from probe.facts.clock import ClockFacts, date_in, first_of_each, reading_of
from probe.knowledge.machine import library_traps
from probe.model.fitness import MachineGap
from probe.model.sender_mta import HopKind, SenderMta, TlsLevel
from probe.model.text import duration
from probe.recording.machine import MachineJournal
from probe.wording.spoken import spoken


def check_clock(journal: MachineJournal) -> Iterator[TestResult]:
    """The clock against the dates that servers give."""
    clock = clock_of(journal)
    if not clock.readings:
        yield leave_open("clock", journal.missing.get("dates", MachineGap.NO_DATE))
        return
    behind = clock.behind_s
    tag = ("off" if clock.is_borne_out else "differs") if clock.is_off else "right"
    yield say(
        "clock",
        tag,
        by=[it.by for it in clock.readings],
        off=duration(abs(behind)),
        way="behind" if behind > 0 else "ahead of",
        at=journal.started_at,
    )


def clock_of(journal: MachineJournal) -> ClockFacts:
    """The readings of greetings and policy hosts, each host once."""
    began = datetime.fromisoformat(journal.started_at)
    dates = [
        (it.host, date_in(it.greeting.text), it.at_ms) for it in journal.attempts if it.greeting is not None
    ]
    dates += [(it.host, it.date, it.at_ms) for it in journal.dates]
    return first_of_each(
        reading
        for host, date, at_ms in dates
        for reading in reading_of(host, date, began + timedelta(milliseconds=at_ms), host)
    )


def check_ca_store(journal: MachineJournal) -> Iterator[TestResult]:
    """The roots that certificates are verified with."""
    store = journal.store
    if store is None:
        yield leave_open("ca-store", journal.missing.get("store", MachineGap.NOT_MADE))
    elif not store.count:
        yield say("ca-store", "empty", path=store.path or "the trust store")
    elif store.is_library:
        yield say("ca-store", "library", count=store.count)
    else:
        yield say("ca-store", "filled", count=store.count, path=store.path)


def check_mail_server(journal: MachineJournal) -> Iterator[TestResult]:
    """The local mail server's own settings, and whether this machine has what they name."""
    test, mta = "mail-server", journal.mta
    if mta is None:
        yield leave_open(test, journal.missing.get("mta", MachineGap.NOT_MADE))
    elif not isinstance(mta, SenderMta):
        if mta.software is None:
            yield say(test, "none")
        else:
            yield say(test, "unread", software=mta.software.label, reason=mta.reason)
    else:
        yield _of_settings(journal, mta)


def _of_settings(journal: MachineJournal, mta: SenderMta) -> TestResult:
    test, software = "mail-server", mta.software.label
    usable = mta.families.usable
    for family in usable:
        fact = mta.source(family)
        if fact.value is not None and journal.addresses and fact.value not in journal.addresses:
            return say(test, "address-gone", software=software, ip=fact.value, setting=fact.source)
    has = {ip.version for ip in journal.addresses if not ip.is_loopback}
    if len(usable) == 1 and journal.addresses and usable[0] not in has:
        setting = mta.families.source
        return say(test, "family-missing", software=software, family=usable[0], setting=setting)
    if mta.tls.level is TlsLevel.INVALID:
        return say(test, "tls-invalid", software=software, setting=mta.tls.source)
    return say(
        test,
        "agrees",
        software=software,
        version=mta.version,
        helo=mta.helo.value,
        families=" and ".join(f"IPv{family}" for family in usable),
        route=_route(mta),
    )


def _route(mta: SenderMta) -> str:
    match mta.route.kind:
        case HopKind.MX:
            return "hands mail to the MX hosts itself"
        case HopKind.RELAY:
            hosts = ", ".join(f"{hop.host}:{hop.port}" for hop in mta.route.hops)
            return f"hands mail to a relay ({hosts})"
        case _:
            reason = spoken(mta.route.reason) if mta.route.reason is not None else ""
            return f"mail abroad: {mta.route.kind.value}{f' ({reason})' if reason else ''}"


def relays(journal: MachineJournal) -> bool:
    """Whether mail leaves by a relay, so that port 25 and the names of this machine do not matter for it."""
    return isinstance(journal.mta, SenderMta) and journal.mta.route.kind is HopKind.RELAY


def check_libraries(journal: MachineJournal) -> Iterator[TestResult]:
    """Versions of libraries with known traps."""
    versions = journal.versions
    traps = [it for it in library_traps() if it.catches(versions)]
    if not versions:
        yield leave_open("libraries", MachineGap.NOT_MADE)
    elif traps:
        yield say(
            "libraries",
            "old" if any(it.is_old for it in traps) else "traps",
            titles=[f"{it.name} {versions[it.name]}" for it in traps],
            traps=[f"{it.says} ({it.source})" for it in traps],
            upgrades=tuple(dict.fromkeys(shlex.quote(it.upgrade) for it in traps)),
        )
    else:
        yield say("libraries", "right", count=len(versions))
