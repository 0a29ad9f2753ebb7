"""Judges the way out: port 25 over each address family, and IPv6 itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from probe.doctor.report import TestResult
from probe.doctor.voice import leave_open, say
from probe.facts.reach import SEVERAL, networks
from probe.model.address import IPAddress
from probe.model.dialable import is_private
from probe.model.fitness import MachineGap
from probe.model.observed import EndCause
from probe.model.session import EndReason
from probe.recording.machine import ConnectionAttempt, MachineJournal
from probe.wording.spoken import spoken

_TEST = {4: "port25-ipv4", 6: "port25-ipv6"}
_MASK = "*"
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+\.?")


def check_port25_ipv4(journal: MachineJournal) -> Iterator[TestResult]:
    """Port 25 over IPv4, or why it was not tried."""
    yield from _check(journal, 4)


def check_port25_ipv6(journal: MachineJournal) -> Iterator[TestResult]:
    """Port 25 over IPv6; nothing where this machine has no IPv6 address, or no way for it (`ipv6`)."""
    if public_ipv6(journal) and not _is_without_route(journal, 6):
        yield from _check(journal, 6)


def check_ipv6(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether IPv6 addresses of this machine have a way out."""
    ips = public_ipv6(journal)
    if 6 not in journal.request.families:
        yield leave_open("ipv6", MachineGap.NOT_ASKED)
    elif not ips:
        yield say("ipv6", "none")
    elif _is_without_route(journal, 6):
        yield say("ipv6", "no-route", ips=ips)
    else:
        yield say("ipv6", "works", ips=ips)


def public_ipv6(journal: MachineJournal) -> tuple[IPAddress, ...]:
    """The IPv6 addresses that others could see."""
    return tuple(ip for ip in journal.addresses if ip.version == 6 and not is_private(ip))


def _is_without_route(journal: MachineJournal, family: int) -> bool:
    attempts = _attempts(journal, family)
    return family not in journal.sources or (
        bool(attempts) and all(_tag(it) is EndCause.NO_ROUTE for it in attempts)
    )


def _attempts(journal: MachineJournal, family: int) -> list[ConnectionAttempt]:
    return [it for it in journal.attempts if it.ip.version == family]


def _tag(attempt: ConnectionAttempt) -> EndCause | None:
    return attempt.cause.tag if attempt.cause is not None else None


def _check(journal: MachineJournal, family: int) -> Iterator[TestResult]:
    test, attempts = _TEST[family], _attempts(journal, family)
    if family not in journal.request.families:
        yield leave_open(test, MachineGap.NOT_ASKED)
        return
    # what ended before its own time tells nothing
    attempts = [it for it in attempts if it.end not in (EndReason.DEADLINE, EndReason.INTERRUPTED)]
    if not attempts:
        gap = journal.missing.get("way", MachineGap.NO_OPERATOR)
        yield leave_open(test, gap, domains=journal.operators)
        return
    greetings = [it for it in attempts if it.greeting is not None]
    if greetings:
        yield _of_greetings(test, greetings, attempts)
    else:
        yield _of_failures(test, attempts, family)


def _of_greetings(
    test: str, greetings: Sequence[ConnectionAttempt], attempts: Sequence[ConnectionAttempt]
) -> TestResult:
    texts = [it.greeting.text for it in greetings if it.greeting is not None]
    domains = tuple(dict.fromkeys(it.domain for it in greetings))
    masks = [text for text in texts if text.count(_MASK) > len(text) / 3]
    if masks and len(masks) == len(texts):
        return say(test, "masked", text=masks[0])
    names = Counter(map(_name_in, texts))
    name, count = names.most_common(1)[0] if names else ("", 0)
    if len(domains) >= SEVERAL and count == len(texts):
        return say(test, "intercepted", domains=domains, name=name)
    refusals = [it for it in greetings if it.greeting is not None and not it.greeting.is_positive]
    if refusals and len(refusals) == len(greetings):
        hosts = [it.host for it in refusals]
        return say(test, "turned-away", hosts=hosts, texts=[str(it.greeting) for it in refusals])
    others = [it.host for it in attempts if it.greeting is None]
    hosts = [it.host for it in greetings]
    return say(test, "open", hosts=hosts, count=len(hosts), others=others)


def _name_in(greeting: str) -> str:
    """The host that greets by its own word (RFC 5321 section 4.2), else the whole text."""
    return next((word.lower() for word in greeting.split() if _HOST.fullmatch(word)), greeting)


def _of_failures(test: str, attempts: Sequence[ConnectionAttempt], family: int) -> TestResult:
    hosts, ips = [it.host for it in attempts], [it.ip for it in attempts]
    values = {"hosts": hosts, "ips": ips, "family": family}
    causes = [it.cause for it in attempts if it.cause is not None]
    text = next((it.text for it in causes if it.text), "")
    if all(_tag(it) is EndCause.NO_ROUTE for it in attempts):
        return say(test, "no-route", text=text, **values)
    gateway = next((it for it in causes if it.tag in (EndCause.GATEWAY, EndCause.ICMP)), None)
    if gateway is not None and len({it.ip for it in causes}) == 1 and len(causes) == len(attempts):
        return say(test, "gateway", by=gateway.ip, text=gateway.text, **values)
    if all(it.end is EndReason.LOCAL_ERROR for it in attempts):
        return say(test, "local", text=text, **values)
    are_several = len({it.domain for it in attempts}) >= SEVERAL and len(networks(ips)) >= SEVERAL
    if not are_several:
        return say(test, "one-alone", **values)
    ends = {it.end for it in attempts}
    if all(it.connected for it in attempts):
        return say(test, "mute", **values)
    if ends == {EndReason.TIMEOUT}:
        return say(test, "silent", **values)
    if ends == {EndReason.REFUSED}:
        return say(test, "refused", **values)
    return say(test, "one-host", failures=[failure_of(it) for it in attempts], **values)


def failure_of(attempt: ConnectionAttempt) -> str:
    """A connection without a greeting, in words."""
    why = spoken(attempt.cause) if attempt.cause is not None else attempt.end.words
    return f"{attempt.host} [{attempt.ip}]: {why or attempt.end.words}"
