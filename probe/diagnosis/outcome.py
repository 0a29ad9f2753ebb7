"""What was observed, before any interpretation: accepted, refused, deferred or inconclusive, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from probe.checks.judging.spoken import clauses, spoken
from probe.facts.deciding import deciding_exchange, farthest, is_closing, main_sessions
from probe.facts.gaps import why_no_session
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.model.dialable import why_no_host
from probe.model.observed import EndCause, Gap
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Stop
from probe.model.target import PairTarget, TlsMode
from probe.model.verdict import Outcome
from probe.standards.dns.message import Answer, Status
from probe.standards.dns.results import MxHost, MxResult, RouteKind
from probe.standards.smtp.results import NOT_KNOWN, Deviation

# What does not go on without TLS
NEEDED = (TlsMode.REQUIRE, TlsMode.ENCRYPT)


class Ground(StrEnum):
    """What the outcome rests on; chooses the words of the summary and the evidence."""

    REPLY = "reply"
    ROUTE = "route"  # DNS alone: the domain takes no mail
    DNS_UNKNOWN = "dns_unknown"
    UNDIALLED = "undialled"  # every address is non-global and --allow-private was not given
    NO_CONNECTION = "no_connection"
    NO_REPLY = "no_reply"  # connected, then silence, a drop, or half a reply
    DESYNCHRONISED = "desynchronised"
    TLS = "tls"
    SMTPUTF8 = "smtputf8"
    LOGIN = "login"  # the relay is to be logged in to
    NOT_REACHED = "not_reached"  # --no-smtp, the deadline, an interruption


@dataclass(frozen=True, slots=True)
class Observed:
    """The outcome with the exchange that decided it, when one did."""

    outcome: Outcome
    stage: Stage
    ground: Ground
    session: Session | None = None
    exchange: Exchange | None = None
    detail: str = ""

    @property
    def reply(self) -> Reply | None:
        """The deciding reply."""
        return self.exchange.reply if self.exchange is not None else None

    @property
    def ref(self) -> str:
        """How evidence names what decided."""
        if self.exchange is not None:
            return self.exchange.ref
        return f"session:{self.session.number}" if self.session is not None else "dns:MX"


def observe(facts: Facts) -> Observed:
    """Decide from DNS first, then from the session that came farthest."""
    return _by_route(facts) or _by_sessions(facts)


def _by_route(facts: Facts) -> Observed | None:
    mx = facts.recipient.mx
    if mx.kind in (RouteKind.NO_DOMAIN, RouteKind.NULL_MX, RouteKind.NO_MAIL_HOST):
        return Observed(Outcome.REFUSED, Stage.DNS, Ground.ROUTE, detail=mx.kind.value)
    if mx.kind is RouteKind.UNKNOWN:
        return _by_silence(facts, mx.answers)
    if mx.kind is RouteKind.FIXED:  # none of the domain's doing, wherever it leads
        beyond = f" of {_chosen_family(facts)}" if is_of_other_family(facts) else ""
        named = "given with --mx" if not facts.relay else "that this host hands the mail to"
        detail = f"the host {named} has no address{beyond}"
        nowhere = Observed(Outcome.INCONCLUSIVE, Stage.DNS, Ground.NOT_REACHED, detail=detail)
        return None if any(host.addresses for host in mx.hosts) else nowhere
    if mx.hosts and all(_is_unusable(host) for host in mx.hosts):
        if mx.dropped:
            detail = f"its first {len(mx.hosts)} MX hosts lead nowhere, and {mx.dropped} more were not tried"
            return Observed(Outcome.INCONCLUSIVE, Stage.DNS, Ground.NOT_REACHED, detail=detail)
        return Observed(Outcome.REFUSED, Stage.DNS, Ground.ROUTE, detail="no_usable_mx")
    if mx.hosts and not any(host.addresses for host in mx.hosts):
        return _by_silence(facts, [answer for host in mx.hosts for answer in host.answers])
    return None


def _by_silence(facts: Facts, answers: Sequence[Answer]) -> Observed:
    """No address, and DNS did not say that there is none: it failed, it was not asked any more, or
    -4, -6 or --bind leaves out what it gave."""
    failed = [a for a in answers if a.is_unknown and a.status is not Status.NOT_ASKED]
    if failed:
        told = f"{failed[0].question}: {failed[0].failure}"
        return Observed(Outcome.INCONCLUSIVE, Stage.DNS, Ground.DNS_UNKNOWN, detail=told)
    if any(a.is_unknown for a in answers) or not answers:
        return Observed(Outcome.INCONCLUSIVE, Stage.DNS, Ground.NOT_REACHED, detail=_why_none(facts))
    detail = f"its mail hosts have no address of {_chosen_family(facts)}"
    return Observed(Outcome.INCONCLUSIVE, Stage.DNS, Ground.NOT_REACHED, detail=detail)


def is_of_other_family(facts: Facts) -> bool:
    """Whether the hosts have addresses, and none that -4, -6 or --bind leaves."""
    hosts = facts.recipient.mx.hosts
    given = {ip.version for host in hosts for answer in host.answers for ip in answer.addresses()}
    given |= {ip.version for host in hosts for ip in host.addresses}
    return bool(given) and given.isdisjoint(facts.options.usable_families)


def _chosen_family(facts: Facts) -> str:
    options = facts.options
    if options.usable_families == options.families:
        return "the family that was chosen with -4 or -6"
    return f"the family of {options.bind}, which was given with --bind"


def _is_unusable(host: MxHost) -> bool:
    """No address at all, or only such as no other machine can ever reach."""
    if host.is_dangling or host.is_literal:
        return True
    # host.addresses may be cut to a few
    found = [*host.addresses, *(ip for answer in host.answers for ip in answer.addresses())]
    return bool(found) and all(why_no_host(ip) for ip in found)


def _by_sessions(facts: Facts) -> Observed:
    asked = main_sessions(facts.sessions)
    dialled = [s for s in asked if s.end is not EndReason.NOT_DIALLED]
    if not asked:
        return Observed(Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.NOT_REACHED, detail=_why_none(facts))
    if not dialled:
        return _by_undialled(facts, asked)
    connected = [s for s in dialled if s.connected]
    if not connected:
        last = dialled[-1]
        reason = last.end.spoken if last.end else "the run was interrupted"
        return Observed(Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.NO_CONNECTION, last, detail=reason)
    return _by_session(facts, farthest(connected))


def _by_undialled(facts: Facts, asked: tuple[Session, ...]) -> Observed:
    last = asked[-1]
    mx = facts.recipient.mx
    if mx.dropped:
        detail = (
            f"its first {len(mx.hosts)} MX hosts have no public address ({spoken(last.cause)}), "
            f"and {mx.dropped} more were not tried"
        )
        return Observed(Outcome.INCONCLUSIVE, Stage.DNS, Ground.NOT_REACHED, detail=detail)
    if _leads_nowhere(mx):
        # A public MX that leads every sender back to itself takes no mail (RFC 7505 section 1), and none
        # has the owner's link at hand.
        to_itself = all(session.ip.is_loopback for session in asked)
        detail = "loopback_mx" if to_itself else "no_usable_mx"
        return Observed(Outcome.REFUSED, Stage.DNS, Ground.ROUTE, last, detail=detail)
    return Observed(Outcome.INCONCLUSIVE, Stage.CONNECT, Ground.UNDIALLED, last, detail=spoken(last.cause))


def _leads_nowhere(mx: MxResult) -> bool:
    """Whether the domain's own records lead every sender back to itself. A host that the user named
    is none of the domain's doing, and a host whose address is not known may well be a real one."""
    if mx.kind not in (RouteKind.MX, RouteKind.IMPLICIT_MX):
        return False
    found = {ip for host in mx.hosts for answer in host.answers for ip in answer.addresses()}
    return all(ip.is_loopback or ip.is_link_local for ip in found) and all(
        host.addresses or _is_unusable(host) for host in mx.hosts
    )


