"""Cisco Secure Email Gateway (ESA, IronPort): its text mail logs (`mail_logs`), which tell a message by MID,
its recipients by RID, and a connection to another server by DCID ("Using Text Mail Logs" in the chapter
Logging of AsyncOS' user guide; lines of bounces in the manuals of Splunk).

A failure is told with AsyncOS' own status and words, and behind them, as Python writes a list, the code and
the lines of the reply; code 000 where no server spoke. The answer to a message that was taken has a line of
its own behind (`Response`), without its code. At which command a server refused is not told, nor is read what
was refused to clients of this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.memory import RECIPIENTS, Memory
from probe.reading.log.reader import FramedReader

STAMP = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} )"
_LINE = regex(rf"(?P<at>{STAMP})?Info: (?P<text>.*)")
_FROM = regex(r"MID (\d{1,12}) (?:ICID \d{1,12} )?From: <(.*)>\s*")
_TO = regex(r"MID (\d{1,12}) (?:ICID \d{1,12} )?RID (\d{1,6}) To: <(.*)>\s*")
_REWRITTEN = regex(r"MID (\d{1,12}) rewritten to MID (\d{1,12})\b")
_CONNECTION = regex(
    r"New SMTP DCID (\d{1,12}) interface (?:\S{1,255} \()?([0-9A-Fa-f.:]{2,45})\)? "
    r"address ([0-9A-Fa-f.:]{2,45})(?: port (\d{1,5}))?"
)
_TAKEN = regex(r"Message done DCID (\d{1,12}) MID (\d{1,12}) to (?:RID )?\[([\d, ]{1,8000})\]")
_ANSWER = regex(r"MID (\d{1,12}) RID \[([\d, ]{1,8000})\] Response '(.*)'\s*")
_FAILURE = regex(
    r"(Bounced|Delayed): DCID:? (\d{1,12}) (?:MID|Message) (\d{1,12}) "
    r"(?:From: ?<(.*?)> To: ?<(.*?)> |to )(?:RID )?(\d{1,6}) - ([45]\.\d{1,3}\.\d{1,3}) - (.*)"
)
_REPLY = regex(r"(.*?) ?\('(\d{3})', \[(.*)\]\)(?: \[.*\])?\s*")
_TEXT = regex(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_ESCAPE = regex(r"\\([rnt'\"\\])")
_CONTROLS = {"r": "", "n": "\n", "t": "\t"}
_DROPPED = regex(r"Message aborted MID (\d{1,12}) (Dropped by .*)")
_FINISHED = regex(r"Message finished MID (\d{1,12}) ")
_TOO_OLD = "5.4.7"  # RFC 3463 section 3.5: delivery time expired
_NO_SERVER = "000"
_OPEN = 1_000  # messages that were taken and whose answer may come
_MARKS = (
    *(b" From: <", b" To: <", b"New SMTP DCID ", b"Message done DCID ", b" Response '", b"Bounced: DCID"),
    *(b"Delayed: DCID", b"Message aborted MID ", b"Message finished MID ", b" rewritten to MID "),
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that another server took, for some of its recipients."""

    rids: Sequence[str]
    connection: str
    frame: Frame
    number: int


