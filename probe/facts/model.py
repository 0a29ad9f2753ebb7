"""All facts of one run. Built from a recording by `probe.facts.build.facts_of`; nothing here judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe._dataclass import dataclass
from probe.facts.clock import NOT_COMPARED, ClockFacts
from probe.facts.opinion import Opinion
from probe.facts.resolver import AT_WORK, NameServerFacts
from probe.facts.session import Session
from probe.knowledge.providers import OperatorSource, Provider
from probe.model.address import IPAddress
from probe.model.fault import Fault
from probe.model.logged import LogAccount
from probe.model.mta_reason import MtaWhy
from probe.model.observed import Gap, HeloReason
from probe.model.reason import Reason
from probe.model.sender_mta import Hop, SenderMta, TlsPolicy
from probe.model.sighting import AddressBasis, Sighting
from probe.model.target import Options, PairTarget, Target
from probe.recording.events import NotReached
from probe.standards.dkim.results import KeyResult
from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.dns.message import Answer
from probe.standards.dns.results import HeloResult, MxResult, PtrResult
from probe.standards.dnsbl.results import Listing
from probe.standards.mta_sts.results import StsResult, TlsRptResult
from probe.standards.spf.results import SpfResult
from probe.standards.tls.results import DaneResult
from probe.survey.sending import Sending

if TYPE_CHECKING:
    from probe.reading.bounce.about import BounceFacts
    from probe.reading.message.results import MessageFacts


@dataclass(frozen=True, slots=True)
class VantageFacts:
    """The probe's addresses and name. `source_ip` is the address that SPF, PTR and blocklists are judged for
    (None: no route, or only a private one), `basis` what that rests on and `basis_by` who names it;
    `probe_ip` the one it really connected from, `outside_ip` the one at which servers see it, as far as that
    is known; `is_sending_address` True when --ip was given and servers see it, or the probe connects from it,
    False when it was given and differs, None when it was not given (it cannot be known whether the mail
    leaves from here). `sightings` are all that name an address of this side, `addresses` those of this
    machine; none where they are not known."""

    source_ip: IPAddress | None
    probe_ip: IPAddress | None
    is_sending_address: bool | None
    hostname: str
    helo: str
    helo_reason: Reason[HeloReason] | None
    addresses: tuple[IPAddress, ...] = ()
    basis: AddressBasis = AddressBasis.BOUND
    basis_by: tuple[str, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    outside_ip: IPAddress | None = None

    @property
    def rests_on_one_word(self) -> bool:
        """Whether only one server names the judged address. It may be wrong, so nothing about such an address
        is a fault."""
        return self.basis is AddressBasis.SAID


@dataclass(frozen=True, slots=True)
class RecipientFacts:
    """The recipient's side in DNS. `provider` is None if the operator of its servers is not known, `known_by`
    says how it was recognised; `dane` has one entry per MX host; `typo_of` is a large provider's domain that
    it resembles."""

    domain: str
    mx: MxResult
    provider: Provider | None
    mta_sts: StsResult
    tls_rpt: TlsRptResult
    dane: tuple[DaneResult, ...]
    typo_of: str | None
    known_by: OperatorSource = OperatorSource.NAME


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """The sender's side. None if there is nothing to judge: no sender domain (null reverse-path without
    --header-from), no source address, or the `domain` command."""

    domain: str | None
    author_domain: str | None
    spf: SpfResult | None
    spf_helo: SpfResult | None
    dkim: tuple[KeyResult, ...]
    dmarc: DmarcResult | None
    alignment: Alignment
    ptr: PtrResult | None
    helo: HeloResult | None
    mail: MxResult | None  # whether the sender domain itself takes mail
    typo_of: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a run showed. `complete` is False if the recording stops before its end; `redacted`: names
    and addresses are pseudonyms; `resolver` holds the answers that a name server made itself or that had
    expired; `faults` are readers of this program that raised: their facts are missing as if nobody had
    looked.

    `options` are the effective ones: options that the user left open are as in `mta`, the local mail server
    (None: not known; `why_no_mta` says why, if there is one); `user_options` are the user's. `relay` is where
    that server sends the mail (empty: the MX hosts are asked); `tls_policy` is its TLS requirement there
    (None: the options decide); `scenario` is that of a lab. `was_handed_on`: the relay is the one that has
    what the recipient's servers did not take (`probe.facts.fallback`); `fallback_routes` are
    the hosts of each such relay, as far as they were looked up.
    """

    target: Target
    options: Options
    vantage: VantageFacts
    recipient: RecipientFacts
    sender: SenderFacts
    listings: tuple[Listing, ...]
    sessions: tuple[Session, ...]
    message: MessageFacts | None
    opinions: tuple[Opinion, ...]
    not_reached: tuple[NotReached, ...]
    started_at: str
    elapsed_ms: int
    complete: bool
    redacted: bool = False
    bounce: BounceFacts | None = None
    log: LogAccount | None = None
    resolver: tuple[Answer, ...] = ()
    name_servers: NameServerFacts = AT_WORK
    clock: ClockFacts = NOT_COMPARED
    faults: tuple[Fault, ...] = ()
    user_options: Options | None = None
    mta: SenderMta | None = None
    relay: tuple[Hop, ...] = ()
    tls_policy: TlsPolicy | None = None
    why_no_mta: MtaWhy | None = None
    scenario: str = ""
    was_handed_on: bool = False
    fallback_routes: tuple[MxResult, ...] = ()

    @property
    def sending(self) -> Sending:
        """How this run asked."""
        return Sending(self.options, self.mta, self.relay, self.tls_policy)

    @property
    def envelope(self) -> PairTarget | None:
        """Sender and recipient as they leave; None for the `domain` command."""
        return self.sending.leaving(self.target) if isinstance(self.target, PairTarget) else None

    @property
    def was_interrupted(self) -> bool:
        """Whether its user stopped the run."""
        return any(it.reason.tag is Gap.INTERRUPTED for it in self.not_reached)

    @property
    def planned_size(self) -> int | None:
        """Octets of the message to be sent: of --message, else as --size says; None: not known."""
        return self.message.size if self.message is not None else self.options.size
