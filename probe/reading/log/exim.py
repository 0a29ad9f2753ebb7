"""Exim, many lines at once: of the usual lines only what an aggregate needs is read; every other line of
interest is read as `exim_lines` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.exim_lines import FLAGS, ID, EximLines, untimed
from probe.reading.log.exim_words import Fields, fields_at, said
from probe.reading.log.frames import Frame
from probe.reading.log.memory import Memory

# The usual line of a successful delivery to another server, with plain addresses.
_BRIEF = re.compile(
    r"(\d{4}-[\d: -]{14}(?:\.\d{1,6})?(?: [+-]\d{4})?) (?:\[\d{1,10}\] )?(" + ID + r") (=>|->) "
    r"([^\s\"<>|/:]+)(?: <([^\">\n]*)>)?(?: [FP]=<[^\">\n]*>){0,2}(?: R=[^\s:\"\[=]+)?"
    r" T=([^\s:\"\[=]+)(?: S=\d+)?"
    r" H=([^\s\[\"<:]+) \[([^\]\n]*)\](?::(\d{1,5}))?(?: I=\[([^\]\n]*)\](?::\d{1,5})?)?"
    r"(?: (?:X|CV|DN|K|C|QT|DT|A|L|PRX|TFO|S|M8S|DKIM|id)\*?(?=[= \n])[^\n]*|\s*)$",
    re.MULTILINE,
)
_PASSED_OVER = re.compile(
    r"(?:\d{4}-[\d: -]{14}(?:\.\d{1,6})?(?: [+-]\d{4})? (?:\[\d{1,10}\] )?"
    + ID
    + r" (?:<= |Completed)[^\n]*\n)*+"
)
# The usual failure: what a remote server said.
_BRIEF_FAILED = re.compile(
    r"(\d{4}-[\d: -]{14}(?:\.\d{1,6})?(?: [+-]\d{4})?) (?:\[\d{1,10}\] )?(" + ID + r") (==|\*\*) "
    r"([^\s\"<>|/:]+)(?: <([^\">\n]*)>)?((?: [FP]=<[^\">\n]*>){0,2}) R=[^\s:\"\[=]+ T=([^\s:\"\[=]+)"
    r"(?: defer \(-?\d{1,6}\))? H=([^\s\[\"<:]+) \[([^\]\n]*)\](?::(\d{1,5}))?"
    r"(?: I=(\[[^\]\n]*\])(?::\d{1,5})?)?"
    r"(?: (?:CV|K|DT|L)=[^\s:\"]+| X=[^\s\"]+?){0,6}: (SMTP error from remote mail server after [^\n]*)$",
    re.MULTILINE,
)
_BRIEF_REPEAT = re.compile(
    r"(\d{4}-[\d: -]{14}(?:\.\d{1,6})?(?: [+-]\d{4})?) (?:\[\d{1,10}\] )?(" + ID + r") == ([^\s\"<>|/:]+)"
    r"(?: R=[^\s:\"\[=]+)?(?: T=([^\s:\"\[=]+))? defer \(-?\d{1,6}\): (retry time not reached for any host"
    r"(?: for '[^'\n]*')?)\s*$",
    re.MULTILINE,
)
_ARRIVAL = re.compile(r"(?:.{0,64} )??(" + ID + r") <= (\S+)")
_RELAYS = 4096
_NOTHING = (None, None, None, False, False, None, (), None, None)  # the fields behind the source address
_event: Callable[[tuple[Any, ...]], Event] = partial(tuple.__new__, Event)  # a third of the time


class EximReader(EximLines):
    """Reads mainlog, line by line or in blocks."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._relays: dict[tuple[str, str, str | None], Relay] = {}
        self._text = self._text_before = ""  # the blocks that were read last

    def block(self, block: bytes, number: int) -> Sequence[Record]:
        """Where the lines of interest are is searched for in the whole block at once."""
        if not self.is_brief:
            return super().block(block, number)
        records: list[Record] = []
        self.pass_by(block)
        text = self._text
        is_ascii = text.isascii()  # known without a look at the characters
        passed_over, usual = _PASSED_OVER.match, _BRIEF.match
        end = counted = 0
        while end < len(text):
            passed = passed_over(text, end)
            begin = passed.end() if passed is not None else end
            if begin == len(text):
                break
            number += text.count("\n", counted, begin)
            counted = begin
            end = text.find("\n", begin) + 1 or len(text)
            line = usual(text, begin)
            if line is not None and (is_ascii or line[0].isascii()):
                records.append(self._brief(line, number))
                continue
            if text.find("SMTP error from", begin, end) >= 0:
                failed = _BRIEF_FAILED.match(text, begin)
                if failed is not None and (is_ascii or failed[0].isascii()):
                    records.append(self._brief_failed(failed, number))
                    continue
            elif text.find("retry time not", begin, end) >= 0:
                again = _BRIEF_REPEAT.match(text, begin)
                if again is not None and (is_ascii or again[0].isascii()):
                    records.append(self._brief_repeat(again, number))
                    continue
            records += self.read(block[begin:end], number)
        return records

    def pass_by(self, block: bytes) -> None:
        # a character an octet, so that positions are the same
        self._text_before, self._text = self._text, block.decode("latin-1")

    def sender(self, queue_id: str) -> str | None:
        for text in (self._text, self._text_before):
            match = _ARRIVAL.match(text, text.rfind("\n", 0, max(0, text.rfind(f"{queue_id} <= "))) + 1)
            if match is not None and match[1] == queue_id:
                return "" if match[2] == "<>" else match[2]
        return super().sender(queue_id)

    def _brief(self, line: re.Match[str], number: int) -> Event:
        at, queue_id, flag, to, parent, transport, host, ip, port, source = line.groups()
        recipient = parent if parent is not None and "@" not in to else to
        message = self.memory.known(queue_id)
        if message is not None and message.deferred:
            message.deferred.pop(recipient, None)
        orig_to = parent if parent not in (None, recipient) else None
        key = (host, ip, port)
        relay = self._relays.get(key)
        if relay is None:
            if len(self._relays) >= _RELAYS:
                self._relays.clear()
            relay = self._relays[key] = Relay(host, ip, int(port) if port else None)
        fate = (
            Kind.ATTEMPT,
            Status.SENT,
            flag,
            self.clock.stamp(at),
            transport,
            queue_id,
            None,
            None,
            recipient,
        )
        return _event((self.file, number, *fate, orig_to, relay, source, *_NOTHING))

    def _brief_failed(self, line: re.Match[str], number: int) -> Event:
        at, queue_id, flag, to, parent, more, transport, host, ip, port, source, remark = line.groups()
        words, _ = said(untimed(remark.strip()))
        status = FLAGS[flag]
        if status is Status.BOUNCED and words is not None and words.text.endswith("retry timeout exceeded"):
            status = Status.EXPIRED
        values = {"T": transport, "I": source} if source is not None else {"T": transport}
        fields = Fields(values, Relay(host, ip, int(port) if port else None), 0)
        if more:
            fields = fields_at(more, 0).joined(fields)
        frame = Frame(self.clock.stamp(at), None, None, "")
        return self.event(queue_id, flag, status, (to, parent), fields, words, False, frame, number)

    def _brief_repeat(self, line: re.Match[str], number: int) -> Event:
        at, queue_id, recipient, transport, remark = line.groups()
        message = self.memory.known(queue_id)
        words = Words(Speaker.LOCAL, remark)
        if message is None or recipient not in (message.deferred or ()):
            self.memory.defer(queue_id, recipient, words)
        fate = (Kind.ATTEMPT, Status.DEFERRED, "==", self.clock.stamp(at), transport, queue_id)
        return Event(self.file, number, *fate, recipient=recipient, words=words, repeats=True)