class EsaReader(FramedReader):
    """Reads mail_logs, from the file or from syslog."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self._taken: dict[tuple[str, str], _Taken] = {}  # by MID and RIDs

    def matters(self, data: bytes) -> bool:
        return any(mark in data for mark in _MARKS)

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        line = _LINE.match(text)
        if line is None:
            return ()
        text = line["text"]
        if line["at"] is not None:
            frame = frame._replace(at=self._stamp(line["at"]))
        if text.startswith(("Bounced: DCID", "Delayed: DCID")):
            failure = _FAILURE.match(text)
            if failure is None:
                return self.unread(data, number, "a failure of Cisco's ESA whose fields are not understood")
            return (self._failure(failure.groups(), frame, number),)
        if (taken := _TAKEN.match(text)) is not None:
            return self._take(taken[2], taken[3], _Taken(taken[3].split(", "), taken[1], frame, number))
        if (answer := _ANSWER.match(text)) is not None:
            entry = self._taken.pop((answer[1], answer[2]), None)
            words = Words(Speaker.REMOTE, _plain(answer[3]), Stage.END_OF_DATA) if answer[3] else None
            return self._deliveries(answer[1], entry, words, number) if entry is not None else ()
        if (dropped := _DROPPED.match(text)) is not None:
            return self._drop(dropped[1], dropped[2].strip(), frame, number)
        if (last := _FINISHED.match(text)) is not None:
            open_ones = [key for key in self._taken if key[0] == last[1]]
            records = [
                it for key in open_ones for it in self._deliveries(key[0], self._taken.pop(key), None, number)
            ]
            self.memory.forget(last[1])
            self.memory.drop(("recipients", last[1]))
            return records
        self._note(text)
        return ()

    def end(self) -> Sequence[Record]:
        rest = [
            it
            for key, entry in self._taken.items()
            for it in self._deliveries(key[0], entry, None, entry.number)
        ]
        self._taken.clear()
        return rest

    def _stamp(self, text: str) -> Stamp | None:
        _, month, day, time, year = text.split()
        return self.clock.stamp(f"{month} {day} {year} {time}")

    def _note(self, text: str) -> None:
        """What the lines behind it need: sender, recipients, and the other end of a connection."""
        if (sender := _FROM.match(text)) is not None:
            self.memory.message(sender[1]).sender = sender[2]
        elif (recipient := _TO.match(text)) is not None:
            names = self._recipients(recipient[1])
            if len(names) < RECIPIENTS:
                names[recipient[2]] = recipient[3]
            self.memory.note(("recipients", recipient[1]), names)
        elif (connection := _CONNECTION.match(text)) is not None:
            port = int(connection[4]) if connection[4] is not None else None
            self.memory.note(("connection", connection[1]), (Relay(None, connection[3], port), connection[2]))
        elif (other := _REWRITTEN.match(text)) is not None:
            before = self.memory.message_of(other[1])
            if before is not None:
                self.memory.message(other[2]).sender = before.sender
            self.memory.note(("recipients", other[2]), dict(self._recipients(other[1])))

    def _recipients(self, mid: str) -> dict[str, str]:
        names = self.memory.note_of(("recipients", mid))
        return names if isinstance(names, dict) else {}

    def _take(self, mid: str, rids: str, taken: _Taken) -> Sequence[Record]:
        records: Sequence[Record] = ()
        if len(self._taken) >= _OPEN:
            oldest = next(iter(self._taken))
            records = self._deliveries(oldest[0], self._taken.pop(oldest), None, taken.number)
        self._taken[(mid, rids)] = taken
        return records

    def _deliveries(self, mid: str, taken: _Taken, words: Words | None, number: int) -> Sequence[Event]:
        names = self._recipients(mid)
        records = []
        for rid in taken.rids:
            recipient = names.get(rid)
            self.memory.settle(mid, recipient or "")
            records.append(
                self._event(Status.SENT, "done", mid, recipient, taken.connection, words, taken.frame, number)
            )
        return records

    def _failure(self, fields: Sequence[Any], frame: Frame, number: int) -> Event:
        word, connection, mid, sender, to, rid, dsn, rest = fields
        recipient = to or self._recipients(mid).get(rid)
        words = _words(rest)
        status, earlier = Status.DEFERRED, None
        if word == "Delayed":
            self.memory.defer(mid, recipient or "", words)
        else:
            before = self.memory.settle(mid, recipient or "")
            status = Status.BOUNCED
            if dsn == _TOO_OLD:
                status, earlier = Status.EXPIRED, before or words
        event = self._event(status, word, mid, recipient, connection, words, frame, number)
        return event._replace(dsn=dsn, earlier=earlier, sender=event.sender if sender is None else sender)

    def _drop(self, mid: str, why: str, frame: Frame, number: int) -> Sequence[Event]:
        """The message was thrown away by a filter or a scanner of this server."""
        words = Words(Speaker.LOCAL, why)
        names: Sequence[str | None] = list(self._recipients(mid).values()) or [None]
        return [self._event(Status.DISCARDED, "aborted", mid, it, "0", words, frame, number) for it in names]

    def _event(
        self,
        status: Status,
        word: str,
        mid: str,
        recipient: str | None,
        connection: str,
        words: Words | None,
        frame: Frame,
        number: int,
    ) -> Event:
        message = self.memory.message_of(mid)
        note = self.memory.note_of(("connection", connection))
        relay, source = note if isinstance(note, tuple) else (None, None)
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            word,
            frame.at,
            frame.program,
            mid,
            sender=message.sender if message is not None else None,
            recipient=recipient,
            relay=relay,
            source_ip=source,
            words=words,
        )


def _words(rest: str) -> Words | None:
    """`AsyncOS' own words ('550', ['5.1.1 first line', 'last line']) []`."""
    reply = _REPLY.fullmatch(rest)
    if reply is None:
        return Words(Speaker.LOCAL, rest.strip()) if rest.strip() else None
    own, code, texts = reply.groups()
    lines = [_plain(single or double) for single, double in _TEXT.findall(texts)]
    if code == _NO_SERVER:
        return Words(Speaker.LOCAL, ": ".join([own, *lines]))
    last = len(lines) - 1
    return Words(
        Speaker.REMOTE,
        "\n".join(f"{code}{' ' if n == last else '-'}{line}" for n, line in enumerate(lines)) or code,
    )


def _plain(text: str) -> str:
    """A text as Python writes it, without its escapes."""
    return _ESCAPE.sub(lambda match: _CONTROLS.get(match[1], match[1]), text).strip()
