"""The configurations of sending servers, each with the truth of one message."""

from __future__ import annotations

from tests.lab.sender import BOB, DNSLOOKUP, Sender

MANUAL = "relay:\n  driver = manualroute\n  route_list = * {hosts}\n  transport = remote_smtp"
STRICT = "203.0.113.11"  # a server that refuses to relay, with 554


def _taken(is_taken: bool) -> tuple[str, str, int, str | None]:
    return ("sent", "accepted", 0, None) if is_taken else ("deferred", "deferred", 3, "tls_problem")


def secure(slug: str, policy: str, more: str = "", *, recipient: str = "", is_taken: bool = True) -> Sender:
    """Postfix with one entry of smtp_tls_policy_maps, for the domain that the entry names."""
    return Sender(
        *(slug, recipient or f"alice@{policy.split()[0]}", *_taken(is_taken)),
        values=f"smtp_tls_policy_maps = texthash:{{home}}/policy\n{more}\n",
        files={"policy": policy + "\n"},
    )


def dane(slug: str, domain: str, level: str = "dane", *, more: str = "", is_taken: bool = True) -> Sender:
    """Postfix with DANE for everybody."""
    return Sender(
        *(slug, f"alice@{domain}", *_taken(is_taken)), values=f"smtp_tls_security_level = {level}\n{more}\n"
    )


def relaying(slug: str, main: str, table: str, entry: str = f"[{STRICT}]", key: str = BOB) -> Sender:
    """Postfix whose table leads to a relay that refuses."""
    return Sender(
        *(slug, "alice@exim.example", "bounced", "refused", 1, "relay_denied", "sender"),
        values=f"{main}\n{table} = texthash:{{home}}/map\n",
        files={"map": f"{key} {entry}\n"},
        route="relay",
    )


def kept(slug: str, entry: str, outcome: str) -> Sender:
    """Postfix whose transport_maps lead to no server."""
    status, code, cause, route = {
        "refused": ("bounced", 1, "policy_unspecified", "refused"),
        "deferred": ("deferred", 3, "server_error", "deferred"),
    }[outcome]
    return Sender(
        *(slug, "alice@healthy.example", status, outcome, code, cause, "sender"),
        values="transport_maps = texthash:{home}/map\n",
        files={"map": entry + "\n"},
        route=route,
    )


def exim_tls(slug: str, domain: str, more: str = "", *, is_taken: bool = True) -> Sender:
    """Exim that demands TLS, and trusts the lab's authority."""
    return Sender(
        *(slug, f"alice@{domain}", *_taken(is_taken)),
        software="exim",
        transport=f"  hosts_require_tls = *\n  tls_verify_certificates = {{authority}}\n{more}",
    )


