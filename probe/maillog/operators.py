"""The operator of the next hop, by its name; without network access."""

from __future__ import annotations

from functools import cache

from probe._dataclass import dataclass
from probe._regex import regex
from probe.knowledge.providers import all_providers, by_domain, by_mx_hosts
from probe.reading.log.event import Event, Relay, Speaker
from probe.reading.reply.absent_name import absent_next_hop

_HOSTS = 4096  # names that are remembered
_MX_PORT = 25
_SMART_HOST = "smarthost"
_NAMED = regex(
    r"(?:connect to|lost connection with|conversation with|cannot connect to|refused by|timed out with"
    r"|reset by(?! peer)|read error from|timeout talking to) ([A-Za-z0-9_.-]{1,253}[A-Za-z0-9_])\.?"
    r"(?= ?\[| |,|\.?$)(?: ?\[([^\]\s]*)\])?(?::(\d{1,5})\b)?"
)
# What stands below a country's own label where names are registered at the third.
_REGISTRIES = frozenset(
    [
        "ac",
        "ad",
        "co",
        "com",
        "edu",
        "go",
        "gob",
        "gouv",
        "gov",
        "gr",
        "info",
        "lg",
        "ltd",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
        "plc",
        "sch",
        "web",
    ]
)
_EXIM_DELIVERED = ("=>", "->")  # Exim names the host of every delivery to another server
_LOCAL_SERVICES = ("local", "virtual", "pipe", "maildrop", "dovecot", "mda", "prog", "*file*", "cyrus")
_COURIERS = ("courierd", "courierlocal", "courierdsn", "courierfax", "courieruucp")
_REFUSING_SERVICES = ("error", "retry")  # Postfix: the one for good, the other for now
# Words that a mail server uses only for programs, filters and mailboxes of its own machine.
_LOCAL_WORDS = (
    "mail transport unavailable",
    "unknown mail transport error",
    "Child process of ",
    "mailbox is full (MTA-imposed quota",
    "failed to open mailbox ",
    "failed to lock mailbox ",
    "failed to chdir to ",
    "failed to stat mailbox ",
    "error in redirect data: ",
    "failed to expand ",
    "error in filter file: ",
)
_SUSPENDED = "delivery temporarily suspended: "  # Postfix, before the words of the attempt before


@dataclass(frozen=True, slots=True)
class Operator:
    """`id` is a provider's of providers.toml, else a domain, an address or `local`; `title` is for people."""

    id: str
    title: str
    is_known: bool = False


LOCAL = Operator("local", "this server itself")
OTHERS = Operator("others", "others")


class Operators:
    """Finds operators, and remembers what it found."""

    def __init__(self) -> None:
        self._by_host: dict[str, Operator] = {}
        self._by_domain: dict[str, Operator] = {}

    def of(self, event: Event, domain: str) -> Operator:
        """The operator of the server; if none is named, that of the recipient's domain."""
        relay = event.relay if event.relay is not None else relay_in(event)
        if relay is not None and relay.host:
            return self.of_host(relay.host)
        operator = self._by_domain.get(domain)
        if operator is None:
            if len(self._by_domain) >= _HOSTS:
                self._by_domain.clear()
            provider = by_domain(domain)
            operator = (
                Operator(provider.id, provider.title, True) if provider is not None else _unknown(domain)
            )
            self._by_domain[domain] = operator
        return operator

    def of_host(self, host: str) -> Operator:
        operator = self._by_host.get(host)
        if operator is None:
            if len(self._by_host) >= _HOSTS:
                self._by_host.clear()
            operator = self._by_host[host] = _of_host(host)
        return operator


def relay_in(event: Event) -> Relay | None:
    """The server named in our own server's words on a failed connection."""
    words = event.words
    if words is None or words.speaker is Speaker.REMOTE:
        return None
    match = _NAMED.search(words.text)
    if match is None:
        return None
    return Relay(match[1], match[2], int(match[3]) if match[3] is not None else None)


