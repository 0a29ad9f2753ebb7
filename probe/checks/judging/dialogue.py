"""Look-ups in sessions for several checks: the deciding exchange, EHLO extensions, control recipients."""

from __future__ import annotations

import re

from probe._enum import StrEnum
from probe._regex import regex
from probe.facts import deciding
from probe.facts.deciding import deciding_exchange, farthest, is_closing
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import PairTarget
from probe.standards.mta_sts.results import StsMode, StsStatus
from probe.standards.tls.results import DaneStatus

_PATH = regex(r"TO:\s*<(.*)>", re.IGNORECASE)

# The sessions that ask about other mailboxes, with the same reverse-path.
_WITH_CONTROLS = (Experiment.POSTMASTER, Experiment.RANDOM, Experiment.TARGET)


def ref(session: Session) -> str:
    """The reference of a session in a finding."""
    return f"session:{session.number}"


def main_sessions(facts: Facts) -> tuple[Session, ...]:
    """The sessions that asked about the target itself, controls left out, in the order of dialling."""
    return deciding.main_sessions(facts.sessions)


def answering_sessions(facts: Facts) -> tuple[Session, ...]:
    """Main sessions in which EHLO was answered with 250, so that its extensions are known."""
    return tuple(
        s for s in main_sessions(facts) if s.extensions is not None or s.plain_extensions is not None
    )


def offers(session: Session, keyword: str) -> bool:
    """Whether the last EHLO response of a session announced an extension."""
    extensions = session.extensions or session.plain_extensions
    return extensions is not None and extensions.offers(keyword)


def forward_path(exchange: Exchange) -> str:
    """The path between the angle brackets of a RCPT command, without the brackets."""
    match = _PATH.search(exchange.sent)
    return match.group(1) if match else ""


def is_postmaster(exchange: Exchange) -> bool:
    """Whether a RCPT command names the reserved mailbox of RFC 5321 section 4.5.1."""
    return forward_path(exchange).lower().partition("@")[0] == "postmaster"


def target_rcpt(facts: Facts) -> Exchange | None:
    """The answered RCPT of the target that decided the run."""
    exchange = _deciding_exchange(facts)
    return exchange if exchange is not None and exchange.stage is Stage.RCPT else None


def control_rcpts(facts: Facts) -> tuple[Exchange, ...]:
    """Answered RCPTs of other mailboxes than the target, from the same reverse-path."""
    exchanges: list[Exchange] = []
    for session in facts.sessions:
        if session.experiment not in _WITH_CONTROLS or session.desynchronised:
            continue
        rcpts = [e for e in session.exchanges if e.stage is Stage.RCPT]
        if session.experiment is Experiment.TARGET:
            rcpts = rcpts[1:]
        exchanges.extend(e for e in rcpts if e.reply is not None and e.usable and not is_target(facts, e))
    return tuple(exchanges)


def is_target(facts: Facts, exchange: Exchange) -> bool:
    """Whether a RCPT command names the target mailbox."""
    if not isinstance(facts.target, PairTarget):
        return False
    local_part, _, domain = forward_path(exchange).rpartition("@")
    mailbox = facts.target.forward_path
    return local_part == mailbox.local_part and domain in (mailbox.domain, mailbox.unicode_domain)


def decisive(facts: Facts) -> Exchange | None:
    """The exchange that decided: the target's RCPT, else the refusal that came farthest; for a `domain` run,
    which has no RCPT, the last reply."""
    exchange = _deciding_exchange(facts)
    if exchange is None or exchange.reply is None or exchange.stage is Stage.RCPT:
        return exchange
    return exchange if not exchange.reply.is_positive or not isinstance(facts.target, PairTarget) else None


