"""Finds the remote server's own reply, and its parts, in the text of a sending program.

Bounces and logs wrap the reply: `host X[ip] said: ... (in reply to RCPT TO command)` (Postfix), `SMTP error
from remote mail server after RCPT TO:<...>: host X [ip]: ...` (Exim), `Remote host said:` (qmail). These
forms are data (`wrapping`), which also have the stage; transcripts are read by `transcript`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.reading.reply import transcript, wrapping
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.wrapping import LEADING, REFUSAL, Forms


class ReplyParts(NamedTuple):
    """`code` 200-599 or None; `status` the enhanced status right after it, or None; `enhanced` every distinct
    enhanced status, the most telling first; `text` on one line without wrapping and codes; `stage` by the
    wrapping, else None; `local` is True if the only reply was written by the sending MTA itself."""

    code: int | None
    status: EnhancedStatus | None
    enhanced: tuple[EnhancedStatus, ...]
    text: str
    stage: Stage | None
    local: bool


# Characters of one reply that are read; RFC 5321 section 4.5.3.1.5 allows 512 octets a line, and the rest is
# a quoted message. The limit protects against hostile input.
_LIMIT = 8192
_ENHANCED = regex(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_BEHIND_CODE = regex(r"[ -]{1,3}\(?#?([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
_LEAD_CODES = regex(
    r"^(?:[\s\-:;,]*(?:(?<![\d.])[245]\d\d(?![\d.])|\(?#?[245]\.\d{1,3}\.\d{1,3}\)?(?!\d|\.\d)))+[\s\-:;,]*"
)
# Every form that `forms.plain` undoes has one of these, except non-ASCII text.
_FORMS = regex(r"[\\&^$_=]|#[023]|%20")
# A line that was folded inside a script without spaces between words.
_BROKEN = r"(?<=[\u3040-\u30ff\u3400-\u9fff\uff01-\uff60]) (?=[\u3040-\u30ff\u3400-\u9fff\uff01-\uff60])"
# The subject of a notice, which has more text below.
_SUBJECT = r"\A\s*subject:[^\n]*\n(?=(?:[^\w]*\w){40})"
_STATUS = r"(?:\(?#?[245]\.\d{1,3}\.\d{1,3}\)?\s)?"


class PlainReply(NamedTuple):
    """A reply in whatever wrapping, unescaped: `text` with line feeds, `line` the same on one line, and the
    forms that may be in it (None: none)."""

    text: str
    line: str
    forms: Forms | None

    @classmethod
    def of(cls, text: str) -> PlainReply:
        """From the text as it was shown; never raises."""
        plain = _plain(text)
        line = _on_one_line(plain)
        return cls(plain, line, wrapping.forms_in(line))


def unwrap(text: str) -> ReplyParts:
    """Read one reply in whatever wrapping; never raises. Codes inside the text are found too."""
    return parts_of(PlainReply.of(text))


def stage_in(text: str) -> Stage | None:
    """The stage that `unwrap` finds, without the rest: most texts have nothing that names one."""
    plain, line, forms = PlainReply.of(text)
    remote, proven = _in_transcript(plain)
    if proven is not None or forms is None:
        return proven
    named = wrapping.stage_named(plain, forms)
    if named is not None or not forms.may_tell_stage:
        return named
    return _without_wrapping(_body(remote, plain, line), forms)[1]


def parts_of(reply: PlainReply) -> ReplyParts:
    """The same for an unescaped reply."""
    plain, line, forms = reply
    remote, proven = _in_transcript(plain)
    body = _body(remote, plain, line)
    stage = named = None
    if forms is not None:
        words, stage = _without_wrapping(body, forms)
        body = wrapping.without_forms_within(words, forms)
        named = wrapping.stage_named(plain, forms)
    body = body.strip()
    code, status = _code(body)
    enhanced = _enhanced(body)
    if code is not None and f"{code}-" in body:
        # RFC 5321 section 4.2.1: each line of a reply repeats the code, the last with a space
        body = re.sub(rf"(?<![\w.]){code}(?:-\s?|\s){_STATUS}", " ", body)
    return ReplyParts(
        code,
        status,
        enhanced,
        _words(body),
        stage=proven or named or stage,
        local=remote is None and transcript.is_filler(plain),
    )


def _in_transcript(plain: str) -> tuple[str | None, Stage | None]:
    """(the refusal in a transcript, its stage as far as the transcript proves it)"""
    return (transcript.refusal(plain) if "<<<" in plain else None) or (None, None)


def _body(remote: str | None, plain: str, line: str) -> str:
    return _on_one_line(remote) if remote else _without_subject(plain, line)


def _without_wrapping(body: str, forms: Forms) -> tuple[str, Stage | None]:
    """(the text from the server's words on, the stage that the words before them tell)"""
    body = wrapping.without_reported(body, forms).strip()
    words = wrapping.without_prefix(body, forms)
    # otherwise the server's own words begin there
    return wrapping.without_head(body, forms) if words == body else (words, None)


def received_parts(reply: Reply) -> ReplyParts:
    """The parts of a reply that a session received: its code and status are known, only its words are read.

    Never raises. `stage` is None: a server's words do not contain the stage.
    """
    status = reply.enhanced_status
    lines = (line.strip() for line in reply.lines)
    if status is not None:  # RFC 2034 section 4: it stands at the beginning of every line
        lines = (line.removeprefix(str(status)).lstrip(" ") for line in lines)
    body = _on_one_line(_plain("\n".join(lines)))
    enhanced = _enhanced(f"{status} {body}" if status is not None else body)
    # after a code, because at the beginning of a text some marks belong to a wrapping
    line = f"{reply.code} {body}"
    forms = wrapping.forms_in(line)
    text = _words(wrapping.without_forms_within(line, forms) if forms is not None else line)
    return ReplyParts(reply.code or None, status, enhanced, text, None, False)


def reply_lines(reply: PlainReply) -> tuple[str, str]:
    """One reply on one line: without the prefix of a log or a bounce, and with it."""
    line = reply.line.strip()
    words = wrapping.without_prefix(line, reply.forms) if reply.forms is not None else line
    return words.strip(), line


def _without_subject(text: str, line: str) -> str:
    """`line`, which is the text on one line, without the subject of a notice."""
    if "subject:" not in line.casefold():
        return line
    return _on_one_line(pattern_of(_SUBJECT, re.IGNORECASE).sub("", text, count=1))


def _words(body: str) -> str:
    """The text after the codes."""
    return _LEAD_CODES.sub("", " ".join(body.split()), count=1).strip(" '\"")


def _plain(text: str) -> str:
    """The beginning of a text up to the limit, unescaped, with line feeds for line ends."""
    text = text[:_LIMIT]
    if text.isascii() and _FORMS.search(text) is None:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    from probe.reading.reply.forms import plain

    return plain(text)


def _on_one_line(text: str) -> str:
    line = " ".join(part.strip() for part in text.splitlines())
    return line if line.isascii() else pattern_of(_BROKEN).sub("", line)


def _code(text: str) -> tuple[int | None, EnhancedStatus | None]:
    """(the code of the reply, the enhanced status right after it)"""
    # a 2yz later in a text is another number
    match = LEADING.match(text) or pattern_of(REFUSAL).search(text)
    if match is None:
        return None, None
    status = _BEHIND_CODE.match(text, match.end(1))
    return int(match[1]), _status(*status.groups()) if status else None


@lru_cache(maxsize=512)
def _status(klass: str, subject: str, detail: str) -> EnhancedStatus:
    return EnhancedStatus(int(klass), int(subject), int(detail))


def _enhanced(text: str) -> tuple[EnhancedStatus, ...]:
    """RFC 3463 statuses, distinct, in order, but specific ones before x.0.0."""
    groups = dict.fromkeys(_ENHANCED.findall(text))
    statuses = [_status(*group) for group in groups]
    if len(statuses) > 1:
        statuses = sorted(dict.fromkeys(statuses), key=lambda status: status.is_generic)
    return tuple(statuses)
