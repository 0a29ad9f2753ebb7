"""Postfix, many lines at once: for usual lines only the fields for an aggregate are read; other relevant
lines are read by `postfix_lines`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from probe._dataclass import replace
from probe._regex import regex
from probe.reading.log.deliveries import Deliveries, Row, join
from probe.reading.log.event import END, Event, Kind, Record, Speaker, Status, UnparsedLine, Words
from probe.reading.log.frames import Frame, unframe
from probe.reading.log.memory import Memory
from probe.reading.log.plain_lines import is_framed, plain_block
from probe.reading.log.postfix_lines import FROM, PostfixLines, new_event
from probe.reading.log.reader import KEPT, LINE, TEXT, Piece, holds_long_line, line_starts
from probe.reading.log.words import RELAYS, reply_of_lines, stage_of
from probe.reading.reply.disposition import telling

# The usual delivery line: syslog of either stamp, plain addresses. Of one that was sent the rest is seldom of
# interest. Other lines are read one by one.
_AT = r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d))"
_BRIEF = regex(
    rf"{_AT} [\w.:-]++ "
    r"([\w/.-]{1,128}+)\[\d{1,10}+\]: (?!NOQUEUE)([0-9A-Za-z]{5,32}+): to=<([^\">\\\n\x1b]*+)>, "
    r"(?:orig_to=<([^\">\\\n\x1b]*+)>, )?+relay=([^,\n\x1b]*+), (?:conn_use=\d++, )?+delay=[\d.]++"
    r"(?:, delays=[\d./]++)?+(?:, tls=[^,\n\x1b]*+)?+(?:, dsn=([245]\.\d{1,3}+\.\d{1,3}+))?+"
    r", status=(?:sent \(([^\n]*+)|([A-Za-z-]++) \(([^\n\x1b]*+)(?!\x1b))"
)
_BRIEF_REFUSAL = regex(
    r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)) [\w.:-]+ "
    r"([\w/.-]{1,128})\[\d{1,10}\]: ([0-9A-Za-z]{5,32}): reject: ([A-Z][A-Z -]{1,40}) from (\S{1,300}): "
    r"([^;\n]+); from=<([^\">\\\n]*)> to=<([^\">\\\n]*)> proto="
)
_SERVER = regex(r"[^\[\s]+\[[^\]/\s]+\]:\d{1,5}")
_HITS = regex(
    r": (?=[tfmrhdpw])(?:to=|from=(?!<[^>\n]*>, size=)|(?:milter-)?(?:reject|hold|discard): |placed on hold"
    r"|warning: saving corrupt file)"
)
_STATUSES = ("status=", "postsuper", '"MESSAGE":[')  # marks of relevant lines that the above does not match
_NO_MORE = (None, False, False, None, (), None)  # the fields behind the words, up to the client
_REPLY_START, _ANSWERS, _END = "] said: ", " (in reply to ", " command))"


# In Python 3.11 an enum member look-up is as slow as a function call.
_ATTEMPT, _REFUSAL, _REMOTE, _LOCAL = Kind.ATTEMPT, Kind.REFUSAL, Speaker.REMOTE, Speaker.LOCAL
_SENT, _DEFERRED = Status.SENT, Status.DEFERRED
_BOUNCED, _REJECTED = Status.BOUNCED, Status.REJECTED


def _usual_reply(rest: str) -> Words | None:
    """The words of `host X[ip] said: REPLY (in reply to C command))`; None for anything else."""
    begin = rest.find(_REPLY_START)
    if begin < 0 or not rest.startswith("host ") or not rest.endswith(_END) or " " in rest[5:begin]:
        return None
    end = rest.rfind(_ANSWERS)
    if end < begin + len(_REPLY_START):
        return None
    stage = stage_of(rest[end + len(_ANSWERS) : -len(_END)])
    text = rest[begin + len(_REPLY_START) : end]
    return Words(_REMOTE, reply_of_lines(text) if text[3:4] == "-" else text, stage)


def _holds_octets(text: str) -> bool:
    """Whether it may contain a message as numbers; searching for a single character is much faster."""
    return "{" in text and '"MESSAGE":[' in text


class _Servers(dict[str, bool]):
    """Whether a next hop is a server with a port; they are few, and a dict looks up what it has."""

    def __missing__(self, to: str) -> bool:
        if len(self) >= RELAYS:
            self.clear()
        is_server = self[to] = _SERVER.fullmatch(to) is not None
        return is_server


def _as_in_file(records: list[Record], block: bytes, first: int) -> list[Record]:
    """The same, with lines that were not understood as they are in the file."""
    if not any(isinstance(it, UnparsedLine) for it in records):
        return records
    lines = block.split(b"\n")
    return [
        replace(it, data=lines[it.line - first][:KEPT].rstrip(b"\r")) if isinstance(it, UnparsedLine) else it
        for it in records
    ]


class PostfixReader(PostfixLines):
    """Reads what Postfix' services log, line by line or in blocks."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._servers = _Servers()
        self._text = ""  # of the block that is read
        self._last = self._last_before = b""  # the blocks that were read last, as they are in the file

    def block(self, block: bytes, number: int) -> Sequence[Piece]:
        """Relevant lines are searched for in the complete block at once."""
        if not self.is_brief:
            return super().block(block, number)
        self.pass_by(block)
        # one character per octet, so that positions are the same
        whole, text = block, block.decode("latin-1")
        if is_framed(block):
            block = plain_block(block, sorted(self._starts(text)))
            text = block.decode("latin-1")
        self._text = text
        records: list[Record] = []
        plain: list[tuple[int, Row]] = []  # each with where its line begins
        tally_end, first = 0, number
        statuses = 0
        is_usual = text.isascii() and not holds_long_line(text)  # else each line is looked at
        usual, brief, others = _BRIEF.match, self._brief, self._others
        servers, ids = self._servers, self.memory.ids
        places = self._places(text)
        matches = [usual(text, begin) for begin in places]
        # where the words of a delivery are wanted: what was taken may be in no mailbox
        of_interest = telling([it[8] for it in matches if it is not None and it[8] is not None])
        for begin, line_match in zip(places, matches, strict=True):
            line = line_match
            if line is not None and not is_usual and (line.end() - begin > TEXT or not line[0].isascii()):
                line = None  # only a part of such a long line is read
            if line is not None and line[8] is not None:
                if line[8] in of_interest:
                    line = None
                elif line[5] is None and line[3] not in ids and line[2].endswith("smtp") and servers[line[6]]:
                    at, queue_id, recipient, to = line.group(1, 3, 4, 6)
                    plain.append((begin, (at, queue_id, recipient, to, None)))
                    continue
            number += text.count("\n", tally_end, begin)
            tally_end = begin
            if line is not None:
                records.append(brief(line.groups(), number))
                statuses += 1
            else:
                further, status = others(block, begin, number)
                records += further
                statuses += status
        if text.count("status=") > statuses + len(plain) or "postsuper" in text or _holds_octets(text):
            records = self._with_odd_lines(block, text, records, first)
        if block is not whole:
            records = _as_in_file(records, whole, first)
        return join(records, plain, Deliveries(self.file, "sent", (), self.relays, self.clock), text, first)

    def _others(self, block: bytes, begin: int, number: int) -> tuple[Sequence[Record], bool]:
        """What the line that begins there tells, which is no usual delivery, and whether it has a status."""
        refusal = _BRIEF_REFUSAL.match(self._text, begin)
        if refusal is not None and refusal[0].isascii() and refusal.end() - begin <= TEXT:
            return (self._brief_refusal(refusal, number),), False
        end = block.find(b"\n", begin)
        data = block[begin : end if end >= 0 else None]
        return self.read(data, number), b"status=" in data

    def _with_odd_lines(self, block: bytes, text: str, records: list[Record], first: int) -> list[Record]:
        """Add the events of relevant lines that are not usual ones."""
        for begin in sorted(line_starts(text, _STATUSES) - set(self._places(text))):
            end = block.find(b"\n", begin)
            data = block[begin : end if end >= 0 else None]
            records += self.read(data, first + text.count("\n", 0, begin))
        return sorted(records, key=lambda record: record.line)

    def _brief_refusal(self, line: re.Match[str], number: int) -> Event:
        at, program, queue_id, stage, client, reply, sender, recipient = line.groups()
        name = None if queue_id == "NOQUEUE" else queue_id
        fate = (_REFUSAL, _REJECTED, "reject", self.clock.stamp(at), program, name)
        words = Words(_LOCAL, reply, stage_of(stage))
        behind = (None, None, None, None, words, *_NO_MORE, self.relays[client], *END[1:])
        return new_event((self.file, number, *fate, None, sender, recipient, *behind))

    def _places(self, text: str) -> Sequence[int]:
        """The start positions of relevant lines, in order."""
        starts: list[int] = []
        last, before = -1, text.rfind
        for place in _HITS.finditer(text):
            begin = before("\n", 0, place.start()) + 1
            if begin != last:
                starts.append(begin)
                last = begin
        return starts

    def _starts(self, text: str) -> set[int]:
        """The start positions of all lines that matter."""
        return {*self._places(text), *line_starts(text, _STATUSES)}

    def pass_by(self, block: bytes) -> None:
        self._last_before, self._last = self._last, block

    def sender(self, queue_id: str) -> str | None:
        for block in (self._last, self._last_before):
            at = block.rfind(f"{queue_id}: from=".encode())
            if at < 0:
                continue
            end = block.find(b"\n", at)
            line = block[block.rfind(b"\n", 0, at) + 1 : end if end >= 0 else None]
            match = FROM.match(unframe(line[:LINE], self.clock).text)
            if match is not None and match[1] == queue_id:
                return match[2]
        return super().sender(queue_id)

    def _brief(self, fields: Sequence[Any], number: int) -> Event:
        at, program, queue_id, recipient, orig_to, to, dsn, sent_words, word, rest = fields
        words: Words | None = None
        if word is None and program.endswith("smtp"):
            status, word, dsn = _SENT, "sent", None
            if queue_id in self.memory.ids:
                self.memory.settle(queue_id, recipient)
        else:
            if word is None:
                word, rest = "sent", sent_words
            words = _usual_reply(rest) if program.endswith("smtp") else None
            if words is not None and word == "deferred":
                status = _DEFERRED
                self.memory.defer(queue_id, recipient, words)
            elif words is not None and word == "bounced":
                status = _BOUNCED
                self.memory.settle(queue_id, recipient)
            else:
                frame = Frame(self.clock.stamp(at), program, None, "")
                fields = (queue_id, recipient, orig_to, to, "", None, None, dsn, word, rest.rstrip("\r"))
                return self.delivery(fields, frame, number, True)
        stamp, relay = self.clock.stamp(at), self.relays[to]
        fate = (_ATTEMPT, status, word, stamp, program, queue_id)
        whom = (None, None, recipient, orig_to, relay, None)
        return new_event((self.file, number, *fate, *whom, dsn, words, *_NO_MORE, *END))
