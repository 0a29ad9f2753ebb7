"""What a run observed, as events. Nothing derived is stored; a recording is valid at every prefix.

Times `at_ms` are milliseconds since the run began. Reasons are words of a closed vocabulary with values
(`probe.model.reason`), never sentences.
"""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.model.logged import LogAccount
from probe.model.mta_reason import MtaWhy
from probe.model.observed import (
    EndCause,
    FetchFault,
    Gap,
    HandshakeFault,
    HeloReason,
    OpinionFault,
    OpinionSubject,
    Part,
    SessionReason,
)
from probe.model.reason import Reason
from probe.model.sender_mta import SenderMta
from probe.model.session import EndReason, Experiment
from probe.model.target import Endpoint, Options, Target
from probe.model.trust import Trust
from probe.standards.dns.message import Answer, Status


@dataclass(frozen=True, slots=True)
class Started:
    """The first event. `version` is that of the recording format; `invocation` names the command that made it
    ("check", "domain", "demo"); `scenario` is the lab scenario of a demo; `redacted` says that names and
    addresses are pseudonyms (documentation addresses stand for public ones); `survey` is the version of the
    questions that a run asks (`SURVEY`), so that an older recording is not judged by questions that it could
    not ask."""

    version: int
    tool_version: str
    started_at: str
    target: Target
    options: Options
    invocation: str = "check"
    scenario: str | None = None
    redacted: bool = False
    survey: int = 1


@dataclass(frozen=True, slots=True)
class Vantage:
    """The probe's own addresses and name: the local address it connects from (None: no route), this host's
    own name, and the EHLO name with the reason for it. `addresses` are the non-link-local addresses of this
    machine (none: not known)."""

    at_ms: int
    source_ip: IPAddress | None
    hostname: str
    helo: str
    helo_reason: Reason[HeloReason]
    addresses: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class SenderMtaRead:
    """What the local mail server does with mail for the recipient. The output of its tools is not recorded,
    because recordings are shared and a configuration is private. `why` says why there is none."""

    at_ms: int
    mta: SenderMta | None
    why: MtaWhy | None = None


@dataclass(frozen=True, slots=True)
class DnsAnswered:
    """One question was answered; each question is asked once in a run."""

    at_ms: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class NameServerSilent:
    """A name server did not answer a query; recorded once for each server; `status` is `timeout` or
    `unreachable`."""

    at_ms: int
    server: Endpoint
    status: Status


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A connection was about to be made. `session` counts from 1; `reason` is why it was opened."""

    at_ms: int
    session: int
    mx_host: str
    ip: IPAddress
    port: int
    experiment: Experiment
    reason: Reason[SessionReason]


@dataclass(frozen=True, slots=True)
class Connected:
    """The TCP connection was established."""

    at_ms: int
    session: int
    local_ip: IPAddress


@dataclass(frozen=True, slots=True)
class Sent:
    """Octets that the probe sent, one command each."""

    at_ms: int
    session: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """Octets from the server, in the chunks in which they arrived."""

    at_ms: int
    session: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TlsEstablished:
    """The handshake succeeded. `chain` is DER, leaf first; `trust` is the result of checking the chain with
    the system's trust store, without the name."""

    at_ms: int
    session: int
    version: str
    cipher: str
    chain: tuple[bytes, ...]
    trust: Reason[Trust]


@dataclass(frozen=True, slots=True)
class TlsFailed:
    """The handshake failed."""

    at_ms: int
    session: int
    fault: Reason[HandshakeFault]


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session is over; `cause` gives more detail, if there is any."""

    at_ms: int
    session: int
    reason: EndReason
    cause: Reason[EndCause] | None = None


@dataclass(frozen=True, slots=True)
class HttpsFetched:
    """One HTTPS request. `status` is None when no response came; `fault` says why none did, or why `body` is
    incomplete; `date` is the server's Date field, unparsed."""

    at_ms: int
    url: str
    status: int | None
    content_type: str
    body: bytes
    fault: Reason[FetchFault] | None = None
    date: str = ""


@dataclass(frozen=True, slots=True)
class OpinionGiven:
    """What checkdmarc said about one record, in its own words; `fault` is set when it could not judge (a
    timeout, a crash), which is no fault of the record."""

    at_ms: int
    subject: OpinionSubject
    domain: str
    library: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    fault: Reason[OpinionFault] | None = None


@dataclass(frozen=True, slots=True)
class MessageGiven:
    """The complete message of --message."""

    at_ms: int
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class BounceGiven:
    """The complete bounce of --bounce."""

    at_ms: int
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class LogGiven:
    """What the log of --log says about this sender and recipient; never the log itself."""

    at_ms: int
    log_facts: LogAccount


@dataclass(frozen=True, slots=True)
class NotReached:
    """A part of the run that was not made, and why (deadline, courtesy cap, a fault). `experiment` is the
    control experiment; `words` name a part in recordings of earlier versions."""

    at_ms: int
    part: Part
    reason: Reason[Gap]
    experiment: Experiment | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a complete run."""

    at_ms: int


SessionEvent = SessionOpened | Connected | Sent | Received | TlsEstablished | TlsFailed | SessionClosed
Event = (
    Started
    | Vantage
    | SenderMtaRead
    | DnsAnswered
    | NameServerSilent
    | SessionEvent
    | HttpsFetched
    | OpinionGiven
    | MessageGiven
    | BounceGiven
    | LogGiven
    | NotReached
    | Finished
)

FORMAT_VERSION = 2  # 1: sentences stood where reasons stand (`probe.recording.format_1`)
OLD_VERSION = 1  # `format_1` reads it
SURVEY = 2  # 2: test entries of blocklists with as many labels as the question
