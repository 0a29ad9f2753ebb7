"""Postfix, many lines at once: of the usual lines only what an aggregate needs is read; every other line of
interest is read as `postfix_lines` does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from probe.reading.log.event import Event, Kind, Record, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.memory import Memory
from probe.reading.log.postfix_lines import FROM, PostfixLines, new_event
from probe.reading.log.reader import TEXT, line_starts
from probe.reading.log.words import reply_of_lines, stage_of

# The usual delivery line: syslog of either stamp, plain addresses. Whatever is less usual is read as a line.
_BRIEF = re.compile(
    r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)) [\w.:-]+ "
    r"([\w/.-]{1,128})\[\d{1,10}\]: (?!NOQUEUE)([0-9A-Za-z]{5,32}): to=<([^\">\\\n]*)>, "
    r"(?:orig_to=<([^\">\\\n]*)>, )?relay=([^,\n]*), (?:conn_use=\d+, )?delay=[\d.]+"
    r"(?:, delays=[\d./]+)?(?:, tls=[^,\n]*)?(?:, dsn=([245]\.\d{1,3}\.\d{1,3}))?"
    r", status=([A-Za-z-]+) \(([^\n\x1b]*)"
)
_BRIEF_REFUSAL = re.compile(
    r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)) [\w.:-]+ "
    r"([\w/.-]{1,128})\[\d{1,10}\]: ([0-9A-Za-z]{5,32}): reject: ([A-Z][A-Z -]{1,40}) from (\S{1,300}?): "
    r"([^;\n]+); from=<([^\">\\\n]*)> to=<([^\">\\\n]*)> proto="
)
_HITS = re.compile(
    r": (?=[tfmrhdpw])(?:to=|from=(?!<[^>\n]*>, size=)|(?:milter-)?(?:reject|hold|discard): |placed on hold"
    r"|warning: saving corrupt file)"
)
_STATUSES = ("status=", "postsuper", '"MESSAGE":[')  # which tell of lines that the above does not hit
_NOTHING = (None, None, None, None, False, False, None, (), None, None)  # the fields behind the relay
_NOTHING_MORE = (None, False, False, None, (), None, None)  # the fields behind the words
_SAID, _ANSWERS, _END = "] said: ", " (in reply to ", " command))"


# Python 3.11 takes as long to look up a member of an enum as to call a function.
_ATTEMPT, _REFUSAL, _REMOTE, _LOCAL = Kind.ATTEMPT, Kind.REFUSAL, Speaker.REMOTE, Speaker.LOCAL
_SENT, _DEFERRED = Status.SENT, Status.DEFERRED
_BOUNCED, _REJECTED = Status.BOUNCED, Status.REJECTED


def _usual_reply(rest: str) -> Words | None:
    """The words of `host X[ip] said: REPLY (in reply to C command))`; None for anything else."""
    begin = rest.find(_SAID)
    if begin < 0 or not rest.startswith("host ") or not rest.endswith(_END) or " " in rest[5:begin]:
        return None
    end = rest.rfind(_ANSWERS)
    if end < begin + len(_SAID):
        return None
    stage = stage_of(rest[end + len(_ANSWERS) : -len(_END)])
    text = rest[begin + len(_SAID) : end]
    return Words(_REMOTE, reply_of_lines(text) if text[3:4] == "-" else text, stage)


def _holds_octets(text: str) -> bool:
    """Whether a message may stand as numbers in it; a single character is searched for much faster."""
    return "{" in text and '"MESSAGE":[' in text


class PostfixReader(PostfixLines):
    """Reads what Postfix' services log, line by line or in blocks."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._text = self._text_before = ""  # the blocks that were read last

    def block(self, block: bytes, number: int) -> Sequence[Record]:
        """Where the lines of interest are is searched for in the whole block at once."""
        if not self.is_brief:
            return super().block(block, number)
        records: list[Record] = []
        self.pass_by(block)
        text = self._text
        tally_end, first = 0, number
        statuses = 0
        is_ascii = text.isascii()  # known without a look at the characters
        usual, brief = _BRIEF.match, self._brief
        for begin in self._places(text):
            number += text.count("\n", tally_end, begin)
            tally_end = begin
            line = usual(text, begin)
            if line is not None and line.end() - begin > TEXT:
                line = None  # of so long a line only a part is read
            if line is not None and (is_ascii or line[0].isascii()):
                records.append(brief(line, number))
                statuses += 1
                continue
            refusal = _BRIEF_REFUSAL.match(text, begin) if line is None else None
            if refusal is not None and (is_ascii or refusal[0].isascii()):
                records.append(self._brief_refusal(refusal, number))
                continue
            end = block.find(b"\n", begin)
            data = block[begin : end if end >= 0 else None]
            statuses += b"status=" in data
            records += self.read(data, number)
        if text.count("status=") > statuses or "postsuper" in text or _holds_octets(text):
            return self._with_odd_lines(block, text, records, first)
        return records

    def _with_odd_lines(self, block: bytes, text: str, records: list[Record], first: int) -> Sequence[Record]:
        """With the lines of interest that look like no usual one."""
        starts_of_text = set(self._places(text))
        for begin in sorted(line_starts(text, _STATUSES) - starts_of_text):
            end = block.find(b"\n", begin)
            data = block[begin : end if end >= 0 else None]
            records += self.read(data, first + text.count("\n", 0, begin))
        return sorted(records, key=lambda record: record.line)

    def _brief_refusal(self, line: re.Match[str], number: int) -> Event:
        at, program, queue_id, stage, client, reply, sender, recipient = line.groups()
        name = None if queue_id == "NOQUEUE" else queue_id
        fate = (_REFUSAL, _REJECTED, "reject", self.clock.stamp(at), program, name)
        words = Words(_LOCAL, reply, stage_of(stage))
        behind = (None, None, None, None, words, *_NOTHING_MORE[:-1], self.relays[client])
        return new_event((self.file, number, *fate, None, sender, recipient, *behind))

    def _places(self, text: str) -> Iterable[int]:
        """Where the lines of interest begin, in order."""
        starts: list[int] = []
        last, before = -1, text.rfind
        for place in _HITS.finditer(text):
            begin = before("\n", 0, place.start()) + 1
            if begin != last:
                starts.append(begin)
                last = begin
        return starts

    def pass_by(self, block: bytes) -> None:
        # a character an octet, so that positions are the same
        self._text_before, self._text = self._text, block.decode("latin-1")

    def sender(self, queue_id: str) -> str | None:
        for text in (self._text, self._text_before):
            match = FROM.match(text, text.rfind(f" {queue_id}: from=<") + 1)
            if match is not None and match[1] == queue_id:
                return match[2]
        return super().sender(queue_id)

    def _brief(self, line: re.Match[str], number: int) -> Event:
        at, program, queue_id, recipient, orig_to, to, dsn, word, rest = line.groups()
        if word == "sent" and program.endswith("smtp"):
            if queue_id in self.memory.ids:
                self.memory.settle(queue_id, recipient)
            fate = (_ATTEMPT, _SENT, word, self.clock.stamp(at), program, queue_id)
            return new_event(
                (self.file, number, *fate, None, None, recipient, orig_to, self.relays[to], *_NOTHING)
            )
        words = _usual_reply(rest) if program.endswith("smtp") else None
        if words is not None and word in ("deferred", "bounced"):
            status = _DEFERRED if word == "deferred" else _BOUNCED
            if status is _DEFERRED:
                self.memory.defer(queue_id, recipient, words)
            else:
                self.memory.settle(queue_id, recipient)
            event = (_ATTEMPT, status, word, self.clock.stamp(at), program, queue_id, None, None)
            whom = (recipient, orig_to, self.relays[to])
            return new_event((self.file, number, *event, *whom, None, dsn, words, *_NOTHING_MORE))
        frame = Frame(self.clock.stamp(at), program, None, "")
        fields = (queue_id, recipient, orig_to, to, "", None, None, dsn, word, rest.rstrip("\r"))
        return self.delivery(fields, frame, number, True)
