"""The outcome, before any interpretation: accepted, refused, deferred or inconclusive, and at which stage."""

from __future__ import annotations

from collections.abc import Sequence

from probe._dataclass import replace
from probe._enum import StrEnum
from probe.diagnosis.own_server import (
    by_own_family,
    by_own_server,
    handed_on,
    kept_after_refusal,
    waits_at,
    without_tls,
)
from probe.diagnosis.run_result import Ground, RunResult
from probe.facts.deciding import deciding_exchange, farthest, is_closing, main_sessions
from probe.facts.gaps import why_no_session
from probe.facts.logged import tells_of_failure
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.facts.tls_demand import NEEDED, certificate_faults, mode_with, waits_for_tls
from probe.model.address import IPAddress
from probe.model.dialable import is_private, why_no_host, why_not_dialable
from probe.model.observed import EndCause, Gap
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Stop
from probe.model.target import PairTarget
from probe.model.verdict import Outcome, OutcomeReason
from probe.standards.dns.message import Answer, Status
from probe.standards.dns.results import MxHost, MxResult, RouteKind
from probe.standards.smtp.results import NOT_KNOWN, Deviation

# -4, -6 or --bind leave no address to connect to
OF_OTHER_FAMILY = (
    OutcomeReason.HOSTS_OF_OTHER_FAMILY,
    OutcomeReason.HOST_OF_OTHER_FAMILY,
    OutcomeReason.GIVEN_HOST_OF_OTHER_FAMILY,
    OutcomeReason.RELAY_OF_OTHER_FAMILY,
)


def observe(facts: Facts) -> RunResult:
    """Decide from DNS first, then from the session that came farthest."""
    return handed_on(facts, observe_hosts(facts))


def observe_hosts(facts: Facts) -> RunResult:
    """The same for the hosts that the mail goes to first: without the relay that the local mail server hands
    on to what those did not take."""
    result = _by_route(facts) or by_own_server(facts) or _by_sessions(facts)
    return kept_after_refusal(facts, result)


def _by_route(facts: Facts) -> RunResult | None:
    mx = facts.recipient.mx
    if mx.kind in _NO_ROUTE:
        return _takes_no_mail(facts, _NO_ROUTE[mx.kind])
    if mx.kind is RouteKind.UNKNOWN:
        return _by_silence(facts, mx.answers)
    if mx.kind is RouteKind.FIXED:  # the user's or the mail server's choice, so never the domain's fault
        return None if any(host.addresses for host in mx.hosts) else _by_no_fixed_address(facts, mx)
    if mx.hosts and all(_is_unusable(host) for host in mx.hosts):
        if mx.dropped:
            why = Reason(OutcomeReason.FIRST_HOSTS_UNUSABLE, most=len(mx.hosts), more=mx.dropped)
            return _not_reached(Stage.DNS, why)
        return _takes_no_mail(facts, OutcomeReason.NO_USABLE_MX)
    if mx.hosts and not any(host.addresses for host in mx.hosts):
        return _by_silence(facts, [answer for host in mx.hosts for answer in host.answers])
    return None


def _by_no_fixed_address(facts: Facts, mx: MxResult) -> RunResult:
    """The outcome if a host that was named has no address, as DNS says or does not say."""
    answers = [*mx.answers, *(answer for host in mx.hosts for answer in host.answers)]
    if any(a.is_unknown and a.status is not Status.NOT_ASKED for a in answers):
        return _by_silence(facts, answers)
    return _not_reached(Stage.DNS, _fixed_host(facts))


def _fixed_host(facts: Facts) -> Reason[OutcomeReason]:
    """The host that the user, or this host's mail server, named has no address to connect to."""
    if is_of_other_family(facts):
        tag = OutcomeReason.RELAY_OF_OTHER_FAMILY if facts.relay else OutcomeReason.GIVEN_HOST_OF_OTHER_FAMILY
        return Reason(tag, ip=_binding_address(facts))
    return Reason(
        OutcomeReason.RELAY_WITHOUT_ADDRESS if facts.relay else OutcomeReason.GIVEN_HOST_WITHOUT_ADDRESS
    )


_Reasons = tuple[Reason[OutcomeReason], *tuple[Reason[StrEnum], ...]]  # and the reasons behind it
_NO_ROUTE = {
    RouteKind.NO_DOMAIN: OutcomeReason.NO_DOMAIN,
    RouteKind.NULL_MX: OutcomeReason.NULL_MX,
    RouteKind.NO_MAIL_HOST: OutcomeReason.NO_MAIL_HOST,
}


def _takes_no_mail(facts: Facts, tag: OutcomeReason, session: Session | None = None) -> RunResult:
    reason = Reason(tag, host=facts.recipient.domain)
    return RunResult(Outcome.REFUSED, Stage.DNS, Ground.ROUTE, session, reason=reason)


