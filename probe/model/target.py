"""What a run is about: who writes to whom, from where, with which choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model import option_values as read
from probe.model.address import IPAddress, Mailbox, ReversePath
from probe.model.endpoint import DNS_PORT, Endpoint
from probe.model.sender_mta import MtaChoice, RouteChoice

__all__ = [
    "DNS_PORT",
    "Command",
    "ControlsMode",
    "DomainTarget",
    "Endpoint",
    "FailOn",
    "Options",
    "PairTarget",
    "Target",
    "TlsMode",
    "recipient_domain",
]


class Command(StrEnum):
    """The live command of a run: for a pair of addresses, or for a domain before a send."""

    CHECK = "check"
    DOMAIN = "domain"


class TlsMode(StrEnum):
    """`auto`: as the local mail server requires; without one, STARTTLS if offered. `require` needs a
    certificate that verifies, `encrypt` needs STARTTLS, `never` does not use it. `dane` is `require` with the
    TLSA records of a host that has some, else `auto` (RFC 7672 section 2.2)."""

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


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a run, as given on the command line; everything a replay needs to know.

    `ip`: the address the mail really leaves from; `bind`: the local address to connect from; `helo`: the EHLO
    name; `families`: 4, 6 or both; `size`: planned message size in octets; `nameservers`: resolvers to ask,
    empty for the system's; `dnsbl`: zones instead of the built-in set; `seed`: orders MX hosts of equal
    preference and makes the invented mailbox; `mta`: the mail server whose configuration gives the other
    values if they are not given; `mta_config`: the directory of another instance of it (empty: the main one);
    `route`: which hosts to ask if it sends the mail to a relay.

    Addresses, hosts, mailboxes and words of a closed vocabulary may be given as text, and a single value
    instead of several. ValueError names the field that is wrong.
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

    if TYPE_CHECKING:

        def __init__(
            self,
            ip: IPAddress | str | None = None,
            bind: IPAddress | str | None = None,
            helo: str | None = None,
            header_from: Mailbox | str | None = None,
            selectors: Iterable[str] = (),
            size: int | None = None,
            nameservers: Iterable[Endpoint | IPAddress | str] | str = (),
            mx: Endpoint | str | None = None,
            port: int = 25,
            families: Iterable[int] | int = (4, 6),
            tls: TlsMode | str = TlsMode.AUTO,
            controls: ControlsMode | str = ControlsMode.AUTO,
            smtp: bool = True,
            dnsbl_enabled: bool = True,
            dnsbl: Iterable[str] = (),
            allow_private: bool = False,
            timeout: float = 60.0,
            fail_on: FailOn | str = FailOn.ERROR,
            seed: int = 0,
            mta: MtaChoice | str = MtaChoice.AUTO,
            mta_config: str = "",
            route: RouteChoice | str = RouteChoice.MTA,
        ) -> None: ...

    def __post_init__(self) -> None:
        read.set_fields(self, _READERS)

    @property
    def smtp_port(self) -> int:
        """The port that is dialled: that of --mx HOST:PORT, else --port."""
        return self.mx.port if self.mx is not None else self.port

    @property
    def usable_families(self) -> tuple[int, ...]:
        """The families in which a host can be reached: `families`, and with `bind` that of this address
        alone, for no other address of this machine is connected from."""
        return tuple(it for it in self.families if self.bind is None or it == self.bind.version)


_READERS = {
    "ip": read.optional(read.ip),
    "bind": read.optional(read.ip),
    "helo": read.optional(read.name),
    "header_from": read.optional(read.mailbox),
    "selectors": read.several(read.name),
    "size": read.optional(read.whole(0)),
    "nameservers": read.several(read.NAMESERVER),
    "mx": read.optional(read.ENDPOINT),
    "port": read.whole(1, 65535),
    "families": read.families,
    "tls": read.word(TlsMode),
    "controls": read.word(ControlsMode),
    "smtp": read.switch,
    "dnsbl_enabled": read.switch,
    "dnsbl": read.several(read.name),
    "allow_private": read.switch,
    "timeout": read.seconds,
    "fail_on": read.word(FailOn),
    "seed": read.whole(0),
    "mta": read.word(MtaChoice),
    "mta_config": read.text,
    "route": read.word(RouteChoice),
}


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
