"""Exim's main log: `<=` arrivals, `=>` `->` `>>` deliveries, `**` failures, `==` deferrals, refusals.

The fields after an address depend on log_selector; message ids have six or eleven characters in their middle
(4.97). Local time, unless log_timezone is set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.model.text import decode
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.exim_queue import EximQueue
from probe.reading.log.exim_server import refusal
from probe.reading.log.exim_words import Fields, duration, fields_at, of_router, words_of
from probe.reading.log.frames import Frame
from probe.reading.log.reader import TEXT
from probe.reading.log.words import relay_of

ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{11}-[0-9A-Za-z]{4}|[0-9A-Za-z]{6}-[0-9A-Za-z]{2})"
_PREFIX = re.compile(rf"(?:\[\d{{1,10}}\] )?(?:({ID}) )?")
_USUAL = regex(
    rb"(\d{4}-[\d: -]{14}(?:\.\d{1,6})?(?: [+-]\d{4})?) (?:\[\d{1,10}\] )?"
    rb"(" + ID.encode() + rb") ([^\n]*)"
)
# An address may be quoted, or be a command or a file.
_ADDRESS = regex(
    r"(?P<to>(?:\"(?>[^\"\\]|\\.)*+\"[^\s:<]*+|[|/][^<]*?(?= <)|:[a-z]+:"
    # without its quotes
    r"|[^\s\"<>=|/:][^\"<>=]{0,300}?(?= <\"[^<>]{1,300}\"@)|[^\s\"]*?(?=:?(?:\s|$))))"
    r"(?: \([^()<>]{1,1000}\)(?= <))?"  # what it came from in between (log_selector all_parents)
    r"(?: <(?P<parent>(?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>)?"
)
# with the number of the error; from 4.100 on with its words, if it is one of the system's
_DEFER = regex(r" ?(?:routing )?defer(?: \((?:-?\d{1,6}|(?P<problem>[^()]{1,80}))\))?(?=[: ]|$)")
_STRERROR = regex(r": ([^:=]{3,80}?)(?= (?:H|DT|I)=)")
_TIMES_BEHIND = regex(r"(?: [DQ]T=(?:\d{1,6}[wdhm])*(?:\d{1,9}(?:\.\d{1,6})?s)?)+\s*$")
_ID_FIELD = regex(r" id\*?=(\S+)")
_HOST_LINE = regex(r"H=(\S+) \[([^\]]*)\](?::(\d{1,5}))?\*?:? (?!\()")
_ONLY_QUEUED = "domain matches queue_smtp_domains, or -odqs set"  # nothing was tried
GIVEN_UP = "retry timeout exceeded"  # after the words of the last failure
FLAGS = {
    "=>": Status.SENT,
    "->": Status.SENT,
    ">>": Status.SENT,
    "*>": Status.DISCARDED,
    "**": Status.BOUNCED,
    "==": Status.DEFERRED,
}


def recipient_of(to: str, parent: str | None) -> str:
    """The recipient of a line: the address; for a mailbox of this server the name after it, without
    quotes."""
    if parent is not None and ("@" not in to or parent.replace('"', "") == to):
        return parent
    return to


def without_times(text: str) -> str:
    """The text without the times that Exim adds to the server's words."""
    return _TIMES_BEHIND.sub("", text) if "T=" in text[-64:] else text


def _is_to_nobody(to: str, behind: str, fields: Fields) -> bool:
    """Whether it is thrown away: by a redirection, into a file that keeps nothing, or by an ACL."""
    return (
        to == ":blackhole:"
        or (to == "/dev/null" and fields.text("T") in ("**bypassed**", "address_file"))
        or (to == "blackhole" and behind.startswith(" ("))
    )


