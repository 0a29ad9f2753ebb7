"""Mailboxes and paths of RFC 5321 section 4.1.2, as the program carries them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from probe._dataclass import dataclass
from probe.model.address_reason import AddressReason, AddressWhy

IPAddress = IPv4Address | IPv6Address


class AddressError(ValueError):
    """An address that RFC 5321 does not allow.

    `address` is what was given, `position` the 0-based index of the first wrong character
    (its length when something is missing at the end), `reason` one clause without a full stop; `why` is the
    same as a tag with values.
    """

    def __init__(
        self,
        address: str,
        position: int,
        tag: AddressReason,
        text: str = "",
        code: str = "",
        *,
        octets: int | None = None,
        most: int | None = None,
    ) -> None:
        self.why = AddressWhy(tag, text, code, octets, most)
        super().__init__(self.why.words)
        self.address = address
        self.position = position

    @property
    def reason(self) -> str:
        """One clause without a full stop."""
        return self.why.words

    def within(self, address: str, start: int) -> AddressError:
        """The same of a longer address, in which this one begins at `start`."""
        why = self.why
        return AddressError(
            address, start + self.position, why.tag, why.text, why.code, octets=why.octets, most=why.most
        )


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`local_part@domain`, or `local_part@[literal]` (RFC 5321 section 4.1.2).

    `local_part` is kept as it was given (quotes included, never normalised); `domain` is the
    lower-case A-label form without a trailing dot, or the bracketed literal; `unicode_domain`
    is the form a person reads; `literal` is the address inside the brackets, or None.
    """

    local_part: str
    domain: str
    unicode_domain: str
    literal: IPAddress | None = None

    @property
    def local_octets(self) -> int:
        """The length of the local part; RFC 5321 section 4.5.3.1.1 has servers take 64."""
        return len(self.local_part.encode())

    @property
    def needs_smtputf8(self) -> bool:
        """True when the local part cannot be sent without SMTPUTF8 (RFC 6531)."""
        return not self.local_part.isascii()

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"


@dataclass(frozen=True, slots=True)
class NullReversePath:
    """The reverse-path `<>` of notifications (RFC 5321 section 4.5.5)."""

    needs_smtputf8 = False

    def __str__(self) -> str:
        return "<>"


ReversePath = Mailbox | NullReversePath
