"""What the large providers answer since mid-2025: cause, owner and time of each, in several wordings.

Each row: the stage, the reply as a server, a log or a report shows it, the causes that a careful reader
accepts as the first, who can mend it, and when to try again.
"""

from __future__ import annotations

import pytest

from probe.explanation import explain, parse_stage
from probe.knowledge.providers import by_domain, by_id
from probe.knowledge.requirements import Need, all_requirements, for_provider
from probe.knowledge.rules import all_rules
from probe.model.evidence import Band

EOD = "end-of-data"

GOOGLE = (
    # the PTR record, whatever stands there of a rate
    (
        EOD,
        "421-4.7.23 [192.0.2.10] The sending IP address for this message doesn't have a PTR\n421-4.7.23 "
        "record, or the PTR record's forward DNS entry doesn't match the sending\n421 4.7.23 IP address. To "
        "protect users from spam, your email has been temporarily rate limited. a1-b2.3 - gsmtp",
        "rdns_helo",
        "sender_network",
        "after_fix",
    ),
    (
        "",
        "host aspmx.l.google.com[192.0.2.99] said: 550-5.7.25 [192.0.2.10] The sending IP does not match "
        "the IP address of the hostname 550 5.7.25 specified in the pointer (PTR) record. c3 - gsmtp (in "
        "reply to end of DATA command)",
        "rdns_helo",
        "sender_network",
        "after_fix",
    ),
    (
        EOD,
        "550 5.7.25 This message was blocked because the sending IP address doesn't have a PTR record.",
        "rdns_helo",
        "sender_network",
        "after_fix",
    ),
    (
        EOD,
        "451 4.7.23 Weitere Informationen: https://support.google.com/a/answer/81126 - gsmtp",
        "rdns_helo",
        "sender_network",
        "after_fix",
    ),
    # TLS
    (
        EOD,
        "421-4.7.29 Your email has been rate limited because this message wasn't sent over\n421 4.7.29 a "
        "TLS connection. x9 - gsmtp",
        "tls_problem",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "550 5.7.29 This message was blocked because it wasn't sent over a TLS connection.",
        "tls_problem",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "421 4.7.29 Your mail has been rate limited because you are not using a TLS connection. Gmail "
        "requires all bulk email senders to use TLS/SSL for SMTP connections.",
        "tls_problem",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "550 5.7.29 https://support.google.com/a/answer/81126 z7 - gsmtp",
        "tls_problem",
        "sender",
        "after_fix",
    ),
    # authentication, told as a rate
    (
        EOD,
        "421 4.7.26 This mail has been rate limited because it is unauthenticated. q5 - gsmtp",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass for this "
        "message.",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "550 5.7.30 This message was blocked because it didn't pass DKIM authentication.",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "421 5.7.32 Your email was blocked because the From: header (RFC5322) in this message isn't aligned "
        "with either the authenticated SPF or DKIM organizational domain.",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "421 4.7.40 Your email has been rate limited because the sending domain doesn't have a DMARC "
        "record, or the DMARC record doesn't specify a DMARC policy.",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "550 5.7.24 The SPF record of the sending domain has one or more suspicious entries.",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "421 4.7.31 https://support.google.com/a/answer/81126 z8 - gsmtp",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        EOD,
        "451 4.7.26 Unauthenticated email from shop.example is not accepted due to domain's DMARC policy, "
        "but temporary DNS failures prevent authentication.",
        "auth_failed",
        "sender",
        "later",
    ),
    # a rate is a rate
    (
        EOD,
        "421 4.7.28 Gmail has detected an unusual rate of mail originating from your IP Netblock. To "
        "protect our users from spam, mail has been temporarily rate limited.",
        "rate_limited",
        "sender",
        "later",
    ),
    (
        EOD,
        "421 4.7.28 Gmail has detected an unusual rate of email originating from your DKIM domain.",
        "rate_limited",
        "sender",
        "later",
    ),
    (
        EOD,
        "421 4.7.28 Gmail has detected this sender exceeded the quota for sending messages that have the "
        "same Message-ID:.",
        "rate_limited",
        "sender",
        "later",
    ),
    (
        "rcpt",
        "452 4.5.3 Domain policy size per transaction exceeded - gsmtp",
        "rate_limited",
        "sender",
        "now",
    ),
    # reputation and content
    (
        EOD,
        "421 4.7.0 Your mail was held back: very low reputation of the sending domain.",
        "poor_reputation",
        "sender",
        "later",
    ),
    (
        EOD,
        "421 4.7.0 The message looks suspicious due to the nature of the content.",
        "spam_content",
        "sender",
        "after_fix",
    ),
    # the relay service of Google Workspace speaks to its own customer
    (
        "mail",
        "550 5.7.0 Mail relay denied [192.0.2.10]. Invalid credentials for relay for one of the domains in: "
        "shop.example",
        "relay_denied smtp_auth_required",
        "sender",
        "after_fix",
    ),
    ("mail", "550 5.7.0, Mail Sending denied.", "smtp_auth_required", "sender", "after_fix"),
    (
        "rcpt",
        "451-4.3.0 Multiple destination domains per transaction are not supported.\n451 4.3.0 Try again.",
        "protocol_error",
        "sender",
        "now",
    ),
)

