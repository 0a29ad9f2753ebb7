"""This host's own mail server: what it does with the mail goes before all else that is found."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from probe.model.local_tool import ToolReason, ToolWhy
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import (
    AddressFact,
    FallbackBy,
    Families,
    Hop,
    HopKind,
    MtaSoftware,
    NumberFact,
    Route,
    SenderMta,
    TextFact,
    TlsLevel,
    TlsPolicy,
)
from probe.model.session import Experiment
from probe.model.target import Options
from probe.standards.dns.results import RouteKind
from tests.support import facts as make
from tests.support.check_cases import Case

RELAY = Hop("relay.example.org", 587)
MTA = SenderMta(
    software=MtaSoftware.POSTFIX,
    version="3.7.11",
    config="/etc/postfix",
    helo=TextFact("mail.example.org", "postconf smtp_helo_name"),
    source_v4=AddressFact(ip_address("192.0.2.10"), "postconf smtp_bind_address"),
    source_v6=AddressFact(None, "postconf smtp_bind_address6", MtaWhy(MtaReason.SYSTEM_CHOOSES)),
    families=Families((4, 6), None, "postconf inet_protocols"),
    route=Route(HopKind.MX, "smtp", "postconf default_transport"),
    tls=TlsPolicy(TlsLevel.MAY, "postconf smtp_tls_security_level"),
    size_limit=NumberFact(10240000, "postconf message_size_limit"),
)


def to(kind: HopKind, reason: str = "", *hops: Hop) -> SenderMta:
    return replace(MTA, route=Route(kind, "smtp", "postconf transport_maps", hops, reason=own_words(reason)))


def own_words(text: str) -> MtaWhy | None:
    """A reason in the server's own words; none for no words."""
    return MtaWhy(MtaReason.OWN_WORDS, text=text) if text else None


def demanding(level: TlsLevel, *, wrapped: bool = False) -> SenderMta:
    return replace(MTA, tls=TlsPolicy(level, "postconf smtp_tls_security_level", wrapped=wrapped))


NO_LEVEL = MtaWhy(MtaReason.NO_TLS_LEVEL, "encrypted")
BROKEN = replace(MTA, tls=TlsPolicy(TlsLevel.INVALID, "postconf x", reason=NO_LEVEL))
TOO_LATE = MtaWhy(MtaReason.TOOL_FAILED, "postconf", failure=ToolWhy(ToolReason.LATE, seconds=2))
RELAYING = to(HopKind.RELAY, "", RELAY)
HANDING_ON = replace(MTA, route=replace(MTA.route, fallback=(RELAY,), fallback_by=FallbackBy.POSTFIX))
GIVEN = Options()

CHANGED = replace(
    MTA, sends_from=TextFact("b@x.example", "exim -brw"), sends_to=TextFact("c@y.example", "exim -bt")
)

FILTERING = replace(
    MTA,
    content_filter=TextFact("scan:[127.0.0.1]:10024", "postconf content_filter"),
    reply_filter=TextFact("pcre:/etc/postfix/replies", "postconf smtp_reply_filter"),
    status_filter=TextFact("", "postconf smtp_delivery_status_filter"),  # as in a redacted recording
)
WHY_LATE = MtaWhy(MtaReason.NO_ANSWER, failure=ToolWhy(ToolReason.LATE, seconds=2))

