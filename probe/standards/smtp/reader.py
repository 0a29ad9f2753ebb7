"""Reads SMTP replies from octets (RFC 5321 section 4.2), whatever a server sends.

    Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF

The reader never raises on what a peer sent and holds no more than its caps: it keeps what fits,
drops the rest, and names every breach of the grammar as a `Deviation`. How the octets were cut
into chunks makes no difference to what it returns.
"""

from __future__ import annotations

import re

from probe import settings
from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.reply import EnhancedStatus, Reply
from probe.model.text import decode
from probe.standards.smtp.results import Deviation

_LF, _CR = 0x0A, 0x0D

# Three ASCII digits, then "-", SP or the end of the line; int() would also take "25 " and "2_5".
_REPLY_LINE = regex(rb"([0-9]{3})(?:([- ])(.*))?", re.DOTALL)
_SHORT_CODE = regex(rb"[0-9]{1,2}(?:[- ].*)?", re.DOTALL)

# RFC 2034 section 4: the status comes right after the reply code. Some servers write "#5.1.0".
_ENHANCED = regex(r"#?([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.]*[0-9])")

# RFC 5321 section 4.2: textstring = 1*(%d09 / %d32-126); UTF-8 is RFC 6531's.
_CONTROL = regex(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

# With one of these a reply answers nothing: its code cannot be told.
_UNUSABLE = frozenset(
    {
        Deviation.MIXED_CODES,
        Deviation.SHORT_CODE,
        Deviation.CODE_OUT_OF_RANGE,
        Deviation.TRUNCATED,
    }
)


@dataclass(frozen=True, slots=True)
class WireReply:
    """One reply as it was read.

    `reply.code` is 0 when the reply consists of a line without a reply code; `raw` is the octets
    that were kept, line ends included; `deviations` are in the order of their enumeration.
    """

    reply: Reply
    deviations: tuple[Deviation, ...]
    raw: bytes

    @property
    def usable(self) -> bool:
        """False when the server contradicts itself, gives no code, or was cut off."""
        return self.reply.code != 0 and _UNUSABLE.isdisjoint(self.deviations)

    @property
    def usable_as_greeting(self) -> bool:
        """The same for a greeting, of which the last line decides where its codes differ: senders go by it
        (RFC 5321 section 4.2.1), and it answers no command that it could be mistaken about."""
        return self.reply.code != 0 and _UNUSABLE.isdisjoint({*self.deviations} - {Deviation.MIXED_CODES})


@dataclass(slots=True)
class _Limits:
    line: int
    lines: int
    size: int


class ReplyReader:
    """Turns octets into replies. Sans-IO; one instance a connection (a new one after STARTTLS)."""

    def __init__(
        self,
        *,
        line_limit: int = settings.REPLY_LINE_LIMIT,
        lines_limit: int = settings.REPLY_LINES_LIMIT,
        size_limit: int = settings.REPLY_SIZE_LIMIT,
    ) -> None:
        self._limits = _Limits(line_limit, lines_limit, size_limit)
        self._line = bytearray()  # of the current line, at most line_limit + 1 octets
        self._line_size = 0
        self._ends_in_cr = False
        self._forget_reply()

    def _forget_reply(self) -> None:
        self._codes: set[int] = set()
        self._code = 0
        self._texts: list[str] = []
        self._raw = bytearray()
        self._line_count = 0
        self._deviations: set[Deviation] = set()

    @property
    def is_empty(self) -> bool:
        """True between replies: nothing of a further one has come."""
        return not self._line_size and not self._line_count

    def feed(self, data: bytes) -> list[WireReply]:
        """Take octets as they came; return the replies that they complete."""
        replies: list[WireReply] = []
        start = 0
        while (end := data.find(b"\n", start)) != -1:
            self._extend(data[start:end])
            reply = self._end_of_line()
            if reply is not None:
                replies.append(reply)
            start = end + 1
        self._extend(data[start:])
        return replies

    def finish(self) -> WireReply | None:
        """The connection is over: what came of a reply that is not complete, else None."""
        if self.is_empty:
            return None
        self._deviations.add(Deviation.TRUNCATED)
        if self._line_size:
            line = self._take_line(b"")
            self._add_line(line, b"")
        return self._complete()

    def _extend(self, part: bytes) -> None:
        if not part:
            return
        room = self._limits.line + 1 - len(self._line)
        self._line += part[:room]
        self._line_size += len(part)
        self._ends_in_cr = part[-1] == _CR

    def _end_of_line(self) -> WireReply | None:
        if not self._ends_in_cr:
            self._deviations.add(Deviation.BARE_LF)
        ending = b"\r\n" if self._ends_in_cr else b"\n"
        is_last = self._add_line(self._take_line(ending), ending)
        return self._complete() if is_last else None

    def _take_line(self, ending: bytes) -> bytes:
        """The current line without its end, cut to the cap; the next line begins."""
        size = self._line_size - (len(ending) - 1 if ending else 0)
        line = bytes(self._line[: min(size, self._limits.line)])
        if size > self._limits.line:
            self._deviations.add(Deviation.LINE_TOO_LONG)
        self._line.clear()
        self._line_size = 0
        self._ends_in_cr = False
        return line

    def _add_line(self, line: bytes, ending: bytes) -> bool:
        """Add a line to the reply; True when it is the last one."""
        self._note_octets(line)
        match = _REPLY_LINE.fullmatch(line)
        if match is None:
            return self._add_codeless(line, ending)
        self._code = int(match[1])
        self._codes.add(self._code)
        if not 200 <= self._code <= 599:
            self._deviations.add(Deviation.CODE_OUT_OF_RANGE)
        self._keep(line, match[3] or b"", ending)
        return match[2] != b"-"

    def _add_codeless(self, line: bytes, ending: bytes) -> bool:
        # Inside a reply it is text whose code was left out; alone it is all the answer that came,
        # and waiting for more would only hide it behind a timeout.
        is_first = not self._line_count
        short = _SHORT_CODE.fullmatch(line) is not None
        self._deviations.add(Deviation.SHORT_CODE if short else Deviation.MALFORMED_LINE)
        self._keep(line, line, ending)
        return is_first

    def _note_octets(self, line: bytes) -> None:
        if b"\r" in line:
            self._deviations.add(Deviation.BARE_CR)
        if b"\0" in line:
            self._deviations.add(Deviation.NUL)
        if _CONTROL.search(line):
            self._deviations.add(Deviation.CONTROL)
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            self._deviations.add(Deviation.NOT_UTF8)

    def _keep(self, line: bytes, text: bytes, ending: bytes) -> None:
        self._line_count += 1
        if self._line_count > self._limits.lines:
            self._deviations.add(Deviation.TOO_MANY_LINES)
        elif len(self._raw) + len(line) + len(ending) > self._limits.size:
            self._deviations.add(Deviation.REPLY_TOO_LONG)
        else:
            self._raw += line + ending
            self._texts.append(decode(text))

    def _complete(self) -> WireReply:
        if len(self._codes) > 1:
            self._deviations.add(Deviation.MIXED_CODES)
        reply = Reply(self._code, _enhanced_status(self._texts), tuple(self._texts))
        deviations = tuple(deviation for deviation in Deviation if deviation in self._deviations)
        read = WireReply(reply, deviations, bytes(self._raw))
        self._forget_reply()
        return read


def _enhanced_status(texts: list[str]) -> EnhancedStatus | None:
    match = _ENHANCED.match(texts[0]) if texts else None
    return EnhancedStatus.parse(match[1]) if match else None