MICROSOFT = (
    # the sender's own Exchange server is too old
    (
        "mail",
        "550 5.7.230 Connecting Exchange server version is out-of-date; connection to Exchange Online "
        "blocked for 20 mins/hr. [AM0.example]",
        "policy_unspecified",
        "sender",
        "after_fix",
    ),
    (
        "mail",
        "{LED=550 5.7.230 Connecting Exchange server version is out-of-date; connection to Exchange Online "
        "blocked for 60 mins/hr.};{MSG=};{FQDN=shop.mail.protection.outlook.com}",
        "policy_unspecified",
        "sender",
        "after_fix",
    ),
    (
        "mail",
        "450 4.7.230 Connecting Exchange server version is out-of-date; connection to Exchange Online "
        "throttled for 30 mins/hr.",
        "rate_limited policy_unspecified",
        "sender",
        "later",
    ),
    # the sender's domains, account and organisation
    (
        "",
        "Remote Server returned '550 5.7.750 Service unavailable. Client blocked from sending from "
        "unregistered domains. For more information see https://go.microsoft.com/fwlink/?linkid=2022138'",
        "sender_invalid sender_blocked",
        "sender",
        "after_fix",
    ),
    ("", "550 5.7.750 Service indisponible", "sender_invalid sender_blocked", "sender", "after_fix"),
    (
        "mail",
        "550 5.7.30 Basic authentication is not supported for Client Submission. [FR3.example]",
        "smtp_auth_required",
        "sender",
        "after_fix",
    ),
    (
        "",
        "smtplib.SMTPDataError: (550, b'5.7.30 Basic authentication is not supported for Client "
        "Submission.')",
        "smtp_auth_required",
        "sender",
        "after_fix",
    ),
    ("mail", "550 5.7.30 Basic authentication is disabled", "smtp_auth_required", "sender", "after_fix"),
    (
        "",
        "550 5.1.8 Access denied, bad outbound sender AS(42003)",
        "sender_blocked smtp_auth_required",
        "sender",
        "after_fix",
    ),
    (
        "",
        "550 5.7.705 Access denied, tenant has exceeded threshold. Please see "
        "https://aka.ms/EXOTenantThreshold",
        "rate_limited poor_reputation sender_blocked",
        "sender",
        "after_fix",
    ),
    (
        "",
        "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. AS(7230)",
        "ip_blocklisted",
        "sender_network",
        "after_fix",
    ),
    (
        "",
        "550 5.7.708 Access denied, traffic not accepted from this IP",
        "ip_blocklisted",
        "sender_network",
        "after_fix",
    ),
    (
        "",
        "Der Remoteserver gab zurück: '550 5.7.703 Your message can't be delivered because messages to "
        "b@firm.example are blocked by your organization using Tenant Allow/Block List.'",
        "policy_unspecified smtp_auth_required",
        "sender",
        "after_fix",
    ),
    # Direct Send
    (
        "rcpt",
        "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from "
        "unauthorized sources [DU2.example]",
        "smtp_auth_required",
        "sender",
        "after_fix",
    ),
    (
        "",
        "<scan@firm.example>: host firm.mail.protection.outlook.com[192.0.2.25] said: 550 5.7.68 "
        "TenantInboundAttribution; Direct Send not allowed for this organization (in reply to RCPT TO "
        "command)",
        "smtp_auth_required",
        "sender",
        "after_fix",
    ),
    ("rcpt", "550 5.7.68 Direct Send is not allowed", "smtp_auth_required", "sender", "after_fix"),
    # forwarding that the sending organisation bars
    (
        "",
        "550 5.7.520 Access denied, Your organization does not allow external forwarding. Please contact "
        "your administrator for further assistance. AS(7555)",
        "policy_unspecified",
        "sender",
        "after_fix",
    ),
    (
        "",
        "550 5.7.520 Accès refusé, votre organisation n'autorise pas le transfert externe. AS(7550)",
        "policy_unspecified",
        "sender",
        "after_fix",
    ),
    (
        "",
        "5.7.520 Access denied, your organisation doesn't allow external forwarding.",
        "policy_unspecified",
        "sender",
        "after_fix",
    ),
    # the recipient's organisation has a list of its own
    (
        "rcpt",
        "550 5.7.513 Service unavailable, Client host [192.0.2.10] blocked by firm.example using Customer "
        "Block list (AS16012607) [HE1.example]",
        "ip_blocklisted recipient_refused",
        "recipient_admin",
        "after_fix",
    ),
    (
        "rcpt",
        "550 5.7.1 Service unavailable, Client host [192.0.2.10] blocked using customer blocklist",
        "ip_blocklisted recipient_refused",
        "recipient_admin",
        "after_fix",
    ),
    (
        "",
        "550 5.7.513 Dienst nicht verfügbar",
        "ip_blocklisted recipient_refused",
        "recipient_admin",
        "after_fix",
    ),
    # limits of the sending organisation
    (
        "",
        "550 5.7.233 - Your message can't be sent because your tenant has exceeded its daily limit for "
        "sending email to external recipients (tenant external recipient rate limit). https://aka.ms/EXONdrs",
        "rate_limited",
        "sender",
        "later",
    ),
    (
        "",
        "550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for "
        "sending email to external recipients",
        "rate_limited",
        "sender",
        "later",
    ),
    (
        "",
        "550 5.7.236 Your message can't be sent because your tenant has exceeded its daily limit for "
        "sending email to external recipients from your tenant's onmicrosoft.com domains",
        "rate_limited",
        "sender",
        "later",
    ),
    ("", "550 5.7.233 Su organización superó el límite diario", "rate_limited", "sender", "later"),
    (
        "",
        "550 5.7.508 Access denied, [2001:db8::7] has exceeded permitted limits within /64 range",
        "rate_limited",
        "sender",
        "later",
    ),
    ("", "550 5.2.2 Submission quota exceeded", "rate_limited", "sender", "later"),
    # set up by half, or the wrong door
    (
        "rcpt",
        "451 4.4.4 Mail received as unauthenticated, incoming to a recipient domain configured in a hosted "
        "tenant which has no mail-enabled subscriptions. ATTR5",
        "relay_denied server_error",
        "recipient_admin",
        "later",
    ),
    (
        "",
        "host shop-example.mail.protection.outlook.com said: 451 4.4.4 incoming to a recipient domain "
        "configured in a hosted tenant which has no mail-enabled subscriptions",
        "relay_denied server_error",
        "recipient_admin",
        "later",
    ),
    (
        "rcpt",
        "451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35. For more information go to "
        "https://go.microsoft.com/fwlink/p/?linkid=865268",
        "relay_denied",
        "recipient_admin",
        "after_fix",
    ),
    # the message, the address family, the identity
    (
        EOD,
        "550 5.1.20 Multiple From addresses are not allowed without Sender address",
        "message_malformed",
        "sender",
        "after_fix",
    ),
    (EOD, "554 5.7.0 Multiple From addresses are not allowed", "message_malformed", "sender", "after_fix"),
    (
        EOD,
        "550 5.7.515 Access denied, sending domain shop.example doesn't meet the required authentication "
        "level. Spf= Fail , Dkim= Pass , DMARC= Pass",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (
        "rcpt",
        "550 5.7.510 Access denied, firm.example does not accept email over IPv6",
        "policy_unspecified",
        "sender",
        "after_fix",
    ),
    (
        "mail",
        "550 5.7.1 Service unavailable, MailFrom domain is listed in Spamhaus. To request removal from this "
        "list see https://www.spamhaus.org/query/lookup/ (AS16012609)",
        "sender_blocked",
        "sender",
        "after_fix",
    ),
    (
        "mail",
        "550 5.7.511 Access denied, banned sender[192.0.2.10]. To request removal, email it",
        "ip_blocklisted",
        "sender_network",
        "after_fix",
    ),
    ("", "550 5.7.503 Access denied, banned sender", "sender_blocked", "sender", "after_fix"),
    (
        "rcpt",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery "
        "restriction check failed because the sender was not authenticated when sending to this group",
        "recipient_refused",
        "recipient",
        "after_fix",
    ),
    (
        "",
        "550 5.7.12 Sender was not authenticated by organization",
        "recipient_refused",
        "recipient",
        "after_fix",
    ),
    (
        "mail",
        "421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade your client",
        "tls_problem",
        "sender",
        "after_fix",
    ),
    (
        "mail",
        "451 4.7.700 PFA agent busy, please try again. [AMS.example]",
        "server_error",
        "recipient_admin",
        "later",
    ),
)

YAHOO = (
    (
        "mail",
        "421 4.7.0 [TSS05] Messages from 192.0.2.10 temporarily deferred due to unexpected volume or user "
        "complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
        "poor_reputation rate_limited",
        "sender",
        "later",
    ),
    (
        "mail",
        "421 [IPTS05] Messages from 192.0.2.10 temporarily deferred",
        "poor_reputation rate_limited",
        "sender",
        "later",
    ),
    (
        "mail",
        "553 5.7.2 [TSS09] All messages from 192.0.2.10 will be permanently deferred; Retrying will NOT "
        "succeed.",
        "ip_blocklisted poor_reputation",
        "sender_network",
        "after_fix",
    ),
    (
        "mail",
        "553 5.7.2 [TSS08] All messages from 192.0.2.10 will be permanently deferred",
        "ip_blocklisted",
        "sender_network",
        "after_fix",
    ),
    (
        "mail",
        "553 VS98-IP0 deferred - see https://mail.yahoo.co.jp/info",
        "poor_reputation rate_limited",
        "sender",
        "later",
    ),
    (
        "",
        "host mx5.mail.yahoo.co.jp said: 553 5.7.1 VS98-MF1 temporarily deferred (in reply to MAIL FROM "
        "command)",
        "poor_reputation rate_limited",
        "sender",
        "later",
    ),
    ("mail", "554 RLY:B2 https://postmaster.aol.com/error-codes", "poor_reputation", "sender", "later"),
    ("mail", "421 DYN:T2", "rate_limited", "sender", "later"),
)

AMERICA = (
    (
        "mail",
        "421 4.7.1 [HCM1] Your mail from 192.0.2.10 was deferred. https://support.apple.com/en-us/102322",
        "poor_reputation rate_limited",
        "sender",
        "later",
    ),
    (
        "",
        "host mx01.mail.icloud.com[192.0.2.30] said: 421 4.7.1 [HCM1] Messages from 192.0.2.10 temporarily "
        "deferred (in reply to MAIL FROM command)",
        "poor_reputation rate_limited",
        "sender",
        "later",
    ),
    (
        "mail",
        "550 5.7.1 [HCM2] Your mail from 192.0.2.10 was rejected.",
        "ip_blocklisted poor_reputation",
        "sender_network",
        "after_fix",
    ),
    (EOD, "451 4.7.1 [BS02] Try later", "server_error rate_limited", "recipient_admin", "later"),
    (
        EOD,
        "550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus DBL",
        "sender_blocked",
        "sender",
        "after_fix",
    ),
    (
        "",
        "<x@me.com>: host mx02.mail.icloud.com said: 550 5.7.1 Your email was rejected due to having a "
        "domain present in the Spamhaus DBL -- see https://www.spamhaus.org/dbl/ (in reply to end of DATA "
        "command)",
        "sender_blocked",
        "sender",
        "after_fix",
    ),
)

EUROPE = (
    # Orange's numbers have a meaning of their own since 2026; La Poste's have not
    (
        "greeting",
        "550 mwinf5c10 ME Service refuse. Service refused, please try later. OFR004_107 [107]",
        "rdns_helo",
        "sender_network",
        "after_fix",
    ),
    (
        "ehlo",
        "550 mwinf5c10 ME Veuillez essayer plus tard. OFR004_203 [203]",
        "rdns_helo",
        "sender_network",
        "after_fix",
    ),
    (EOD, "550 5.7.1 Mail rejete. Mail rejected. OFR_535 [535]", "auth_failed", "sender", "after_fix"),
    (EOD, "550 5.7.1 Mail rejected. ofr004_515", "auth_failed", "sender", "after_fix"),
    ("mail", "550 5.5.0 Emetteur invalide. OFR_398 [398]", "auth_failed", "sender", "after_fix"),
    ("greeting", "421 mwinf5c79 ME Service refuse. OFR_989 [989]", "poor_reputation", "sender", "later"),
    (EOD, "421 4.7.0 Service refused, please try later. OFR_109 [109]", "rate_limited", "sender", "later"),
    (EOD, "550 5.2.0 Mail rejete. Mail rejected. OFR_536 [536]", "spam_content", "sender", "after_fix"),
    (EOD, "554 Transaction failed Reject due to domain's DMARC policy", "auth_failed", "sender", "after_fix"),
    (
        "",
        "host mx00.gmx.net said: 554-Transaction failed 554-Reject due to domain's DMARC policy. 554 For "
        "explanation visit https://postmaster.gmx.net/en/error-messages (in reply to end of DATA command)",
        "auth_failed",
        "sender",
        "after_fix",
    ),
    (EOD, "554 Transaction failed Reject due to domain’s DMARC policy", "auth_failed", "sender", "after_fix"),
)

CHINA = (
    ("rcpt", "550 Requested mail action not taken: too much recipient", "rate_limited", "sender", "later"),
    ("rcpt", "450 too much recipient", "rate_limited", "sender", "later"),
)

ROWS = (*GOOGLE, *MICROSOFT, *YAHOO, *AMERICA, *EUROPE, *CHINA)


@pytest.mark.parametrize(
    ("stage", "text", "causes", "fix_by", "retry"), ROWS, ids=[row[1][:60] for row in ROWS]
)
def test_a_provider_reply_has_its_cause_owner_and_time(
    stage: str, text: str, causes: str, fix_by: str, retry: str
) -> None:
    read = explain(text, parse_stage(stage))
    assert read.cause is not None and read.conduct is not None
    assert read.cause.id in causes.split(), [(it.id, round(it.probability, 2)) for it in read.ranked[:3]]
    assert (read.conduct.fix_by, read.conduct.retry) == (fix_by, retry)
    assert read.band is not Band.UNDECIDED


# The same words or numbers from somebody else, or about something else.
OTHERS = (
    ("550 5.7.23 The message was rejected because of Sender Policy Framework violation", "rdns_helo"),
    ("550 5.7.29 ARC validation failure", "tls_problem"),
    ("550 5.7.30 REQUIRETLS support required", "auth_failed smtp_auth_required"),
    ("552 5.2.2 the mailbox exceeded its quota", "rate_limited"),
    ("450 4.7.0 Your email has been temporarily rate limited", "auth_failed rdns_helo tls_problem"),
    ("421 Service refused, please try later. LPN006_107", "rdns_helo"),
    ("535 5.7.8 authentication failed", "auth_failed"),
    ("450 please try again later (grey)", "rate_limited"),
    ("550 5.7.513 blocked by firm.example", "recipient_refused sender_blocked"),
    ("550 5.7.1 Access denied. AS(201806281)", "smtp_auth_required"),
)


@pytest.mark.parametrize(("text", "not_first"), OTHERS)
def test_words_that_look_alike_mean_something_else(text: str, not_first: str) -> None:
    read = explain(text)
    assert read.cause is not None
    assert read.cause.id not in not_first.split()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1][:60])
