"""A session with an SMTP server, read from its recorded octets."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.model.observed import CertificateFault, EndCause, HandshakeFault, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.trust import Trust
from probe.standards.smtp.results import Deviation, Extensions
from probe.standards.tls.results import Certificate


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """A session's STARTTLS. `offered` None when EHLO was not answered with 250; `established` says
    whether the handshake succeeded; `trusted` and `name_matches` judge the certificate (None: there
    was none, or it was not judged); `problems` say what is wrong with it, `fault` why TLS was not
    established, `trust` what the trust store said (None: there was no certificate)."""

    offered: bool | None
    established: bool
    version: str | None = None
    cipher: str | None = None
    certificate: Certificate | None = None
    chain: tuple[bytes, ...] = ()
    trusted: bool | None = None
    name_matches: bool | None = None
    problems: tuple[Reason[CertificateFault], ...] = ()
    fault: Reason[HandshakeFault] | None = None
    trust: Reason[Trust] | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and its reply. `stage` is that of the command; `sent` the command line without
    CRLF (empty for the greeting); `reply` None when none came, complete, in time; `ref` is how
    findings and evidence name it, e.g. `session:1:rcpt`, and `session:1:rcpt2` for the second RCPT.

    `usable` is False if nothing must be concluded from the reply: its lines contradict each other, it has no
    code, or it cannot be told which command it answers. `fragment` is what came of a reply that the
    connection's end cut off (a stranger's text). `at_ms` is when the command was sent, in milliseconds since
    the run began.
    """

    stage: Stage
    sent: str
    reply: Reply | None
    elapsed_ms: int
    deviations: tuple[Deviation, ...]
    ref: str
    usable: bool = True
    fragment: str = ""
    at_ms: int = 0


_OF_THIS_SIDE = (None, EndReason.DEADLINE, EndReason.INTERRUPTED, EndReason.LOCAL_ERROR)
_UNFINISHED = (HandshakeFault.DEADLINE, HandshakeFault.ENDED, HandshakeFault.NO_REPLY)


@dataclass(frozen=True, slots=True)
class Session:
    """One session. `extensions` are those of the last EHLO that got 250 (after TLS, when TLS came about),
    `plain_extensions` those before TLS; `desynchronised` means that replies can no longer be paired with
    commands, so nothing after that point proves anything; `cause` is the reason of its end."""

    number: int
    mx_host: str
    ip: IPAddress
    port: int
    experiment: Experiment
    reason: Reason[SessionReason]
    local_ip: IPAddress | None
    connected: bool
    exchanges: tuple[Exchange, ...]
    plain_extensions: Extensions | None
    extensions: Extensions | None
    tls: TlsFacts | None
    end: EndReason | None  # None: the recording stops before the session's end
    cause: Reason[EndCause] | None
    elapsed_ms: int
    desynchronised: bool = False

    @property
    def was_left_in_handshake(self) -> bool:
        """Whether this side ended the session before TLS was there or had failed."""
        fault = self.tls.fault if self.tls is not None else None
        return fault is not None and fault.tag in _UNFINISHED and self.end in _OF_THIS_SIDE

    @property
    def stop(self) -> Stop | None:
        """Why the dialogue went no further, if that ended the session."""
        return self.cause.stop if self.cause is not None else None

    def exchange(self, stage: Stage) -> Exchange | None:
        """The last exchange of a stage."""
        return next((e for e in reversed(self.exchanges) if e.stage is stage), None)
