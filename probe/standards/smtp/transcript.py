"""Pairs replies with commands, from octets alone.

The live session and the reader of a recording both feed this with the same observations in the
same order, so a replay concludes exactly what the run concluded. Times are milliseconds since
the run began.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from probe import settings
from probe._dataclass import dataclass, field, replace
from probe.model.reply import Reply, Stage
from probe.model.text import decode
from probe.standards.smtp.commands import stage_of
from probe.standards.smtp.ehlo import parse_extensions
from probe.standards.smtp.reader import ReplyReader, WireReply
from probe.standards.smtp.results import FOREIGN_YES, NOT_KNOWN, Deviation, Extensions

_PIECE = 4096  # octets

# The reader dropped data beyond its limits
_CUT = frozenset({Deviation.LINE_TOO_LONG, Deviation.TOO_MANY_LINES, Deviation.REPLY_TOO_LONG})

# RFC 5321 section 4.3.2: the positive codes by command
_YES = {Stage.MAIL: frozenset({250}), Stage.RCPT: frozenset({250, 251, 252})}

# What any command may be answered with: closing (RFC 5321 section 3.8), or that it is not known or not taken
_TO_ANY = frozenset({421}) | NOT_KNOWN


@dataclass(slots=True)
class Entry:
    """One command (or the wait for the greeting) and its reply.

    `sent` is the command line without CRLF; `secure` says that it was said inside TLS; `breaches` are
    breaches that concern the pairing; `in_step` is False when the reply may belong to another command.
    """

    stage: Stage
    sent: str
    at_ms: int
    secure: bool
    read: WireReply | None = None
    answered_ms: int | None = None
    fragment: str = ""
    in_step: bool = True
    breaches: set[Deviation] = field(default_factory=set)

    @property
    def reply(self) -> Reply | None:
        """The complete reply, None when there is none."""
        return self.read.reply if self.read else None

    @property
    def usable(self) -> bool:
        """Whether the reply may be concluded from."""
        if self.read is None or not self.in_step:
            return False
        answers = self.read.usable_as_greeting if self.stage is Stage.GREETING else self.read.usable
        return answers and Deviation.FOREIGN_CODE not in self.breaches

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """Every breach of the reply and of its pairing, in the order of the enumeration."""
        breaches = self.breaches | set(self.read.deviations if self.read else ())
        return tuple(deviation for deviation in Deviation if deviation in breaches)


class Transcript:
    """The dialogue of one connection so far. Append-only.

    `out_of_step` becomes True when a reply came that belongs to no command; no later reply proves
    anything then.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.out_of_step = False
        self.octets = 0
        self._reader = ReplyReader()
        # RFC 5321 section 4.2: replies come in the order of the commands
        self._pending: deque[Entry] = deque()
        self._secure = False
        self._surplus_replies = 0
        self._late: Entry | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a command (or the connection itself) has not been answered yet."""
        return bool(self._pending)

    @property
    def awaits_handshake(self) -> bool:
        """The server agreed to STARTTLS and TLS has not begun: nothing may come in the clear now."""
        last = self.entries[-1] if self.entries and not self._secure else None
        is_starttls_ok = last is not None and last.stage is Stage.STARTTLS and last.usable
        return is_starttls_ok and last is not None and last.reply is not None and last.reply.code == 220

    @property
    def was_injected(self) -> bool:
        """Whether something came in the clear between the 220 to STARTTLS and TLS."""
        starttls = self.last(Stage.STARTTLS)
        return starttls is not None and Deviation.INJECTED_BEFORE_TLS in starttls.breaches

    def connected(self, at_ms: int) -> None:
        """The connection stands; the greeting is awaited."""
        self._expect(Entry(Stage.GREETING, "", at_ms, secure=False))

    def sent(self, data: bytes, at_ms: int) -> None:
        """One command went out."""
        self._expect(Entry(stage_of(data), decode(data.rstrip(b"\r\n")), at_ms, self._secure))

    def received(self, data: bytes, at_ms: int) -> None:
        """Octets came in, inside TLS after `secured`. After `settings.SURPLUS_LIMIT` replies too many
        nothing is read any more."""
        self.octets += len(data)
        has_pair = False
        for read in self._replies(data):
            if self._pending:
                self._answer(self._pending.popleft(), read, at_ms)
                has_pair = True
            elif self.awaits_handshake:
                self.entries[-1].breaches.add(Deviation.INJECTED_BEFORE_TLS)
            else:
                self._surplus(read, same_chunk=has_pair)
        if self.awaits_handshake and not self._reader.is_empty:
            self.entries[-1].breaches.add(Deviation.INJECTED_BEFORE_TLS)

    def _replies(self, data: bytes) -> Iterator[WireReply]:
        """Read in pieces, so that a flood of short lines ends where it is known to be one."""
        for start in range(0, len(data), _PIECE):
            if self.is_flooded:
                return
            yield from self._reader.feed(data[start : start + _PIECE])

    @property
    def is_flooded(self) -> bool:
        """Whether more replies came than any server would send as answers."""
        return self._surplus_replies > settings.SURPLUS_LIMIT

    def secured(self) -> None:
        """TLS begins. What came in the clear after the 220 is not read on (RFC 3207 section 4.2)."""
        self._secure = True
        self._reader = ReplyReader()

    def ended(self) -> None:
        """The connection is over: half a reply is kept as a fragment."""
        rest = self._reader.finish()
        if rest is None or not self.entries:
            return
        if self._pending:
            self._pending[0].fragment = rest.reply.text if rest.reply.code == 0 else str(rest.reply)
            self._pending[0].breaches.update(rest.deviations)
        elif not self.awaits_handshake:
            self.entries[-1].breaches.add(Deviation.UNSOLICITED)

    def last(self, stage: Stage) -> Entry | None:
        """The latest entry of a stage."""
        return next((entry for entry in reversed(self.entries) if entry.stage is stage), None)

    def extensions(self, *, secure: bool) -> Extensions | None:
        """What the last EHLO that got 250 announced, inside or outside TLS; None without one."""
        for entry in reversed(self.entries):
            reply = entry.reply if entry.usable and entry.secure is secure else None
            if entry.stage is Stage.EHLO and reply is not None and reply.code == 250:
                offers = parse_extensions(reply)
                return replace(offers, complete=False) if _CUT.intersection(entry.deviations) else offers
        return None

    def _expect(self, entry: Entry) -> None:
        entry.in_step = not self.out_of_step
        self.entries.append(entry)
        self._pending.append(entry)

    def _answer(self, entry: Entry, read: WireReply, at_ms: int) -> None:
        entry.read = read
        entry.answered_ms = at_ms
        entry.in_step = not self.out_of_step
        self._weigh_late(entry, read)
        entry.breaches |= _breaches_of_meaning(entry.stage, read)
        if read.usable and self._answers_another_command(entry, read.reply):
            entry.breaches.add(Deviation.UNSOLICITED)
            self._lose_step()

    def _answers_another_command(self, entry: Entry, reply: Reply) -> bool:
        """Whether the reply cannot be meant for this command: those before it were one off, too, then.

        RSET is answered with 250 (RFC 5321 section 4.1.1.5): `550 no such user` or `221 bye` in its place is
        another command's. QUIT is not refused by a server that has just accepted a mailbox; one that refuses
        all that it hears may refuse QUIT."""
        if reply.code in _TO_ANY:
            return False
        if entry.stage is Stage.RSET:
            return reply.code != 250
        if entry.stage is not Stage.QUIT or reply.is_positive:
            return False
        rcpt = self.last(Stage.RCPT)
        return rcpt is not None and rcpt.reply is not None and rcpt.reply.is_positive

    def _weigh_late(self, entry: Entry, read: WireReply) -> None:
        """QUIT is also sent after a timeout. A positive reply after that may be the answer to QUIT: it counts
        for the earlier command only if QUIT gets its own answer after it. A refusal cannot be the answer to
        QUIT."""
        if self._pending and read.reply.is_positive:
            entry.in_step = False
            self._late = entry
        elif self._late is not None and not self._pending:
            self._late.in_step = not self.out_of_step

    def _surplus(self, read: WireReply, *, same_chunk: bool) -> None:
        if not self.entries:
            return
        self._surplus_replies += 1
        last = self.entries[-1]
        last.breaches.add(Deviation.SURPLUS if same_chunk else Deviation.UNSOLICITED)
        if last.stage is Stage.QUIT and last.reply is not None and last.reply.code == 221:
            return  # the session had ended in good order
        # In one packet with the answer the first reply is the answer. A late one may mean that
        # every reply since the greeting was one off. A 421 can come at any time (RFC 5321 section 3.8).
        self.out_of_step = True
        if not same_chunk and read.reply.code != 421:
            self._lose_step()

    def _lose_step(self) -> None:
        self.out_of_step = True
        for entry in self.entries[1:]:
            entry.in_step = False


def _breaches_of_meaning(stage: Stage, read: WireReply) -> set[Deviation]:
    """What is wrong with a positive reply. The first digit decides (RFC 5321 section 4.3.2), but a code of
    another command shows that the replies are out of step, and a status of refusal that the acceptance is
    unreliable (RFC 2034 section 4)."""
    breaches: set[Deviation] = set()
    reply = read.reply
    if stage not in _YES or not reply.is_positive or not read.usable:
        return breaches
    if reply.code in FOREIGN_YES or reply.code >= 300:  # 3yz answers DATA and AUTH alone
        breaches.add(Deviation.FOREIGN_CODE)
    elif reply.code not in _YES[stage] and reply.code < 300:
        breaches.add(Deviation.UNKNOWN_CODE)
    if reply.enhanced_status is not None and reply.enhanced_status.klass in (4, 5):
        breaches.add(Deviation.CONTRADICTED)
    return breaches
