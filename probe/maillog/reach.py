"""For whose domains each operator is handed mail: one that takes it for everybody is a relay of one's own.

On port 25 no line of a log tells a smart host (Postfix: relayhost) from the MX of a domain. What does: mail
for domains of several providers whose MX hosts are others'; a private address; that all mail goes there. A
provider's own MX hosts take mail for many domains, too, so their number alone proves nothing.
"""

from __future__ import annotations

from ipaddress import ip_address

from probe._dataclass import dataclass, field
from probe._named_tuple import NamedTuple
from probe.knowledge.providers import Provider, by_domain
from probe.maillog.inside import is_inside
from probe.maillog.operators import LOCAL, Operator
from probe.maillog.volumes import Volumes
from probe.reading.log.event import Relay

OPERATORS = 500
DOMAINS = 60  # of one operator
_MANY_DOMAINS = 5
_MANY_ATTEMPTS = 30
_PROVIDERS = 2  # whose mail one host takes: one may have moved its MX, several have not to the same place


@dataclass(slots=True)
class _Reach:
    operator: Operator
    host: str
    domains: dict[str, None] = field(default_factory=dict)  # the first ones, in their order
    is_private: bool = False


class SmartHost(NamedTuple):
    """What makes an operator most likely a relay of one's own: `host` as the log names it, `why` in words."""

    host: str
    why: str


class Reaches:
    """Takes next hops with the domains of the recipients; keeps a few of both."""

    def __init__(self) -> None:
        self._by_id: dict[str, _Reach] = {}

    def note(self, operator: Operator, relay: Relay | None, domain: str) -> None:
        """One attempt, of those that were made or a sample of them."""
        if relay is None or not domain or operator is LOCAL:
            return
        reach = self._by_id.get(operator.id)
        if reach is None:
            if len(self._by_id) >= OPERATORS:
                return
            reach = self._by_id[operator.id] = _Reach(operator, relay.host or relay.ip or "")
            reach.is_private = _is_private(relay.ip)
        if len(reach.domains) < DOMAINS:
            reach.domains[domain] = None

    def smart_hosts(self, volumes: Volumes) -> dict[str, SmartHost]:
        """The operators that are most likely relays of one's own, by their ids."""
        others = [it for it in volumes.by_id.values() if it.operator is not LOCAL]
        attempts = sum(it.sent + it.failed for it in others)
        is_alone = len(others) == 1 and attempts >= _MANY_ATTEMPTS
        reasons = ((it, _why(it, is_alone=is_alone)) for it in self._by_id.values())
        return {it.operator.id: SmartHost(it.host, why) for it, why in reasons if why}


def _why(reach: _Reach, *, is_alone: bool) -> str:
    if len(reach.domains) < 2:
        return ""
    foreign = _providers_own(reach)
    if len(foreign) >= _PROVIDERS:
        names = " and ".join(list(foreign.values())[:_PROVIDERS])
        return f"it is handed mail for {names}, whose own mail servers are others'"
    if reach.is_private:
        return f"it has a private address and is handed mail for {len(reach.domains)} domains"
    if is_alone and not reach.operator.is_known and len(reach.domains) >= _MANY_DOMAINS:
        many = "more than " if len(reach.domains) >= DOMAINS else ""
        return f"all mail of the log goes there, for {many}{len(reach.domains)} domains"
    return ""


def _providers_own(reach: _Reach) -> dict[str, str]:
    """Of the domains that are other providers' own one for each of these."""
    result: dict[str, str] = {}
    for domain in reach.domains:
        provider = by_domain(domain)
        if provider is not None and provider.id != reach.operator.id and not _may_be_of(provider, reach.host):
            result.setdefault(provider.id, domain)
    return result


def _may_be_of(provider: Provider, host: str) -> bool:
    """Whether the host may be one of the provider's own MX hosts."""
    name = f".{host.strip('.').lower()}"
    return any("*" in it or name.endswith(f".{it.strip('.').lower()}") for it in provider.mx_suffixes)


def _is_private(ip: str | None) -> bool:
    try:
        address = ip_address((ip or "").removeprefix("IPv6:"))
    except ValueError:
        return False
    return is_inside(address)
