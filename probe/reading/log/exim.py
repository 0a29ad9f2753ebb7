"""Exim, many lines at once: for usual lines only the fields for an aggregate are read; other relevant lines
are read by `exim_lines`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from probe._regex import regex
from probe.reading.log.deliveries import Deliveries, Row, join
from probe.reading.log.event import END, Event, Kind, Record, Speaker, Status, Words
from probe.reading.log.exim_lines import FLAGS, GIVEN_UP, ID, EximLines, without_times
from probe.reading.log.exim_login import MARK
from probe.reading.log.exim_words import usual_reply, words_of
from probe.reading.log.memory import Memory
from probe.reading.log.reader import TEXT, Piece, holds_long_line
from probe.reading.log.words import Relays
from probe.reading.reply.disposition import telling

# Arrivals and completed messages are skipped; then one of three usual lines with plain addresses: a delivery
# to another server, a host that is not tried yet, a failure with the words of the server or of Exim.
_HEAD = r"(\d{4}-[0-9: -]{14}(?:\.\d{1,6})?(?: [+-]\d{4})?) (?:\[\d{1,10}\] )?(" + ID + r") "
_WHOM = r"([^\x00-\x20\"<>|/:]+)(?: <([^\">\n]*)>)?(?: [FP]=<[^\">\n]*>){0,2}(?: R=[^\x00-\x20:\"\[=]+)?"
_HOST = r" H=([^\x00-\x20\[\"<:]+ \[[^\]\n]*\](?::\d{1,5})?)\*?(?: I=\[([^\]\n]*)\](?::\d{1,5})?)?"
_NO_FATE = (
    r"(?:[^\n]{19}(?:\.\d{1,6})?(?: [+-]\d{4})? (?:\[\d{1,10}\] )?"
    rf"{ID} (?:<= |Completed)[^\n]*\n)*+"
)
_SENT = (
    rf"(=>|->) {_WHOM} T=([^\x00-\x20:\"\[=]+)(?: S=\d+)?{_HOST}"
    r"(?:( (?:X|CV|DN|K|C|QT|DT|A|L|PRX|TFO|S|M8S|DKIM|id)\*?(?=[= \n])[^\n]*+)|\s*)$"
)
_FAILED = (
    rf"(==|\*\*) {_WHOM}(?: T=([^\x00-\x20:\"\[=]+))?(?: defer(?: \(-?\d{{1,6}}\))?)?(?:"
    r": (retry time not reached for any host(?: for '[^'\n]*')?)\s*$|"
    rf"(?:: ([^:=\n]{{3,80}}?))?{_HOST}"
    r"(?: (?:CV|K|DT|L)=[^\x00-\x20:\"]+| X=[^\x00-\x20\"]*[^\x00-\x20\":]){0,6}(?:: ([^\n]*)|\s*)$)"
)
_USUAL = re.compile(f"{_NO_FATE}{_HEAD}(?:{_SENT}|{_FAILED})", re.MULTILINE)
_PASSED_OVER = regex(_NO_FATE)
_ARRIVAL = regex(r"(?:.{0,64} )??(" + ID + r") <= (\S+)")
# In Python 3.11 an enum member look-up is as slow as a function call.
_ATTEMPT, _LOCAL = Kind.ATTEMPT, Speaker.LOCAL
_SENT_ON, _DEFERRED, _EXPIRED = Status.SENT, Status.DEFERRED, Status.EXPIRED
# The fields of an event behind the source address.
_NOTHING = (None, None, None, False, False, None, (), None, *END)
_NOTHING_MORE = _NOTHING[4:]  # behind `repeats`
_event: Callable[[tuple[Any, ...]], Event] = partial(tuple.__new__, Event)  # a third of the time


def _usual_lines(text: str) -> Iterator[tuple[int, re.Match[str] | None]]:
    """Where each line begins that is neither an arrival nor a completed message, and the match of a usual
    one."""
    usual, end = _USUAL.match, 0
    while end < len(text):
        line = usual(text, end)
        if line is not None:
            yield line.start(1), line
            end = line.end() + 1
            continue
        passed_over = _PASSED_OVER.match(text, end)
        begin = passed_over.end() if passed_over is not None else end
        if begin < len(text):
            yield begin, None
        end = text.find("\n", begin) + 1 or len(text)


def _answer(line: re.Match[str]) -> str:
    """The words of the server that took it, and what is behind them."""
    return line[9].partition(' C="')[2]


class EximReader(EximLines):
    """Reads mainlog, line by line or in blocks."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._relays = Relays()
        self._text = self._text_before = ""  # the blocks that were read last

    def block(self, block: bytes, number: int) -> Sequence[Piece]:
        """Relevant lines are searched for in the complete block at once."""
        if not self.is_brief:
            return super().block(block, number)
        records: list[Record] = []
        plain: list[tuple[int, Row]] = []  # each with where its line begins
        self.pass_by(block)
        text = self._text
        is_usual = text.isascii() and not holds_long_line(text)  # else each line is looked at
        ids = self.memory.ids
        tally_end, first = 0, number
        lines = list(_usual_lines(text))
        # where the words of a delivery are wanted: what was taken may be in no mailbox
        of_interest = telling(
            [_answer(line) for _, line in lines if line is not None and line[9] is not None]
        )
        for begin, line_match in lines:
            line = line_match
            if line is not None and not is_usual:
                is_long = line.end() - begin > TEXT  # only a part of such a long line is read
                line = line if not is_long and line[0].isascii() else None
            if line is not None and of_interest and line[9] is not None and _answer(line) in of_interest:
                line = None
            if line is not None and line[3] == "=>" and line[5] is None and line[2] not in ids:
                at, queue_id, to, server, source = line.group(1, 2, 4, 7, 8)
                plain.append((begin, (at, queue_id, to, server, source)))
                continue
            number += text.count("\n", tally_end, begin)
            tally_end = begin
            if line is None:
                records += self.read(block[begin : text.find("\n", begin) + 1 or None], number)
            elif line[3] is not None:
                records.append(self._delivery(line.group(1, 2, 3, 4, 5, 6, 7, 8), number))
            else:
                records.append(self._failure((line[1], line[2], *line.groups()[9:]), number))
        return join(records, plain, Deliveries(self.file, "=>", (), self._relays, self.clock), text, first)

    def pass_by(self, block: bytes) -> None:
        # one character per octet, so that positions are the same
        self._text_before, self._text = self._text, block.decode("latin-1")

    def look_ahead(self, block: bytes) -> None:
        at = block.find(MARK)
        while at >= 0:
            end = block.find(b"\n", at) + 1 or len(block)
            self.read(block[block.rfind(b"\n", 0, at) + 1 : end], 0)
            at = block.find(MARK, end)

    @property
    def context(self) -> object:
        return dict(self.logins.recent)

    def enter(self, context: object) -> None:
        if isinstance(context, dict):
            self.logins.recent = context

    def sender(self, queue_id: str) -> str | None:
        for text in (self._text, self._text_before):
            match = _ARRIVAL.match(text, text.rfind("\n", 0, max(0, text.rfind(f"{queue_id} <= "))) + 1)
            if match is not None and match[1] == queue_id:
                return "" if match[2] == "<>" else match[2]
        return super().sender(queue_id)

    def _delivery(self, fields: Sequence[Any], number: int) -> Event:
        """The event of a usual delivery, from the groups of its match."""
        at, queue_id, flag, to, parent, transport, server, source = fields
        recipient = parent if parent is not None and "@" not in to else to
        if queue_id in self.memory.ids:
            self.memory.settle(queue_id, recipient)
        orig_to = parent if parent not in (None, recipient) else None
        stamp, relay = self.clock.stamp(at), self._relays[server]
        fate = (_ATTEMPT, _SENT_ON, flag, stamp, transport, queue_id, None, None, recipient, orig_to)
        return _event((self.file, number, *fate, relay, source, *_NOTHING))

    def _failure(self, fields: Sequence[Any], number: int) -> Event:
        at, queue_id, flag, to, parent, transport, repeat, problem, server, source, remark = fields
        recipient = parent if parent is not None and "@" not in to else to
        orig_to = parent if parent not in (None, recipient) else None
        status, relay, repeats = FLAGS[flag], None, False
        words: Words | None
        if repeat is not None:
            words, repeats = Words(_LOCAL, repeat), True
        else:
            relay = self._relays[server]
            text = remark.strip() if remark is not None else ""
            words = usual_reply(text) or words_of(without_times(text) or problem or "")[0]
            if problem and text and words is not None:
                words = words._replace(text=f"{words.text}: {problem}")
        stamp = self.clock.stamp(at)
        earlier = self.logins.before(queue_id, relay, words, stamp) if self.logins.recent else None
        before = self.remember(queue_id, recipient, status, earlier or words, repeats)
        if status is not _DEFERRED and words is not None and words.text.endswith(GIVEN_UP):
            status, earlier = _EXPIRED, before
        fate = (_ATTEMPT, status, flag, stamp, transport, queue_id, None, None, recipient, orig_to)
        behind = (None, words, earlier, repeats, *_NOTHING_MORE)
        return _event((self.file, number, *fate, relay, source, *behind))