RELAY_MAP = "transport_maps = texthash:{home}/transport\n"
SENDERS = (
    Sender("plain", "alice@healthy.example", "sent", "accepted", 0),
    Sender(
        *("helo-localhost", "alice@helo.example", "bounced", "refused", 1, "rdns_helo", "sender_network"),
        values="smtp_helo_name = localhost\n",
        helo="localhost",
    ),
    Sender(
        *("second-address", "alice@rbl.example", "bounced", "refused", 1, "ip_blocklisted", "sender_network"),
        overrides="\n  -o smtp_bind_address=198.51.100.66 -o smtp_helo_name=listed.sender.example",
        helo="listed.sender.example",
    ),
    Sender(
        *("relay-refuses", "alice@exim.example", "bounced", "refused", 1, "relay_denied", "sender"),
        values="relayhost = [203.0.113.11]\n",
        route="relay",
    ),
    Sender(
        *("relay-takes", "alice@healthy.example", "sent", "accepted", 0),
        values="relayhost = [127.0.0.1]:2525\n" + RELAY_MAP,
        files={"transport": "healthy.example smtp:[mx.healthy.example]\n"},
        route="relay",
    ),
    Sender(
        *("tls-demanded", "alice@plaintext.example", "deferred", "deferred", 3, "tls_problem", "either"),
        values="smtp_tls_policy_maps = texthash:{home}/policy\n",
        files={"policy": "plaintext.example encrypt\n"},
    ),
    Sender(
        *("exim-helo", "alice@helo.example", "bounced", "refused", 1, "rdns_helo", "sender_network"),
        software="exim",
        transport="  helo_data = ${if eq{$sending_ip_address}{198.51.100.10}{localhost}{$primary_hostname}}",
        helo="localhost",
    ),
    Sender("exim-plain", "alice@healthy.example", "sent", "accepted", 0, software="exim"),
    Sender("exim-root-among-others", "alice@nullbeside.example", "sent", "accepted", 0, software="exim"),
    Sender("root-among-others", "alice@nullbeside.example", "bounced", "refused", 1, "bad_domain"),
    # --- what the certificate has to show -------------------------------------------------------------
    secure("secure-by-domain", "healthy.example secure"),
    secure("verify-by-host", "healthy.example verify"),
    secure("secure-by-match", "rbl.example secure match=nexthop:.healthy.example"),
    secure("verify-by-match", "rbl.example verify match=mx.healthy.example"),
    secure("verify-other-name", "rbl.example verify", is_taken=False),
    secure("secure-other-match", "healthy.example secure match=nexthop", is_taken=False),
    secure("fingerprint-other", "healthy.example fingerprint match=00:11", is_taken=False),
    secure("verify-trusts-nobody", "healthy.example verify", "smtp_tls_CAfile =", is_taken=False),
    secure("policy-of-parent", ".example encrypt", recipient="alice@plaintext.example", is_taken=False),
    dane("dane-matches", "secure.test"),
    dane("dane-without-tlsa", "plaintext.example"),
    dane("dane-other-key", "danefail.test", is_taken=False),
    dane("dane-only-without-tlsa", "healthy.example", "dane-only", is_taken=False),
    dane("dane-without-dnssec", "danefail.test", more="smtp_dns_support_level = enabled"),
    # --- the order in which the parameters count --------------------------------------------------------
    relaying("sender-goes-first", "relayhost = [mx.exim.example]", "sender_dependent_relayhost_maps"),
    relaying("dunno-leaves-the-relay", f"relayhost = [{STRICT}]", "sender_dependent_relayhost_maps", "DUNNO"),
    relaying(
        "transport-of-the-sender",
        "relayhost = [mx.healthy.example]",
        "sender_dependent_default_transport_maps",
        f"relay:[{STRICT}]",
    ),
    relaying("transport-without-hop", f"relayhost = [{STRICT}]", "transport_maps", ":", "exim.example"),
    relaying("wildcard", "", "transport_maps", f"smtp:[{STRICT}]", "*"),
    Sender(
        *("transport-resets-relay", "alice@exim.example", "sent", "accepted", 0),
        values=f"relayhost = [{STRICT}]\ntransport_maps = texthash:{{home}}/map\n",
        files={"map": "exim.example smtp:\n* error:no\n"},
    ),
    Sender(
        *("relay-is-an-mx", "alice@exim.example", "bounced", "refused", 1, "relay_denied", "sender"),
        values="relayhost = stray554.example\n",
        route="relay",
    ),
    Sender(
        *("second-relay", "alice@healthy.example", "sent", "accepted", 0),
        values="relayhost = [203.0.113.91], [mx.healthy.example]\n",
        route="relay",
    ),
    # --- what its own configuration decides ---------------------------------------------------------
    kept("error-transport", "healthy.example error:5.1.2 no mail there", "refused"),
    kept("retry-transport", "healthy.example retry:paused", "deferred"),
    kept("no-such-service", "healthy.example nosuch:", "deferred"),
    Sender(
        *("one-family-alone", "alice@six.example", "bounced", "refused", 1, "connection_failed", "sender"),
        values="inet_protocols = ipv4\n",
    ),
    Sender(
        *("no-such-level", "alice@healthy.example", "deferred", "deferred", 3, "tls_problem", "sender"),
        values="smtp_tls_policy_maps = texthash:{home}/policy\n",
        files={"policy": "healthy.example encrypted\n"},
    ),
    Sender("refusing-greeting", "alice@closed.example", "deferred", "deferred", 3, "bad_domain"),
    Sender(
        *("refusing-greeting-counts", "alice@closed.example", "bounced", "refused", 1, "bad_domain"),
        values="smtp_skip_5xx_greeting = no\n",
    ),
    # --- the order of addresses -------------------------------------------------------------------------
    Sender(
        *("first-family-is-dead", "alice@dual.example", "sent", "accepted", 0),
        values="smtp_address_preference = ipv6\nsmtp_mx_address_limit = 2\n",
    ),
    # --- Exim -------------------------------------------------------------------------------------------
    Sender(
        *("exim-relay", "alice@exim.example", "bounced", "refused", 1, "relay_denied", "sender"),
        software="exim",
        routers=MANUAL.format(hosts=STRICT),
        route="relay",
    ),
    Sender(
        *("exim-relay-by-mx", "alice@exim.example", "bounced", "refused", 1, "relay_denied", "sender"),
        software="exim",
        routers=MANUAL.format(hosts="stray554.example/MX"),
        route="relay",
    ),
    Sender(
        *("exim-fail", "alice@healthy.example", "bounced", "refused", 1, "policy_unspecified", "sender"),
        software="exim",
        routers="fail:\n  driver = redirect\n  allow_fail\n  data = :fail: no mail there",
        route="refused",
        helo="",
    ),
    Sender(
        *("exim-defer", "alice@healthy.example", "deferred", "deferred", 3, "server_error", "sender"),
        software="exim",
        routers="defer:\n  driver = redirect\n  allow_defer\n  data = :defer: later",
        route="deferred",
        helo="",
    ),
    Sender(
        *("exim-interface", "alice@rbl.example", "bounced", "refused", 1, "ip_blocklisted", "sender_network"),
        software="exim",
        routers=DNSLOOKUP.replace("remote_smtp", "second"),
        transport="second:\n  driver = smtp\n  interface = 198.51.100.66",
    ),
    exim_tls("exim-demands-tls", "plaintext.example", is_taken=False),
    exim_tls("exim-other-name", "rbl.example", "  tls_verify_hosts = *", is_taken=False),
    exim_tls("exim-verifies", "healthy.example", "  tls_verify_hosts = *"),
    exim_tls("exim-any-name", "rbl.example", "  tls_verify_hosts = *\n  tls_verify_cert_hostnames ="),
)
