"""The one further observation that would most change the ranking.

Where a reply was given, the candidates of next_tests.toml are weighed by the gain that is expected of them
against the ranking of this run; where none was, what stood in the way decides."""

from __future__ import annotations

import shlex

from probe.diagnosis.gain import expected_gain
from probe.diagnosis.outcome import Ground, Outcome
from probe.diagnosis.verdict import Diagnosis
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.knowledge.next_tests import CandidateTest, candidate_tests, least_gain
from probe.model.address import NullReversePath
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.report import NextTest
from probe.model.session import Experiment
from probe.model.target import Options, PairTarget, TlsMode
from probe.standards.dns.results import RouteKind

_SETTLED = 0.8  # a stated cause of this share needs no further test
_WAIT, _LOG = "half-an-hour", "own-log"


def next_test(facts: Facts, diagnosis: Diagnosis) -> NextTest | None:
    """None when one more observation would not change the verdict."""
    ground, outcome = diagnosis.observed.ground, diagnosis.observed.outcome
    if outcome is Outcome.ACCEPTED:
        return None
    if ground is Ground.DNS_UNKNOWN:
        return NextTest("ask another resolver", _command(facts, "--nameserver ADDRESS"))
    if ground is Ground.UNDIALLED:
        return NextTest(
            "if that network is your own, let the probe connect to it", _command(facts, "--allow-private")
        )
    if ground in (Ground.NO_CONNECTION, Ground.NO_REPLY):
        return NextTest(
            "check from a second network: it tells a server that is down from a path that is blocked",
            _command(facts, "--bind ADDRESS"),
        )
    if ground is Ground.NOT_REACHED:
        return _to_reach(facts)
    if ground is Ground.TLS and facts.options.tls is TlsMode.REQUIRE:
        text = "let the probe go on without TLS: it tells whether the recipient is taken at all"
        return NextTest(text, _command(facts, "--tls auto"))
    if ground is Ground.DESYNCHRONISED:
        text = "check from a second network: replies out of step are often the work of a device on the path"
        return NextTest(text, _command(facts, "--bind ADDRESS"))
    return _by_ranking(facts, diagnosis)


def _to_reach(facts: Facts) -> NextTest:
    """What would let the run come to a server: what was left out first, then more time."""
    if not facts.options.smtp:
        return NextTest("ask the servers too, without --no-smtp", _command(facts, ""))
    if facts.recipient.mx.kind is RouteKind.FIXED:
        return NextTest("ask the domain's own servers, without --mx", _command(facts, "", with_mx=False))
    if facts.options.families != Options().families:
        return NextTest("ask in both address families, without -4 and -6", _command(facts, ""))
    return NextTest("run it again with more time", _command(facts, "--timeout 180"))


def _by_ranking(facts: Facts, diagnosis: Diagnosis) -> NextTest | None:
    if diagnosis.band is Band.STATED and diagnosis.verdict.confidence >= _SETTLED:
        return None
    tests = {test.id: test for test in candidate_tests()}
    if _waits(facts, diagnosis):
        return _as_next(facts, tests[_WAIT])
    shares = {cause.id: cause.probability for cause in diagnosis.ranked}
    open_tests = [it for it in candidate_tests() if _can_be_made(it, facts, diagnosis)]
    gains = {it.id: expected_gain(shares, it) for it in open_tests}
    worth = [it for it in open_tests if gains[it.id] >= least_gain()]
    if not worth:
        return _as_next(facts, tests[_LOG])
    # the first of the file decides between equals: max keeps it
    return _as_next(facts, max(worth, key=lambda it: round(gains[it.id] / it.effort, 9)))


def _waits(facts: Facts, diagnosis: Diagnosis) -> bool:
    """A 4yz from the right address: the queue asks again by itself, which is the test as well."""
    cause = diagnosis.verdict.cause
    if diagnosis.observed.outcome is not Outcome.DEFERRED or facts.vantage.is_sending_address is False:
        return False
    return cause is None or not causes()[cause].lasts