def _why_none(facts: Facts) -> str:
    why = why_no_session(facts)
    if why.tag not in (Gap.NO_SMTP, Gap.UNREAD) and is_of_other_family(facts):
        return f"its host has no address of {_chosen_family(facts)}"
    return spoken(why)


def _by_session(facts: Facts, session: Session) -> Observed:
    exchange = deciding_exchange(session)
    if session.stop is Stop.LOGIN_NEEDED:
        answered = session.exchange(Stage.EHLO)
        detail = "the relay is to be logged in to, which a probe does not do"
        return Observed(Outcome.INCONCLUSIVE, Stage.EHLO, Ground.LOGIN, session, answered, detail)
    if exchange is None:
        return Observed(Outcome.INCONCLUSIVE, Stage.GREETING, Ground.NO_REPLY, session, detail=_end(session))
    reply = exchange.reply
    if session.desynchronised or (reply is not None and not exchange.usable):
        detail = spoken(session.cause or Reason(EndCause.STOP, stop=Stop.OUT_OF_STEP))
        return Observed(
            Outcome.INCONCLUSIVE, exchange.stage, Ground.DESYNCHRONISED, session, exchange, detail
        )
    answered = session.exchange(Stage.EHLO)
    if exchange.stage is Stage.STARTTLS and answered is not None and _only_greets(facts):
        # STARTTLS is an offer; a client without TLS to have delivers in the clear (RFC 3207 section 5),
        # and a finding says what is broken.
        exchange, reply = answered, answered.reply
    at_tls = exchange.stage is Stage.STARTTLS and not is_closing(exchange)
    if at_tls or _tls_was_needed(facts, session, exchange):
        error = _tls_error(session)
        outcome = Outcome.DEFERRED if own_demand(facts) else Outcome.INCONCLUSIVE
        return Observed(outcome, Stage.STARTTLS, Ground.TLS, session, exchange, error)
    if reply is None and _speaks_otherwise(session, exchange):
        flood = session.end is EndReason.TOO_MUCH_DATA
        detail = _end(session) if flood else "what came is no SMTP reply"
        return Observed(
            Outcome.INCONCLUSIVE, exchange.stage, Ground.DESYNCHRONISED, session, exchange, detail
        )
    if reply is None or _only_unknown(session, exchange, reply):
        return Observed(
            Outcome.INCONCLUSIVE, exchange.stage, Ground.NO_REPLY, session, exchange, _end(session)
        )
    if reply.is_transient:
        return Observed(Outcome.DEFERRED, exchange.stage, Ground.REPLY, session, exchange)
    if reply.is_permanent:
        return Observed(Outcome.REFUSED, exchange.stage, Ground.REPLY, session, exchange)
    return _by_positive(facts, session, exchange, reply)


