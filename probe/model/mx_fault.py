"""What is wrong with an MX host by what DNS says of it."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.dialable import NotPublic


class MxFault(StrEnum):
    """The faults; a host may have several."""

    ALIAS = "alias"  # RFC 2181 section 10.3
    LITERAL = "literal"
    NO_ADDRESS = "no_address"
    NOT_PUBLIC = "not_public"


@dataclass(frozen=True, slots=True)
class MxWhy:
    """A fault; `ip` is an address of the host, and `address` why that is no public one."""

    tag: MxFault
    ip: IPAddress | None = None
    address: NotPublic | None = None