def _not_reached(stage: Stage, reason: Reason[OutcomeReason], *behind: Reason[StrEnum]) -> RunResult:
    return RunResult(Outcome.INCONCLUSIVE, stage, Ground.NOT_REACHED, reason=reason, behind=behind)


def _by_silence(facts: Facts, answers: Sequence[Answer]) -> RunResult:
    """The outcome if there is no address although DNS does not deny one: a question failed, was not asked, or
    -4, -6 or --bind leaves out the addresses."""
    failures = [a for a in answers if a.is_unknown and a.status is not Status.NOT_ASKED]
    if failures:
        question, failure = failures[0].question, failures[0].failure
        why = Reason(OutcomeReason.QUESTION_FAILED, host=question.name, rtype=question.rtype.value)
        behind = (failure,) if failure is not None else ()
        return RunResult(Outcome.INCONCLUSIVE, Stage.DNS, Ground.DNS_UNKNOWN, reason=why, behind=behind)
    if any(a.is_unknown for a in answers) or not answers:
        return _unasked(facts, Stage.DNS)
    other_family = Reason(OutcomeReason.HOSTS_OF_OTHER_FAMILY, ip=_binding_address(facts))
    return by_own_family(facts) or _not_reached(Stage.DNS, other_family)


def lacks_resolver(facts: Facts, result: RunResult) -> bool:
    """Whether nothing was learned because this machine has no name server that is of use."""
    return result.ground is Ground.DNS_UNKNOWN and facts.name_servers.is_at_fault


def is_of_other_family(facts: Facts) -> bool:
    """Whether the hosts have addresses, but none of a family that -4, -6 or --bind allows."""
    hosts = facts.recipient.mx.hosts
    families = {ip.version for host in hosts for answer in host.answers for ip in answer.addresses()}
    families |= {ip.version for host in hosts for ip in host.addresses}
    return bool(families) and families.isdisjoint(facts.options.usable_families)


def _binding_address(facts: Facts) -> IPAddress | None:
    """The address of --bind if it excludes a family; None if -4 or -6 does."""
    options = facts.options
    return None if options.usable_families == options.families else options.bind


def _is_unusable(host: MxHost) -> bool:
    """Whether the host has no address at all, or only addresses that no other machine can reach."""
    if host.is_dangling or host.is_literal:
        return True
    # host.addresses may be shortened
    addresses = [*host.addresses, *(ip for answer in host.answers for ip in answer.addresses())]
    return bool(addresses) and all(why_no_host(ip) for ip in addresses)


def _by_sessions(facts: Facts) -> RunResult:
    sessions = main_sessions(facts.sessions)
    attempts = [s for s in sessions if s.end is not EndReason.NOT_DIALLED]
    if not sessions:
        return _unasked(facts, Stage.CONNECT)
    if not attempts:
        return _by_undialled(facts, sessions)
    connections = [s for s in attempts if s.connected]
    if not connections:
        last = attempts[-1]
        if _was_stopped(last):
            return _undecided(Stage.CONNECT, Ground.INTERRUPTED, last, None, _stop_reason(facts))
        why = Reason(OutcomeReason.ENDED, end=last.end)
        return RunResult(Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.NO_CONNECTION, last, reason=why)
    session = farthest(connections)
    result = _by_session(facts, session)
    if _was_stopped(session) and result.ground in _MID_SESSION:
        # the missing reply may have been on its way
        return _undecided(result.stage, Ground.INTERRUPTED, session, result.exchange, _stop_reason(facts))
    if result.ground is Ground.TLS and session.was_left_in_handshake:
        # whether TLS would have come about is not known
        late = (Reason(OutcomeReason.DEADLINE),)
        why, *behind = late if session.end is EndReason.DEADLINE else _end(session)
        return _undecided(result.stage, Ground.INTERRUPTED, session, result.exchange, why, *behind)
    return result


_MID_SESSION = (Ground.NO_REPLY, Ground.DESYNCHRONISED, Ground.TLS)


def _was_stopped(session: Session) -> bool:
    """Whether the run ended before the session did: interrupted, or the recording stops there."""
    return session.end is None or session.end is EndReason.INTERRUPTED


def _stop_reason(facts: Facts) -> Reason[OutcomeReason]:
    return Reason(OutcomeReason.INTERRUPTED if facts.was_interrupted else OutcomeReason.CUT_SHORT)


