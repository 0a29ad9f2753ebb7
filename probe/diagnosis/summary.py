"""The summary sentence of the verdict. It says only what was observed."""

from __future__ import annotations

from probe.diagnosis.evidence import log_reading
from probe.diagnosis.outcome import OF_OTHER_FAMILY, lacks_resolver
from probe.diagnosis.own_server import OF_FALLBACK
from probe.diagnosis.risks import Risk
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.why import why
from probe.facts.logged import is_handed_over
from probe.facts.model import Facts
from probe.facts.reach import Barrier, barrier
from probe.facts.resolver import NameServerFacts
from probe.facts.session import Session
from probe.facts.tls_demand import NEEDED, mode_with
from probe.model.reply import Stage
from probe.model.session import Stop
from probe.model.target import PairTarget, TlsMode
from probe.model.text import shorten
from probe.model.verdict import Outcome, OutcomeReason
from probe.standards.dns.health import Health
from probe.standards.dns.results import RouteKind
from probe.standards.smtp.results import Deviation

_QUOTED = 160  # characters of the reply of another server than the one that decided
_STAGE_WORDS = {
    Stage.CONNECT: "when connecting",
    Stage.GREETING: "at the greeting",
    Stage.EHLO: "at EHLO",
    Stage.STARTTLS: "at STARTTLS",
    Stage.MAIL: "at MAIL FROM",
    Stage.RCPT: "at RCPT",
}


def summary(facts: Facts, result: RunResult, risks: tuple[Risk, ...], before_relay: str = "") -> str:
    """One sentence, without a full stop at its end. `before_relay`: the clause of `hosts_said`, where the
    local mail server hands the mail on."""
    if result.outcome is Outcome.ACCEPTED:
        return _acceptance(facts, result, risks, before_relay)
    if result.ground is Ground.ROUTE:
        return f"refused for good before any server was asked: {why(result)}"
    if result.ground is Ground.SMTPUTF8:
        return f"refused: {_host(result)} does not offer SMTPUTF8, which the address needs"
    if result.ground is Ground.OWN and facts.mta is not None and result.outcome is not Outcome.INCONCLUSIVE:
        word = "refused" if result.outcome is Outcome.REFUSED else "deferred"
        if result.is_for(OutcomeReason.OWN_FALLBACK_NOWHERE):
            return f"{word} by {_own(facts)} on this host, which {why(result)} (before that, {before_relay})"
        return f"{word} by {facts.mta.software.label} on this host before any server is asked: {why(result)}"
    whose = _whose(facts, before_relay)
    is_ours = result.ground is Ground.TLS and facts.mta is not None
    if result.outcome is Outcome.REFUSED and not is_ours:
        is_put_off = result.reply is not None and result.reply.is_transient
        sent_back = f"; {_own(facts)} sends back what is put off then" if is_put_off else ""
        return f"refused for good {_STAGE_WORDS[result.stage]} by {_host(result)}{whose}{sent_back}"
    if result.outcome is not Outcome.INCONCLUSIVE and is_ours and facts.mta is not None:
        ours = f"{result.outcome} by {facts.mta.software.label} on this host, which demands TLS"
        return f"{ours}: {_without_tls(facts, result, why(result))}"
    if result.outcome is Outcome.DEFERRED:
        return f"deferred {_STAGE_WORDS[result.stage]} by {_host(result)}{whose}: not now, perhaps later"
    return "inconclusive: " + _inconclusive(facts, result, before_relay)


def hosts_said(facts: Facts, result: RunResult) -> str:
    """The clause for what came of the hosts that are asked before a fallback relay."""
    if result.reply is not None and not result.reply.is_positive:
        return f"{_host(result)} answered {_STAGE_WORDS[result.stage]}: {shorten(str(result.reply), _QUOTED)}"
    return why(result) if result.ground is Ground.ROUTE else _inconclusive(facts, result)


def _acceptance(facts: Facts, result: RunResult, risks: tuple[Risk, ...], before_relay: str) -> str:
    if result.ground is Ground.NOT_ASKED:
        ours = any(risk.is_sender_side for risk in risks)
        tail = (
            ", and a fault on the sender's side is likely to have the mail refused or junked" if ours else ""
        )
        return f"no server was asked ({why(result)}); DNS names servers that take mail{tail}"
    if not isinstance(facts.target, PairTarget):
        domain = facts.recipient.domain
        answers = f"{_host(result)} answers as a mail server for {domain}; no mailbox was asked for"
        return answers + _policy_fails(facts, risks)
    if facts.bounce is not None and facts.bounce.is_refusal:
        return f"accepted at RCPT by {_host(result)} now, but the bounce tells of a refusal before"
    if log_reading(facts) is not None:
        return f"accepted at RCPT by {_host(result)} now, but the log tells of a failure before"
    tail = ", but a fault on the sender's side is likely to have the mail refused or junked after DATA"
    if result.exchange is not None and Deviation.CONTRADICTED in result.exchange.deviations:
        tail = ", with the enhanced status of a refusal: the acceptance is not to be relied on"
        return f"accepted at RCPT by {_host(result)}{tail}"
    is_ours = any(risk.is_sender_side for risk in risks)
    policy = _policy_fails(facts, risks)
    untold = "; nothing was delivered"
    if is_handed_over(facts):
        untold = "; nothing was delivered by this run, and the log shows that the other side has the message"
    tail = tail if is_ours else policy or untold
    whose = _whose(facts, before_relay) if facts.was_handed_on else ""
    return f"accepted at RCPT by {_host(result)}{whose}{tail}"