CASES = (
    Case(
        *("sender-mta", "both addresses are changed"),
        make.facts(mta=CHANGED, user_options=GIVEN),
        ("ok mta-hands-to-mx", "notice mta-sends-from", "notice mta-sends-to"),
        ("<b@x.example> (exim -brw)", "<c@y.example> (exim -bt)"),
    ),
    Case(
        *("sender-mta", "whether the sender is changed was not told"),
        make.facts(mta=replace(MTA, sends_from=TextFact(None, "exim -brw", WHY_LATE)), user_options=GIVEN),
        ("ok mta-hands-to-mx", "not_assessed mta-sends-from-unknown"),
        ("(exim -brw)", "the tools took longer than 2 s"),
    ),
    Case(
        *("sender-mta", "what cannot be left there is handed on, and was not"),
        make.facts(mta=HANDING_ON, user_options=GIVEN),
        ("ok mta-hands-to-mx", "ok mta-hands-on"),
        ("relay.example.org:587", "smtp_fallback_relay", "was not asked"),
    ),
    Case(
        *("sender-mta", "an IPv6 address of such a relay, and its port"),
        make.facts(
            mta=replace(MTA, route=replace(MTA.route, fallback=(Hop("2001:db8::1", 25, False),))),
            user_options=GIVEN,
        ),
        ("ok mta-hands-to-mx", "ok mta-hands-on"),
        ("to [2001:db8::1]:25",),
    ),
    Case(
        *("sender-mta", "what could not be left there was handed on"),
        make.facts(
            mta=HANDING_ON,
            user_options=GIVEN,
            sessions=(make.session(), make.session(2, experiment=Experiment.FALLBACK)),
        ),
        ("ok mta-hands-to-mx", "notice mta-handed-on"),
        ("relay.example.org:587", "decides if it answers"),
    ),
    Case(
        *("sender-mta", "what is refused is kept"),
        make.facts(mta=replace(MTA, waits_at_refusal=True), user_options=GIVEN),
        ("ok mta-hands-to-mx", "notice mta-keeps-refused"),
        ("soft_bounce",),
    ),
    Case(
        *("sender-mta", "a filter before, and words that are changed"),
        make.facts(mta=FILTERING, user_options=GIVEN),
        (
            "ok mta-hands-to-mx",
            "notice mta-filters-content",
            "notice mta-changes-replies",
            "notice mta-changes-status",
        ),
        (
            "(postconf content_filter: scan:[127.0.0.1]:10024), which was not asked",
            "(postconf smtp_reply_filter: pcre:/etc/postfix/replies)",
            "(postconf smtp_delivery_status_filter)",
        ),
    ),
    Case("sender-mta", "nobody asked, nobody there", make.facts(), ()),
    Case("sender-mta", "to the MX", make.facts(mta=MTA, user_options=GIVEN), ("ok mta-hands-to-mx",)),
    Case(
        *("sender-mta", "to a relay, which was asked"),
        make.facts(mta=RELAYING, user_options=GIVEN, relay=(RELAY,)),
        ("notice mta-relays",),
        ("relay.example.org:587", "does not talk to the MX hosts"),
    ),
    Case(
        *("sender-mta", "to a relay, and the MX was asked"),
        make.facts(mta=RELAYING, user_options=GIVEN),
        ("warning mta-relays-mx-asked",),
    ),
    Case(
        *("sender-mta", "a domain that is its own"),
        make.facts(mta=to(HopKind.LOCAL), user_options=GIVEN),
        ("error mta-delivers-itself",),
    ),
    Case(
        *("sender-mta", "to a program"),
        make.facts(mta=to(HopKind.PROGRAM, "pipe"), user_options=GIVEN),
        ("warning mta-hands-to-program",),
        ("pipe",),
    ),
    Case(
        *("sender-mta", "refused here"),
        make.facts(mta=to(HopKind.REFUSED, "no mail to them"), user_options=GIVEN),
        ("error mta-refuses",),
        ("no mail to them",),
    ),
    Case(
        *("sender-mta", "made to wait here"),
        make.facts(mta=to(HopKind.DEFERRED, "no service nosuch"), user_options=GIVEN),
        ("error mta-makes-wait",),
        ("no service nosuch",),
    ),
    Case(
        *("sender-mta", "thrown away here"),
        make.facts(mta=to(HopKind.DISCARDED), user_options=GIVEN),
        ("error mta-discards",),
        ("says that it was sent",),
    ),
    Case(
        *("sender-mta", "a level of TLS that there is not"),
        make.facts(mta=BROKEN, user_options=GIVEN),
        ("ok mta-hands-to-mx", "error mta-tls-invalid"),
    ),
    Case(
        *("sender-mta", "to a relay that it does not log in to"),
        make.facts(mta=RELAYING, user_options=GIVEN, relay=(RELAY,)),
        ("notice mta-relays",),
        ("(postconf transport_maps); this host",),
    ),
    Case(
        *("sender-mta", "a table that may not be read"),
        make.facts(mta=to(HopKind.UNKNOWN, "hash:/x could not be read"), user_options=GIVEN),
        ("not_assessed mta-route-unknown",),
        ("hash:/x could not be read",),
    ),
    Case(
        *("sender-mta", "Exim asked DNS, which knows no such domain: nothing of its configuration is wrong"),
        make.facts(
            mta=replace(to(HopKind.REFUSED, "Unrouteable address"), software=MtaSoftware.EXIM),
            recipient=make.recipient_facts(mx=make.mx_result(RouteKind.NO_DOMAIN)),
            user_options=GIVEN,
        ),
        ("notice mta-routes-nowhere",),
        ("Unrouteable address",),
    ),
    Case(
        *("sender-mta", "TLS demanded"),
        make.facts(mta=demanding(TlsLevel.ENCRYPT), user_options=GIVEN),
        ("ok mta-hands-to-mx", "notice mta-demands-tls"),
        ("encrypt",),
    ),
    Case(
        *("sender-mta", "DANE is no demand of everybody"),
        make.facts(mta=demanding(TlsLevel.DANE), user_options=GIVEN),
        ("ok mta-hands-to-mx", "notice mta-goes-by-dane"),
        ("with TLSA records",),
    ),
    Case(
        *("sender-mta", "a relay that speaks TLS from the first octet is not asked, nor is the MX"),
        make.facts(
            mta=replace(RELAYING, tls=TlsPolicy(TlsLevel.ENCRYPT, "s", wrapped=True)), user_options=GIVEN
        ),
        ("notice mta-relays-unasked", "not_assessed mta-tls-wrapped", "notice mta-demands-tls"),
        ("does not talk to the MX hosts", "smtp_tls_wrappermode"),
    ),
    Case(
        *("sender-mta", "TLS from the first octet"),
        make.facts(mta=demanding(TlsLevel.MAY, wrapped=True), user_options=GIVEN),
        ("ok mta-hands-to-mx", "not_assessed mta-tls-wrapped"),
    ),
    Case(
        *("sender-mta", "a message that it does not take"),
        make.facts(mta=MTA, user_options=GIVEN, options=Options(size=10240001)),
        ("ok mta-hands-to-mx", "error mta-size-too-large"),
        ("10240001", "10240000"),
    ),
    Case(
        *("sender-mta", "a limit beyond that of the other side"),
        make.facts(mta=replace(MTA, size_limit=NumberFact(50_000_000, "postconf x")), user_options=GIVEN),
        ("ok mta-hands-to-mx", "notice mta-size-beyond"),
        ("50000000 octets", "35882577 at most"),
    ),
    Case(
        *("sender-mta", "a name that a program makes"),
        make.facts(
            mta=replace(MTA, helo=TextFact(None, "exim -bP", MtaWhy(MtaReason.FROM_PROGRAM))),
            user_options=GIVEN,
        ),
        ("ok mta-hands-to-mx", "not_assessed mta-helo-unknown"),
        ("its value comes from a program",),
    ),
    Case(
        *("sender-mta", "tools that did not tell"),
        make.facts(why_no_mta=TOO_LATE),
        ("not_assessed mta-not-read",),
        ("postconf: the tools took longer than 2 s",),
    ),
)
