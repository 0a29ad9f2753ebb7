"""The dialogue of a probe as a table: the next action for each state and class of reply.

Theory of operation. The dialogue does no IO. It returns one `Action` at a time: wait for the greeting, send a
command, begin TLS, or close. The caller performs it and reports one of

    replied(read)      a reply came to the greeting or the last command
    secured()          the TLS handshake succeeded
    insecure()         it failed
    lost_step()        replies can no longer be paired with commands

and gets the next action. Every move is a look-up in `TABLE`, which covers each state with each class of
reply; a few moves then choose by what was planned or offered (`_decide`). No state leads back to an earlier
one except EHLO after TLS (RFC 3207 section 4.2), so every dialogue ends. The last command about a message is
RCPT; `Verb` has nothing beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping

from probe import settings
from probe._dataclass import dataclass, field
from probe._enum import StrEnum
from probe.model.address import Mailbox, NullReversePath, ReversePath
from probe.model.reply import Stage
from probe.model.session import Stop
from probe.model.target import TlsMode
from probe.standards.smtp.commands import Command
from probe.standards.smtp.ehlo import parse_extensions
from probe.standards.smtp.reader import WireReply
from probe.standards.smtp.results import FOREIGN_YES, Extensions


class State(StrEnum):
    """What the dialogue waits for."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    TLS_EHLO = "tls_ehlo"
    MAIL = "mail"
    RCPT = "rcpt"
    QUIT = "quit"
    CLOSED = "closed"


class Answer(StrEnum):
    """Classes of reply, as far as the table tells them apart."""

    OK = "ok"
    INTERMEDIATE = "intermediate"  # 3yz
    CLOSING = "closing"  # 421
    TRANSIENT = "transient"  # other 4yz
    PERMANENT = "permanent"  # 5yz
    UNUSABLE = "unusable"  # contradicts itself, or is no answer to what was asked


class Move(StrEnum):
    """What the table says to do."""

    EHLO = "ehlo"
    HELO = "helo"
    AFTER_EHLO = "after_ehlo"  # STARTTLS, MAIL or the end, by plan and offer
    HANDSHAKE = "handshake"
    AFTER_TLS_EHLO = "after_tls_ehlo"
    NEXT_RCPT = "next_rcpt"
    QUIT = "quit"
    CLOSE = "close"


_E, _A, _M = State, Answer, Move


def _row(ok: Move, refused: Move, **others: Move) -> Mapping[Answer, Move]:
    """One state's moves: after a refusal QUIT is sent, a 3yz closes at once without another octet."""
    row = {
        _A.OK: ok,
        _A.INTERMEDIATE: _M.CLOSE,
        _A.CLOSING: _M.QUIT,
        _A.TRANSIENT: refused,
        _A.PERMANENT: refused,
        _A.UNUSABLE: _M.QUIT,
    }
    return row | {Answer(name): move for name, move in others.items()}


TABLE: Mapping[State, Mapping[Answer, Move]] = {
    # RFC 5321 section 3.1: a server that greets with 554 still waits for QUIT
    _E.GREETING: _row(_M.EHLO, _M.QUIT),
    # RFC 5321 section 3.2: HELO for a server that does not know EHLO; section 4.1.4: a refused EHLO does not
    # change the state, and sending servers send HELO after any 5yz
    _E.EHLO: _row(_M.AFTER_EHLO, _M.QUIT, permanent=_M.HELO),
    _E.HELO: _row(_M.AFTER_EHLO, _M.QUIT),
    _E.STARTTLS: _row(_M.HANDSHAKE, _M.QUIT),
    # what was learnt in the clear is forgotten (RFC 3207 section 4.2)
    _E.TLS_EHLO: _row(_M.AFTER_TLS_EHLO, _M.QUIT),
    _E.MAIL: _row(_M.NEXT_RCPT, _M.QUIT),
    _E.RCPT: _row(_M.NEXT_RCPT, _M.NEXT_RCPT),
    # QUIT gives the transaction up (RFC 5321 section 4.1.1.10); after any reply the session ends
    _E.QUIT: _row(_M.CLOSE, _M.CLOSE, closing=_M.CLOSE, unusable=_M.CLOSE),
}

