"""What a session was for, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass, field
from probe._enum import StrEnum
from probe.model.observed import Gap


class Experiment(StrEnum):
    """What a session was for."""

    TARGET = "target"
    POSTMASTER = "postmaster"
    RANDOM = "random"
    NULL_SENDER = "null_sender"
    OTHER_MX = "other_mx"
    OTHER_FAMILY = "other_family"
    WITHOUT_TLS = "without_tls"
    DOMAIN = "domain"
    FALLBACK = "fallback"  # the recipient, at the relay that the local mail server hands mail on to


@dataclass(frozen=True, slots=True)
class Advice:
    """The control experiment to make next.

    `choice` has the largest expected gain for its effort, None if no experiment has any; `idle` are those
    whose answer could not change the result, each with the reason.
    """

    choice: Experiment | None
    idle: Mapping[Experiment, Gap] = field(default_factory=dict)


class EndReason(StrEnum):
    """How a session ended."""

    QUIT = "quit"
    CLOSED_BY_PEER = "closed_by_peer"
    RESET = "reset"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    TOO_MUCH_DATA = "too_much_data"
    NOT_DIALLED = "not_dialled"
    LOCAL_ERROR = "local_error"
    INTERRUPTED = "interrupted"

    @property
    def words(self) -> str:
        """As a clause for a reader."""
        return _WORDS[self]


_WORDS = {
    EndReason.QUIT: "QUIT",
    EndReason.CLOSED_BY_PEER: "the server closed the connection",
    EndReason.RESET: "the connection was reset",
    EndReason.REFUSED: "the connection was refused",
    EndReason.UNREACHABLE: "the host cannot be reached",
    EndReason.TIMEOUT: "no answer in time",
    EndReason.DEADLINE: "the run's deadline",
    EndReason.TOO_MUCH_DATA: "more data than the probe takes",
    EndReason.NOT_DIALLED: "not dialled",
    EndReason.LOCAL_ERROR: "a fault on this machine",
    EndReason.INTERRUPTED: "the run was interrupted",
}


class Stop(StrEnum):
    """Why a dialogue went no further."""

    DONE = "done"  # everything planned was asked
    GREETING_REFUSED = "greeting_refused"
    EHLO_REFUSED = "ehlo_refused"
    TLS_NOT_OFFERED = "tls_not_offered"  # and required
    TLS_REFUSED = "tls_refused"  # and offered
    TLS_FAILED = "tls_failed"
    TLS_NOT_VERIFIED = "tls_not_verified"  # and required
    LOGIN_NEEDED = "login_needed"  # at the relay of this host's mail server
    SMTPUTF8_NOT_OFFERED = "smtputf8_not_offered"  # and needed
    MAIL_REFUSED = "mail_refused"
    CLOSING = "closing"  # 421
    INTERMEDIATE = "intermediate"  # 3yz: it asks for data that a probe never sends
    UNUSABLE_REPLY = "unusable_reply"
    OUT_OF_STEP = "out_of_step"
