"""Judges the address that others see, its PTR record, and the EHLO name."""

from __future__ import annotations

from collections.abc import Iterator

from probe.doctor.report import TestResult
from probe.doctor.resolver import egress_text, is_walled
from probe.doctor.voice import leave_open, say, unanswered
from probe.model.address import IPAddress
from probe.model.dialable import is_private
from probe.model.fitness import MachineGap
from probe.model.observed import HeloReason
from probe.model.reply import Stage
from probe.model.sender_mta import MtaSoftware, SenderMta
from probe.reading.reply.client_address import client_address
from probe.recording.machine import MachineJournal
from probe.standards.dns.names import is_fqdn, normal
from probe.standards.dns.ptr import address_type
from probe.standards.dns.results import HeloResult, PtrResult, PtrStatus
from probe.standards.dns.special_use import why_never_global

# what sets the name in EHLO
_SETTINGS = {
    MtaSoftware.POSTFIX: "myhostname (or smtp_helo_name) in main.cf",
    MtaSoftware.EXIM: "primary_hostname (or helo_data of the transport)",
    MtaSoftware.SENDMAIL: "Dj in sendmail.cf (confDOMAIN_NAME)",
    MtaSoftware.OPENSMTPD: "helo in the action of smtpd.conf",
}


def check_source(journal: MachineJournal) -> Iterator[TestResult]:
    """The addresses that connections leave from, against those that others see."""
    test, request = "source", journal.request
    local = tuple(ip for _, ip in sorted(journal.sources.items()) if ip.version in request.families)
    sightings = _sightings(journal)
    elsewhere = {ip: by for ip, by in sightings.items() if ip not in local and ip != request.ip}
    if request.ip is not None:
        yield say(test, "given", ip=request.ip, local=local)
    elif not local:
        yield say(test, "no-route")
    elif elsewhere:
        ip, by = next(iter(elsewhere.items()))
        yield say(test, "elsewhere", local=local, ip=ip, by=by, count=len(by))
    elif public := tuple(ip for ip in local if not is_private(ip)):
        by = tuple(dict.fromkeys(host for ip in public for host in sightings.get(ip, ())))
        yield say(test, "public", ips=public, by=by)
    else:
        yield say(test, "private", local=local, egress=egress_text(journal))


def _sightings(journal: MachineJournal) -> dict[IPAddress, tuple[str, ...]]:
    """The addresses that mail hosts name in their greetings, and which hosts do."""
    by: dict[IPAddress, tuple[str, ...]] = {}
    for attempt in journal.attempts:
        greeting = attempt.greeting
        ip = client_address(greeting, Stage.GREETING, server=attempt.ip) if greeting is not None else None
        if ip is not None and not is_private(ip):
            by[ip] = (*by.get(ip, ()), attempt.host)
    return by


def check_ptr(journal: MachineJournal) -> Iterator[TestResult]:
    """The PTR records of the addresses that others see; the worst of them is the result."""
    test, ptrs = "ptr", journal.ptrs
    if "names" in journal.missing and not ptrs:
        yield leave_open(test, journal.missing["names"])
        return
    by_status = {status: [it for it in ptrs if it.status is status] for status in PtrStatus}
    if by_status[PtrStatus.MISSING]:
        ips = tuple(it.ip for it in by_status[PtrStatus.MISSING])
        yield say(test, "missing", ips=ips, count=len(ips))
    elif by_status[PtrStatus.MISMATCH]:
        yield say(test, "mismatch", **_of(by_status[PtrStatus.MISMATCH]))
    elif by_status[PtrStatus.UNKNOWN]:
        answers = (answer for it in by_status[PtrStatus.UNKNOWN] for answer in it.answers)
        yield unanswered(test, next((it.failure for it in answers if it.failure is not None), None))
    elif ptrs:
        yield say(test, "confirmed", **_of(by_status[PtrStatus.CONFIRMED]))
    else:
        yield leave_open(test, MachineGap.NO_ADDRESS)


def _of(ptrs: list[PtrResult]) -> dict[str, object]:
    return {
        "ips": tuple(it.ip for it in ptrs),
        "hosts": tuple(it.first_name for it in ptrs),
        "families": tuple(dict.fromkeys(f"an {address_type(it.ip)}" for it in ptrs)),
    }


def check_helo(journal: MachineJournal) -> Iterator[TestResult]:
    """The EHLO name: a full name, one that leads here, and the same as the PTR."""
    test, name, results = "helo", journal.helo, journal.helo_results
    values: dict[str, object] = {"name": name, "by": _by(journal), "setting": _setting(journal)}
    if not name:
        yield leave_open(test, MachineGap.NO_NAME)
        return
    if name.startswith("["):
        yield say(test, "literal", **values)
        return
    if why := why_never_global(normal(name)):
        yield say(test, "local-name", why=why, **values)
        return
    if not is_fqdn(name):
        yield say(test, "no-fqdn", **values)
        return
    if not results:
        yield leave_open(test, journal.missing.get("names", MachineGap.NOT_MADE))
        return
    yield _in_dns(journal, results, values)


def _in_dns(journal: MachineJournal, results: list[HeloResult], values: dict[str, object]) -> TestResult:
    """The name as receiving servers look it up, for each address that they see."""
    test, ips = "helo", tuple(it.ip for it in journal.ptrs)
    first = results[0]
    if is_walled(journal):
        return leave_open(test, MachineGap.WALLED)
    if first.resolves is False:
        return say(test, "nowhere", ips=ips or ("the address of this machine",), **values)
    if not ips:
        return leave_open(test, MachineGap.NO_ADDRESS)
    wrong = [ip for ip, it in zip(ips, results, strict=False) if it.matches_source is False]
    unknown = [it for it in results if it.resolves is None or it.matches_source is None]
    if wrong:
        return say(test, "elsewhere", ips=tuple(wrong), others=first.addresses, **values)
    if unknown:
        failures = (it.failure for it in unknown[0].answers if it.failure is not None)
        return unanswered(test, next(failures, None))
    pairs = list(zip(journal.ptrs, results, strict=False))
    others = [ptr for ptr, it in pairs if it.equals_ptr is False and ptr.status is PtrStatus.CONFIRMED]
    if others:
        hosts = tuple(dict.fromkeys(ptr.first_name for ptr in others))
        return say(test, "not-ptr", ips=tuple(it.ip for it in others), hosts=hosts, **values)
    is_ptr = all(it.equals_ptr for it in results)
    return say(test, "right", ips=ips, is_ptr=is_ptr, **values)


def _by(journal: MachineJournal) -> str:
    """Where the name comes from, in a word or two."""
    reason = journal.helo_reason
    if reason is None:
        return "not known"
    match reason.tag:
        case HeloReason.GIVEN:
            return "--helo"
        case HeloReason.MTA:
            return reason.where or reason.text
        case _:
            return "the host name"


def _setting(journal: MachineJournal) -> str:
    mta = journal.mta
    return _SETTINGS.get(mta.software, "") if isinstance(mta, SenderMta) else ""
