"""The configurations of sendmail and OpenSMTPD as servers that send, each with the truth of one message."""

from __future__ import annotations

from tests.lab.sender import Sender

STRICT = "203.0.113.11"  # a server that refuses to relay, with 554
ACCESS = "FEATURE(`access_db',`hash -o -T<TMPF> {home}/access')dnl\n"
TABLE = "FEATURE(`mailertable',`hash -o {home}/mailertable')dnl\n"
SECOND = "CLIENT_OPTIONS(`Family=inet, Addr=198.51.100.66')dnl\n"
REJECT = 'action "out" relay\nmatch for domain "healthy.example" reject\nmatch for any action "out"\n'
TRUST = "define(`confCACERT',`{authority}')dnl\ndefine(`confCACERT_PATH',`{home}')dnl\n"


def sendmail(
    slug: str,
    recipient: str,
    outcome: str,
    cause: str | None = None,
    fix_by: str | None = None,
    **more: object,
) -> Sender:
    """sendmail with one more thing in sendmail.mc."""
    status, code = {"accepted": ("sent", 0), "refused": ("bounced", 1), "deferred": ("deferred", 3)}[outcome]
    return Sender(
        *(f"sendmail-{slug}", recipient, status, outcome, code, cause, fix_by),
        software="sendmail",
        **more,  # type: ignore[arg-type]
    )


def opensmtpd(
    slug: str,
    recipient: str,
    outcome: str,
    cause: str | None = None,
    fix_by: str | None = None,
    *,
    relay: str = "",
    conf: str = "",
    **more: object,
) -> Sender:
    """OpenSMTPD with one action, or with a configuration of its own."""
    status, code = {"accepted": ("sent", 0), "refused": ("bounced", 1), "deferred": ("deferred", 3)}[outcome]
    own = relay if "src" in relay else f"src 198.51.100.10 {relay}"
    own = own if "helo" in own else f"helo out.sender.example {own}"
    rules = conf or f'action "out" relay {own}\nmatch from local for any action "out"\n'
    return Sender(
        *(f"opensmtpd-{slug}", recipient, status, outcome, code, cause, fix_by),
        software="opensmtpd",
        values=rules,
        **more,  # type: ignore[arg-type]
    )


SENDMAIL = (
    sendmail("plain", "alice@healthy.example", "accepted"),
    sendmail("root-among-others", "alice@nullbeside.example", "refused", "bad_domain"),
    sendmail("helo", "alice@helo.example", "refused", "rdns_helo", "sender_network",
             values="define(`confDOMAIN_NAME',`localhost')dnl\n", helo="localhost"),
    sendmail("second-address", "alice@rbl.example", "refused", "ip_blocklisted", "sender_network",
             values=SECOND),
    sendmail("smart-host", "alice@exim.example", "refused", "relay_denied", "sender",
             values=f"define(`SMART_HOST',`[{STRICT}]')dnl\n", route="relay"),
    sendmail("smart-host-by-mx", "alice@exim.example", "refused", "relay_denied", "sender",
             values="define(`SMART_HOST',`esmtp:stray554.example')dnl\n", route="relay"),
    sendmail("mailertable", "alice@exim.example", "refused", "relay_denied", "sender", values=TABLE,
             files={"mailertable": f"exim.example\tesmtp:[{STRICT}]\n"}, route="relay"),
    sendmail("table-refuses", "alice@healthy.example", "refused", "policy_unspecified", "sender",
             values=TABLE, helo="", route="refused",
             files={"mailertable": "healthy.example\terror:5.1.2:550 no mail there\n"}),
    sendmail("tls-demanded", "alice@plaintext.example", "deferred", "tls_problem", values=ACCESS,
             files={"access": "TLS_Srv:mx.plaintext.example\tENCR:112\n"}),
    sendmail("verifies", "alice@rbl.example", "accepted", values=ACCESS + TRUST,
             files={"access": "TLS_Srv:mx.rbl.example\tVERIFY\n"}),
    sendmail("trusts-nobody", "alice@healthy.example", "deferred", "tls_problem", values=ACCESS,
             files={"access": "TLS_Srv:mx.healthy.example\tVERIFY\n"}),
    sendmail("handshake-fails", "alice@tlsold.example", "deferred", "tls_problem"),
    sendmail("falls-back", "alice@tlsold.example", "refused", "tls_problem",
             values="define(`confTLS_FALLBACK_TO_CLEAR',`True')dnl\n"),
    sendmail("refusing-greeting", "alice@closed.example", "refused", "bad_domain"),
)  # fmt: skip
OPENSMTPD = (
    opensmtpd("plain", "alice@healthy.example", "accepted"),
    opensmtpd("root-among-others", "alice@nullbeside.example", "accepted"),
    opensmtpd("helo", "alice@helo.example", "refused", "rdns_helo", "sender_network",
              relay="helo localhost", helo="localhost"),
    opensmtpd("second-address", "alice@rbl.example", "refused", "ip_blocklisted", "sender_network",
              relay="helo listed.sender.example src 198.51.100.66", helo="listed.sender.example"),
    opensmtpd("relay", "alice@exim.example", "refused", "relay_denied", "sender",
              relay=f"host smtp://{STRICT}", route="relay"),
    opensmtpd("tls-demanded", "alice@plaintext.example", "deferred", "tls_problem", relay="tls no-verify"),
    opensmtpd("verifies", "alice@healthy.example", "accepted", relay="tls"),
    opensmtpd("verifies-other-name", "alice@rbl.example", "deferred", "tls_problem", relay="tls"),
    opensmtpd("rejects", "alice@healthy.example", "refused", "policy_unspecified", "sender", helo="",
              conf=REJECT,
              route="refused"),
    opensmtpd("no-rule", "alice@healthy.example", "refused", "policy_unspecified", "sender", helo="",
              conf='action "out" relay\nmatch for domain "exim.example" action "out"\n', route="refused"),
    opensmtpd("one-family", "alice@six.example", "deferred", "connection_failed", "sender"),
    opensmtpd("refusing-greeting", "alice@closed.example", "deferred", "bad_domain"),
)  # fmt: skip
