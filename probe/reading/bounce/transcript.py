"""Transcripts of SMTP sessions in bounces: Sendmail, Courier, MDaemon, InterScan and similar servers.

Sendmail writes `>>> command` and `<<< reply`, `... while talking to host:` before them; InterScan has the
arrows in the other direction, MDaemon writes `-->` and `<--` after a time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from probe._dataclass import dataclass, replace
from probe._regex import regex
from probe.model.reply import Stage
from probe.standards.dsn.address import mailbox

_TALKING = regex(r"while talking (?:to|with) (\S{1,255}?)[.:]*\s*$", re.IGNORECASE)
_REPLY = regex(r"^.{0,60}?(?:<<<|<--)\s?(?P<text>.*)$")
_COMMAND = regex(r"^.{0,60}?(?:>>>|-->)\s?(?P<text>.*)$")
_TURNED = regex(r"^\s*Sent\s+<<<\s?(?P<sent>.*)$|^\s*Received\s+>>>\s?(?P<received>.*)$", re.IGNORECASE)
_LOCAL = regex(r"^(?P<text>[45]\d\d[ -].{0,20}?<?(?P<who>[^\s<>()]{1,320}?)>?\.\.\. .*)$")
# Without one of these a line is none of the above, nor a remark with a code; most lines of bounces have none.
_MARKED = regex(r"<<<|<--|>>>|-->|\.\.\. |while talking|^[2-5]\d\d[ -]", re.IGNORECASE)
_MARKS = ("<<<", "<--", ">>>", "-->", "... ", "while talking", "session transcript")
_CODED_LINE = regex(r"^[^\S\n]*+[2-5]\d\d[ -]", re.MULTILINE)
# MDaemon prints the dialogue without arrows, between these lines
_BARE_BEGINS = regex(r"^-+ ?session transcript", re.IGNORECASE)
_BARE_ENDS = regex(r"^-+ ?end (?:of )?transcript", re.IGNORECASE)
_BARE_COMMAND = regex(r"(?:[EHL]{2}LO|MAIL FROM|RCPT TO|DATA|STARTTLS|QUIT|RSET)\b.*", re.IGNORECASE)
_DEFERRED = regex(r"^<?(?P<who>[^\s<>()]{1,320}?)>?\.\.\. (?:Deferred(?:: |$))?(?P<text>.*)$")
_UNKNOWN = regex(r"\.\.\. user unknown$", re.IGNORECASE)
_FILLER = regex(r"[45]\d\d [45]\.0\.0 service unavailable$", re.IGNORECASE)
_CODED = regex(r"[2-5]\d\d[ -]")
_NEGATIVE = regex(r"[45]\d\d(?:[ -]|$)")
_POSITIVE = regex(r"[23]\d\d(?:[ -]|$)")
_CONTINUED = regex(r"[245]\d\d-")
_ECHO = regex(r"^503\b|\b(?:no valid recipients|(?:valid|need) RCPT|RCPT first)", re.IGNORECASE)
_BARE_REPLY = regex(r"[2-5]\d\d(?:[ -]|$).*")
_STAGES = (
    ("rcpt", Stage.RCPT),
    ("mail", Stage.MAIL),
    ("data", Stage.DATA),
    ("ehlo", Stage.EHLO),
    ("helo", Stage.EHLO),
    ("lhlo", Stage.EHLO),
    ("starttls", Stage.STARTTLS),
    (".", Stage.END_OF_DATA),
    ("(initial greeting", Stage.GREETING),  # Courier
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One 4yz or 5yz of a transcript: the command that it answers, and its lines joined by one space.

    `address` is that of RCPT TO, or that which the sending server names below the reply, else empty.
    `is_remote` is False for remarks of the sending server itself (`550 5.1.1 <user>... User unknown`).
    `is_proven` is False if a reply after DATA is assumed to be the one after the final dot: transcripts with
    only refusals do not distinguish the two. `is_of_login`: it answers AUTH, and
    no other login was accepted after it.
    """

    reply: str
    stage: Stage | None
    address: str
    host: str
    is_remote: bool
    is_proven: bool = True
    is_of_login: bool = False


def read_transcript(text: str) -> tuple[Refusal, ...]:
    """All refusals, in order.

    A remark of the sending server on a recipient right below a refusal names the recipient of that refusal.
    """
    return _refusals_in(text) if _may_have_refusals(text) else ()


def _refusals_in(text: str) -> tuple[Refusal, ...]:
    reader = _Reader()
    is_bare = False
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith("-"):
            is_bare = (is_bare or bool(_BARE_BEGINS.match(line))) and not _BARE_ENDS.match(line)
        if not is_bare and not (_may_be_marked(line) and _MARKED.search(line)):
            reader.add_prose()
            continue
        sent, reply_text = _bare(line) if is_bare else _arrow(line)
        if reply_text is not None:
            reader.add_reply_line(reply_text)
        elif host_match := _TALKING.search(line):
            reader.begin(Stage.GREETING, "", host_match.group(1).strip("[]"))
        elif sent is not None:
            stage = _stage(sent)
            is_login = sent[:4].lower() == "auth"
            reader.begin(stage, mailbox(sent) if stage is Stage.RCPT else "", is_login=is_login)
        else:
            reader.add_remark(line)
    reader.end()
    return (*reader.refusals, *reader.logins.values())


def _may_be_marked(line: str) -> bool:
    """Whether a line has a letter of what `_MARKED` finds: a look at letters costs less than a search."""
    return "<" in line or ">" in line or "... " in line or line[:1].isdigit() or "alk" in line.lower()


