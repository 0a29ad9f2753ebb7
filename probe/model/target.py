"""What a run is about: who writes to whom, from where, with which choices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from probe.model.address import IPAddress, Mailbox, ReversePath
from probe.model.sender_mta import MtaChoice, RouteChoice


class Command(StrEnum):
    """The live command that a run was made by: for a pair of addresses, or for a domain before a send."""

    CHECK = "check"
    DOMAIN = "domain"


class TlsMode(StrEnum):
    """`auto` is what this host's mail server demands, without one STARTTLS when offered. `require` refuses
    to go on without a certificate that verifies, `encrypt` without STARTTLS, `never` leaves it. `dane` is
    `require` by the TLSA records of a host that has such, else `auto` (RFC 7672 section 2.2)."""

    AUTO = "auto"
    REQUIRE = "require"
    ENCRYPT = "encrypt"
    DANE = "dane"
    NEVER = "never"


class ControlsMode(StrEnum):
    """When control experiments are made."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class FailOn(StrEnum):
    """The lowest severity that turns an accepted RCPT into exit code 5."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


DNS_PORT = 53  # RFC 1035 section 4.2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (name or address literal) and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a run, as given on the command line; everything a replay needs to know.

    `ip`: the address the mail really leaves from; `bind`: the local address to connect from;
    `helo`: the EHLO name; `families`: 4, 6 or both; `size`: planned message size in octets;
    `nameservers`: resolvers to ask, empty for the system's; `dnsbl`: zones instead of the
    built-in set; `seed`: orders MX hosts of equal preference and makes the invented mailbox; `mta`: whose
    configuration the rest comes from where it is not given, `mta_config` the directory of a further
    instance of it (empty: the main one), `route` whom to ask where it hands the mail to a relay.
    """

    ip: IPAddress | None = None
    bind: IPAddress | None = None
    helo: str | None = None
    header_from: Mailbox | None = None
    selectors: tuple[str, ...] = ()
    size: int | None = None
    nameservers: tuple[Endpoint, ...] = ()
    mx: Endpoint | None = None
    port: int = 25
    families: tuple[int, ...] = (4, 6)
    tls: TlsMode = TlsMode.AUTO
    controls: ControlsMode = ControlsMode.AUTO
    smtp: bool = True
    dnsbl_enabled: bool = True
    dnsbl: tuple[str, ...] = ()
    allow_private: bool = False
    timeout: float = 60.0
    fail_on: FailOn = FailOn.ERROR
    seed: int = 0
    mta: MtaChoice = MtaChoice.AUTO
    mta_config: str = ""
    route: RouteChoice = RouteChoice.MTA

    @property
    def smtp_port(self) -> int:
        """The port that is dialled: that of --mx HOST:PORT, else --port."""
        return self.mx.port if self.mx is not None else self.port

    @property
    def usable_families(self) -> tuple[int, ...]:
        """The families in which a host can be reached: `families`, and with `bind` that of this address
        alone, for no other address of this machine is connected from."""
        return tuple(it for it in self.families if self.bind is None or it == self.bind.version)


@dataclass(frozen=True, slots=True)
class PairTarget:
    """`check`: one reverse-path and one forward-path."""

    reverse_path: ReversePath
    forward_path: Mailbox


@dataclass(frozen=True, slots=True)
class DomainTarget:
    """`domain`: a recipient domain before a send."""

    domain: str


Target = PairTarget | DomainTarget


def recipient_domain(target: Target) -> str:
    """The domain (A-labels) or bracketed literal that mail is addressed to."""
    return target.forward_path.domain if isinstance(target, PairTarget) else target.domain
