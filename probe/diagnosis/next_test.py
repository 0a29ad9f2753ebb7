"""The one further observation that would most change the ranking.

If there was a reply, the candidates of next_tests.toml are compared by their expected gain for the ranking of
this run; if there was none, the test depends on what prevented one.
"""

from __future__ import annotations

import shlex

from probe.diagnosis.commands import command, fill, fill_flags
from probe.diagnosis.elsewhere import (
    by_another_resolver,
    from_second_place,
    from_sending_address,
    has_family,
    with_line,
)
from probe.diagnosis.gain import expected_gain
from probe.diagnosis.outcome import is_of_other_family, lacks_resolver
from probe.diagnosis.own_server import OF_FALLBACK
from probe.diagnosis.posture import is_bad_helo
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.verdict import Diagnosis
from probe.facts.fallback import fallback_sessions
from probe.facts.model import Facts
from probe.facts.tls_demand import NEEDED, mode_with, own_demand
from probe.knowledge.causes import causes
from probe.knowledge.next_tests import CandidateTest, candidate_tests, least_gain, least_share_of_tls
from probe.model.address import NullReversePath
from probe.model.evidence import Band
from probe.model.observed import Gap
from probe.model.reply import Stage
from probe.model.report import NextTest
from probe.model.session import Experiment
from probe.model.target import Endpoint, PairTarget, TlsMode
from probe.model.verdict import Outcome, OutcomeReason
from probe.standards.dns.results import RouteKind

_SETTLED = 0.8  # a stated cause of this share needs no further test
_HALF_AN_HOUR_S = 1800
_MORE_TIME_S = 180
_DOWN = "check from {place}: it tells a server that is down from a path that is blocked"
_DROPS = "check from {place}: it tells whether the server drops everybody, or this address"
_OUT_OF_STEP = "check from {place}: replies out of step are often the work of a device on the path"
_PAST_THIS_HOST = "ask the MX hosts in the name of this host's mail server, to see what they would say"
_PAST_THE_RELAY = "ask the MX hosts in the name of this host: it tells what the recipient's side says of it"
_ASK_ANOTHER = "ask another resolver, {resolver}"
_NO_RESOLVER = (
    f"{_ASK_ANOTHER}: other names got no usable answer either, so look at this machine's resolver and "
    "network first"
)
_NAME = "NAME"  # a placeholder that the reader fills in
_IN_THE_END = "ask the server that this host hands it to in the end"
_WAIT, _LOG = "half-an-hour", "own-log"


def next_test(facts: Facts, diagnosis: Diagnosis) -> NextTest | None:
    """The next test; None if one more observation would not change the verdict."""
    ground, outcome = diagnosis.result.ground, diagnosis.result.outcome
    if outcome is Outcome.ACCEPTED:
        return _to_reach(facts) if ground is Ground.NOT_ASKED else None
    if ground is Ground.DNS_UNKNOWN:
        is_ours = lacks_resolver(facts, diagnosis.result) or _sender_is_unknown_too(facts)
        return by_another_resolver(facts, _NO_RESOLVER if is_ours else _ASK_ANOTHER)
    if ground is Ground.UNDIALLED:
        return NextTest(
            "if that network is your own, let the probe connect to it", command(facts, "--allow-private")
        )
    if ground in (Ground.NO_CONNECTION, Ground.NO_REPLY):
        had_dialogue = diagnosis.result.stage not in (Stage.CONNECT, Stage.GREETING)
        return from_second_place(facts, _DROPS if had_dialogue else _DOWN)
    if diagnosis.result.is_for(OutcomeReason.OWN_FALLBACK_NOWHERE):
        return None
    if diagnosis.result.is_for(*OF_FALLBACK) and facts.mta is not None:
        hop, sessions = facts.mta.route.fallback[0], fallback_sessions(facts)
        place = (
            Endpoint(sessions[-1].mx_host, sessions[-1].port) if sessions else Endpoint(hop.host, hop.port)
        )
        flags = f"--mx {shlex.quote(str(place))}"
        # it is the user's own choice, and mostly stands in the user's own network
        return NextTest(_IN_THE_END, command(facts, f"{flags} --allow-private"))
    if ground is Ground.OWN:
        is_family = diagnosis.result.stage is Stage.DNS  # the MX hosts have no address of the family in use
        return None if is_family else NextTest(_PAST_THIS_HOST, command(facts, "--route mx"))
    if ground is Ground.LOGIN:
        return NextTest(_PAST_THE_RELAY, command(facts, "--route mx"))
    if diagnosis.result.is_for(OutcomeReason.DEADLINE):
        return _with_more_time(facts)
    if ground is Ground.INTERRUPTED or (ground is Ground.NOT_REACHED and facts.was_interrupted):
        return NextTest("run it again, to its end", command(facts, ""))
    if ground is Ground.NOT_REACHED:
        return _to_reach(facts)
    session = diagnosis.result.session
    if ground is Ground.TLS and session is not None and mode_with(facts, session.mx_host) in NEEDED:
        text = "let the probe go on without TLS: it tells whether the recipient is taken at all"
        is_ours = own_demand(facts, session.mx_host)
        return NextTest(text, command(facts, "--tls never" if is_ours else "--tls auto"))
    if ground is Ground.DESYNCHRONISED:
        return from_second_place(facts, _OUT_OF_STEP)
    return _by_ranking(facts, diagnosis)


