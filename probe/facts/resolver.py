"""The state of the name servers: whether they work, and which answers must be reported."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Network

from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.dns64 import IPV4_ONLY, inner_address, prefixes_of
from probe.standards.dns.health import Health, health
from probe.standards.dns.message import Answer
from probe.standards.dns.provenance import STALE


@dataclass(frozen=True, slots=True)
class NameServerFacts:
    """The state of the name servers of a run. `silent` are those that never answered, `failed` those that
    refused or failed whatever they were asked, each as it is written."""

    health: Health = Health.WORKING
    silent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def is_at_fault(self) -> bool:
        """Whether no name server works, so that missing answers are nobody else's fault."""
        return self.health is not Health.WORKING

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those at fault."""
        return tuple(dict.fromkeys((*self.failed, *self.silent)))


AT_WORK = NameServerFacts()


def name_servers_of(recording: Recording) -> NameServerFacts:
    """Judged by all answers of the run."""
    answers = [event.answer for event in recording.all(ev.DnsAnswered)]
    spoke = dict.fromkeys(it.provenance.server for it in answers if it.provenance is not None)
    mute = dict.fromkeys(event.server.as_name_server for event in recording.all(ev.NameServerSilent))
    state = health(answers)
    failed = tuple(spoke) if state in (Health.REFUSING, Health.FAILING) else ()
    return NameServerFacts(state, tuple(it for it in mute if it not in spoke), failed)


def notable_answers(recording: Recording) -> tuple[Answer, ...]:
    """Answers that a name server made itself, that had expired, or that contain an address made by DNS64;
    unchanged, each question once. The answer that shows the DNS64 prefix is last."""
    answers = {event.answer.question: event.answer for event in reversed(recording.all(ev.DnsAnswered))}
    # the answer that shows the DNS64 prefix is expected
    prefix = answers.pop(IPV4_ONLY, None)
    prefixes = prefixes_of(prefix) if prefix is not None else ()
    notable = [answer for answer in reversed(answers.values()) if _is_notable(answer, prefixes)]
    return tuple(notable if prefix is None or not prefixes else (*notable, prefix))


def _is_notable(answer: Answer, prefixes: tuple[IPv6Network, ...]) -> bool:
    if answer.provenance is not None and (answer.doubt or answer.provenance.error(STALE) is not None):
        return True
    return any(inner_address(ip, prefixes) is not None for ip in answer.addresses())
