"""The state of the name servers: whether they work, and which answers must be reported."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Network

from probe._dataclass import dataclass
from probe.recording import events as ev
from probe.recording.controls import controls_of
from probe.recording.journal import Recording
from probe.standards.dns.dns64 import IPV4_ONLY, inner_address, prefixes_of
from probe.standards.dns.false_denial import FalseDenial, false_denial_in
from probe.standards.dns.health import Health, health
from probe.standards.dns.message import Answer, Question, RecordType, Status
from probe.standards.dns.provenance import STALE
from probe.standards.dns.rewriting import Rewriting, rewriting_in


@dataclass(frozen=True, slots=True)
class Untruth:
    """What the resolver gives for names that do not exist (`rewriting`), and what it denies although it
    exists (`false_denial`); None if it does not, or that is not known."""

    rewriting: Rewriting | None = None
    false_denial: FalseDenial | None = None

    def mark(self, answer: Answer, look_up: Callable[[Question], Answer]) -> Answer:
        """The answer, marked as the resolver's own word if it is one; `look_up` gives other answers of the
        run."""
        if self.false_denial is not None:
            answer = self.false_denial.mark(answer)
        if self.rewriting is None:
            return answer
        is_v6 = answer.question.rtype is RecordType.AAAA
        of_v4 = look_up(Question(answer.question.name, RecordType.A)) if is_v6 else None
        return self.rewriting.mark(answer, of_v4)


TRUTHFUL = Untruth()


@dataclass(frozen=True, slots=True)
class NameServerFacts:
    """The state of the name servers of a run. `silent` are those that never answered, `failed` those that
    refused or failed whatever they were asked, or deny what exists, each as it is written; `untruth` is what
    they give otherwise than DNS, as far as other answers show it; `corroboration` is what they gave of
    the names that were asked for because others were denied."""

    health: Health = Health.WORKING
    silent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    untruth: Untruth = TRUTHFUL
    corroboration: tuple[Answer, ...] = ()

    @property
    def is_at_fault(self) -> bool:
        """Whether no name server is of use, so that missing answers are nobody else's fault."""
        return self.health is not Health.WORKING

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those at fault."""
        return tuple(dict.fromkeys((*self.failed, *self.silent)))


AT_WORK = NameServerFacts()


def untruth_of(recording: Recording) -> Untruth:
    """What other answers of the run show of the resolver."""
    answers = [event.answer for event in recording.all(ev.DnsAnswered)]
    rewriting = rewriting_in(answers, recording.started.options.seed)
    return Untruth(rewriting, false_denial_in(controls_of(answers)))


def name_servers_of(recording: Recording, untruth: Untruth = TRUTHFUL) -> NameServerFacts:
    """Judged by all answers of the run."""
    answers = [event.answer for event in recording.all(ev.DnsAnswered)]
    spoke = dict.fromkeys(it.provenance.server for it in answers if it.provenance is not None)
    mute = dict.fromkeys(event.server.as_name_server for event in recording.all(ev.NameServerSilent))
    state = health(answers)
    failed = tuple(spoke) if state in (Health.REFUSING, Health.FAILING) else ()
    if untruth.false_denial is not None:
        state, failed = Health.DENYING, untruth.false_denial.servers
    silent = tuple(it for it in mute if it not in spoke)
    corroboration = tuple(it for it in controls_of(answers) if it.status is Status.ANSWER)
    return NameServerFacts(state, silent, failed, untruth, corroboration)


def notable_answers(recording: Recording, untruth: Untruth = TRUTHFUL) -> tuple[Answer, ...]:
    """Answers that a name server made itself, that had expired, or that contain an address made by DNS64;
    unchanged but for the mark of `untruth`, each question once. The answer that shows the DNS64 prefix is
    last."""
    answers = {event.answer.question: event.answer for event in reversed(recording.all(ev.DnsAnswered))}
    if untruth != TRUTHFUL:
        answers = {it.question: untruth.mark(it, recording.answer) for it in answers.values()}
    # the answer that shows the DNS64 prefix is expected
    prefix = answers.pop(IPV4_ONLY, None)
    prefixes = prefixes_of(prefix) if prefix is not None else ()
    notable = [answer for answer in reversed(answers.values()) if _is_notable(answer, prefixes)]
    return tuple(notable if prefix is None or not prefixes else (*notable, prefix))


def _is_notable(answer: Answer, prefixes: tuple[IPv6Network, ...]) -> bool:
    if answer.provenance is not None and (answer.doubt or answer.provenance.error(STALE) is not None):
        return True
    return any(inner_address(ip, prefixes) is not None for ip in answer.addresses())
