"""What blocklists say (RFC 5782)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.listing import CodeKind, ListingRole, ListingStatus, ListingWhy


@dataclass(frozen=True, slots=True)
class ListingCode:
    """One return code with its meaning and its own weight (0 to 10; a policy listing of a
    dial-up range weighs less than a spam source)."""

    code: str
    meaning: str
    kind: CodeKind
    weight: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One subject on one list. `list_id` is the entry of knowledge/dnsbl.toml (the zone itself for
    a list given with --dnsbl); `subject` an address or domain, and `role` whose; `weight` the highest of the
    codes (0 when not listed); `text` the TXT reason; `reasons` why nothing is known, or how
    far it is to be believed; `is_resolvers` that the resolver, and not the list, is
    why nothing is known; `age` how old a denial may be, in seconds, where the list is signed (None: it is
    not, or that is not known)."""

    list_id: str
    title: str
    zone: str
    subject: str
    role: ListingRole
    query: str
    status: ListingStatus
    codes: tuple[ListingCode, ...] = ()
    weight: int = 0
    text: str = ""
    delist_url: str = ""
    reasons: tuple[ListingWhy, ...] = ()
    is_allow_list: bool = False
    is_resolvers: bool = False
    age: int | None = None
    evidence: tuple[str, ...] = ()