def _speaks_otherwise(session: Session, exchange: Exchange) -> bool:
    """Something came that is no SMTP: without a reply code, or without an end."""
    return session.end is EndReason.TOO_MUCH_DATA or Deviation.MALFORMED_LINE in exchange.deviations


def _only_unknown(session: Session, exchange: Exchange, reply: Reply) -> bool:
    """EHLO is not known there, and the connection ended before HELO could be said (RFC 5321 section 3.2):
    no refusal of anything yet."""
    said_ehlo = exchange.stage is Stage.EHLO and exchange.sent.upper().startswith("EHLO")
    return said_ehlo and reply.code in NOT_KNOWN and session.end is not EndReason.QUIT


def _only_greets(facts: Facts) -> bool:
    """A `domain` run without --tls require: EHLO is all that it asks."""
    return not isinstance(facts.target, PairTarget) and facts.options.tls not in NEEDED


def _by_positive(facts: Facts, session: Session, exchange: Exchange, reply: Reply) -> Observed:
    wanted = Stage.RCPT if isinstance(facts.target, PairTarget) else Stage.EHLO
    # EHLO is answered by 250 alone (RFC 5321 section 4.3.2); at RCPT the first digit decides
    if exchange.stage is wanted and (reply.code == 250 or (wanted is Stage.RCPT and reply.code < 300)):
        return Observed(Outcome.ACCEPTED, wanted, Ground.REPLY, session, exchange)
    if exchange.stage is Stage.EHLO and session.end is EndReason.QUIT and _lacks_smtputf8(facts, session):
        return Observed(Outcome.REFUSED, Stage.MAIL, Ground.SMTPUTF8, session, exchange)
    ground = Ground.NO_REPLY if session.end is not EndReason.QUIT else Ground.DESYNCHRONISED
    return Observed(Outcome.INCONCLUSIVE, exchange.stage, ground, session, exchange, _end(session))


def _lacks_smtputf8(facts: Facts, session: Session) -> bool:
    if not isinstance(facts.target, PairTarget):
        return False
    needed = facts.target.reverse_path.needs_smtputf8 or facts.target.forward_path.needs_smtputf8
    return needed and session.extensions is not None and session.extensions.lacks("SMTPUTF8")


def _tls_was_needed(facts: Facts, session: Session, exchange: Exchange) -> bool:
    """TLS was demanded, and the session stopped because there was no TLS to have."""
    if facts.options.tls not in NEEDED or exchange.stage is not Stage.EHLO:
        return False
    positive = exchange.reply is not None and exchange.reply.is_positive
    return positive and not (session.tls is not None and session.tls.established)


def own_demand(facts: Facts) -> bool:
    """Whether it is this host's mail server that demands TLS: without it, its mail waits in its queue."""
    given = facts.given.tls if facts.given is not None else facts.options.tls
    return facts.mta is not None and given is TlsMode.AUTO and facts.options.tls in NEEDED


def _tls_error(session: Session) -> str:
    if session.tls is None or not session.tls.offered:
        return "STARTTLS is not offered"
    if session.stop is Stop.TLS_NOT_VERIFIED:
        return ", ".join(clauses(session.tls.problems)) or _end(session)
    return spoken(session.tls.fault) or _end(session)


def _end(session: Session) -> str:
    if session.end is None:
        return "the run was interrupted"
    return spoken(session.cause) or session.end.spoken