def _can_be_made(test: CandidateTest, facts: Facts, diagnosis: Diagnosis) -> bool:
    """Whether a test is open: not done in this run, and possible from what the run is."""
    observed, pair = diagnosis.observed, isinstance(facts.target, PairTarget)
    if test.stages and observed.stage not in test.stages:
        return False
    if test.id == "sending-machine":
        return facts.vantage.is_sending_address is False
    if test.id == "second-network":
        # an answer to a foreign address is asked from the right one first
        return facts.vantage.is_sending_address is not False
    if test.id == "other-mailboxes":
        return pair and not _was_tried(facts, Experiment.POSTMASTER, Experiment.RANDOM)
    if test.id == "null-sender":
        return pair and not _has_null_sender(facts) and not _controlled(facts) and not _refuses_null(facts)
    if test.id == "other-sender":
        return pair and not _has_null_sender(facts)
    if test.id == "known-good-mailbox":
        return pair and not _took_another_mailbox(facts)
    return test.id != _LOG or facts.bounce is None


def _controlled(facts: Facts) -> bool:
    """Whether controls were made; the run then left out on purpose what is missing of them."""
    return _was_tried(
        facts, Experiment.POSTMASTER, Experiment.RANDOM, Experiment.NULL_SENDER, Experiment.OTHER_MX
    )


def _has_null_sender(facts: Facts) -> bool:
    return isinstance(facts.target, PairTarget) and isinstance(facts.target.reverse_path, NullReversePath)


def _refuses_null(facts: Facts) -> bool:
    provider = facts.recipient.provider
    return provider is not None and provider.refuses_null_sender


def _took_another_mailbox(facts: Facts) -> bool:
    """Whether another mailbox of the domain was accepted in this run: one more would say the same."""
    return any(
        exchange.stage is Stage.RCPT and exchange.reply is not None and exchange.reply.is_positive
        for session in facts.sessions
        if session.experiment in (Experiment.POSTMASTER, Experiment.RANDOM)
        for exchange in session.exchanges
    )


def _was_tried(facts: Facts, *experiments: Experiment) -> bool:
    return any(session.experiment in experiments for session in facts.sessions)


def _as_next(facts: Facts, test: CandidateTest) -> NextTest:
    """The test in words, with the command that makes it where this program can."""
    if not test.here:
        return NextTest(test.text, None)
    drop_ip = test.id == "sending-machine"
    target = facts.target
    if isinstance(target, PairTarget):
        domain = target.forward_path.domain
        sender = test.sender or str(target.reverse_path)
        recipient = f"{test.recipient}@{domain}" if test.recipient else str(target.forward_path)
        return NextTest(
            test.text, _command(facts, test.flags, drop_ip=drop_ip, sender=sender, recipient=recipient)
        )
    return NextTest(test.text, _command(facts, test.flags, drop_ip=drop_ip))


def _command(
    facts: Facts,
    extra: str,
    *,
    drop_ip: bool = False,
    with_mx: bool = True,
    sender: str = "",
    recipient: str = "",
) -> str:
    """The same run again with `extra`; what the user said of sender and server is kept, but for a
    `sender` or `recipient` that is given in its place."""
    target, options = facts.target, facts.options
    if isinstance(target, PairTarget):
        words = ["smtp-probe", "check", sender or str(target.reverse_path)]
        words.append(recipient or str(target.forward_path))
    else:
        words = ["smtp-probe", "domain", target.domain]
    if options.ip is not None and not drop_ip:
        words += ["--ip", str(options.ip)]
    if options.header_from is not None:
        words += ["--header-from", str(options.header_from)]
    if options.helo is not None:
        words += ["--helo", options.helo]
    if options.mx is not None and with_mx:
        host = f"[{options.mx.host}]" if ":" in options.mx.host else options.mx.host
        words += ["--mx", f"{host}:{options.mx.port}"]
    return " ".join([shlex.join(words), extra]).strip()
