"""What `doctor` observed of this machine, its resolvers and its way out; nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from probe import settings
from probe._dataclass import dataclass, field
from probe.model.address import IPAddress
from probe.model.fitness import MachineGap, Trial
from probe.model.observed import EndCause, HeloReason
from probe.model.reason import Reason
from probe.model.reply import Reply
from probe.model.sender_mta import MtaChoice, NoSenderMta, SenderMta
from probe.model.session import EndReason
from probe.model.target import Endpoint
from probe.standards.dns.health import is_use
from probe.standards.dns.message import Answer, Question, Status
from probe.standards.dns.results import HeloResult, PtrResult


@dataclass(frozen=True, slots=True)
class MachineRequest:
    """What was asked for. `ip` is the address that mail leaves from, `helo` the EHLO name (None: to be found
    out); `towards` are domains to greet instead of the usual ones; `families` those that are used."""

    ip: IPAddress | None = None
    bind: IPAddress | None = None
    helo: str | None = None
    towards: tuple[str, ...] = ()
    families: tuple[int, ...] = (4, 6)
    is_offline: bool = False
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class MachineOptions:
    """How the machine is looked at. `nameservers` instead of the system's; `mta` and `mta_config` as in
    `Options`; `timeout` of the whole run in seconds, of which `spent` are used."""

    nameservers: tuple[Endpoint, ...] = ()
    mta: MtaChoice = MtaChoice.AUTO
    mta_config: str = ""
    timeout: float = settings.DOCTOR_TIMEOUT
    spent: float = 0.0


@dataclass(frozen=True, slots=True)
class MailHost:
    """One address to connect to."""

    domain: str
    host: str
    ip: IPAddress


@dataclass(frozen=True, slots=True)
class ResolverLook:
    """One question to one name server (by `Endpoint.as_name_server`). `octets` of the datagram and `payload`
    (the size that its EDNS record offers) are known of the trials root, plain and large alone."""

    trial: Trial
    server: str
    answer: Answer
    at_ms: int
    octets: int = 0
    payload: int | None = None

    @property
    def is_use(self) -> bool:
        """Whether the server answered as one that works."""
        return is_use(self.answer.status)


@dataclass(frozen=True, slots=True)
class ConnectionAttempt:
    """A connection to port 25 of a mail host, its greeting and QUIT. `greeting` is None where none came
    whole; `connected` whether there was a connection."""

    domain: str
    host: str
    ip: IPAddress
    at_ms: int
    connected: bool
    greeting: Reply | None
    end: EndReason
    cause: Reason[EndCause] | None
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class DateOfHost:
    """The Date field of a policy host's response, at that moment of the run."""

    host: str
    date: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Where this machine's roots are, how many can be read, and whether they are those of certifi."""

    path: str
    count: int
    is_library: bool


@dataclass(slots=True)
class MachineJournal:
    """What was observed so far; grows during the run. `missing`: why a part was not observed, for those that
    were begun or wanted. `operators`: the mail domains for which hosts were looked for."""

    request: MachineRequest
    started_at: str
    hostname: str = ""
    addresses: tuple[IPAddress, ...] = ()
    sources: dict[int, IPAddress] = field(default_factory=dict)  # by family: what connects from here
    nameservers: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()  # the servers that a stub on this machine asks
    server: str = ""  # the server that the trials are of
    looks: list[ResolverLook] = field(default_factory=list)
    operators: tuple[str, ...] = ()
    attempts: list[ConnectionAttempt] = field(default_factory=list)
    dates: list[DateOfHost] = field(default_factory=list)
    ptrs: list[PtrResult] = field(default_factory=list)
    helo: str = ""
    helo_reason: Reason[HeloReason] | None = None
    helo_results: list[HeloResult] = field(default_factory=list)
    mta: SenderMta | NoSenderMta | None = None
    store: TrustStore | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    missing: dict[str, MachineGap] = field(default_factory=dict)
    elapsed_ms: int = 0

    def of(self, *trials: Trial) -> Iterator[ResolverLook]:
        """The looks of these trials at the examined server, in their order."""
        return (it for it in self.looks if it.trial in trials and it.server == self.server)

    def first(self, trial: Trial) -> ResolverLook | None:
        """The first look of a trial at the examined server."""
        return next(self.of(trial), None)

    def answer(self, question: Question) -> Answer:
        """What the examined server said to a question of the blocklists' algorithms."""
        answers = (it.answer for it in self.of(Trial.LIST, Trial.ZONE) if it.answer.question == question)
        return next(answers, Answer(question, Status.NOT_ASKED))