def _sender_is_unknown_too(facts: Facts) -> bool:
    """DNS failed for another domain than the recipient's, too."""
    sender = facts.sender
    if sender.domain in (None, facts.recipient.domain) or sender.mail is None or sender.dmarc is None:
        return False
    return sender.mail.kind is RouteKind.UNKNOWN and sender.dmarc.unknown


def _to_reach(facts: Facts) -> NextTest:
    """What would let the run reach a server: first what was left out, then more time."""
    if not facts.options.smtp:
        return NextTest("ask the servers too, without --no-smtp", command(facts, "", leave=("--no-smtp",)))
    if facts.recipient.mx.kind is RouteKind.FIXED:
        return NextTest("ask the domain's own servers, without --mx", command(facts, "", leave=("--mx",)))
    if is_of_other_family(facts):
        flags = ("--bind",) if facts.options.bind is not None else ("-4", "-6")
        text = f"ask in both address families, without {' and '.join(flags)}"
        return NextTest(text, command(facts, "", leave=("--bind", "-4", "-6")))
    return _with_more_time(facts)


def _with_more_time(facts: Facts) -> NextTest:
    seconds = max(_MORE_TIME_S, 3 * facts.options.timeout)
    return NextTest("run it again with more time", command(facts, f"--timeout {seconds:g}"))


def _by_ranking(facts: Facts, diagnosis: Diagnosis) -> NextTest | None:
    if diagnosis.band is Band.STATED and diagnosis.verdict.confidence >= _SETTLED:
        return None
    tests = {test.id: test for test in candidate_tests()}
    if _is_waiting_enough(facts, diagnosis):
        return _as_next(facts, diagnosis, tests[_WAIT])
    shares = {cause.id: cause.probability for cause in diagnosis.ranking}
    open_tests = [it for it in candidate_tests() if _is_possible(it, facts, diagnosis)]
    gains = {it.id: expected_gain(shares, it) for it in open_tests}
    worth = [it for it in open_tests if gains[it.id] >= least_gain()]
    if not worth:
        return _as_next(facts, diagnosis, tests[_LOG])
    # ties go to the first in the file, which max keeps
    return _as_next(facts, diagnosis, max(worth, key=lambda it: round(gains[it.id] / it.effort, 9)))


def _is_waiting_enough(facts: Facts, diagnosis: Diagnosis) -> bool:
    """A 4yz to the sending address: the queue tries again by itself, which is the best test."""
    cause = diagnosis.verdict.cause
    if diagnosis.result.outcome is not Outcome.DEFERRED or facts.vantage.is_sending_address is False:
        return False
    return cause is None or not causes()[cause].lasts


def _is_possible(test: CandidateTest, facts: Facts, diagnosis: Diagnosis) -> bool:
    """Whether a test is possible: not done in this run, and applicable to it."""
    result, pair = diagnosis.result, isinstance(facts.target, PairTarget)
    if test.stages and result.stage not in test.stages:
        return False
    if test.experiments and (not pair or _was_tried(facts, *test.experiments) or _is_idle(facts, test)):
        return False
    match test.id:
        case "sending-machine":
            return facts.vantage.is_sending_address is False
        case "second-network":
            # first ask from the sending address, if another one got the answer; and if the same address got
            # further with another reverse-path, the address is not what is refused
            return facts.vantage.is_sending_address is not False and not _null_sender_got_further(
                facts, result
            )
        case "null-sender":
            return not (_has_null_sender(facts) or _has_controls(facts) or _refuses_null(facts))
        case "other-sender":
            return pair and not _has_null_sender(facts)
        case "known-good-mailbox":
            return pair and not _has_other_acceptance(facts)
        case "other-mx":
            return bool(_other_mx(facts, result))
        case "other-family":
            return _other_family(facts, result) is not None
        case "other-helo":
            return pair and facts.sender.helo is not None and is_bad_helo(facts.sender.helo)
        case "with-tls" | "without-tls":
            return _may_try_tls(test, facts, diagnosis)
        case _:
            return test.id != _LOG or (
                facts.bounce is None and (facts.log is None or facts.log.delivery is None)
            )


