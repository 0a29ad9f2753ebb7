"""Explain replies offline: what one reply, or thousands of them, mean and who must act.

This is all of `smtp-probe explain` except the output; it opens no socket and imports nothing heavy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from probe._dataclass import dataclass
from probe._regex import regex
from probe.diagnosis.conclusion import (
    Conclusion,
    WordlessConclusion,
    at_relay,
    conclude_without_words,
    document,
    with_words,
)
from probe.diagnosis.scoring import WORDS, band, rank
from probe.knowledge.causes import Cause
from probe.knowledge.scoring import scoring
from probe.model.evidence import Band, Evidence, Facet, RankedCause
from probe.model.presented import Presented
from probe.model.reply import Stage
from probe.model.text import printable
from probe.model.verdict import Conduct, ExitCode
from probe.reading.reply.read import Reading, read_reply

if TYPE_CHECKING:
    from probe.reading.log.event import Event

STAGES = (
    Stage.GREETING,
    Stage.EHLO,
    Stage.STARTTLS,
    Stage.MAIL,
    Stage.RCPT,
    Stage.DATA,
    Stage.END_OF_DATA,
)
_FIELDS = frozenset({"id", "text", "stage", "host"})
_REPR_LIMIT = 80  # characters
_ID_DEPTH = 32  # levels of a caller's id
_REMEMBERED = 1024  # characters: longer replies are not remembered as a whole
_PUNYCODE = "xn--"
_SUBMISSION = regex(r"\]:(?:587|465)(?![\d.])")  # as Postfix writes the host that answered
_TELLING = frozenset({*WORDS, Facet.ENHANCED})


@dataclass(frozen=True, slots=True)
class LogExcerpt:
    """The facts of a line of a mail log, without the words of the reply. `program` wrote it; `event` is None,
    and `note` is set, if there is nothing to explain. `words` are those of the remote server if `is_remote`,
    else the own server's."""

    program: str
    event: Event | None = None
    note: str = ""
    words: str = ""
    is_remote: bool = False

    @property
    def is_given_up(self) -> bool:
        """Whether the message, or the client's attempt to submit it, ended without delivery."""
        return self.event is not None and self.event.status.value in ("bounced", "expired", "rejected")

    @property
    def is_own_refusal(self) -> bool:
        """Whether the own server refused what a client brought."""
        return self.event is not None and self.event.status.value == "rejected"


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Presented):
    """One reply, explained; or, with `error` set, the reason why a line could not be read.

    `id` is the caller's id, else the line number. A positive reply (2yz, 3yz) has no conclusion, nor has a
    line of a log without a failure; `excerpt` is None if it is not a line of a log.
    """

    _kind = "reply"

    id: Any
    reading: Reading | None
    conclusion: Conclusion | None
    error: str = ""
    excerpt: LogExcerpt | None = None

    def __repr__(self) -> str:
        words = self.error or (self.reading.text if self.reading is not None else "")
        cause = f"{self.cause.id} ({self.band})" if self.cause is not None else "no cause"
        return printable(f"<Explanation {cause}: {words[:_REPR_LIMIT]}>")

    @property
    def ranking(self) -> tuple[RankedCause, ...]:
        """All causes, the most likely first."""
        return () if self.conclusion is None else self.conclusion.ranking

    @property
    def band(self) -> Band:
        """How sure the first cause is."""
        return Band.UNDECIDED if self.conclusion is None else self.conclusion.band

    @property
    def cause(self) -> Cause | None:
        """The first cause."""
        return None if self.conclusion is None else self.conclusion.cause

    @property
    def conduct(self) -> Conduct | None:
        """Who must act, and when to try again."""
        return None if self.conclusion is None else self.conclusion.conduct

    @property
    def advice(self) -> Cause | None:
        """The cause whose steps to follow."""
        return None if self.conclusion is None else self.conclusion.advice

    @property
    def refused(self) -> bool | None:
        """What was observed. True: refused (5yz). False: deferred (4yz). None: the reply does not tell.

        The class of the code decides, as in a live check (RFC 5321 section 4.2.1). Where there is no code,
        the nature of a cause that the words state does: a full mailbox passes, relaying stays denied. When to
        try again is in `conduct.retry`.
        """
        if self.reading is None:
            return None
        permanent = self.reading.permanent
        if permanent is not None:
            return permanent
        if self.cause is None or self.band not in (Band.STATED, Band.LIKELY):
            return None
        return False if self.cause.passes else True if self.cause.lasts else None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of `explain` for this reply; USAGE for a line that cannot be read. The code of a
        remote server's reply takes precedence over the own server's decision."""
        if self.error or (self.reading is None and self.excerpt is None):
            return ExitCode.USAGE
        if self.reading is not None and self.reading.code and self.reading.code < 400:
            return ExitCode.ACCEPTED
        if self.excerpt is not None and (self.reading is None or not self.reading.code):
            return _exit_code_of(self.excerpt)
        refused = self.refused
        if refused is None:
            return ExitCode.INCONCLUSIVE
        return ExitCode.REFUSED if refused else ExitCode.DEFERRED


def _exit_code_of(excerpt: LogExcerpt) -> ExitCode:
    """The exit code by the fate of the message in the log, if there is no remote server's code."""
    if excerpt.is_given_up:
        return ExitCode.REFUSED
    return ExitCode.DEFERRED if excerpt.words else ExitCode.ACCEPTED


