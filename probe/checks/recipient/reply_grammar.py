"""Do the server's replies keep to the grammar of SMTP?

Looks at every reply of every session: lines with different codes in one reply, lines without a code, bare CR
or LF, control characters, over-long or truncated replies, more replies than commands, a positive reply whose
code belongs to another command or whose enhanced status is that of a refusal. Sending servers may read such a
reply differently, and once replies can no longer be paired with commands nothing in the session proves
anything.

What to do: when the host is yours, find the software, filter or firewall that writes the line; otherwise
tell the recipient's postmaster, and trust what was read only as far as this finding allows.
Source: RFC 5321 sections 4.2, 4.2.1 and 4.5.3.1.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Exchange, Session
from probe.model.finding import Finding
from probe.model.reply import Stage
from probe.standards.smtp.results import Deviation

ID = "reply-grammar"
STEP = 1
say = Voice(ID, STEP, ("RFC 5321 section 4.2",))

# These change the meaning of a reply; the others are only errors of form.
_AMBIGUOUS = {
    Deviation.MIXED_CODES,
    Deviation.MALFORMED_LINE,
    Deviation.SHORT_CODE,
    Deviation.TRUNCATED,
    Deviation.UNSOLICITED,
    Deviation.SURPLUS,
    Deviation.CODE_OUT_OF_RANGE,
    Deviation.FOREIGN_CODE,
    Deviation.CONTRADICTED,
}
_OF_OTHER_CHECKS = {Deviation.INJECTED_BEFORE_TLS}


def check(facts: Facts) -> Iterator[Finding]:
    """Report each session whose replies break the grammar, once."""
    sessions = [s for s in facts.sessions if s.exchanges]
    if not sessions:
        yield say("replies-not-seen", why=dialogue.no_dialogue(facts))
        return
    faults = [finding for session in sessions for finding in _of_session(session)]
    yield from faults or [say("replies-well-formed", map(dialogue.ref, sessions))]


def _of_session(session: Session) -> Iterator[Finding]:
    exchanges = [e for e in session.exchanges if set(e.deviations) - _OF_OTHER_CHECKS]
    kinds = list(dict.fromkeys(d for e in exchanges for d in e.deviations if d not in _OF_OTHER_CHECKS))
    if session.desynchronised:
        tag = "replies-out-of-step"
    elif kinds:
        tag = _tag(exchanges)
    else:
        return
    evidence = [e.ref for e in exchanges] or [dialogue.ref(session)]
    yield say(tag, evidence, host=session.mx_host, deviations=kinds)


def _tag(exchanges: list[Exchange]) -> str:
    before_the_end = [e for e in exchanges if e.stage not in (Stage.RSET, Stage.QUIT)]
    if not before_the_end:
        return "replies-malformed-at-end"
    if any(_AMBIGUOUS.intersection(e.deviations) for e in before_the_end):
        return "replies-ambiguous"
    return "replies-malformed"