def _is_idle(facts: Facts, test: CandidateTest) -> bool:
    """Whether the run found that no ending of this experiment would change anything."""
    return any(
        omission.experiment in test.experiments and omission.reason.tag is Gap.UNCHANGED
        for omission in facts.not_reached
    )


def _null_sender_got_further(facts: Facts, result: RunResult) -> bool:
    return any(
        exchange.stage is result.stage and exchange.reply is not None and exchange.reply.is_positive
        for session in facts.sessions
        if session.experiment is Experiment.NULL_SENDER
        for exchange in session.exchanges
    )


def _other_mx(facts: Facts, result: RunResult) -> str:
    """The next MX host that was not asked, empty if there is none."""
    names = {session.mx_host for session in facts.sessions}
    hosts = [it for it in facts.recipient.mx.hosts if it.addresses and it.host not in names]
    here = result.session.ip if result.session is not None else None
    return next((it.host for it in hosts if here not in it.addresses), "")


def _other_family(facts: Facts, result: RunResult) -> int | None:
    """The address family in which the refusing host was not asked but could be."""
    session = result.session
    if session is None or facts.options.bind is not None:
        return None
    hosts = (it for it in facts.recipient.mx.hosts if it.host == session.mx_host)
    addresses = {ip.version for it in hosts for ip in it.addresses}
    session_families = {other.ip.version for other in facts.sessions if other.mx_host == session.mx_host}
    return next((version for version in addresses - session_families if has_family(facts, version)), None)


def _may_try_tls(test: CandidateTest, facts: Facts, diagnosis: Diagnosis) -> bool:
    session, mode = diagnosis.result.session, facts.options.tls
    if session is None:
        return False
    if test.id == "with-tls":
        extensions = session.plain_extensions
        return mode is TlsMode.NEVER and extensions is not None and extensions.offers("STARTTLS")
    share = next((it.probability for it in diagnosis.ranking if it.id == "tls_problem"), 0.0)
    has_tls = session.tls is not None and session.tls.established
    return has_tls and mode is TlsMode.AUTO and share >= least_share_of_tls()


def _has_controls(facts: Facts) -> bool:
    """Whether control experiments were made; the run then deliberately left out the missing ones."""
    return _was_tried(
        facts, Experiment.POSTMASTER, Experiment.RANDOM, Experiment.NULL_SENDER, Experiment.OTHER_MX
    )


def _has_null_sender(facts: Facts) -> bool:
    return isinstance(facts.target, PairTarget) and isinstance(facts.target.reverse_path, NullReversePath)


def _refuses_null(facts: Facts) -> bool:
    provider = facts.recipient.provider
    return provider is not None and provider.refuses_null_sender


def _has_other_acceptance(facts: Facts) -> bool:
    """Whether another mailbox of the domain was accepted in this run; another such test would add nothing."""
    return any(
        exchange.stage is Stage.RCPT and exchange.reply is not None and exchange.reply.is_positive
        for session in facts.sessions
        if session.experiment in (Experiment.POSTMASTER, Experiment.RANDOM)
        for exchange in session.exchanges
    )


def _was_tried(facts: Facts, *experiments: Experiment) -> bool:
    return any(session.experiment in experiments for session in facts.sessions)


def _as_next(facts: Facts, diagnosis: Diagnosis, test: CandidateTest) -> NextTest:
    """The test in words, with its command if this program can make it."""
    result = diagnosis.result
    words = {"other_mx": _other_mx(facts, result), "family": str(_other_family(facts, result) or "")}
    ptr = facts.sender.ptr
    words["helo"] = ptr.confirmed[0] if ptr is not None and ptr.confirmed else _NAME
    words["minutes"] = str((diagnosis.verdict.retry_after_s or _HALF_AN_HOUR_S) // 60 or 1)
    text = fill(test.text, words)
    if test.place:
        return from_second_place(facts, text) if test.place == "second" else from_sending_address(facts, text)
    if not test.here:
        return NextTest(text, None)
    domain = facts.target.forward_path.domain if isinstance(facts.target, PairTarget) else ""
    recipient = f"{test.recipient}@{domain}" if test.recipient else ""
    line = command(facts, fill_flags(test.flags, words), sender=test.sender, recipient=recipient)
    if test.sender or test.recipient or (words["helo"] == _NAME and "{helo}" in test.flags):
        return with_line(facts, text, "", line)
    return NextTest(text, line)
