"""What the control experiments show, each compared with the answer that the target got."""

from __future__ import annotations

from collections.abc import Callable

from probe._regex import regex
from probe.diagnosis.run_result import RunResult
from probe.diagnosis.situation import Sighting, Situation, words_name
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.model.reply import Reply, Stage
from probe.model.session import Experiment
from probe.reading.reply.read import read_received

_ADDRESS = regex(r"<?[^\s<>@]{1,320}@[^\s<>@]{1,255}>?")  # bounded, against replies made to take long
_JUDGED = (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT)
_TOKEN = regex(r"\b(?=\w*\d)[\w.:-]{6,}\b")


def postmaster_accepted(at: Situation) -> Sighting | None:
    """The target was refused, postmaster was not."""
    exchange = _is_refused(at.result) and _rcpt(at.facts, "postmaster@")
    if not exchange or exchange.reply is None or not exchange.reply.is_positive:
        return None
    return Sighting(exchange.ref)


def all_refused_as_unknown(at: Situation) -> Sighting | None:
    """Everybody is refused alike, in words about an unknown user."""
    return _all_refused(at.facts, at.result) if at.reply_speaks_of("user_unknown") else None


def all_refused_alike(at: Situation) -> Sighting | None:
    """Everybody is refused alike, in words that are not about users."""
    return None if at.reply_speaks_of("user_unknown") else _all_refused(at.facts, at.result)


def random_accepted(at: Situation) -> Sighting | None:
    """The target was refused and an invented mailbox was not."""
    exchange = _is_refused(at.result) and _random_rcpt(at.facts)
    if not exchange or exchange.reply is None or not exchange.reply.is_positive:
        return None
    return Sighting(exchange.ref)


def random_refused_alike(at: Situation) -> Sighting | None:
    """Postmaster passed; the target and an invented mailbox were refused in the same words."""
    exchange = postmaster_accepted(at) and _random_rcpt(at.facts)
    if not exchange or exchange.reply is None or at.result.reply is None:
        return None
    return Sighting(exchange.ref) if alike(exchange.reply, at.result.reply) else None


def random_unknown(at: Situation) -> Sighting | None:
    """An invented mailbox is refused in words about an unknown user, and the target in others."""
    exchange = _is_refused(at.result) and _random_rcpt(at.facts)
    if not exchange or exchange.reply is None or at.result.reply is None:
        return None
    if not exchange.reply.is_permanent or alike(exchange.reply, at.result.reply):
        return None
    if at.reply_speaks_of("user_unknown"):
        return None
    reading = read_received(exchange.reply, Stage.RCPT, ref=exchange.ref)
    return Sighting(exchange.ref) if words_name(reading.evidence, "user_unknown") else None


def null_sender_got_further(at: Situation) -> Sighting | None:
    """The sender was refused at MAIL FROM, the null reverse-path only at RCPT."""
    exchange = _is_refused(at.result) and _answer_of(at.facts, Experiment.NULL_SENDER)
    if not exchange or at.result.stage is not Stage.MAIL or exchange.stage is not Stage.RCPT:
        return None
    return Sighting(exchange.ref) if exchange.reply is not None and not exchange.reply.is_positive else None


def all_refused_without_words(at: Situation) -> Sighting | None:
    """Everybody is refused alike, in words that name no cause at all."""
    return None if at.reply_names_a_cause else _all_refused(at.facts, at.result)


def accepted_in(experiment: Experiment) -> Callable[[Situation], Sighting | None]:
    """The experiment accepted the recipient that the first session did not accept."""

    def predicate(at: Situation) -> Sighting | None:
        exchange = _is_refused(at.result) and _answer_of(at.facts, experiment)
        if not exchange or exchange.stage is not Stage.RCPT or exchange.reply is None:
            return None
        return Sighting(exchange.ref, _place(at.facts, experiment)) if exchange.reply.is_positive else None

    return predicate


