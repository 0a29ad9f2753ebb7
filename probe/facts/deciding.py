"""Which session, and which exchange of it, decided a run. Verdict and checks read the same one."""

from __future__ import annotations

from collections.abc import Iterable

from probe.facts.session import Exchange, Session
from probe.model.reply import Stage
from probe.model.session import Experiment
from probe.standards.smtp.results import NOT_KNOWN

_DEPTH = (Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.MAIL, Stage.RCPT)
_MAIN_EXPERIMENTS = frozenset({Experiment.TARGET, Experiment.DOMAIN})


def main_sessions(sessions: Iterable[Session]) -> tuple[Session, ...]:
    """The sessions that asked about the target itself, controls left out, in the order of dialling."""
    return tuple(session for session in sessions if session.experiment in _MAIN_EXPERIMENTS)


def farthest(sessions: Iterable[Session]) -> Session:
    """The session that decides: the one that came farthest. Raises ValueError where there is none."""
    return max(sessions, key=_depth)


def _depth(session: Session) -> tuple[int, int, int, int]:
    """Sort key of a session: a usable answer counts more than none, a later stage more than an earlier one;
    but a refusal of the client counts less than a session in which the question was asked and not answered.
    At the same stage the most favourable answer counts, because a sender that is refused by one host and
    deferred by another tries again (RFC 5321 section 5.1); then the latest session."""
    exchange = deciding_exchange(session)
    if exchange is None:
        return (0, -1, 0, session.number)
    reply, depth = exchange.reply, _DEPTH.index(exchange.stage)
    is_about_mailbox = int(exchange.stage in (Stage.MAIL, Stage.RCPT))
    if reply is None or not exchange.usable or session.desynchronised:
        return (is_about_mailbox, depth, 0, session.number)
    favour = 2 if reply.is_positive else 1 if reply.is_transient else 0
    return (1 + is_about_mailbox, depth, favour, session.number)


def deciding_exchange(session: Session) -> Exchange | None:
    """The exchange that decides a session: the first refusal, else the deepest exchange.

    RSET and QUIT never decide; a refused EHLO that HELO mended and a failed STARTTLS do not either.
    """
    relevant = [e for e in session.exchanges if e.stage in _DEPTH]
    main = [e for e in relevant if e.stage is not Stage.STARTTLS]
    last_of: dict[Stage, Exchange] = {}
    for exchange in main:
        if exchange.stage is Stage.RCPT and Stage.RCPT in last_of:
            continue  # the target is asked first; later RCPTs of a session are controls
        last_of[exchange.stage] = exchange
    _prefer_ehlo(main, last_of)
    if session.desynchronised and main:
        # it is not known which reply was the first wrong one; the stage that was reached is known
        return last_of[main[-1].stage]
    for stage in _DEPTH:
        last = last_of.get(stage)
        if last is not None and not (last.usable and last.reply and last.reply.is_positive):
            return last
    if Stage.RCPT not in last_of and relevant and relevant[-1].stage is Stage.STARTTLS:
        return relevant[-1]
    return next((last_of[stage] for stage in reversed(_DEPTH) if stage in last_of), None)


def _prefer_ehlo(main: list[Exchange], last_of: dict[Stage, Exchange]) -> None:
    """If both EHLO and HELO were refused, the reply to EHLO has the reason, unless the server did not know
    EHLO."""
    ehlos = [e for e in main if e.stage is Stage.EHLO]
    if len(ehlos) < 2 or not ehlos[-1].sent.upper().startswith("HELO") or not ehlos[-2].usable:
        return
    refusal, answer = ehlos[-2].reply, ehlos[-1].reply
    if refusal is None or refusal.code in NOT_KNOWN or not refusal.is_permanent:
        return
    if answer is None or not ehlos[-1].usable or not answer.is_positive:
        last_of[Stage.EHLO] = ehlos[-2]


def is_closing(exchange: Exchange) -> bool:
    """Whether the reply is a 421: the service closes the channel, whatever the command was (RFC 5321 section
    3.8); at STARTTLS it is no TLS failure."""
    return exchange.reply is not None and exchange.reply.code == 421
