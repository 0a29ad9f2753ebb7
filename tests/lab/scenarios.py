"""Pairs with a known truth: what the lab's servers are configured to do, and so what the probe must find."""

from __future__ import annotations

from dataclasses import dataclass

GOOD = "198.51.100.10"  # PTR confirmed, in the SPF record of sender.example, on no list
ELSEWHERE = "198.51.100.20"  # PTR confirmed, not in the SPF record
LISTED = "198.51.100.66"  # 127.0.0.2 on zen.bl.example
POLICY = "198.51.100.67"  # 127.0.0.11: a range that should not send directly
NO_PTR = "198.51.100.77"
UNCONFIRMED = "198.51.100.78"  # PTR to a name that has another address
SIX = "2001:db8:1::10"

BOB = "bob@sender.example"


@dataclass(frozen=True)
class Scenario:
    """One pair, the address it is probed from, and the truth.

    `cause`: two with a bar between where the server's words allow both. `sessions` bounds how often the
    probe may come; `lost`: so many of them end without QUIT, because the server or a failed handshake
    ended them. `prelude`: another client of the same address was there a moment before.
    """

    slug: str
    recipient: str
    outcome: str
    cause: str | None
    exit_code: int
    stage: str = "rcpt"
    sender: str = BOB
    source: str = GOOD
    options: tuple[str, ...] = ()
    sessions: int = 1
    lost: int = 0
    prelude: bool = False
    dnsbl: str = "zen.bl.example"


def accepted(
    slug: str, recipient: str, cause: str | None = None, *, exit_code: int | None = None, **more: object
) -> Scenario:
    """Accepted at RCPT; with a cause, one that predicts a refusal after DATA (exit code 5)."""
    code = exit_code if exit_code is not None else (5 if cause else 0)
    return Scenario(slug, recipient, "accepted", cause, code, **more)  # type: ignore[arg-type]


def refused(slug: str, recipient: str, cause: str, **more: object) -> Scenario:
    """Refused for good."""
    return Scenario(slug, recipient, "refused", cause, 1, **more)  # type: ignore[arg-type]


def deferred(slug: str, recipient: str, cause: str, **more: object) -> Scenario:
    """A 4xx."""
    return Scenario(slug, recipient, "deferred", cause, 3, **more)  # type: ignore[arg-type]


def inconclusive(slug: str, recipient: str, cause: str, **more: object) -> Scenario:
    """Nothing that speaks about the recipient was seen."""
    return Scenario(slug, recipient, "inconclusive", cause, 4, **more)  # type: ignore[arg-type]


DNS: dict[str, object] = {"stage": "dns", "sessions": 0}
UNREACHED: dict[str, object] = {"stage": "connect", "sessions": 0}

