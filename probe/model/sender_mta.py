"""The local mail server: how it would send; each fact with its source or why it is not known."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model import option_values as read
from probe.model.address import IPAddress
from probe.model.mta_reason import MtaWhy

SMTP_PORT = 25


class MtaChoice(StrEnum):
    """The mail server whose configuration gives HELO name, source address, family, TLS requirements and
    route."""

    AUTO = "auto"
    POSTFIX = "postfix"
    EXIM = "exim"
    SENDMAIL = "sendmail"
    OPENSMTPD = "opensmtpd"
    NONE = "none"


class RouteChoice(StrEnum):
    """Which hosts to ask if the local mail server uses a relay: that relay, or the MX hosts."""

    MTA = "mta"
    MX = "mx"


class MtaSoftware(StrEnum):
    """Mail servers whose own tools print how they send."""

    POSTFIX = "postfix"
    EXIM = "exim"
    SENDMAIL = "sendmail"
    OPENSMTPD = "opensmtpd"

    @property
    def label(self) -> str:
        """The name as its makers write it."""
        return {"postfix": "Postfix", "exim": "Exim", "opensmtpd": "OpenSMTPD"}.get(self.value, self.value)


class FallbackBy(StrEnum):
    """The setting by which a mail server hands on what it cannot leave where it belongs."""

    POSTFIX = "smtp_fallback_relay"
    EXIM = "fallback_hosts"
    SENDMAIL_MX = "FallbackMXhost"
    SENDMAIL_SMART_HOST = "FallbackSmartHost"


class HopKind(StrEnum):
    """What the server does with mail for the recipient."""

    MX = "mx"  # hands it to the MX hosts of the recipient domain
    RELAY = "relay"  # hands it to a named server over SMTP
    LOCAL = "local"  # delivers it itself
    DEFERRED = "deferred"  # its own configuration makes it wait
    PROGRAM = "program"  # hands it to something that is not SMTP
    REFUSED = "refused"  # its own configuration refuses it
    DISCARDED = "discarded"  # it discards the mail
    UNKNOWN = "unknown"


class TlsLevel(StrEnum):
    """The TLS requirement of the server for the next hop; the words of Postfix (postconf(5),
    smtp_tls_security_level)."""

    NONE = "none"
    MAY = "may"
    ENCRYPT = "encrypt"
    DANE = "dane"
    DANE_ONLY = "dane-only"
    FINGERPRINT = "fingerprint"
    VERIFY = "verify"
    SECURE = "secure"
    INVALID = "invalid"  # a level that the server does not know: all mail to it is deferred


@dataclass(frozen=True, slots=True)
class TextFact:
    """A text of the server's configuration; `source` is what told it ("postconf smtp_helo_name"); None with
    the `reason` why it is not known or not set."""

    value: str | None
    source: str
    reason: MtaWhy | None = None


@dataclass(frozen=True, slots=True)
class AddressFact:
    """An address of the server's configuration, as `TextFact`."""

    value: IPAddress | None
    source: str
    reason: MtaWhy | None = None


@dataclass(frozen=True, slots=True)
class NumberFact:
    """A number of the server's configuration, as `TextFact`."""

    value: int | None
    source: str
    reason: MtaWhy | None = None


@dataclass(frozen=True, slots=True)
class Families:
    """The address families that the server uses (4, 6), and the one that it tries first among hosts of equal
    preference; None: it has none. `most`: how many addresses it tries for one message (None: all of them);
    `is_balanced`: one of the other family is among them all the same. Raises ValueError for no family and
    for another."""

    usable: tuple[int, ...]
    preferred: int | None
    source: str
    most: int | None = None
    is_balanced: bool = True

    def __post_init__(self) -> None:
        read.set_fields(self, {"usable": read.families})


@dataclass(frozen=True, slots=True)
class Hop:
    """One server that the mail is handed to: a name or an address literal without brackets, and a port.

    `by_mx`: the MX hosts of that name are meant. `addresses`: as the server itself found them, empty where
    DNS is to be asked.
    """

    host: str
    port: int = SMTP_PORT
    by_mx: bool = False
    addresses: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The server's route for the recipient: `transport` as its configuration calls it, `hops` in the order in
    which it tries them (empty but for a relay), `source` what decided it. `authenticates`: it logs in there.
    `reason`: what the server gives for it, or why the route is not known. `fallback` is where it hands mail
    that it cannot leave there now, `fallback_by` the setting that says so, `fallback_tls` its TLS requirement
    for each of them (empty in recordings of earlier versions)."""

    kind: HopKind
    transport: str
    source: str
    hops: tuple[Hop, ...] = ()
    authenticates: bool = False
    reason: MtaWhy | None = None
    fallback: tuple[Hop, ...] = ()
    fallback_by: FallbackBy | None = None
    fallback_tls: tuple[TlsPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """The TLS requirement of the server for the next hop; None with the reason. `names`: what the certificate
    may be for (host names, `.example.org` for those below, `nexthop`, `dot-nexthop`, `hostname`; any, where
    there are none), or at the level `fingerprint` its fingerprints by `digest`. `roots`: the file or
    directory of the authorities that are trusted; None: as this machine, empty: none. `wrapped`: TLS from the
    first octet (RFC 8314 section 3), not by STARTTLS. `falls_back`: the mail is sent without TLS if a
    handshake fails and TLS is not required."""

    level: TlsLevel | None
    source: str
    names: tuple[str, ...] = ()
    wrapped: bool = False
    reason: MtaWhy | None = None
    roots: str | None = None
    digest: str = "sha256"
    falls_back: bool = True


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Addresses at which a server takes itself to be; `of_interfaces`: all those of this machine, too."""

    addresses: tuple[IPAddress, ...] = ()
    of_interfaces: bool = False


@dataclass(frozen=True, slots=True)
class SenderMta:
    """One mail server of this host, as its own tools tell it. `config` is the file or directory that was
    read, `instances` further ones that it names. `sends_from` and `sends_to` are the envelope sender and
    recipient that leave, where its configuration changes them (aliases, canonical and generic maps). It never
    hands mail to a host at an address of its `own`. `content_filter` is what it hands mail to before it sends
    it on; `reply_filter` the tables by which it changes the replies of other servers before it acts on them,
    `status_filter` those for what it then logs and returns; None where there are none."""

    software: MtaSoftware
    version: str
    config: str
    helo: TextFact
    source_v4: AddressFact
    source_v6: AddressFact
    families: Families
    route: Route
    tls: TlsPolicy
    size_limit: NumberFact
    instances: tuple[str, ...] = ()
    waits_at_greeting: bool = False  # after a 5yz greeting it tries again later
    sends_from: TextFact | None = None
    sends_to: TextFact | None = None
    own: OwnAddresses = OwnAddresses()
    waits_at_refusal: bool = False  # after any 5yz reply (soft_bounce)
    content_filter: TextFact | None = None
    reply_filter: TextFact | None = None
    status_filter: TextFact | None = None

    def source(self, family: int) -> AddressFact:
        """The address it connects from towards an address of that family (4 or 6)."""
        return self.source_v4 if family == 4 else self.source_v6


@dataclass(frozen=True, slots=True)
class NoSenderMta:
    """No mail server was read: there is none, or its tools gave no answer. `software` if there is one."""

    reason: MtaWhy
    software: MtaSoftware | None = None
