"""SMTP replies and the stages of a dialogue (RFC 5321 section 4.2, RFC 3463)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe._regex import regex


class Stage(StrEnum):
    """Where in a delivery attempt something happened; the order is the order of a session."""

    INPUT = "input"
    DNS = "dns"
    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end-of-data"
    RSET = "rset"  # the end of a session: best effort, proves nothing about the recipient
    QUIT = "quit"

    @property
    def words(self) -> str:
        """The stage as a sentence names it: "at RCPT", "at the greeting"."""
        return _WORDS.get(self, self.value.upper())


_WORDS = {
    Stage.INPUT: "the input",
    Stage.CONNECT: "the connection",
    Stage.GREETING: "the greeting",
    Stage.MAIL: "MAIL FROM",
    Stage.END_OF_DATA: "the end of DATA",
}
_ENHANCED = regex(r"([245])\.(\d{1,3})\.(\d{1,3})")


@dataclass(frozen=True, slots=True)
class EnhancedStatus:
    """`class.subject.detail` of RFC 3463 section 2."""

    klass: int
    subject: int
    detail: int

    @classmethod
    def parse(cls, text: str) -> EnhancedStatus | None:
        """Read exactly `d.d.d`; None for anything else."""
        match = _ENHANCED.fullmatch(text)
        return cls(*(int(part) for part in match.groups())) if match else None

    @property
    def is_generic(self) -> bool:
        """True for X.0.0, which says nothing beyond the class (RFC 3463 section 3.1)."""
        return self.subject == 0 and self.detail == 0

    def __str__(self) -> str:
        return f"{self.klass}.{self.subject}.{self.detail}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete SMTP reply.

    `code` is the three-digit reply code of the last line, `enhanced_status` the code found
    right after it (None when the server sent none), `lines` the text of each line without the
    reply code, decoded by `probe.model.text.decode` and not yet escaped for display.
    """

    code: int
    enhanced_status: EnhancedStatus | None
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines joined by one space, the repeated enhanced status of later lines kept."""
        return " ".join(line.strip() for line in self.lines if line.strip())

    @property
    def is_positive(self) -> bool:
        """2yz or 3yz."""
        return 200 <= self.code < 400

    @property
    def is_transient(self) -> bool:
        """4yz: transient negative completion."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """5yz: permanent negative completion."""
        return 500 <= self.code < 600

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip() if self.code else self.text
