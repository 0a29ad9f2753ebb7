"""The one further observation that would most change the ranking."""

from __future__ import annotations

import shlex

from probe.diagnosis.outcome import Ground, Outcome
from probe.diagnosis.verdict import Diagnosis
from probe.facts.model import Facts
from probe.model.evidence import Band
from probe.model.report import NextTest
from probe.model.session import Experiment
from probe.model.target import Options, PairTarget, TlsMode
from probe.standards.dns.results import RouteKind

_ADDRESS_DEPENDENT = frozenset(
    {"ip_blocklisted", "poor_reputation", "auth_failed", "rdns_helo", "rate_limited", "policy_unspecified"}
)
_RECIPIENT = frozenset(
    {"user_unknown", "mailbox_disabled", "recipient_refused", "bad_domain", "relay_denied"}
)


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
    if diagnosis.band is Band.STATED and diagnosis.verdict.confidence >= 0.8:
        return None
    top = {cause.id for cause in diagnosis.ranked[:3] if cause.probability >= 0.05}
    if facts.vantage.is_sending_address is False and top & _ADDRESS_DEPENDENT:
        text = "run the probe on the machine that sends the mail: this answer was given to another address"
        return NextTest(text, _command(facts, "", drop_ip=True))
    if diagnosis.observed.outcome is Outcome.DEFERRED:
        return NextTest(
            "the same again in 30 minutes: what passes by itself needs no fix", _command(facts, "")
        )
    if not _was_tried(facts, Experiment.POSTMASTER) and top & _RECIPIENT:
        return NextTest(
            "ask for postmaster and a made-up mailbox too: it tells this mailbox from the whole domain",
            _command(facts, "--controls always"),
        )
    if top & _RECIPIENT and top & (_ADDRESS_DEPENDENT | {"bad_domain", "relay_denied"}):
        return NextTest(
            "check from a second network: the same refusal there clears the sender's address",
            _command(facts, "--bind ADDRESS"),
        )
    return NextTest(
        "find the server's own line for this attempt: a bounce, or the log of the sending server", None
    )


def _was_tried(facts: Facts, experiment: Experiment) -> bool:
    return any(session.experiment is experiment for session in facts.sessions)


def _command(facts: Facts, extra: str, *, drop_ip: bool = False, with_mx: bool = True) -> str:
    """The same run again with `extra`; what the user said of sender and server is kept."""
    target, options = facts.target, facts.options
    if isinstance(target, PairTarget):
        words = ["smtp-probe", "check", str(target.reverse_path), str(target.forward_path)]
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
