"""Addresses in the fields of a delivery report are read as they are written."""

from __future__ import annotations

import pytest

from probe.standards.dsn.address import recipient_field

HEX_TAGS = [f"{value:02X}" for value in range(256)]


@pytest.mark.parametrize("kind", ["rfc822", "RFC822", "x-local", "addr-type", ""])
def test_a_tag_is_part_of_the_address_whatever_it_looks_like(kind: str) -> None:
    """RFC 3461 section 4: xtext is the form of ORCPT; RFC 3464 section 2.3 reports the address itself."""
    lead = f"{kind}; " if kind else ""
    for tag in (*HEX_TAGS, *map(str.lower, HEX_TAGS), "2025", "20", "3D3D", "0", "+", "2B2B"):
        for address in (
            f"alice+{tag}@rcpt.test",
            f"{tag}+{tag}@rcpt.test",
            f"bounce+{tag}=x+{tag}@rcpt.test",
        ):
            assert recipient_field(f"{lead}{address}") == address


def test_only_the_type_utf_8_has_an_encoding_of_its_own() -> None:
    """RFC 6533 section 3: \\x{HEX} in utf-8 addresses, nowhere else."""
    assert recipient_field(r"utf-8; \x{5C11}+20@rcpt.test") == "少+20@rcpt.test"
    assert recipient_field(r"rfc822; a\x{5C11}@rcpt.test") != "a少@rcpt.test"