def test_nobody_is_struck_off_by_any_of_them(row: tuple[str, ...]) -> None:
    read = explain(row[1], parse_stage(row[0]))
    assert read.conclusion is not None and read.conclusion.conduct.retry != "never"
    assert "again to this domain" not in read.conclusion.action.lower()


ADVICE = (
    ("550 5.7.236 your tenant has exceeded its daily limit", "domain of your own"),
    ("550 5.7.232 your trial tenant has exceeded its daily limit", "paid licences"),
    (
        "550 5.7.233 your tenant exceeded its daily limit for sending email to external recipients",
        "paid licences",
    ),
    (
        "550 5.7.513 blocked by firm.example using Customer Block list (AS16012607)",
        "delisting page does not help",
    ),
    ("550 5.7.30 Basic authentication is not supported for Client Submission.", "OAuth"),
    (
        "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization",
        "inbound connector",
    ),
    ("550 5.7.520 Your organization does not allow external forwarding", "organisation that forwards"),
    ("550 5.7.230 Connecting Exchange server version is out-of-date", "Update the Exchange server"),
    ("550 5.7.510 Access denied, firm.example does not accept email over IPv6", "IPv4"),
    (
        "421 4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection.",
        "STARTTLS",
    ),
    ("550 5.7.1 Your email was rejected due to having a domain present in the Spamhaus DBL", "every link"),
)