SCENARIOS = (
    # --- accepted -----------------------------------------------------------------------------
    accepted("healthy", "alice@healthy.example"),
    accepted("healthy-null-sender", "alice@healthy.example", sender="<>"),
    accepted("healthy-dnssec-dane", "alice@secure.test"),
    accepted("implicit-mx", "alice@implicit.example"),
    accepted("first-mx-dangles", "alice@halfdangling.example"),
    accepted("first-mx-dead", "alice@deadfirst.example"),
    accepted("mx-is-an-alias", "alice@aliasmx.example"),
    accepted("ipv6-only", "alice@six.example", source=SIX),
    accepted("tls-required-and-works", "alice@tls.example"),
    accepted("catch-all", "who.ever@catchall.example"),
    accepted("size-fits", "alice@small.example", options=("--size", "500000")),
    accepted("list-without-test-entries", "alice@healthy.example", source=LISTED, dnsbl="plain.bl.example"),
    accepted("list-refuses-to-answer", "alice@healthy.example", dnsbl="closed.bl.example"),
    accepted("list-lists-everything", "alice@healthy.example", dnsbl="all.bl.example"),
    accepted("list-is-gone", "alice@healthy.example", dnsbl="gonebl.example"),
    # --- accepted, and a fault of the sender's side predicts a refusal after DATA --------------------
    accepted("accepted-spf-fail", "alice@healthy.example", "auth_failed", source=ELSEWHERE),
    accepted("accepted-listed", "alice@healthy.example", "ip_blocklisted", source=LISTED),
    accepted(
        "accepted-dmarc-unaligned",
        "alice@healthy.example",
        "auth_failed",
        options=("--header-from", "news@brand.example"),
    ),
    accepted("accepted-sender-null-mx", "alice@healthy.example", "sender_invalid", sender="a@nomail.example"),
    accepted("accepted-sender-gone", "alice@healthy.example", "sender_invalid", sender="a@gone.example"),
    accepted("accepted-ip-option", "alice@healthy.example", "ip_blocklisted", options=("--ip", LISTED)),
    accepted("accepted-spf-permerror", "alice@healthy.example", "auth_failed", sender="a@twospf.example"),
    # --- this mailbox -------------------------------------------------------------------------
    refused("unknown-user", "nobody@healthy.example", "user_unknown"),
    deferred("unknown-user-soft-bounce", "nobody@softbounce.example", "user_unknown"),
    deferred("mailbox-full-4xx", "full@access.example", "mailbox_full"),
    refused("mailbox-full-5xx", "over@access.example", "mailbox_full"),
    refused("mailbox-disabled", "disabled@access.example", "mailbox_disabled"),
    refused("internal-only", "staff@access.example", "recipient_refused"),
    refused("moved", "moved@access.example", "user_unknown"),
    # --- the domain in DNS ------------------------------------------------------------------------
    refused("no-such-domain", "alice@nosuch.example", "bad_domain", **DNS),
    refused("null-mx", "alice@nullmx.example", "bad_domain", **DNS),
    refused("no-mail-host", "alice@empty.example", "bad_domain", **DNS),
    refused("dangling-mx", "alice@dangling.example", "bad_domain", **DNS),
    inconclusive("bogus-signature", "alice@bogus.test", "dns_failure", **DNS),
    inconclusive("lame-delegation", "alice@lame.test", "dns_failure", options=("--timeout", "20"), **DNS),
    # --- the network ------------------------------------------------------------------------------
    inconclusive("connection-refused", "alice@dead.example", "connection_failed", **UNREACHED),
    inconclusive("unreachable", "alice@unreachable.example", "connection_failed", **UNREACHED),
    inconclusive(
        "packets-dropped",
        "alice@dropped.example",
        "connection_failed",
        options=("--timeout", "14"),
        **UNREACHED,
    ),
    inconclusive(
        "silent-server",
        "alice@silent.example",
        "connection_failed",
        stage="greeting",
        options=("--timeout", "6"),
        sessions=0,
    ),
    inconclusive(
        "reset-at-greeting",
        "alice@slammed.example",
        "connection_failed",
        stage="greeting",
        sessions=0,
    ),
    # --- relaying ------------------------------------------------------------------------------------
    deferred("relay-denied-454", "alice@stray.example", "relay_denied"),
    refused("relay-denied-554", "alice@stray554.example", "relay_denied"),
    # --- who sends -----------------------------------------------------------------------------------
    deferred("greylisted", "alice@grey.example", "greylisted"),
    refused("listed", "alice@rbl.example", "ip_blocklisted", source=LISTED),
    refused("listed-by-policy", "alice@rbl.example", "ip_blocklisted", source=POLICY),
    refused("spf-fail", "alice@spf.example", "auth_failed", source=ELSEWHERE),
    deferred(
        "sender-domain-unknown", "alice@senderdomain.example", "sender_invalid", sender="a@gone.example"
    ),
    refused(
        "sender-domain-null-mx", "alice@senderdomain.example", "sender_invalid", sender="a@nomail.example"
    ),
    refused("no-ptr", "alice@noptr.example", "rdns_helo", source=NO_PTR),
    deferred("ptr-unconfirmed", "alice@noptr450.example", "rdns_helo", source=UNCONFIRMED),
    refused("helo-no-fqdn", "alice@helo.example", "rdns_helo", options=("--helo", "localhost")),
    deferred("helo-unknown", "alice@helo.example", "rdns_helo", options=("--helo", "no.such.example")),
    refused(
        "sender-blocked",
        "alice@access.example",
        "sender_blocked",
        sender="blocked@sender.example",
        sessions=3,
    ),
    refused(
        "sender-on-local-list", "alice@access.example", "sender_blocked", sender="spammer@sender.example"
    ),
    refused("authentication-required", "alice@auth.example", "policy_unspecified", sessions=3),
    # --- limits and size ----------------------------------------------------------------------------
    deferred("connection-rate", "alice@rate.example", "rate_limited", stage="greeting", prelude=True, lost=1),
    deferred("recipient-rate", "alice@busy.example", "rate_limited", prelude=True),
    refused(
        "too-large", "alice@small.example", "message_too_large", stage="mail", options=("--size", "5000000")
    ),
    # --- the server ------------------------------------------------------------------------------------
    refused("banner-554", "alice@closed.example", "bad_domain", stage="greeting"),
    deferred("banner-421", "alice@closing.example", "server_error", stage="greeting", lost=1),
    deferred("lookup-fails", "alice@tempfail.example", "server_error"),
    deferred("disk-full", "alice@diskfull.example", "server_error", stage="mail"),
    refused("tls-required-and-broken", "alice@tlsbroken.example", "tls_problem", stage="mail", sessions=2),
    refused("tls-required-too-old", "alice@tlsold.example", "tls_problem", stage="mail", sessions=2, lost=1),
    # a domain that is shut to all, in words that would fit any rule
    refused("bare-refusal-of-everyone", "alice@bare.example", "bad_domain|policy_unspecified", sessions=3),
    refused("callout-fails", "alice@callout.example", "sender_invalid", sender="nobody@exim.example"),
    deferred("callout-pending", "alice@callout.example", "sender_invalid", sender="a@silent.example"),
    deferred("postscreen-first-visit", "alice@screen.example", "greylisted", lost=1),
    # --- more of Postfix ------------------------------------------------------------------------------
    # "Client host rejected: Access denied" gives no reason; both readings send the reader to the same people
    refused("client-refused", "alice@refuser.example", "policy_unspecified|ip_blocklisted", sessions=3),
    refused("sender-domain-listed", "alice@rhsbl.example", "sender_blocked", sender="a@badname.example"),
    deferred("policy-service-down", "alice@nopolicy.example", "server_error"),
    deferred("message-rate", "alice@flood.example", "rate_limited", stage="mail", prelude=True),
    refused("postscreen-listed", "alice@screen.example", "ip_blocklisted", source=LISTED, lost=1),
    refused("own-sender-unknown", "alice@rhsbl.example", "sender_invalid", sender="ghost@grey.example"),
    refused("recipient-callout", "nobody@verify.example", "user_unknown"),
    refused(
        "tls-required-never-used",
        "alice@tls.example",
        "tls_problem",
        stage="mail",
        options=("--tls", "never"),
    ),
    inconclusive(
        "tls-demanded-not-offered",
        "alice@plaintext.example",
        "tls_problem",
        stage="starttls",
        options=("--tls", "require"),
    ),
    accepted("no-starttls", "alice@plaintext.example"),
    accepted("next-mx-after-421", "alice@nextmx.example", sessions=2, lost=1),
    accepted("other-family", "alice@dual.example"),
    accepted("tarpit", "alice@slow.example"),
    accepted("idn", "alice@b\u00fccher.example"),
    accepted("mta-sts-fits", "alice@sts.example"),
    accepted("spf-softfail", "alice@healthy.example", sender="a@soft.example"),
    accepted("nothing-published", "alice@healthy.example", sender="a@plain.example"),
    accepted(
        "spf-temperror", "alice@healthy.example", sender="a@spftemp.example", options=("--timeout", "25")
    ),
    accepted("listed-by-policy-only", "alice@healthy.example", "ip_blocklisted", source=POLICY),
    accepted("accepted-no-ptr", "alice@healthy.example", source=NO_PTR),
    accepted("sender-mx-gone", "alice@healthy.example", "sender_invalid", sender="a@lostmx.example"),
    accepted(
        "sender-domain-on-known-list",
        "alice@healthy.example",
        "sender_blocked",
        sender="a@badname.example",
        dnsbl="dbl.spamhaus.org",
    ),
    accepted(
        "sender-domain-on-a-list-of-domains",
        "alice@healthy.example",
        "sender_blocked",
        sender="a@badname.example",
        dnsbl="names.example",
    ),
    # the recipient's own fault: told, but exit code 5 speaks of the sender's side
    accepted("dane-fails", "alice@danefail.test"),
    # --- Exim's own words --------------------------------------------------------------------------------
    accepted("exim-accepts", "alice@exim.example"),
    # "Unrouteable address" may be about the domain as well: postmaster is asked, too
    refused("exim-unknown-user", "nobody@exim.example", "user_unknown", sessions=3),
    refused("exim-relay", "alice@eximstray.example", "relay_denied"),
    refused("exim-listed", "alice@exim.example", "ip_blocklisted", source=LISTED),
    refused(
        "exim-sender-blocked",
        "alice@exim.example",
        "sender_blocked",
        sender="banned@sender.example",
        sessions=3,
    ),
    refused("exim-sender-verify", "alice@exim.example", "sender_invalid", sender="a@gone.example"),
    deferred("exim-greylist", "grey@exim.example", "greylisted"),
    deferred("exim-full", "full@exim.example", "mailbox_full"),
    refused("exim-over-quota", "over@exim.example", "mailbox_full"),
    deferred("exim-rate", "rate2@exim.example", "rate_limited"),
    # --- OpenSMTPD's own words ---------------------------------------------------------------------------
    accepted("starttls-offered-and-broken", "alice@halftls.example", sessions=2, lost=1),
    accepted("opensmtpd-accepts", "alice@opensmtpd.example"),
    refused("opensmtpd-unknown-user", "nobody@opensmtpd.example", "user_unknown", sessions=3),
    # OpenSMTPD has one answer for an unknown user and for a domain that is not its own: its words cannot
    # tell them apart, but postmaster is refused as well
    refused("opensmtpd-relay", "alice@opensmtpdstray.example", "bad_domain|relay_denied", sessions=3),
    deferred("opensmtpd-greylist", "grey@opensmtpd.example", "greylisted"),
    refused(
        "opensmtpd-no-ptr",
        "alice@opensmtpd.example",
        "rdns_helo",
        source=NO_PTR,
        stage="greeting",
        lost=1,
    ),
    refused(
        "opensmtpd-sender-blocked",
        "alice@opensmtpd.example",
        "sender_blocked",
        sender="blocked@sender.example",
        stage="mail",
    ),
)