def _whose(facts: Facts, before_relay: str) -> str:
    """What the server that decided is to this host, if it is no server of the recipient."""
    if facts.was_handed_on:
        return f", the fallback relay of this host (before it, {before_relay})"
    return ", the relay of this host" if facts.relay else ""


def _policy_fails(facts: Facts, risks: tuple[Risk, ...]) -> str:
    """The clause for a domain whose DANE or MTA-STS fails; empty if neither does."""
    if not any(risk.is_tls_policy for risk in risks):
        return ""
    is_ours = facts.tls_policy is None and facts.options.tls in (*NEEDED, TlsMode.DANE)
    who = "this sender" if is_ours else "a sender that enforces it"
    return f", but the domain's policy for TLS (DANE or MTA-STS) fails: {who} does not deliver"


def _inconclusive(facts: Facts, result: RunResult, before_relay: str = "") -> str:
    domain = facts.recipient.domain
    if result.is_for(*OF_OTHER_FAMILY):
        return f"no server of {domain} was asked, by the choice of the options: {why(result)}"
    obstacle = barrier(facts.sessions) if result.ground is Ground.NO_CONNECTION else None
    if obstacle is not None and obstacle in _BARRIERS:
        return f"{_BARRIERS[obstacle]}; it says nothing of {domain}"
    where = _STAGE_WORDS.get(result.stage, "in DNS")
    detail = why(result)
    if lacks_resolver(facts, result):
        return _no_resolver(facts.name_servers)
    if result.is_for(*OF_FALLBACK):
        return f"{_own(facts)} on this host {detail}; before it, {before_relay}"
    is_named = facts.recipient.mx.kind is RouteKind.FIXED  # by --mx, or by the local mail server
    place = result.reason.host if is_named and result.reason is not None else domain
    words = {
        Ground.DNS_UNKNOWN: f"DNS gave no usable answer for {place} ({detail}); that is neither yes nor no",
        Ground.UNDIALLED: f"the MX hosts of {domain} have no public address ({detail})",
        Ground.NO_CONNECTION: f"{_nobody(facts)} could be connected to ({detail})",
        Ground.NO_REPLY: f"{_host(result)} gave no complete reply {where} ({detail})",
        Ground.DESYNCHRONISED: f"the dialogue with {_host(result)} went wrong {where}: {detail}",
        Ground.TLS: _without_tls(facts, result, detail),
        Ground.NOT_REACHED: f"no server of {domain} was asked: {detail}",
        Ground.OWN: f"no server of {domain} was asked: {_own(facts)} on this host {detail}",
        Ground.INTERRUPTED: f"{detail} {_awaiting(result)}",
        Ground.LOGIN: f"{_host(result)} was asked no further than EHLO: {detail}",
    }
    return words.get(result.ground, f"the dialogue ended {where}")


def _own(facts: Facts) -> str:
    return facts.mta.software.label if facts.mta is not None else "the mail server"


_BARRIERS = {
    Barrier.NO_ROUTE: "this machine has no route to the mail hosts",
    Barrier.GATEWAY: "this machine's own gateway turns the connections away",
    Barrier.LOCAL: "this machine could not connect",
    Barrier.SILENT_EVERYWHERE: "port 25 is silent at all hosts of several networks: this network closes it",
    Barrier.REFUSED_EVERYWHERE: "port 25 is refused at all hosts of several networks: this network closes it",
}


def _no_resolver(servers: NameServerFacts) -> str:
    """The summary if no name server is of use: a fault of this machine, nothing was learned."""
    who = ", ".join(servers.names) or "the name servers"
    return f"this machine cannot ask DNS: {_OF_NO_USE[servers.health]} {who}"


_OF_NO_USE = {
    Health.SILENT: "no answer from",
    Health.REFUSING: "every name is refused by",
    Health.FAILING: "every name fails at",
    Health.DENYING: "names that exist are denied by",
}


def _awaiting(result: RunResult) -> str:
    """What the run was waiting for."""
    if result.stage is Stage.CONNECT:
        return f"while connecting to {_host(result)}"
    if result.stage is Stage.GREETING:
        return f"while waiting for the greeting of {_host(result)}"
    what = "TLS" if result.stage is Stage.STARTTLS else result.stage.words
    return f"while waiting for the answer of {_host(result)} to {what}"


def _nobody(facts: Facts) -> str:
    domain = facts.recipient.domain
    return f"no relay of this host for {domain}" if facts.relay else f"no MX host of {domain}"


def _without_tls(facts: Facts, result: RunResult, detail: str) -> str:
    session: Session | None = result.session
    if session is not None and session.stop is Stop.TLS_NOT_VERIFIED:
        return f"TLS was required, and the certificate of {_host(result)} does not verify ({detail})"
    if session is not None and mode_with(facts, session.mx_host) in NEEDED:
        return f"TLS was required and {_host(result)} gave none ({detail})"
    return f"TLS with {_host(result)} failed ({detail}), and no session without TLS came about"


def _host(result: RunResult) -> str:
    session: Session | None = result.session
    return f"{session.mx_host} [{session.ip}]" if session is not None else "the server"
