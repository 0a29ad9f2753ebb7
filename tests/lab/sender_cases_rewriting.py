"""Servers that change the envelope, deliver themselves, lead to themselves, or have others behind them, each
with the truth of one message."""

from __future__ import annotations

from dataclasses import replace

from tests.lab.sender import BOB, DNSLOOKUP, Sender

ALICE = "alice@healthy.example"
NOBODY = "nobody@healthy.example"  # whom the server refuses with 550
OF_SENDER = "alice@senderdomain.example"  # its server wants the sender's domain to exist
STRICT = "203.0.113.11"
UNKNOWN_SENDER = ("deferred", "deferred", 3, "sender_invalid", "sender")
UNKNOWN_USER = ("bounced", "refused", 1, "user_unknown", "sender")
LOOP = ("bounced", "refused", 1, "routing_loop", "sender")
OPEN = ("inconclusive", 4, None, "sender")  # the run says that another server is asked in the end
_OWN_DELIVERY = "\nvirtual unix - n n - - virtual\nlocal unix - n n - - local"


def mapping(
    slug: str, recipient: str, table: str, entry: str, *fate: object, main: str = "", **more: object
) -> Sender:
    """Postfix with one entry of one table."""
    values = f"{main}\n{table} = texthash:{{home}}/map\n"
    sender = Sender(slug, recipient, *fate)  # type: ignore[arg-type]
    return replace(sender, values=values, files={"map": f"{entry}\n"}, **more)  # type: ignore[arg-type]


REWRITING = (
    # --- the sender that leaves ---------------------------------------------------------------------
    mapping("generic", OF_SENDER, "smtp_generic_maps", f"{BOB} bob@nosuch.example", *UNKNOWN_SENDER),
    mapping("generic-mends", OF_SENDER, "smtp_generic_maps", "@nosuch.example @sender.example",
            "sent", "accepted", 0, sender="bob@nosuch.example"),
    mapping("sender-canonical", OF_SENDER, "sender_canonical_maps", "@sender.example @nosuch.example",
            *UNKNOWN_SENDER),
    mapping("canonical-of-headers", OF_SENDER, "canonical_maps", f"{BOB} bob@nosuch.example",
            "sent", "accepted", 0, main="canonical_classes = header_sender"),
    Sender("masquerades", OF_SENDER, "sent", "accepted", 0, sender="bob@host.sender.example",
           values="masquerade_domains = sender.example\n"),
    Sender("exim-return-path", OF_SENDER, *UNKNOWN_SENDER, software="exim",
           transport="  return_path = ${local_part:$return_path}@nosuch.example"),
    Sender("exim-rewrites-sender", OF_SENDER, *UNKNOWN_SENDER, software="exim",
           transport="begin rewrite\n*@sender.example bob@nosuch.example F"),
    # --- the recipient that is meant ------------------------------------------------------------------
    mapping("alias", ALICE, "virtual_alias_maps", f"{ALICE} {NOBODY}", *UNKNOWN_USER),
    mapping("alias-elsewhere", "someone@exim.example", "virtual_alias_maps", f"@exim.example {ALICE}",
            "sent", "accepted", 0, route="relay"),
    Sender("exim-redirects", ALICE, *UNKNOWN_USER, software="exim",
           routers=f"alias:\n  driver = redirect\n  data = {NOBODY}\n\n{DNSLOOKUP}"),
    # --- what stays here ----------------------------------------------------------------------------
    Sender("no-such-user", "nobodyhere@exim.example", *UNKNOWN_USER, overrides=_OWN_DELIVERY,
           values="mydestination = exim.example\n", route="refused"),
    mapping("no-such-mailbox", "nobodyhere@exim.example", "virtual_mailbox_maps", "alice@exim.example a/",
            *UNKNOWN_USER, main="virtual_mailbox_domains = exim.example\nvirtual_mailbox_base = /tmp",
            overrides=_OWN_DELIVERY, route="refused"),
    Sender("no-such-alias", "nobodyhere@exim.example", *UNKNOWN_USER, route="refused",
           values="virtual_alias_domains = exim.example\n"),
    # --- a host that is the server itself -------------------------------------------------------------
    Sender("mx-is-itself", "alice@myself.example", *LOOP),
    Sender("mx-behind-itself", "alice@myselffirst.example", *LOOP),
    Sender("relay-is-itself", ALICE, "deferred", "deferred", 3, "routing_loop", "sender", route="relay",
           values="relayhost = [192.0.2.201]\n"),
    Sender("proxy-is-itself", ALICE, *LOOP,
           values="inet_interfaces = 127.0.0.1\nproxy_interfaces = 203.0.113.10\n"),
    # --- what else decides ----------------------------------------------------------------------------
    Sender("ignores-starttls", ALICE, "deferred", "deferred", 3, "tls_problem", "sender",
           values="smtp_discard_ehlo_keywords = starttls\nsmtp_tls_security_level = encrypt\n"),
    Sender("ignores-starttls-at-will", "alice@tls.example", "bounced", "refused", 1, "tls_problem",
           values="smtp_discard_ehlo_keywords = starttls\n"),
    Sender("keeps-refused", NOBODY, "SOFTBOUNCE", "deferred", 3, "user_unknown", "sender",
           values="soft_bounce = yes\n"),
    Sender("puts-off", ALICE, "deferred", "deferred", 3, "server_error", "sender", route="deferred",
           values="defer_transports = smtp\n"),
    # --- whom it asks in the end ----------------------------------------------------------------------
    Sender("fallback-unreachable", "alice@unreachable.example", "bounced", *OPEN,
           values=f"smtp_fallback_relay = [{STRICT}]\n"),
    Sender("fallback-no-domain", "alice@nosuch.example", "bounced", *OPEN,
           values=f"smtp_fallback_relay = [{STRICT}]\n"),
    Sender("fallback-of-no-use", NOBODY, *UNKNOWN_USER, values=f"smtp_fallback_relay = [{STRICT}]\n"),
    Sender("exim-fallback", "alice@unreachable.example", "bounced", *OPEN, software="exim",
           transport=f"  fallback_hosts = {STRICT}"),
)  # fmt: skip
