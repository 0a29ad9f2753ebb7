"""Servers that change the envelope, deliver themselves, lead to themselves, or have others behind them, each
with the truth of one message."""

from __future__ import annotations

from dataclasses import replace

from tests.lab.sender import BOB, DNSLOOKUP, Sender

ALICE = "alice@healthy.example"
NOBODY = "nobody@healthy.example"  # whom the server refuses with 550
OF_SENDER = "alice@senderdomain.example"  # its server wants the sender's domain to exist
STRICT = "203.0.113.11"
LATER = "203.0.113.94"  # which puts every recipient off
NO_ADDRESS = "mx.vanished.example"
UNKNOWN_SENDER = ("deferred", "deferred", 3, "sender_invalid", "sender")
UNKNOWN_USER = ("bounced", "refused", 1, "user_unknown", "sender")
LOOP = ("bounced", "refused", 1, "routing_loop", "sender")
DENIED = ("bounced", "refused", 1, "relay_denied", "sender")
TAKEN = ("sent", "accepted", 0, None, "nobody")
NO_DOMAIN = ("bounced", "refused", 1, "bad_domain", "sender")
KEPT = ("deferred", "deferred", 3, "server_error", "sender")
SENT_BACK = ("bounced", "refused", 1, "server_error", "sender")
PUT_OFF = ("deferred", "deferred", 3, "policy_unspecified", "sender")
CLOSED = ("bounced", "refused", 1, "bad_domain", "sender")
_OWN_DELIVERY = "\nvirtual unix - n n - - virtual\nlocal unix - n n - - local"


def mapping(
    slug: str, recipient: str, table: str, entry: str, *fate: object, main: str = "", **more: object
) -> Sender:
    """Postfix with one entry of one table."""
    values = f"{main}\n{table} = texthash:{{home}}/map\n"
    sender = Sender(slug, recipient, *fate)  # type: ignore[arg-type]
    return replace(sender, values=values, files={"map": f"{entry}\n"}, **more)  # type: ignore[arg-type]


def handing_on(
    slug: str, recipient: str, software: str, *fate: object, host: str = STRICT, **more: object
) -> Sender:
    """A server that hands on to a host: by default the one that refuses to relay, but takes the mail of the
    lab's domains."""
    values = {
        "postfix": f"smtp_fallback_relay = [{host}]\n",
        "sendmail": f"define(`confFALLBACK_MX',`[{host}]')dnl\n",
    }
    sender = Sender(f"fallback-{slug}", recipient, *fate)  # type: ignore[arg-type]
    hosts = f"  fallback_hosts = {host}" if software == "exim" else ""
    own = {"software": software, "values": values.get(software, ""), "transport": hosts}
    return replace(sender, **own, **more)  # type: ignore[arg-type]


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
    # docker-mailserver has its lists so
    Sender("list-in-a-file", "alice@exim.example", *DENIED, route="relay",
           values=f"relay_domains = !{{home}}/away {{home}}/list\nrelay_transport = relay:[{STRICT}]\n",
           files={"away": "healthy.example\n", "list": "# others\nhealthy.example,\n exim.example\n"}),
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
    *(handing_on(slug, *case) for slug, case in {
        "unreachable": ("alice@unreachable.example", "postfix", *DENIED),
        "dead": ("alice@dead.example", "postfix", *DENIED),
        "no-domain": ("alice@nosuch.example", "postfix", *DENIED),
        "null-mx": ("alice@nullmx.example", "postfix", *DENIED),
        "silence-of-dns": ("alice@bogus.test", "postfix", *DENIED),
        "reset": ("alice@slammed.example", "postfix", *DENIED),
        "greylisted": ("alice@grey.example", "postfix", *TAKEN),
        "closing": ("alice@closing.example", "postfix", *TAKEN),
        "refusing-greeting": ("alice@closed.example", "postfix", *TAKEN),
        "of-no-use": (NOBODY, "postfix", *UNKNOWN_USER),
        "exim": ("alice@unreachable.example", "exim", *DENIED),
        "exim-greylisted": ("alice@grey.example", "exim", *TAKEN),
        "exim-reset": ("alice@slammed.example", "exim", *DENIED),
        "exim-refusing-greeting": ("alice@closed.example", "exim", *CLOSED),
        "sendmail": ("alice@unreachable.example", "sendmail", *DENIED),
        "sendmail-greylisted": ("alice@grey.example", "sendmail", *TAKEN),
        "sendmail-refusing-greeting": ("alice@closed.example", "sendmail", *TAKEN),
        "sendmail-no-domain": ("alice@nosuch.example", "sendmail", *DENIED),
        "sendmail-null-mx": ("alice@nullmx.example", "sendmail", *NO_DOMAIN),
    }.items()),
    *(handing_on(f"{software}-without-address-{slug}", to, software, *fate, host=NO_ADDRESS)
      for software, fate in {"postfix": KEPT, "exim": KEPT, "sendmail": SENT_BACK}.items()
      for slug, to in {"unreachable": "alice@unreachable.example", "grey": "alice@grey.example"}.items()),
    *(handing_on(f"{software}-puts-off-{slug}", f"alice@{slug}.example", software, *fate, host=LATER)
      for software, slug, fate in (
          ("postfix", "dangling", PUT_OFF), ("postfix", "nosuch", PUT_OFF), ("exim", "unreachable", PUT_OFF),
          ("sendmail", "unreachable", PUT_OFF), ("sendmail", "nosuch", PUT_OFF),
          ("sendmail", "dangling", ("bounced", "refused", 1, "policy_unspecified", "sender")))),
    Sender("sendmail-smart-host-without-address", "alice@unreachable.example", *SENT_BACK,
           software="sendmail", values=f"define(`confFALLBACK_SMARTHOST',`[{NO_ADDRESS}]')dnl\n"),
    handing_on("exim-no-domain", "alice@nosuch.example", "exim", *NO_DOMAIN, route="refused", helo=""),
    Sender("fallback-by-mx", "alice@unreachable.example", *DENIED,
           values="smtp_fallback_relay = [203.0.113.92], relaynothere.example, stray554.example\n"),
    Sender("sendmail-smart-host-in-the-end", "alice@unreachable.example", *DENIED, software="sendmail",
           values=f"define(`confFALLBACK_SMARTHOST',`[{STRICT}]')dnl\n"),
    Sender("sendmail-smart-host-of-no-use", "alice@grey.example", "deferred", "deferred", 3, "greylisted",
           "nobody", software="sendmail", values=f"define(`confFALLBACK_SMARTHOST',`[{STRICT}]')dnl\n"),
)  # fmt: skip