def explain(
    text: str, stage: Stage | None = None, host: str = "", identity: Any = None, recipient: str = ""
) -> Explanation:
    """Explain one reply, in any wrapping. `stage`, `host` and the `recipient` that the server was asked for,
    as far as they are known. Never raises."""
    read = _read_once if len(text) <= _REMEMBERED else _read
    reading, conclusion = read(text, stage, host)
    if conclusion is not None and names_submission(text):
        conclusion = at_relay(conclusion)
    if conclusion is not None and is_for_another_mailbox(text, recipient):
        from probe.diagnosis.another_mailbox import conclude_for_another_mailbox

        conclusion = conclude_for_another_mailbox(reading, conclusion)
    return Explanation(identity, reading, conclusion)


def names_submission(text: str) -> bool:
    """Whether the words around a reply say that it came over a port of message submission (RFC 6409 section
    3.1, RFC 8314 section 7.3): from a server of the sender's own, never from the recipient's."""
    return (":587" in text or ":465" in text) and _SUBMISSION.search(text) is not None


def is_for_another_mailbox(text: str, recipient: str) -> bool:
    """Whether the `recipient`, or a mailbox that the reply names, has a local part in Punycode: the server
    was asked for another mailbox than the one that was meant."""
    if _PUNYCODE not in recipient and _PUNYCODE not in text:
        return False
    from probe.diagnosis.another_mailbox import names_punycode_mailbox

    return names_punycode_mailbox(f"{recipient} {text}")


def _read(text: str, stage: Stage | None, host: str) -> tuple[Reading, Conclusion | None]:
    """The reading, and the conclusion unless the reply is positive."""
    reading = read_reply(text, stage, host)
    if reading.code and reading.code < 400:
        return reading, None
    has_words = any(map(str.isalpha, reading.text))
    wordless = _wordless_of(reading.evidence, reading.stage, reading.permanent, has_words)
    return reading, with_words(wordless, reading.text)


_read_once = lru_cache(maxsize=1024)(_read)
"""A third to a half of the replies in a log are equal to the last letter. A result has about 2 KB."""


@lru_cache(maxsize=2048)
def _wordless_of(
    evidence: tuple[Evidence, ...], stage: Stage | None, permanent: bool | None, has_words: bool
) -> WordlessConclusion:
    """Rank and conclude, once for all replies with this evidence: by far the longest part of an explanation,
    and a log has few kinds of replies. A result has about 8 KB."""
    ranking = rank(evidence, stage=stage, permanent=permanent, priors=_priors(evidence, has_words))
    return conclude_without_words(ranking, band(ranking), evidence, permanent=permanent, stage=stage)