def _deciding_exchange(facts: Facts) -> Exchange | None:
    """The exchange that the verdict rests on, if it has a usable reply. A failed STARTTLS decides nothing;
    the EHLO before it does."""
    sessions = [session for session in main_sessions(facts) if session.connected]
    if not sessions:
        return None
    session = farthest(sessions)
    exchange = deciding_exchange(session)
    if exchange is not None and exchange.stage is Stage.STARTTLS and not is_closing(exchange):
        exchange = session.exchange(Stage.EHLO)
    if session.desynchronised or exchange is None or exchange.reply is None or not exchange.usable:
        return None
    if exchange.reply.code // 100 == 3:
        return None  # a 3yz asks for data that a probe never sends; it is neither acceptance nor refusal
    return exchange


def was_accepted(facts: Facts) -> bool:
    """Whether the recipient was accepted. A `domain` run names no recipient; there the server's answer
    counts."""
    exchange = decisive(facts)
    return exchange is not None and exchange.reply is not None and exchange.reply.is_positive


class NoDialogue(StrEnum):
    """Why there is no reply to judge."""

    LEFT_OUT = "left_out"  # --no-smtp
    NO_SESSION = "no_session"
    OUT_OF_STEP = "out_of_step"  # replies could not be paired with commands
    NOT_CONNECTED = "not_connected"
    NO_ANSWER = "no_answer"  # in time
    CLOSING = "closing"
    INTERMEDIATE = "intermediate"
    UNUSABLE_REPLY = "unusable_reply"
    ENDED = "ended"


_STOPPED = {
    Stop.INTERMEDIATE: NoDialogue.INTERMEDIATE,
    Stop.UNUSABLE_REPLY: NoDialogue.UNUSABLE_REPLY,
    Stop.CLOSING: NoDialogue.CLOSING,
}


def no_dialogue(facts: Facts) -> NoDialogue:
    """Why no reply can be judged."""
    sessions = main_sessions(facts)
    if not facts.options.smtp:
        return NoDialogue.LEFT_OUT
    if not sessions:
        return NoDialogue.NO_SESSION
    if any(s.desynchronised for s in sessions):
        return NoDialogue.OUT_OF_STEP
    if not any(s.connected for s in sessions):
        return NoDialogue.NOT_CONNECTED
    if {s.end for s in sessions} & {EndReason.TIMEOUT, EndReason.DEADLINE}:
        return NoDialogue.NO_ANSWER
    last = farthest(session for session in sessions if session.connected)
    return _STOPPED.get(last.stop, NoDialogue.ENDED) if last.stop is not None else NoDialogue.ENDED


class TlsDemand(StrEnum):
    """The published policy that makes a sending server insist on valid TLS."""

    DANE = "dane"
    MTA_STS = "mta_sts"  # in mode enforce


def demanded_by(facts: Facts, host: str) -> TlsDemand | None:
    """The policy that asks for TLS with a host; None where TLS is opportunistic (RFC 7435).

    TLSA records do, also where none of them can be used (RFC 7672 section 2.2)."""
    if has_dane(facts, host, DaneStatus.UNUSABLE):
        return TlsDemand.DANE
    return authenticated_by(facts, host)


def has_dane(facts: Facts, host: str, *statuses: DaneStatus) -> bool:
    """Whether DANE of a host has one of these statuses."""
    return any(dane.host == host and dane.status in statuses for dane in facts.recipient.dane)


def authenticated_by(facts: Facts, host: str) -> TlsDemand | None:
    """The policy that a host's certificate is held to; None where there is none.

    DANE takes precedence over MTA-STS (RFC 8461 section 2): a host with usable TLSA records is judged by them
    alone.
    """
    if has_dane(facts, host, DaneStatus.MATCHED, DaneStatus.MISMATCHED, DaneStatus.NOT_SEEN):
        return TlsDemand.DANE
    sts = facts.recipient.mta_sts
    if sts.status is StsStatus.VALID and sts.policy is not None and sts.policy.mode is StsMode.ENFORCE:
        return TlsDemand.MTA_STS
    return None