@pytest.mark.parametrize(("text", "words"), ADVICE)
def test_the_advice_names_the_one_thing_to_do(text: str, words: str) -> None:
    read = explain(text)
    assert read.conclusion is not None
    assert words in read.conclusion.action


def test_no_text_promises_a_reputation_that_google_no_longer_shows() -> None:
    google = by_id("google")
    assert "no reputation" in google.desk_shows
    said = [rule.conduct.action or "" for rule in all_rules() if rule.conduct and "Postmaster Tools" in (
        rule.conduct.action or "")]  # fmt: skip
    assert said and all("shows no reputation" in text for text in said)


def test_the_desks_are_those_of_2026() -> None:
    assert by_id("ms-consumer").desk == (
        "Microsoft SNDS and JMRP",
        "https://substrate.office.com/ip-domain-management-snds/snds",
    )
    assert "sendersupport.olc" not in str([it.desk for it in (by_id("ms-consumer"), by_id("m365"))])


@pytest.mark.parametrize("domain", ["cox.net", "att.net", "bellsouth.net", "sbcglobal.net", "aol.com"])
def test_the_mail_of_cox_and_att_is_yahoos(domain: str) -> None:
    found = by_domain(domain)
    assert found is not None and found.id == "yahoo"


def _needs(provider: str) -> set[Need]:
    return {need for it in for_provider(provider) if it.applies_to == "all" for need in it.needs}


def test_orange_asks_for_all_three_and_la_poste_for_one_that_aligns() -> None:
    assert {Need.SPF, Need.DKIM, Need.DMARC, Need.FCRDNS, Need.HELO_FQDN} <= _needs("orange")
    assert Need.ALIGNED in _needs("laposte")
    assert not {Need.DKIM, Need.SPF, Need.FCRDNS} & _needs("laposte")
    assert not [it.id for it in all_requirements() if {"orange", "laposte"} <= set(it.providers)]


def test_gmx_asks_for_an_aligned_signature() -> None:
    assert {Need.DKIM, Need.ALIGNED, Need.DMARC_PASS} <= _needs("gmx")
    phases = {it.id: it.phase for it in for_provider("gmx")}
    assert phases["gmx-reverse-dns"] == "greeting"


def test_comcast_asks_for_tls_and_cox_asks_nothing_of_its_own() -> None:
    assert Need.TLS in _needs("comcast")
    assert not [it.id for it in all_requirements() if it.id.startswith("cox-")]
