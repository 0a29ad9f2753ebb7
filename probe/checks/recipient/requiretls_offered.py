"""Do the recipient's mail hosts offer REQUIRETLS?

Looks for REQUIRETLS in the answer to EHLO after TLS. With it a sender can ask that one message travels only
between hosts that use verified TLS; where a host on the way does not offer it, such a message is returned
instead of sent in the clear. Other mail is not affected, so a host without REQUIRETLS is not at fault.

What to do: nothing for ordinary mail. For mail that must not travel in the clear, the operator offers it on
every mail host of the domain, beside DANE or MTA-STS.
Source: RFC 8689 sections 2 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.finding import Finding

ID = "requiretls-offered"
STEP = 2
say = Voice(ID, STEP, ("RFC 8689 section 4.2.1",))

_KEYWORD = "REQUIRETLS"


def check(facts: Facts) -> Iterator[Finding]:
    """A notice if a host offers it; nothing if no host does."""
    sessions = dialogue.answering_sessions(facts)
    if not sessions:
        yield say("requiretls-not-seen", why=dialogue.no_dialogue(facts))
        return
    with_offer = [s for s in sessions if _after_tls(s)]
    without = [s for s in sessions if not dialogue.offers(s, _KEYWORD)]
    in_clear = [s for s in sessions if dialogue.offers(s, _KEYWORD) and not _after_tls(s)]
    if with_offer:
        yield say(
            "requiretls-not-everywhere" if without else "requiretls-offered",
            (dialogue.ref(s) for s in (*with_offer, *without)),
            hosts=_names(with_offer),
            others=_names(without),
        )
    if in_clear:
        yield say("requiretls-in-clear", (dialogue.ref(s) for s in in_clear), hosts=_names(in_clear))


def _after_tls(session: Session) -> bool:
    is_encrypted = session.tls is not None and session.tls.established
    return is_encrypted and session.extensions is not None and session.extensions.offers(_KEYWORD)


def _names(sessions: list[Session]) -> list[str]:
    return list(dict.fromkeys(s.mx_host for s in sessions))
