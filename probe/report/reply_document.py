"""The document for an explained reply. Light: imports only the standard library and knowledge."""

from __future__ import annotations

from collections.abc import Iterator

from probe.diagnosis.conclusion import Conclusion
from probe.explanation import Explanation, LogExcerpt
from probe.model.evidence import Band
from probe.model.steps import STEP_TITLES
from probe.model.verdict import ExitCode, FixBy
from probe.reading.reply.disposition import disposition
from probe.report import act, words
from probe.report import document as doc
from probe.report.cause_rows import ranking, side_of
from probe.report.detail import Detail
from probe.report.line import Line, Origin, Raw

_HEADLINES = {
    ExitCode.ACCEPTED: ("POSITIVE REPLY", doc.Tone.GOOD),
    ExitCode.REFUSED: ("REFUSED FOR GOOD", doc.Tone.BAD),
    ExitCode.USAGE: ("NOT READ", doc.Tone.BAD),
    ExitCode.DEFERRED: ("DEFERRED", doc.Tone.WARN),
    ExitCode.INCONCLUSIVE: ("INCONCLUSIVE", doc.Tone.WARN),
}
_NOT_SETTLED = "This reply alone does not settle the cause; the first one named is the likeliest of several."
_OWN_SERVER = "the own mail server; no remote server's reply stands in this line"
_OWN_GATE = "you, who run this mail server"
_OWN_WORDS = "the text is the sending server's own; the remote server's words are lost"


def build(explanation: Explanation, _: Detail) -> doc.Document:
    """The reply, what it means, who acts, when to retry, and why; the same for every detail. What a log says
    about the message comes first."""
    excerpt = explanation.excerpt
    if excerpt is None or explanation.error:
        return doc.Document(
            tuple(blocks(explanation, explanation.exit_code)), exit_code=explanation.exit_code
        )
    subject = _subject(excerpt, _HEADLINES[explanation.exit_code][1])
    if explanation.reading is None or excerpt.note:
        return doc.Document((subject,))
    return doc.Document(
        (subject, *blocks(explanation, explanation.exit_code)), exit_code=explanation.exit_code
    )


def _subject(excerpt: LogExcerpt, tone: doc.Tone) -> doc.Subject:
    """The line of a log: message, recipient, relay, and whose words they are."""
    event = excerpt.event
    if event is None or excerpt.note:
        what: Line = (f", {event.status.value}: " if event is not None else ": ", excerpt.note)
        words: Line = (": ", Raw(excerpt.words)) if excerpt.words else ()
        return doc.Subject("NOTHING TO EXPLAIN", tone, (Raw(excerpt.program), *what, *words))
    relay = event.relay
    where = relay.host or relay.ip if relay is not None else ""
    place = f" [{relay.ip}]" if relay is not None and relay.host and relay.ip else ""
    conditions = (
        ("Queue id", event.queue_id),
        ("Sender", "<>" if event.sender == "" else event.sender),
        ("Recipient", event.recipient),
        ("Relay", f"{where}{place}" if where else ""),
        ("Sent from", event.source_ip),
        ("Status", event.status.value),
        ("Said by", "" if excerpt.is_remote else _OWN_SERVER),
    )
    facts = tuple(doc.Fact(label, ((Raw(text),),)) for label, text in conditions if text)
    return doc.Subject("LOG LINE", tone, (Raw(excerpt.program),), facts)


def blocks(explanation: Explanation, code: ExitCode, remarks: tuple[Line, ...] = ()) -> Iterator[doc.Block]:
    """The same as a part of another result (a bounce), whose exit code is `code`, with its `remarks`."""
    word, tone = _HEADLINES[code]
    if explanation.reading is None:
        yield doc.Verdict(word, tone, (Raw(explanation.error),))
        return
    if explanation.reading.local:
        remarks = (*remarks, (_OWN_WORDS,))
    what = disposition(explanation.reading.text) if explanation.exit_code is ExitCode.ACCEPTED else None
    if what is not None:
        tone, remarks = doc.Tone.WARN, (*remarks, (words.NO_MAILBOX[what],))
    yield doc.Verdict(word, tone, where(explanation), reply_line(explanation), remarks)
    if explanation.exit_code is ExitCode.ACCEPTED or explanation.conclusion is None:
        return
    yield doc.Facts(tuple(_facts(explanation.conclusion, _who(explanation))))
    yield from _why(explanation.conclusion)


def headline(code: ExitCode) -> str:
    """The verdict in capitals."""
    return _HEADLINES[code][0]


def cause_in_brief(explanation: Explanation) -> tuple[doc.Note, ...]:
    """The first cause with its share, for -q; empty if the reply has no conclusion."""
    conclusion = explanation.conclusion
    if explanation.exit_code is ExitCode.ACCEPTED or conclusion is None or not conclusion.ranking:
        return ()
    first = conclusion.ranking[0]
    share = f" ({words.percent(first.probability)}, {conclusion.band.value})"
    return (doc.Note(("Cause",), (Raw(conclusion.cause.title), share)),)


def reply_line(explanation: Explanation) -> str:
    """Code, enhanced status and text, as far as present; not escaped."""
    reading = explanation.reading
    if reading is None:
        return ""
    parts = (str(reading.code or ""), str(reading.enhanced or ""), reading.text)
    return " ".join(part for part in parts if part) or "(no reply is quoted)"


def where(explanation: Explanation) -> Line:
    """The stage of the reply, and the host that gave it, as far as they are known."""
    reading = explanation.reading
    if reading is None:
        return ()
    stage = f"at {words.STAGES[reading.stage]}" if reading.stage else ""
    if not reading.host:
        return (stage,) if stage else ()
    return (f"{stage} by ".lstrip(), Raw(reading.host))


def _who(explanation: Explanation) -> str:
    """Who acts, where it is not as in other results; else empty."""
    excerpt, conduct = explanation.excerpt, explanation.conduct
    is_ours = conduct is not None and conduct.fix_by is FixBy.SENDER
    return _OWN_GATE if is_ours and excerpt is not None and excerpt.is_own_refusal else ""


def _facts(conclusion: Conclusion, who: str) -> Iterator[doc.Row]:
    conduct = conclusion.conduct
    shares = [(conclusion.cause_of(item.id).title, item.probability) for item in conclusion.ranking]
    yield ranking("Cause", shares, conclusion.band)
    is_undecided = conclusion.band is Band.UNDECIDED
    yield doc.Fact("Meaning", ((_NOT_SETTLED if is_undecided else conclusion.cause.meaning,),))
    yield from act.rows(conduct.fix_by, conclusion.action, who)
    retry = words.retry(conduct.retry, conduct.retry_after, conclusion.band, conclusion.retry_reason)
    yield doc.Fact("Retry", ((Raw(retry),),))
    steps = ", ".join(f"{step} {STEP_TITLES[step]}" for step in conclusion.advice.steps)
    yield doc.Fact("Steps", ((steps,),))


def _why(conclusion: Conclusion) -> Iterator[doc.Section]:
    """The evidence for and against the first cause, the strongest first."""
    if not conclusion.ranking:
        return
    first = conclusion.ranking[0]
    pairs = sorted((*first.evidence_for, *first.evidence_against), key=lambda pair: -abs(pair[1]))
    arguments = tuple(
        doc.Argument(side, weight, (Raw(item.says), Origin(item.rule)))
        for side in doc.Side
        for item, weight in pairs
        if side_of(weight) is side
    )
    if arguments:
        cause = doc.ArguedCause(conclusion.cause.title, first.id, first.probability, arguments)
        yield doc.Section(("Why",), (doc.Weighing((cause,)),))