def _priors(evidence: Sequence[Evidence], has_words: bool) -> Mapping[str, float] | None:
    """The prior shares; None for those of the corpus.

    For a reply without words and without a meaningful code there are other priors: offline nothing can test
    the cause, so it must stay unknown.
    """
    if has_words or any(item.facet in _TELLING for item in evidence):
        return None
    table = scoring()
    return {**table["prior"], **table["prior_without_words"]}


def explain_line(line: str, number: int) -> Explanation | None:
    """Explain a line of many, of which it is the `number`th: plain text, or JSON `{"id", "text", "stage",
    "host"}`. None for an empty line; one that cannot be read gives an Explanation with `error`."""
    text = line.strip()
    if not text:
        return None
    if not text.startswith("{"):
        return explain(text, identity=number)
    try:
        return _explain_object(text, number)
    except ValueError as problem:
        return Explanation(number, None, None, f"line {number}: {problem}")


def parse_stage(name: str) -> Stage | None:
    """Read a stage name of the contract; empty gives None. Raises ValueError with the allowed names."""
    if not name:
        return None
    if name not in STAGES:
        raise ValueError(f"stage {name!r} is not one of {', '.join(STAGES)}")
    return Stage(name)


def to_json(explanation: Explanation) -> dict[str, Any]:
    """The object that `--format jsonl` prints.

    A positive reply has no cause; a line that could not be read has `error` beside nulls. A line of a log has
    further keys with its facts; then `reply` is the remote server's, `local` the own one's.
    """
    row = reply_document(explanation) | document(explanation.conclusion)
    if explanation.excerpt is not None:
        row |= _log_json(explanation.excerpt)
    return row | {"error": explanation.error} if explanation.error else row


def reply_document(explanation: Explanation) -> dict[str, Any]:
    """The keys of that object before those for the conclusion: which reply it is."""
    reading, excerpt = explanation.reading, explanation.excerpt
    is_replied = reading is not None and (excerpt is None or excerpt.is_remote)
    return {
        "id": explanation.id,
        "reply": _reply(reading) if reading and is_replied else None,
        "stage": reading.stage.value if reading and reading.stage else "",
    }


def _log_json(excerpt: LogExcerpt) -> dict[str, Any]:
    event = excerpt.event
    relay = event.relay if event is not None else None
    return {
        "program": excerpt.program,
        "queue_id": event.queue_id if event is not None else None,
        "sender": event.sender if event is not None else None,
        "recipient": event.recipient if event is not None else None,
        "relay": relay.host if relay is not None else None,
        "relay_ip": relay.ip if relay is not None else None,
        "source_ip": event.source_ip if event is not None else None,
        "status": event.status.value if event is not None else None,
        "local": excerpt.words if excerpt.words and not excerpt.is_remote else None,
        "note": excerpt.note or None,
    }


def _reply(reading: Reading) -> dict[str, Any]:
    status = str(reading.enhanced) if reading.enhanced else None
    return {"code": reading.code, "enhanced_status": status, "text": reading.text}


def _explain_object(line: str, number: int) -> Explanation:
    """Explain one JSON line. Raises ValueError that names what is wrong with it."""
    try:
        fields = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"not a JSON object ({problem})") from None
    if _is_deep(fields.get("id")):
        raise ValueError(f'"id" is nested deeper than {_ID_DEPTH} levels')
    text, stage, host = (_text(fields, key) for key in ("text", "stage", "host"))
    if "text" not in fields:
        raise ValueError('a JSON line needs "text"')
    return explain(text, parse_stage(stage), host, fields.get("id", number))


def _no_number(name: str) -> float:
    # RFC 8259 section 6 has no such numbers, and the id is given back in JSON
    raise ValueError(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _no_number(digits[:40])


def _is_deep(value: Any, depth: int = _ID_DEPTH) -> bool:
    """Whether a value is nested so deeply that writing it might fail."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth == 0 or any(_is_deep(item, depth - 1) for item in inner)


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be a string')
    return value