def _by_undialled(facts: Facts, sessions: tuple[Session, ...]) -> RunResult:
    last = sessions[-1]
    mx = facts.recipient.mx
    behind = (last.cause,) if last.cause is not None else ()
    if mx.dropped:
        why = Reason(OutcomeReason.FIRST_HOSTS_NOT_PUBLIC, most=len(mx.hosts), more=mx.dropped)
        return _not_reached(Stage.DNS, why, *behind)
    if _is_loop(mx):
        # A domain whose MX always leads back to the sender takes no mail (RFC 7505 section 1); a link-local
        # address cannot be reached from another link.
        to_itself = all(session.ip.is_loopback for session in sessions)
        tag = OutcomeReason.LOOPBACK_MX if to_itself else OutcomeReason.NO_USABLE_MX
        return _takes_no_mail(facts, tag, last)
    why = Reason(OutcomeReason.NOT_DIALLED)
    return RunResult(Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.UNDIALLED, last, reason=why, behind=behind)


def _is_loop(mx: MxResult) -> bool:
    """Whether the domain's records lead every sender back to itself. A host that the user named does not
    count, and a host whose address is not known may be a real one."""
    if mx.kind not in (RouteKind.MX, RouteKind.IMPLICIT_MX):
        return False
    ips = {ip for host in mx.hosts for answer in host.answers for ip in answer.addresses()}
    return all(ip.is_loopback or ip.is_link_local for ip in ips) and all(
        host.addresses or _is_unusable(host) for host in mx.hosts
    )


def _unasked(facts: Facts, stage: Stage) -> RunResult:
    """The outcome if no server was asked about the target."""
    why = why_no_session(facts)
    if why.tag is Gap.NO_SMTP and facts.complete and not tells_of_failure(facts):
        return _by_dns_alone(facts, why)
    if why.tag is Gap.INTERRUPTED:
        return _not_reached(stage, Reason(OutcomeReason.INTERRUPTED))
    if why.tag not in (Gap.NO_SMTP, Gap.UNREAD) and is_of_other_family(facts):
        return _not_reached(stage, Reason(OutcomeReason.HOST_OF_OTHER_FAMILY, ip=_binding_address(facts)))
    return _not_reached(stage, Reason(OutcomeReason.NOT_ASKED), why)


def _by_dns_alone(facts: Facts, why: Reason[Gap]) -> RunResult:
    """The outcome of a run without a dialogue (--no-smtp): decided by DNS and the kinds of addresses."""
    hosts = facts.recipient.mx.hosts
    if not facts.options.allow_private and not facts.relay:  # which may stand anywhere
        if _is_loop(facts.recipient.mx):
            return _takes_no_mail(facts, OutcomeReason.LOOPBACK_MX)
        private = [why_not_dialable(ip) for host in hosts for ip in host.addresses if is_private(ip)]
        if private and len(private) == sum(len(host.addresses) for host in hosts):
            behind = Reason(EndCause.NOT_PUBLIC, address=private[0])
            nowhere = Reason(OutcomeReason.NOT_DIALLED)
            return RunResult(
                Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.UNDIALLED, reason=nowhere, behind=(behind,)
            )
    left_out = Reason(OutcomeReason.NOT_ASKED)
    return RunResult(Outcome.ACCEPTED, Stage.DNS, Ground.NOT_ASKED, reason=left_out, behind=(why,))


def _by_session(facts: Facts, session: Session) -> RunResult:
    exchange = deciding_exchange(session)
    if session.stop is Stop.LOGIN_NEEDED:
        ehlo = session.exchange(Stage.EHLO)
        return _undecided(Stage.EHLO, Ground.LOGIN, session, ehlo, Reason(OutcomeReason.LOGIN_NEEDED))
    if exchange is None:
        return _undecided(Stage.GREETING, Ground.NO_REPLY, session, None, *_end(session))
    reply = exchange.reply
    if session.desynchronised or (reply is not None and not exchange.usable):
        cause = session.cause or Reason(EndCause.STOP, stop=Stop.OUT_OF_STEP)
        why = Reason(OutcomeReason.ENDED, end=session.end)
        return _undecided(exchange.stage, Ground.DESYNCHRONISED, session, exchange, why, cause)
    ehlo = session.exchange(Stage.EHLO)
    if exchange.stage is Stage.STARTTLS and ehlo is not None and _only_greets(facts):
        # STARTTLS is only an offer; without working TLS a client delivers in the clear (RFC 3207 section 5),
        # and a finding says what is broken.
        exchange, reply = ehlo, ehlo.reply
    at_tls = exchange.stage is Stage.STARTTLS and not is_closing(exchange)
    if at_tls or _was_tls_needed(facts, session, exchange):
        result = _undecided(Stage.STARTTLS, Ground.TLS, session, exchange, *_tls_error(facts, session))
        is_ours = waits_for_tls(facts, session.mx_host)
        return replace(result, outcome=without_tls(facts, result)) if is_ours else result
    if reply is None and _is_no_smtp(session, exchange):
        flood = session.end is EndReason.TOO_MUCH_DATA
        reason = _end(session) if flood else (Reason(OutcomeReason.NO_SMTP_REPLY),)
        return _undecided(exchange.stage, Ground.DESYNCHRONISED, session, exchange, *reason)
    if reply is None or _only_unknown(session, exchange, reply):
        return _undecided(exchange.stage, Ground.NO_REPLY, session, exchange, *_end(session))
    if reply.is_transient or (reply.is_permanent and waits_at(facts, exchange.stage)):
        return RunResult(Outcome.DEFERRED, exchange.stage, Ground.REPLY, session, exchange)
    if reply.is_permanent:
        return RunResult(Outcome.REFUSED, exchange.stage, Ground.REPLY, session, exchange)
    return _by_positive(facts, session, exchange, reply)


