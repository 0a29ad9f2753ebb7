"""The forms in which a server names the address of its client."""

from __future__ import annotations

from functools import cache

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.knowledge.toml_import import HERE, load

PLACE = "@IP@"
# a group for each place: a pattern may have several, in alternatives
_IPV4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_IPV6 = r"[0-9a-f:]{0,40}:[0-9a-f:.]{0,44}[0-9a-f:]"
_ADDRESS = rf"((?:ipv6:)?(?:{_IPV4}|{_IPV6}))(?!@)(?![\w.]*\w)"


class Where(StrEnum):
    """The replies that may contain a form."""

    EHLO = "ehlo"  # the first line of the 250 to EHLO or HELO
    REFUSAL = "refusal"
    GREETING = "greeting"  # a refusal in place of the greeting


@dataclass(frozen=True, slots=True)
class AddressForm:
    """One form: `pattern` has a group for each place of the address; every text with this form contains one
    of `needs` (lower case)."""

    id: str
    where: Where
    needs: tuple[str, ...]
    pattern: str


@cache
def address_forms() -> tuple[AddressForm, ...]:
    """Every form, in the order of the file."""
    table = load(HERE / "client_address.toml")
    return tuple(
        AddressForm(
            row["id"], Where(row["where"]), tuple(row["needs"]), row["pattern"].replace(PLACE, _ADDRESS)
        )
        for row in table["form"]
    )
