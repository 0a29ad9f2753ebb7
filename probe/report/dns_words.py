"""What DNS said, in words. They stand apart: `explain` needs none of it, and must not load the standards."""

from __future__ import annotations

from collections.abc import Mapping

from probe.standards.dns.results import RouteKind
from probe.standards.tls.results import DaneStatus

ROUTES: Mapping[str, str] = {
    RouteKind.MX: "MX records",
    RouteKind.IMPLICIT_MX: "no MX record; its own address is used (implicit MX)",
    RouteKind.NULL_MX: "a null MX: the domain declares that it takes no mail (RFC 7505)",
    RouteKind.ADDRESS_LITERAL: "an address literal",
    RouteKind.FIXED: "the host of --mx",
    RouteKind.NO_DOMAIN: "NXDOMAIN: DNS does not know the domain",
    RouteKind.NO_MAIL_HOST: "neither MX nor address records",
    RouteKind.UNKNOWN: "DNS gave no usable answer",
}

KEYS = {"valid": "usable key"}

PUBLISHED = {"valid": "published", "absent": "none published", "unusable": "unusable", "unknown": "unknown"}

DANE: Mapping[str, str] = {
    DaneStatus.UNKNOWN: "unknown",
    DaneStatus.ABSENT: "no TLSA record",
    DaneStatus.INSECURE: "not in use: the DNS answers carry no DNSSEC proof",
    DaneStatus.MATCHED: "a TLSA record matches the certificate",
    DaneStatus.MISMATCHED: "no TLSA record matches the certificate",
    DaneStatus.UNUSABLE: "TLSA records, none that can be used",
    DaneStatus.NOT_SEEN: "TLSA records, but no certificate was seen to hold against them",
}