def _is_no_smtp(session: Session, exchange: Exchange) -> bool:
    """Whether the server sent something that is not SMTP: lines without a reply code, or data without an
    end."""
    return session.end is EndReason.TOO_MUCH_DATA or Deviation.MALFORMED_LINE in exchange.deviations


def _only_unknown(session: Session, exchange: Exchange, reply: Reply) -> bool:
    """Whether the server does not know EHLO, and the connection ended before HELO could be sent (RFC 5321
    section 3.2). That is not yet a refusal."""
    said_ehlo = exchange.stage is Stage.EHLO and exchange.sent.upper().startswith("EHLO")
    return said_ehlo and reply.code in NOT_KNOWN and session.end is not EndReason.QUIT


def _only_greets(facts: Facts) -> bool:
    """Whether the run ends at EHLO: a `domain` run without --tls require."""
    return not isinstance(facts.target, PairTarget) and facts.options.tls not in NEEDED


def _by_positive(facts: Facts, session: Session, exchange: Exchange, reply: Reply) -> RunResult:
    goal = Stage.RCPT if isinstance(facts.target, PairTarget) else Stage.EHLO
    # only 250 accepts EHLO (RFC 5321 section 4.3.2); at RCPT the first digit decides
    if exchange.stage is goal and (reply.code == 250 or (goal is Stage.RCPT and reply.code < 300)):
        return RunResult(Outcome.ACCEPTED, goal, Ground.REPLY, session, exchange)
    if exchange.stage is Stage.EHLO and session.end is EndReason.QUIT and _lacks_smtputf8(facts, session):
        return RunResult(Outcome.REFUSED, Stage.MAIL, Ground.SMTPUTF8, session, exchange)
    ground = Ground.NO_REPLY if session.end is not EndReason.QUIT else Ground.DESYNCHRONISED
    return _undecided(exchange.stage, ground, session, exchange, *_end(session))


def _lacks_smtputf8(facts: Facts, session: Session) -> bool:
    if facts.envelope is None:
        return False
    is_needed = facts.envelope.reverse_path.needs_smtputf8 or facts.envelope.forward_path.needs_smtputf8
    return is_needed and session.extensions is not None and session.extensions.lacks("SMTPUTF8")


def _was_tls_needed(facts: Facts, session: Session, exchange: Exchange) -> bool:
    """Whether TLS was required and the session stopped because there was none."""
    if mode_with(facts, session.mx_host) not in NEEDED or exchange.stage is not Stage.EHLO:
        return False
    positive = exchange.reply is not None and exchange.reply.is_positive
    return positive and not (session.tls is not None and session.tls.established)


def _undecided(
    stage: Stage,
    ground: Ground,
    session: Session,
    exchange: Exchange | None,
    reason: Reason[OutcomeReason],
    *behind: Reason[StrEnum],
) -> RunResult:
    return RunResult(Outcome.INCONCLUSIVE, stage, ground, session, exchange, reason, behind)


def _tls_error(facts: Facts, session: Session) -> _Reasons:
    tls = session.tls
    if tls is None or not tls.offered:
        return (Reason(OutcomeReason.STARTTLS_NOT_OFFERED),)
    if session.stop is Stop.TLS_NOT_VERIFIED:
        faults = certificate_faults(facts, session)
        return (Reason(OutcomeReason.CERTIFICATE), *faults) if faults else _end(session)
    return (Reason(OutcomeReason.HANDSHAKE, end=session.end), tls.fault) if tls.fault else _end(session)


def _end(session: Session) -> _Reasons:
    if session.end is None:
        return (Reason(OutcomeReason.CUT_SHORT),)
    cause = (session.cause,) if session.cause is not None else ()
    return Reason(OutcomeReason.ENDED, end=session.end), *cause
