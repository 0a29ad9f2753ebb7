"""The result of checking a server's certificate with this machine's trust store."""

from __future__ import annotations

from probe._enum import StrEnum


class Trust(StrEnum):
    """Judged at the time of the handshake, apart from the name (RFC 5280 section 6). `refused`: the library's
    own words say why. The last six mean that it is not known."""

    TRUSTED = "trusted"
    NO_CERTIFICATE = "no_certificate"
    UNREADABLE = "unreadable"
    NO_ALT_NAME = "no_alt_name"
    NO_DNS_NAME = "no_dns_name"
    SELF_SIGNED = "self_signed"
    NOT_ISSUED = "not_issued"  # no issuer in the trust store
    REFUSED = "refused"
    OTHER_WORDS = "other_words"
    NO_STORE = "no_store"
    STORE_UNREADABLE = "store_unreadable"
    SHORTAGE = "shortage"
    LEAF_ONLY = "leaf_only"  # this Python shows no chain
    CLOCK_OFF = "clock_off"  # of this machine, so that dates mean nothing
    NOT_JUDGED = "not_judged"  # in other words

    @property
    def is_judged(self) -> bool:
        """Whether the certificate was judged: unknown is not untrusted."""
        return self not in _NOT_JUDGED


_NOT_JUDGED = frozenset(
    {
        Trust.NO_STORE,
        Trust.STORE_UNREADABLE,
        Trust.SHORTAGE,
        Trust.LEAF_ONLY,
        Trust.CLOCK_OFF,
        Trust.NOT_JUDGED,
    }
)