def other_mx_accepted(at: Situation) -> Sighting | None:
    """Another MX host accepted the recipient, and nothing shows that the first one knows its mailboxes."""
    return None if postmaster_accepted(at) is not None else accepted_in(Experiment.OTHER_MX)(at)


def other_mx_is_lax(at: Situation) -> Sighting | None:
    """Another MX host accepted the recipient, and the first one distinguishes mailboxes."""
    return accepted_in(Experiment.OTHER_MX)(at) if postmaster_accepted(at) is not None else None


def refused_alike_in(experiment: Experiment) -> Callable[[Situation], Sighting | None]:
    """The experiment got the same answer at the same stage."""

    def predicate(at: Situation) -> Sighting | None:
        exchange = _is_refused(at.result) and _answer_of(at.facts, experiment)
        if not exchange or exchange.reply is None or at.result.reply is None:
            return None
        same = exchange.stage is at.result.stage and alike(exchange.reply, at.result.reply)
        return Sighting(exchange.ref, _place(at.facts, experiment)) if same else None

    return predicate


def later_turned_away(at: Situation) -> Sighting | None:
    """The target got a reply at MAIL or RCPT, and a later session with that server ended before MAIL."""
    target = at.result.session
    if not _is_refused(at.result) or target is None or at.result.stage not in (Stage.MAIL, Stage.RCPT):
        return None
    for session in at.facts.sessions:
        if session.number <= target.number or session.ip != target.ip or session.desynchronised:
            continue
        refusal = _turned_away_at(session)
        if refusal is not None:
            return Sighting(refusal.ref, f"{refusal.reply} at {refusal.stage.words}")
    return None


def _turned_away_at(session: Session) -> Exchange | None:
    """The refusal that ended a session before MAIL."""
    exchanges = [e for e in session.exchanges if e.reply is not None and e.usable]
    if any(e.stage in (Stage.MAIL, Stage.RCPT) for e in exchanges):
        return None
    early = [e for e in exchanges if e.stage in (Stage.GREETING, Stage.EHLO)]
    last = early[-1] if early else None
    return last if last is not None and last.reply is not None and not last.reply.is_positive else None


def _place(facts: Facts, experiment: Experiment) -> str:
    session = next(s for s in facts.sessions if s.experiment is experiment)
    return f"{session.mx_host} [{session.ip}]"


def alike(one: Reply, other: Reply) -> bool:
    """Whether two replies say the same once addresses and ids are left out."""
    return one.code == other.code and _shape(one.text) == _shape(other.text)


def _shape(text: str) -> str:
    return " ".join(_TOKEN.sub("#", _ADDRESS.sub("@", text)).lower().split())


def _all_refused(facts: Facts, result: RunResult) -> Sighting | None:
    if not _is_refused(result) or result.reply is None or result.stage is not Stage.RCPT:
        return None
    controls = [e for e in (_rcpt(facts, "postmaster@"), _random_rcpt(facts)) if e is not None]
    if not controls or _rcpt(facts, "postmaster@") is None:
        return None
    if not all(e.reply is not None and alike(e.reply, result.reply) for e in controls):
        return None
    return Sighting(controls[0].ref, "both were asked" if len(controls) > 1 else "postmaster was asked")


def _is_refused(result: RunResult) -> bool:
    reply = result.reply
    return reply is not None and not reply.is_positive


def _rcpt(facts: Facts, local_part: str) -> Exchange | None:
    """The RCPT of a control session that asked for this local part."""
    for exchange in _control_rcpts(facts):
        if exchange.sent.upper().startswith(f"RCPT TO:<{local_part.upper()}"):
            return exchange
    return None


def _random_rcpt(facts: Facts) -> Exchange | None:
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
    session = next((s for s in facts.sessions if s.experiment is experiment), None)
    if session is None or session.desynchronised:
        return None
    exchanges = [e for e in session.exchanges if e.stage in _JUDGED and e.reply and e.usable]
    return exchanges[-1] if exchanges else None