def _may_have_refusals(text: str) -> bool:
    """Whether any line is marked, or a transcript without marks begins."""
    lower = text.lower()
    return any(map(lower.__contains__, _MARKS)) or _CODED_LINE.search(text) is not None


class _Reader:
    """The state of reading a transcript, one command after the other."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.logins: dict[str, Refusal] = {}  # the last refused login at each host, unless one was accepted
        self._host, self._address = "", ""
        self._stage: Stage | None = None
        self._lines: list[str] = []  # of the refusal that is being read
        self._below: list[Refusal] = []  # the refusals below the last command
        self._last: Refusal | None = None  # the last one, as long as the next lines may name its recipient
        self._is_whole = False  # positive replies are shown, too
        self._is_invited = False  # 354: the rest is about the message
        self._is_login = False

    def begin(self, stage: Stage | None, address: str, host: str = "", *, is_login: bool = False) -> None:
        """A command was sent, or a connection made."""
        self.end()
        self._host = host or self._host
        self._stage = stage or self._stage
        self._address = address
        self._is_invited = False
        self._is_login = is_login

    def add_reply_line(self, line: str) -> None:
        """A line of a reply."""
        if self._lines and not _CONTINUED.match(self._lines[-1]):
            self._close()
        if self._lines or _NEGATIVE.match(line):
            self._lines.append(line)
        elif _POSITIVE.match(line):
            self._is_whole = True
            if self._is_login and line.startswith("2"):  # by another mechanism
                self.logins.pop(self._host, None)
            self._is_invited = self._is_invited or line.startswith("354")

    def add_prose(self) -> None:
        """A line that has nothing of a transcript."""
        self._close()

    def add_remark(self, line: str) -> None:
        """A remark of the sending server between replies."""
        self._close()
        local = _LOCAL.match(line) or _DEFERRED.match(line)
        if local:
            who = mailbox(local["who"]) or local["who"]
            if self._last is not None and "@" in who:
                is_rcpt = self._stage is Stage.DATA and _UNKNOWN.search(line) is not None
                stage = Stage.RCPT if is_rcpt else self._last.stage
                self._below.append(replace(self._last, address=who, stage=stage))
            else:
                self._below.append(Refusal(local["text"], None, who, self._host, False))
        elif _CODED.match(line):
            if self._last is None and not _FILLER.match(line):
                self._below.append(Refusal(line, None, "", self._host, False))
            self._last = None  # about something else

    def end(self) -> None:
        """The lines below the last command are complete."""
        self._close()
        below = self._below
        if self._stage is Stage.DATA and below:
            below = _place(below, is_invited=self._is_invited, is_whole=self._is_whole)
        self.refusals.extend(below)
        self._below, self._last = [], None

    def _close(self) -> None:
        if self._lines:
            reply = " ".join(self._lines)
            stage = Stage.END_OF_DATA if self._is_invited else self._stage
            refusal = Refusal(reply, stage, self._address, self._host, True)
            if self._is_login:
                refusal = replace(refusal, stage=None, is_of_login=True)
                self.logins[self._host] = refusal
            else:
                self._below.append(refusal)
            self._last = None if self._address else refusal
            self._lines.clear()


def _place(below: Sequence[Refusal], *, is_invited: bool, is_whole: bool) -> list[Refusal]:
    """Assign each refusal after DATA to the command that it answers.

    A client that pipelines (RFC 2920) sends MAIL, RCPT and DATA at once, so that the refusals of RCPT are
    below DATA. They are recognised by the reply to DATA itself after them ("503 RCPT first"), by a further
    refusal, or by the remark on an unknown recipient, which Sendmail adds only at RCPT.
    """
    if is_invited or is_whole:
        return list(below)
    answers = [item for item in below if item.is_remote and not item.address]
    last = answers[-1] if answers else None
    is_echoed = last is not None and len(answers) > 1 and _ECHO.search(last.reply) is not None
    proven = {item.reply for item in (answers if is_echoed else answers[:-1])}
    proven |= {item.reply for item in below if item.stage is Stage.RCPT}
    stage = Stage.END_OF_DATA if len(answers) == 1 else None
    items = [item for item in below if not (is_echoed and item is last)]
    return [_match_command(item, proven, stage) for item in items]


def _match_command(item: Refusal, proven: Collection[str], stage: Stage | None) -> Refusal:
    """A refusal under DATA: of RCPT if its reply is among the proven ones, else of `stage`."""
    if not item.is_remote or item.stage is not Stage.DATA:
        return item
    is_rcpt = item.reply in proven
    return replace(item, stage=Stage.RCPT if is_rcpt else stage, is_proven=is_rcpt)


def _arrow(line: str) -> tuple[str | None, str | None]:
    """(command sent, reply received); both None for other lines."""
    refusal = _TURNED.match(line)
    if refusal:
        return refusal["sent"], refusal["received"]
    reply = _REPLY.match(line)
    if reply:
        return None, reply["text"].strip()
    command = _COMMAND.match(line)
    return (command["text"].strip(), None) if command else (None, None)


def _bare(line: str) -> tuple[str | None, str | None]:
    """The same without arrows: by the form of the line after an optional time."""
    sent, reply_text = _arrow(line)
    if sent is None and reply_text is None:
        if _BARE_COMMAND.match(line):
            return line, None
        if _BARE_REPLY.match(line):
            return None, line
    return sent, reply_text


def _stage(command: str) -> Stage | None:
    lower = command.lower().strip()
    return next((stage for verb, stage in _STAGES if lower.startswith(verb)), None)
