"""How the SMTP client of Postfix connects: name, address, family and TLS of one service of master.cf."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import AddressFact, Families, OwnAddresses, TextFact, TlsLevel, TlsPolicy
from probe.reading.mta.postfix_values import (
    TableEntries,
    first_entry,
    literal_of,
    parents_of,
    tables_of,
    words_of,
)

CLIENT = (
    *("myhostname", "smtp_helo_name", "smtp_bind_address", "smtp_bind_address6", "inet_interfaces"),
    *("inet_protocols", "smtp_address_preference", "smtp_tcp_port", "smtp_dns_support_level"),
    *("disable_dns_lookups", "smtp_sasl_auth_enable", "smtp_tls_wrappermode"),
    *("smtp_tls_security_level", "smtp_use_tls", "smtp_enforce_tls", "smtp_tls_enforce_peername"),
    *("smtp_tls_policy_maps", "smtp_tls_verify_cert_match", "smtp_tls_secure_cert_match"),
    *("smtp_tls_CAfile", "smtp_tls_CApath", "smtp_tls_trust_anchor_file", "tls_append_default_CA"),
    *("smtp_tls_fingerprint_cert_match", "smtp_tls_fingerprint_digest", "smtp_host_lookup"),
    *("smtp_balance_inet_protocols", "smtp_mx_address_limit", "smtp_skip_5xx_greeting"),
    *("smtp_generic_maps", "smtp_discard_ehlo_keywords", "smtp_fallback_relay"),
    *("smtp_reply_filter", "smtp_delivery_status_filter"),
)
_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")  # other names cannot be used in a command
_BOTH = (4, 6)
_LOOPBACK = frozenset({"loopback-only", "localhost"})  # never bound to
_YES = "yes"


def source_of(name: str, service: str, overridden: Mapping[str, str]) -> str:
    """The source of a parameter: main.cf, or the service of master.cf that overrides it."""
    return f"postconf -P {service}/unix/{name}" if name in overridden else f"postconf {name}"


def helo_of(values: Mapping[str, str], source: str) -> TextFact:
    """The name in EHLO (smtp_helo_name; if it is empty Postfix uses myhostname)."""
    name = values.get("smtp_helo_name") or values.get("myhostname", "")
    if not _NAME.fullmatch(name):
        return TextFact(None, source, MtaWhy(MtaReason.NO_HOST if name else MtaReason.NOT_SET, name))
    return TextFact(name, source)


def families_of(values: Mapping[str, str]) -> Families:
    """inet_protocols, and smtp_address_preference within it."""
    named = words_of(values.get("inet_protocols", "all").lower())
    usable = _BOTH if "all" in named else tuple(it for it in _BOTH if f"ipv{it}" in named)
    first = {"ipv4": 4, "ipv6": 6}.get(values.get("smtp_address_preference", "any").lower())
    source = "postconf inet_protocols"
    if len(usable) == 2 and first is not None:
        source += ", smtp_address_preference"
    limit = values.get("smtp_mx_address_limit", "")
    most = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 7 else 0
    is_balanced = values.get("smtp_balance_inet_protocols", _YES) == _YES
    return Families(usable or _BOTH, first if first in usable else None, source, most or None, is_balanced)


def own_addresses_of(client: Mapping[str, str], values: Mapping[str, str]) -> OwnAddresses:
    """The addresses that it takes for its own: inet_interfaces and proxy_interfaces (own_inet_addr.c). Names
    are not looked up."""
    interfaces = words_of(client.get("inet_interfaces", "all"))
    proxies = words_of(values.get("proxy_interfaces", ""))
    ips = [literal_of(item.strip("[]")) for item in (*interfaces, *proxies)]
    return OwnAddresses(tuple(ip for ip in ips if ip is not None), "all" in interfaces)


def address_of(values: Mapping[str, str], family: int, source: str) -> AddressFact:
    """The local address of connections: smtp_bind_address, else the only one of inet_interfaces in that
    family, unless it is loopback (as in smtp_connect.c)."""
    bind_address = values.get("smtp_bind_address" if family == 4 else "smtp_bind_address6", "")
    if bind_address:
        ip = literal_of(bind_address.strip("[]"))
        if ip is not None and ip.version == family:
            return AddressFact(ip, source)
        return AddressFact(None, source, MtaWhy(MtaReason.NO_ADDRESS, bind_address, family))
    interfaces = words_of(values.get("inet_interfaces", "all"))
    if "all" in interfaces or set(interfaces) <= _LOOPBACK:
        return AddressFact(None, source, MtaWhy(MtaReason.SYSTEM_CHOOSES))
    addresses = [literal_of(item.strip("[]")) for item in interfaces]
    unknown = next((item for item, ip in zip(interfaces, addresses, strict=True) if ip is None), None)
    if unknown is not None:
        return AddressFact(None, "postconf inet_interfaces", MtaWhy(MtaReason.NOT_LOOKED_UP, unknown))
    own = [ip for ip in addresses if ip is not None and ip.version == family]
    if len(own) != 1 or own[0].is_loopback:
        return AddressFact(None, "postconf inet_interfaces", MtaWhy(MtaReason.SYSTEM_CHOOSES_AMONG))
    return AddressFact(own[0], "postconf inet_interfaces")


def policy_keys(destination: str) -> tuple[str, ...]:
    """The keys to look up in smtp_tls_policy_maps for a next hop: a bare domain and its parents, any other
    form unchanged (smtp_tls_policy.c)."""
    bare = destination.lower()
    if any(sign in bare for sign in "[]:"):
        return (bare,)
    return tuple(parents_of(bare, with_dot=True))


def tls_of(values: Mapping[str, str], destination: str, entries: TableEntries, source: str) -> TlsPolicy:
    """The TLS requirement for a next hop: smtp_tls_policy_maps, else smtp_tls_security_level, else the older
    parameters."""
    policy = _demand_of(values, destination, entries, source)
    if "starttls" not in words_of(values.get("smtp_discard_ehlo_keywords", "").lower()) or policy.wrapped:
        return policy
    # it takes no notice that TLS is offered: where it demands it, all mail waits
    source = "postconf smtp_discard_ehlo_keywords"
    if policy.level in (TlsLevel.NONE, TlsLevel.MAY):
        return TlsPolicy(TlsLevel.NONE, source)
    reason = MtaWhy(MtaReason.STARTTLS_IGNORED, policy.level.value if policy.level is not None else "")
    level = None if policy.level in (None, TlsLevel.DANE) else TlsLevel.INVALID
    return TlsPolicy(level, source, reason=reason)


def _demand_of(values: Mapping[str, str], destination: str, entries: TableEntries, source: str) -> TlsPolicy:
    is_wrapper_mode = values.get("smtp_tls_wrappermode", "no") == _YES
    policy = first_entry(tables_of(values.get("smtp_tls_policy_maps", "")), policy_keys(destination), entries)
    if policy is not None:
        words = words_of(policy[0])
        level = words[0] if words else ""
        return _policy(
            level, values, words[1:], "postconf smtp_tls_policy_maps", is_wrapper_mode=is_wrapper_mode
        )
    named = values.get("smtp_tls_security_level", "")
    if named:
        return _policy(named, values, (), source, is_wrapper_mode=is_wrapper_mode)
    if values.get("smtp_enforce_tls") == _YES:
        verifies = values.get("smtp_tls_enforce_peername", _YES) == _YES
        level = TlsLevel.VERIFY if verifies else TlsLevel.ENCRYPT
        return _policy(level, values, (), "postconf smtp_enforce_tls", is_wrapper_mode=is_wrapper_mode)
    level = TlsLevel.MAY if values.get("smtp_use_tls") == _YES else TlsLevel.NONE
    return TlsPolicy(level, "postconf smtp_use_tls" if level is TlsLevel.MAY else source, (), is_wrapper_mode)


def _policy(
    named: str, values: Mapping[str, str], attributes: tuple[str, ...], source: str, *, is_wrapper_mode: bool
) -> TlsPolicy:
    """The policy of a level and the attributes after it in a table."""
    level, reason = _level(named, values)
    pairs = [attribute.partition("=") for attribute in attributes]
    match = " ".join(value for name, _, value in pairs if name == "match")
    anchors = next((value for name, _, value in pairs if name == "tafile"), "")
    return TlsPolicy(
        level,
        source,
        _names(level, values, match),
        is_wrapper_mode,
        reason,
        _roots(values, anchors),
        values.get("smtp_tls_fingerprint_digest") or "sha256",
    )


def _level(word: str, values: Mapping[str, str]) -> tuple[TlsLevel, MtaWhy | None]:
    """(the effective level, the reason). Postfix defers all mail at an unknown level; without DNSSEC `dane`
    is equal to `may`, and `dane-only` never delivers (smtp_tls_policy.c)."""
    try:
        level = TlsLevel(word.lower())
    except ValueError:
        level = TlsLevel.INVALID
    if level is TlsLevel.INVALID:
        return level, MtaWhy(MtaReason.NO_TLS_LEVEL, word)
    has_dnssec = values.get("smtp_dns_support_level") == "dnssec"
    asks_dns = "dns" in words_of(values.get("smtp_host_lookup") or "dns")
    if has_dnssec and asks_dns:
        return level, None
    without = MtaWhy(MtaReason.NO_DNSSEC, level.value)
    if level is TlsLevel.DANE:
        return TlsLevel.MAY, without
    return (TlsLevel.INVALID, without) if level is TlsLevel.DANE_ONLY else (level, None)


def _names(level: TlsLevel, values: Mapping[str, str], match: str) -> tuple[str, ...]:
    """The names that the certificate may have, or its fingerprints; `match=` of a policy overrides the
    parameter."""
    parameter = {
        TlsLevel.VERIFY: "smtp_tls_verify_cert_match",
        TlsLevel.SECURE: "smtp_tls_secure_cert_match",
        TlsLevel.FINGERPRINT: "smtp_tls_fingerprint_cert_match",
    }
    if level not in parameter:
        return ()
    sign = "|" if level is TlsLevel.FINGERPRINT else ":"
    return words_of((match or values.get(parameter[level], "")).replace(sign, " "))


def _roots(values: Mapping[str, str], anchors: str) -> str | None:
    """The certificate authorities for `verify` and `secure`: Postfix trusts only those in its
    configuration."""
    if values.get("tls_append_default_CA") == _YES:
        return None
    own = anchors or values.get("smtp_tls_trust_anchor_file") or values.get("smtp_tls_CAfile")
    return own or values.get("smtp_tls_CApath") or ""
