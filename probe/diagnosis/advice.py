"""Chooses the next control experiment: the one with the largest expected gain, and none that could not change
the result.

Each possible ending of an experiment is added to the facts and diagnosed as if it had been seen. If the first
cause, its band and the advice stay the same for every ending, the experiment is idle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from probe._dataclass import replace
from probe.diagnosis.gain import expected_gain
from probe.diagnosis.verdict import Diagnosis, diagnose
from probe.facts.build import GrowingFacts
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.knowledge.next_tests import CandidateTest, candidate_tests, least_share_of_tls
from probe.model.fault import recover
from probe.model.observed import Gap
from probe.model.program_part import ProgramPart
from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.model.session import Advice, Experiment
from probe.recording.events import Event

_YES = Reply(250, EnhancedStatus(2, 1, 5), ("2.1.5 ok",))


class Adviser:
    """Advises one live run: what was read of its recording before is not read again."""

    def __init__(self) -> None:
        self._facts = GrowingFacts()

    @property
    def events(self) -> int:
        """How many events of the recording it has read."""
        return self._facts.events

    def next_experiment(self, further: Iterable[Event], experiments: tuple[Experiment, ...]) -> Advice:
        """Which of the experiments to make next, once it has read these events, too."""
        return next_experiment(lambda: self._facts.after(further), experiments)


def next_experiment(facts_of: Callable[[], Facts], experiments: tuple[Experiment, ...]) -> Advice:
    """Which of the control experiments to make next, by the facts so far, which `facts_of` gives; none if a
    rule of this program raises."""
    fallback = Advice(None, dict.fromkeys(experiments, Gap.NOT_CHOSEN))
    return recover(ProgramPart.EXPERIMENTS, lambda: advise(facts_of(), experiments), fallback, step=1)


def advise(facts: Facts, experiments: tuple[Experiment, ...]) -> Advice:
    """The best of the experiments that are possible, and those that would be idle, with the reason. An
    experiment without TLS is made only if the answer may be about TLS.

    Pure: the same facts give the same advice, so that a replay can explain why an experiment was made.
    """
    now = diagnose(facts, ())
    shares = {cause.id: cause.probability for cause in now.ranking}
    called_for = [it for it in experiments if it is not Experiment.WITHOUT_TLS or _may_be_about_tls(shares)]
    idle = {it: Gap.UNCHANGED for it in called_for if not _is_informative(facts, now, it)}
    open_ = [it for it in called_for if it not in idle]
    # ties go to the first in the list, which max keeps
    best = max(open_, key=lambda it: round(_worth(shares, it), 9), default=None)
    return Advice(best, idle)


def candidate_of(experiment: Experiment) -> CandidateTest | None:
    """The entry of an experiment in next_tests.toml."""
    return next((test for test in candidate_tests() if experiment in test.experiments), None)


def _worth(shares: dict[str, float], experiment: Experiment) -> float:
    test = candidate_of(experiment)
    return expected_gain(shares, test) / test.effort if test is not None else 0.0


def _may_be_about_tls(shares: dict[str, float]) -> bool:
    return shares.get("tls_problem", 0.0) >= least_share_of_tls()


def _is_informative(facts: Facts, now: Diagnosis, experiment: Experiment) -> bool:
    """Whether any ending of the experiment would change what a reader acts on."""
    before = _basis_of_action(now)
    return any(
        _basis_of_action(diagnose(replace(facts, sessions=(*facts.sessions, ending)), ())) != before
        for ending in endings(now, experiment)
    )


def _basis_of_action(diagnosis: Diagnosis) -> tuple[object, ...]:
    """The parts of a diagnosis that a reader acts on."""
    verdict = diagnosis.verdict
    return verdict.cause, diagnosis.band, verdict.fix_by, verdict.retry


def endings(now: Diagnosis, experiment: Experiment) -> Iterator[Session]:
    """The possible sessions of an experiment: accepted, or refused as the target was; with other mailboxes
    all combinations."""
    base, exchange = now.result.session, now.result.exchange
    if base is None or exchange is None or exchange.reply is None:
        return
    empty = replace(base, number=base.number + 1, experiment=experiment, desynchronised=False)
    if experiment in (Experiment.POSTMASTER, Experiment.RANDOM):
        before = _until(base, Stage.RCPT)
        local_parts = ("postmaster", "probe-0") if experiment is Experiment.POSTMASTER else ("probe-0",)
        for answers in _ways(len(local_parts), exchange.reply):
            rcpts = tuple(
                _rcpt(exchange, f"RCPT TO:<{name}@{_domain(exchange)}>", answer)
                for name, answer in zip(local_parts, answers, strict=True)
            )
            yield replace(empty, exchanges=(*before, *rcpts))
        return
    yield replace(empty, exchanges=(*_until(base, exchange.stage), exchange))
    yield replace(empty, exchanges=(*_until(base, exchange.stage), _rcpt(exchange, "", _YES)))


def _ways(mailboxes: int, refusal: Reply) -> Iterator[tuple[Reply, ...]]:
    if mailboxes == 0:
        yield ()
        return
    for rest in _ways(mailboxes - 1, refusal):
        yield (_YES, *rest)
        yield (refusal, *rest)


def _until(session: Session, stage: Stage) -> tuple[Exchange, ...]:
    """The exchanges before the first one of `stage`."""
    before: list[Exchange] = []
    for exchange in session.exchanges:
        if exchange.stage is stage:
            break
        before.append(exchange)
    return tuple(before)


def _rcpt(like: Exchange, command: str, reply: Reply) -> Exchange:
    return replace(like, stage=Stage.RCPT, sent=command, reply=reply, usable=True)


def _domain(exchange: Exchange) -> str:
    return exchange.sent.rpartition("@")[2].partition(">")[0]