def is_own_relay(event: Event) -> bool:
    """Whether the server is a relay that this one is set up to use: MX hosts are asked on port 25 alone (RFC
    5321 section 2.3.8), so a log that tells another port tells of a smart host, or of a mailbox server; and
    so does the name of Exim's transport at Debian, remote_smtp_smarthost."""
    if _SMART_HOST in (event.program or ""):
        return True
    relay = event.relay
    if relay is None or relay.port is None:
        relay = relay_in(event) or relay
    return relay is not None and relay.port not in (None, _MX_PORT)


def is_on_this_machine(event: Event) -> bool:
    """Whether the next hop is a mailbox, a program, a socket or a filter of this machine, or a host that only
    its configuration names."""
    if is_refused_by_setting(event):
        return True
    relay = event.relay if event.relay is not None else relay_in(event)
    if relay is None:
        return event.word in _EXIM_DELIVERED or _is_local_service(event.program) or _says_own_fault(event)
    return (
        relay.is_loopback
        or "/" in (relay.ip or "")
        or (relay.ip is None and relay.host in _LOCAL_SERVICES)
        or (relay.ip is None and _is_local_service(event.program))
    )


def is_refused_by_setting(event: Event) -> bool:
    """Whether this server refused the message by itself, as its administrator set it up. Postfix: error(8)
    asks no server and tells the words of transport_maps, of relocated_maps or of a table that lacks the
    address. Not so where it repeats the words of an attempt before, or of a question to DNS."""
    words = event.words
    if words is not None and words.speaker is Speaker.SETTING:
        return True
    if event.relay is not None or event.repeats or words is None or words.stage is not None:
        return False
    return (event.program or "").rpartition("/")[2] in _REFUSING_SERVICES


def _says_own_fault(event: Event) -> bool:
    words = event.words
    if words is None or words.speaker is Speaker.REMOTE:
        return False
    text = words.text.removeprefix(_SUSPENDED)
    return text.startswith(_LOCAL_WORDS) or bool(wrong_next_hop(event))


def wrong_next_hop(event: Event) -> str:
    """The relay that this server is set up to use and that DNS does not know; empty if it is not that."""
    words = event.words
    if words is None or words.speaker is Speaker.REMOTE or not event.recipient:
        return ""
    return absent_next_hop(words.text, event.recipient.rpartition("@")[2])


def _is_local_service(program: str | None) -> bool:
    name = (program or "").rpartition("/")[2]
    return (
        name in _LOCAL_SERVICES
        or name in _COURIERS
        or name.startswith(("local_", "address_", "maildir", "procmail"))
    )


@cache
def _provider_suffixes() -> frozenset[str]:
    """The last two labels of every name that a provider's MX hosts lie within."""
    return frozenset(
        ".".join(suffix.strip(".").lower().split(".")[-2:])
        for provider in all_providers()
        for suffix in provider.mx_suffixes
    )


def _of_host(host: str) -> Operator:
    name = host.strip(".").lower()
    end = ".".join(name.split(".")[-2:])
    if end in _provider_suffixes() or any("*" in suffix for suffix in _provider_suffixes()):
        provider = by_mx_hosts([name])
        if provider is not None:
            return Operator(provider.id, provider.title, True)
    return _unknown(name)


def _unknown(name: str) -> Operator:
    title = _registered_domain(name) or "unknown"
    return Operator(title, title)


def _registered_domain(name: str) -> str:
    """Approximately the registered domain: reading the public suffix list would take longer than a small log,
    and here it only groups hosts."""
    labels = name.split(".")
    if len(labels) < 3 or labels[-1].isdecimal() or ":" in name:
        return name
    is_below_registry = len(labels[-1]) == 2 and labels[-2] in _REGISTRIES
    return ".".join(labels[-3 if is_below_registry else -2 :])
