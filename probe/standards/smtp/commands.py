"""The commands that this program can send, and no others (RFC 5321 section 4.1.1).

There are no commands that begin a delivery, log in or list mailboxes: a command without a member in `Verb`
cannot be sent.
"""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe._regex import regex
from probe.model.address import Mailbox, ReversePath
from probe.model.reply import Stage


class Verb(StrEnum):
    """All verbs of the program."""

    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    MAIL = "MAIL"
    RCPT = "RCPT"
    RSET = "RSET"
    NOOP = "NOOP"
    QUIT = "QUIT"


_STAGES = {
    Verb.EHLO: Stage.EHLO,
    Verb.HELO: Stage.EHLO,
    Verb.STARTTLS: Stage.STARTTLS,
    Verb.MAIL: Stage.MAIL,
    Verb.RCPT: Stage.RCPT,
    Verb.RSET: Stage.RSET,
    Verb.NOOP: Stage.RSET,
    Verb.QUIT: Stage.QUIT,
}

# A control character in an argument would end the command early and begin another one.
_CONTROL = regex("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `arguments` is what follows the verb, without the separating space.

    Raises ValueError when the arguments hold a control character.
    """

    verb: Verb
    arguments: str = ""

    def __post_init__(self) -> None:
        if _CONTROL.search(self.arguments):
            raise ValueError(f"{self.verb}: control characters cannot be sent")

    @property
    def stage(self) -> Stage:
        """The stage of the dialogue that the command belongs to."""
        return _STAGES[self.verb]

    def __str__(self) -> str:
        return f"{self.verb} {self.arguments}".rstrip(" ")

    def wire(self) -> bytes:
        """The octets to send, CRLF included (RFC 5321 section 2.3.8); UTF-8 by RFC 6531."""
        return str(self).encode("utf-8") + b"\r\n"

    @classmethod
    def ehlo(cls, name: str) -> Command:
        """RFC 5321 section 4.1.1.1; `name` a domain or a bracketed literal."""
        return cls(Verb.EHLO, name)

    @classmethod
    def helo(cls, name: str) -> Command:
        """The greeting of servers without extensions."""
        return cls(Verb.HELO, name)

    @classmethod
    def starttls(cls) -> Command:
        """RFC 3207 section 4: takes no argument."""
        return cls(Verb.STARTTLS)

    @classmethod
    def mail(cls, reverse_path: ReversePath, size: int | None = None, *, smtputf8: bool = False) -> Command:
        """RFC 5321 section 4.1.1.2, with SIZE (RFC 1870 section 6) and SMTPUTF8 (RFC 6531)."""
        path = f"<{reverse_path}>" if isinstance(reverse_path, Mailbox) else "<>"
        parameters = [f"SIZE={size}"] if size is not None else []
        if smtputf8:
            parameters.append("SMTPUTF8")
        return cls(Verb.MAIL, " ".join([f"FROM:{path}", *parameters]))

    @classmethod
    def rcpt(cls, mailbox: Mailbox) -> Command:
        """RFC 5321 section 4.1.1.3; the local part goes out exactly as it was given."""
        return cls(Verb.RCPT, f"TO:<{mailbox}>")

    @classmethod
    def quit(cls) -> Command:
        """RFC 5321 section 4.1.1.10: gives up what was not finished, too."""
        return cls(Verb.QUIT)


def verb_of(line: bytes) -> Verb | None:
    """The verb of a command line; None when it is none of the program's."""
    words = line.split(None, 1)
    name = words[0].decode("ascii", "replace").upper() if words else ""
    return Verb(name) if name in Verb.__members__ else None


def stage_of(line: bytes) -> Stage:
    """The stage of a recorded command line; QUIT for one that this program cannot have sent."""
    verb = verb_of(line)
    return _STAGES[verb] if verb else Stage.QUIT
