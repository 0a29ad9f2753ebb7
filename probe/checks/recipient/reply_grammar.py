"""Do the server's replies keep to the grammar of SMTP?

Looks at every reply of every session: lines with different codes in one reply, lines without a code,
bare CR or LF, control characters, over-long or truncated replies, more replies than commands, a yes whose
code belongs to another command or whose enhanced status is that of a refusal. A sending
server may read such a reply otherwise than another one does, and once replies can no longer be paired
with commands nothing in the session proves anything.

What to do: when the host is yours, find the software, filter or firewall that writes the line; otherwise
tell the recipient's postmaster, and trust what was read only as far as this finding allows.
Source: RFC 5321 sections 4.2, 4.2.1 and 4.5.3.1.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.finding import Finding
from probe.model.reply import Stage
from probe.standards.smtp.results import Deviation

ID = "reply-grammar"
STEP = 1
say = Voice(ID, STEP, ("RFC 5321 section 4.2",))

# These change what a reply means; the others only break its form.
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
_WORDS = {
    Deviation.MIXED_CODES: "different codes within one reply",
    Deviation.MALFORMED_LINE: "a line without a reply code",
    Deviation.SHORT_CODE: "a reply code of fewer than three digits",
    Deviation.BARE_LF: "lines ended by LF alone",
    Deviation.BARE_CR: "a CR inside a line",
    Deviation.NUL: "NUL octets",
    Deviation.CONTROL: "control characters",
    Deviation.NOT_UTF8: "text that is not UTF-8",
    Deviation.LINE_TOO_LONG: "an over-long line",
    Deviation.TOO_MANY_LINES: "too many lines",
    Deviation.REPLY_TOO_LONG: "an over-long reply",
    Deviation.TRUNCATED: "a reply cut off by the end of the connection",
    Deviation.UNSOLICITED: "a reply that no command had asked for",
    Deviation.SURPLUS: "more than one reply to one command",
    Deviation.CODE_OUT_OF_RANGE: "a reply code outside 200 to 599",
    Deviation.FOREIGN_CODE: "a positive code that belongs to another command",
    Deviation.UNKNOWN_CODE: "a positive code that RFC 5321 does not know there",
    Deviation.CONTRADICTED: "a positive code with the enhanced status of a refusal",
}


def check(facts: Facts) -> Iterator[Finding]:
    """Report each session whose replies break the grammar, once."""
    spoken = [s for s in facts.sessions if s.exchanges]
    if not spoken:
        yield say.not_assessed(f"there are no replies to read: {dialogue.why_no_dialogue(facts)}")
        return
    faults = [finding for session in spoken for finding in _of_session(session)]
    yield from faults or [say.ok("every reply keeps to the grammar of RFC 5321", map(dialogue.ref, spoken))]


def _of_session(session: Session) -> Iterator[Finding]:
    broken = [e for e in session.exchanges if set(e.deviations) & _WORDS.keys()]
    kinds = list(dict.fromkeys(d for e in broken for d in e.deviations if d in _WORDS))
    evidence = [e.ref for e in broken] or [dialogue.ref(session)]
    if session.desynchronised:
        seen = f" ({series(_WORDS[kind] for kind in kinds)})" if kinds else ""
        yield say.warning(
            f"replies of {session.mx_host} could no longer be paired with commands{seen}, "
            "so what followed is not believed",
            evidence,
            "Run the check again; if it stays so, tell the recipient's postmaster.",
        )
    elif kinds:
        text = f"replies of {session.mx_host} break the grammar: {series(_WORDS[kind] for kind in kinds)}"
        before_the_end = [e for e in broken if e.stage not in (Stage.RSET, Stage.QUIT)]
        if not before_the_end:
            yield say.notice(f"{text}; but only after all was asked", evidence)
        elif any(_AMBIGUOUS.intersection(e.deviations) for e in before_the_end):
            yield say.warning(text, evidence, "Read the verbatim dialogue (-v) before acting on the reply.")
        else:
            yield say.notice(text, evidence)