_REFUSALS = {
    _E.GREETING: Stop.GREETING_REFUSED,
    _E.EHLO: Stop.EHLO_REFUSED,
    _E.HELO: Stop.EHLO_REFUSED,
    _E.STARTTLS: Stop.TLS_REFUSED,
    _E.TLS_EHLO: Stop.EHLO_REFUSED,
    _E.MAIL: Stop.MAIL_REFUSED,
}

# Where only one positive code means yes: RFC 5321 section 3.1, RFC 3207 section 4.
_EXACT = {_E.GREETING: 220, _E.STARTTLS: 220, _E.EHLO: 250, _E.HELO: 250, _E.TLS_EHLO: 250}


@dataclass(frozen=True, slots=True)
class DialoguePlan:
    """What one session is to ask.

    `helo`: the name to say; it may be filled in until the greeting has come.
    `until` is RCPT for a check, EHLO for a look at the server that names no mailbox (then the
    paths are not used). `size` in octets, None when no size is known. `logs_in`: who sends in earnest would
    authenticate here, so that what is said to a stranger would prove nothing. ValueError beyond
    `settings.MAX_RCPT_PER_SESSION` forward-paths.
    """

    helo: str
    reverse_path: ReversePath = field(default_factory=NullReversePath)
    forward_paths: tuple[Mailbox, ...] = ()
    tls: TlsMode = TlsMode.AUTO
    size: int | None = None
    until: Stage = Stage.RCPT
    logs_in: bool = False

    def __post_init__(self) -> None:
        if len(self.forward_paths) > settings.MAX_RCPT_PER_SESSION:
            raise ValueError(f"a session asks about at most {settings.MAX_RCPT_PER_SESSION} mailboxes")
        if self.until not in (Stage.EHLO, Stage.RCPT):
            raise ValueError("a dialogue goes until EHLO or until RCPT")

    @property
    def needs_smtputf8(self) -> bool:
        """Whether an address of the plan cannot be said without RFC 6531."""
        return self.reverse_path.needs_smtputf8 or any(path.needs_smtputf8 for path in self.forward_paths)


@dataclass(frozen=True, slots=True)
class AwaitGreeting:
    """Wait for the server's first reply, saying nothing."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send the command and wait for its reply."""

    command: Command


@dataclass(frozen=True, slots=True)
class Handshake:
    """Begin TLS on this connection."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, sending nothing more."""


Action = AwaitGreeting | Send | Handshake | Close


def classify(state: State, read: WireReply) -> Answer:
    """The class of a reply in a state. RFC 5321 section 4.3.2: the first digit decides, except
    where a single code alone opens the way."""
    code = read.reply.code
    if not (read.usable_as_greeting if state is State.GREETING else read.usable):
        return Answer.UNUSABLE
    if code == 421:
        return Answer.CLOSING
    if code >= 500:
        return Answer.PERMANENT
    if code >= 400:
        return Answer.TRANSIENT
    if code >= 300:
        return Answer.INTERMEDIATE
    if state in (State.MAIL, State.RCPT) and code in FOREIGN_YES:
        return Answer.UNUSABLE
    return Answer.OK if _EXACT.get(state, code) == code else Answer.UNUSABLE