class EximLines(EximQueue):
    """Reads line by line mainlog (and the lines of it that a syslog daemon wrote)."""

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        """Read a line; lines of mainlog itself have no frame."""
        usual = _USUAL.match(data)
        if usual is None:
            return super().read(data, number)
        at, queue_id, rest = usual.groups()
        identity = queue_id.decode("ascii")
        if rest.startswith(b"Completed"):
            self.memory.forget(identity)
            return ()
        text = decode(rest[:TEXT])
        if text.startswith("<= "):
            self._arrival(identity, text[3:])
            return ()
        return self._line(
            identity, text, Frame(self.clock.stamp(at.decode("ascii")), None, None, text), data, number
        )

    def matters(self, data: bytes) -> bool:
        return (
            b"= " in data
            or b"> " in data
            or b" ** " in data
            or b" H=" in data
            or b"Completed" in data
            or b"rejected " in data
            or b"discarded " in data
            or b"cancelled by " in data
            or b"removed by " in data
            or b"rozen" in data
            or b" marked delivered by " in data
        )

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        if frame.at is not None and frame.program is not None and text[:4].isdecimal():
            text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})? ", "", text)
        prefix = _PREFIX.match(text)
        queue_id = prefix[1] if prefix is not None else None
        rest = text[prefix.end() :] if prefix is not None else text
        return self._line(queue_id, rest, frame, data, number)

    def _line(
        self, queue_id: str | None, rest: str, frame: Frame, data: bytes, number: int
    ) -> Sequence[Record]:
        flag = rest[:2]
        if queue_id is not None and rest[2:3] == " ":
            if flag == "<=":
                self._arrival(queue_id, rest[3:])
                return ()
            if flag in FLAGS:
                return self._attempt(queue_id, flag, rest[3:], frame, data, number)
        if queue_id is not None and rest.startswith("Completed"):
            self.memory.forget(queue_id)
            return ()
        if queue_id is not None and rest.startswith("H="):
            self._host(queue_id, rest)
        if queue_id is not None and " authenticator " in rest:
            self.logins.note(queue_id, rest, frame.at)
        if "rejected " in rest or "discarded " in rest:
            event = refusal(rest, queue_id, frame, self.file, number)
            return (event,) if event is not None else ()
        return self.by_hand(queue_id, rest, frame, number) if queue_id is not None else ()

    def _arrival(self, queue_id: str, rest: str) -> None:
        message = self.memory.message(queue_id)
        sender = rest.partition(" ")[0]
        message.sender = "" if sender == "<>" else sender
        match = _ID_FIELD.search(rest, rest.find(" id")) if " id" in rest else None
        message.message_id = f"<{match[1].strip('<>')}>" if match is not None else None

    def _host(self, queue_id: str, rest: str) -> None:
        """The line with the host if there was no session."""
        match = _HOST_LINE.match(rest)
        if match is not None:
            port = int(match[3]) if match[3] else None
            self.memory.note(("host", queue_id), Relay(match[1], match[2], port))

    def _attempt(
        self, queue_id: str, flag: str, rest: str, frame: Frame, data: bytes, number: int
    ) -> Sequence[Record]:
        address = _ADDRESS.match(rest)
        if address is None or not address["to"]:
            return self.unread(data, number, f"a line of Exim with {flag} that names no address")
        to, parent = address["to"], address["parent"]
        fields = fields_at(rest, address.end())
        behind = rest[fields.end :]
        words, repeats = None, False
        status = FLAGS[flag]
        if status is Status.DEFERRED:
            deferral = _DEFER.match(behind)
            if deferral is None:
                return self.unread(data, number, "a deferral of Exim without the word defer")
            words, repeats, fields = self._deferral(behind[deferral.end() :], fields, deferral["problem"])
            words = of_router(words, fields)
            if words is not None and words.text.startswith(_ONLY_QUEUED):
                status, words = Status.QUEUED, None
        elif status is Status.BOUNCED:
            remark = without_times(behind.lstrip(" ").removeprefix(":").strip())
            words, repeats = words_of(remark)
            if words is not None and words.text.endswith(GIVEN_UP):
                status = Status.EXPIRED
            words = of_router(words, fields)
        elif fields.text("C") is not None:
            words = Words(Speaker.REMOTE, fields.text("C") or "", Stage.END_OF_DATA)
        if _is_to_nobody(to, behind, fields):
            status = Status.DISCARDED
        return (self.event(queue_id, flag, status, (to, parent), fields, words, repeats, frame, number),)

    def _deferral(
        self, behind: str, fields: Fields, problem: str | None
    ) -> tuple[Words | None, bool, Fields]:
        """`: error H=host [ip]:port DT=1s: text`, with any of these missing; `problem` is the error that
        stood before it."""
        begin = 0
        if problem is None and (error := _STRERROR.match(behind)) is not None:
            problem, begin = error[1], error.end()
        more = fields_at(behind, begin)
        remark = behind[more.end :].removeprefix(":").strip()
        if problem is not None and not remark:
            remark = problem
        words, repeats = words_of(without_times(remark))
        if problem is not None and words is not None and remark != problem:
            words = words._replace(text=f"{words.text}: {problem}")
        return words, repeats, fields.join(more)

    def event(
        self,
        queue_id: str,
        flag: str,
        status: Status,
        address: tuple[str, str | None],
        fields: Fields,
        words: Words | None,
        repeats: bool,
        frame: Frame,
        number: int,
    ) -> Event:
        to, parent = address
        recipient = recipient_of(to, parent)
        message = self.memory.message_of(queue_id)
        sender = fields.address("F")
        if sender is None and message is not None:
            sender = message.sender
        relay = fields.relay
        if relay is None and status is Status.DEFERRED and not repeats:
            note = self.memory.drop(("host", queue_id))
            relay = note if isinstance(note, Relay) and fields.text("T") is not None else None
        orig_to = parent if parent not in (None, recipient) else None
        login = self.logins.before(queue_id, relay, words, frame.at)
        earlier = self.remember(queue_id, recipient, status, login or words, repeats)
        source = relay_of(fields.text("I") or "")
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            flag,
            frame.at,
            fields.text("T"),
            queue_id,
            message.message_id if message is not None else None,
            sender,
            recipient,
            orig_to,
            relay,
            source.ip if source is not None else None,
            None,
            words,
            earlier if status is Status.EXPIRED else login,
            repeats,
            False,
            duration(fields.text("QT")),
            (),
            fields.text("X"),
        )
