"""What the control experiments show, each compared with the answer that the target got."""

from __future__ import annotations

import re

from probe.diagnosis.outcome import Observed
from probe.diagnosis.seen import Seen, Situation, words_name
from probe.facts.model import Facts
from probe.facts.session import Exchange
from probe.knowledge.match import read_reply
from probe.model.reply import Reply, Stage
from probe.model.session import Experiment

_ADDRESS = re.compile(r"<?[^\s<>@]{1,320}@[^\s<>@]{1,255}>?")  # bounded: a reply may be made to cost time
_TOKEN = re.compile(r"\b(?=\w*\d)[\w.:-]{6,}\b")


def postmaster_accepted(at: Situation) -> Seen | None:
    """The target was refused and postmaster was not."""
    exchange = _refused(at.observed) and _rcpt(at.facts, "postmaster@")
    if not exchange or exchange.reply is None or not exchange.reply.is_positive:
        return None
    return Seen(exchange.ref)


def all_refused_as_unknown(at: Situation) -> Seen | None:
    """Everybody is refused alike, in words about an unknown user."""
    return _all_refused(at.facts, at.observed) if at.reply_speaks_of("user_unknown") else None


def all_refused_alike(at: Situation) -> Seen | None:
    """Everybody is refused alike, in words that are not about users."""
    return None if at.reply_speaks_of("user_unknown") else _all_refused(at.facts, at.observed)


def random_accepted(at: Situation) -> Seen | None:
    """The target was refused and an invented mailbox was not."""
    exchange = _refused(at.observed) and _invented(at.facts)
    if not exchange or exchange.reply is None or not exchange.reply.is_positive:
        return None
    return Seen(exchange.ref)


def random_unknown(at: Situation) -> Seen | None:
    """An invented mailbox is refused in words about an unknown user, and the target in others."""
    exchange = _refused(at.observed) and _invented(at.facts)
    if not exchange or exchange.reply is None or at.observed.reply is None:
        return None
    if not exchange.reply.is_permanent or alike(exchange.reply, at.observed.reply):
        return None
    if at.reply_speaks_of("user_unknown"):
        return None
    reading = read_reply(str(exchange.reply), Stage.RCPT, ref=exchange.ref)
    return Seen(exchange.ref) if words_name(reading.evidence, "user_unknown") else None


def null_sender_accepted(at: Situation) -> Seen | None:
    """The same recipient was accepted from the null reverse-path."""
    exchange = _refused(at.observed) and _answer_of(at.facts, Experiment.NULL_SENDER)
    if not exchange or exchange.stage is not Stage.RCPT or exchange.reply is None:
        return None
    return Seen(exchange.ref) if exchange.reply.is_positive else None


def null_sender_refused_alike(at: Situation) -> Seen | None:
    """The null reverse-path changed nothing."""
    exchange = _refused(at.observed) and _answer_of(at.facts, Experiment.NULL_SENDER)
    if not exchange or exchange.reply is None or at.observed.reply is None:
        return None
    same = exchange.stage is at.observed.stage and alike(exchange.reply, at.observed.reply)
    return Seen(exchange.ref) if same else None


def other_mx_accepted(at: Situation) -> Seen | None:
    """Another MX host took the recipient that the first refused."""
    exchange = _refused(at.observed) and _answer_of(at.facts, Experiment.OTHER_MX)
    if not exchange or exchange.stage is not Stage.RCPT or exchange.reply is None:
        return None
    return Seen(exchange.ref) if exchange.reply.is_positive else None


def alike(one: Reply, other: Reply) -> bool:
    """Whether two replies say the same once addresses and ids are left out."""
    return one.code == other.code and _shape(one.text) == _shape(other.text)


def _shape(text: str) -> str:
    return " ".join(_TOKEN.sub("#", _ADDRESS.sub("@", text)).lower().split())


def _all_refused(facts: Facts, observed: Observed) -> Seen | None:
    if not _refused(observed) or observed.reply is None or observed.stage is not Stage.RCPT:
        return None
    controls = [e for e in (_rcpt(facts, "postmaster@"), _invented(facts)) if e is not None]
    if not controls or _rcpt(facts, "postmaster@") is None:
        return None
    if not all(e.reply is not None and alike(e.reply, observed.reply) for e in controls):
        return None
    return Seen(controls[0].ref, "both were asked" if len(controls) > 1 else "postmaster was asked")


def _refused(observed: Observed) -> bool:
    reply = observed.reply
    return reply is not None and not reply.is_positive


def _rcpt(facts: Facts, local_part: str) -> Exchange | None:
    """The RCPT of a control session that asked for this local part."""
    for exchange in _control_rcpts(facts):
        if exchange.sent.upper().startswith(f"RCPT TO:<{local_part.upper()}"):
            return exchange
    return None


def _invented(facts: Facts) -> Exchange | None:
    others = [e for e in _control_rcpts(facts) if not e.sent.upper().startswith("RCPT TO:<POSTMASTER@")]
    return others[0] if others else None


def _control_rcpts(facts: Facts) -> list[Exchange]:
    return [
        exchange
        for session in facts.sessions
        if session.experiment in (Experiment.POSTMASTER, Experiment.RANDOM) and not session.desynchronised
        for exchange in session.exchanges
        if exchange.stage is Stage.RCPT and exchange.usable
    ]


def _answer_of(facts: Facts, experiment: Experiment) -> Exchange | None:
    """The exchange that ended an experiment: its RCPT, or the stage that refused before."""
    for session in facts.sessions:
        if session.experiment is experiment and not session.desynchronised:
            asked = [
                e for e in session.exchanges if e.stage in (Stage.MAIL, Stage.RCPT) and e.reply and e.usable
            ]
            return asked[-1] if asked else None
    return None