class Dialogue:
    """One session's course. `stop` is None until it is known why the dialogue went no further."""

    def __init__(self, plan: DialoguePlan) -> None:
        self.plan = plan
        self.state = State.GREETING
        self.stop: Stop | None = None
        self.extensions: Extensions | None = None
        self._rcpt_count = 0

    def begin(self) -> Action:
        """The first action."""
        return AwaitGreeting()

    def replied(self, read: WireReply) -> Action:
        """A reply came to what was last sent (or the greeting)."""
        answer = classify(self.state, read)
        self._note(answer, read)
        return self._decide(TABLE[self.state][answer])

    def secured(self) -> Action:
        """The handshake succeeded."""
        self.extensions = None
        return self._say(State.TLS_EHLO, Command.ehlo(self.plan.helo))

    def insecure(self) -> Action:
        """The handshake failed; the connection is of no further use."""
        self._stop(Stop.TLS_FAILED)
        return self._close()

    def unverified(self) -> Action:
        """The handshake succeeded, with a certificate that the plan must not go on with."""
        return self._leave(Stop.TLS_NOT_VERIFIED)

    def lost_step(self) -> Action:
        """Replies came that belong to no command: nothing later would prove anything."""
        self._stop(Stop.OUT_OF_STEP)
        return self._close() if self.state in (State.QUIT, State.CLOSED) else self._decide(Move.QUIT)

    def _note(self, answer: Answer, read: WireReply) -> None:
        if self.state in (State.EHLO, State.HELO, State.TLS_EHLO) and answer is Answer.OK:
            self.extensions = parse_extensions(read.reply)
        if self.state is State.QUIT or answer is Answer.OK:
            return
        if answer in _GENERAL:
            self._stop(_GENERAL[answer])
        elif TABLE[self.state][answer] is Move.QUIT:
            self._stop(_REFUSALS[self.state])

    def _decide(self, move: Move) -> Action:
        if move is Move.EHLO:
            return self._say(State.EHLO, Command.ehlo(self.plan.helo))
        if move is Move.HELO:
            return self._say(State.HELO, Command.helo(self.plan.helo))
        if move is Move.AFTER_EHLO:
            return self._after_ehlo()
        if move is Move.HANDSHAKE:
            self.state = State.HANDSHAKE
            return Handshake()
        if move is Move.AFTER_TLS_EHLO:
            return self._mail()
        if move is Move.NEXT_RCPT:
            return self._next_rcpt()
        if move is Move.CLOSE:
            return self._close()
        return self._leave()

    def _after_ehlo(self) -> Action:
        has_starttls = self.extensions is not None and self.extensions.offers("STARTTLS")
        if self.plan.tls is not TlsMode.NEVER and has_starttls:
            return self._say(State.STARTTLS, Command.starttls())
        if self.plan.tls in (TlsMode.REQUIRE, TlsMode.ENCRYPT):
            return self._leave(Stop.TLS_NOT_OFFERED)
        return self._mail()

    def _mail(self) -> Action:
        if self.plan.until is Stage.EHLO or not self.plan.forward_paths:
            return self._leave(Stop.DONE)
        offers = self.extensions.offers if self.extensions else lambda _keyword: False
        if self.plan.logs_in and offers("AUTH"):
            return self._leave(Stop.LOGIN_NEEDED)
        if self.plan.needs_smtputf8 and not offers("SMTPUTF8"):
            return self._leave(Stop.SMTPUTF8_NOT_OFFERED)
        # RFC 1870 section 6: SIZE= only to a server that announced SIZE
        size = self.plan.size if offers("SIZE") else None
        command = Command.mail(self.plan.reverse_path, size, smtputf8=self.plan.needs_smtputf8)
        return self._say(State.MAIL, command)

    def _next_rcpt(self) -> Action:
        if self._rcpt_count == len(self.plan.forward_paths):
            return self._leave(Stop.DONE)
        mailbox = self.plan.forward_paths[self._rcpt_count]
        self._rcpt_count += 1
        return self._say(State.RCPT, Command.rcpt(mailbox))

    def _say(self, state: State, command: Command) -> Action:
        self.state = state
        return Send(command)

    def _leave(self, stop: Stop = Stop.DONE) -> Action:
        self._stop(stop)
        return self._say(State.QUIT, Command.quit())

    def _close(self) -> Action:
        self.state = State.CLOSED
        return Close()

    def _stop(self, stop: Stop) -> None:
        # the first reason counts; later ones only end the session
        self.stop = self.stop or stop


_GENERAL = {
    Answer.CLOSING: Stop.CLOSING,
    Answer.INTERMEDIATE: Stop.INTERMEDIATE,
    Answer.UNUSABLE: Stop.UNUSABLE_REPLY,
}
