"""Whatever stands in a TXT record, the DKIM parsers answer."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from probe.standards.dkim.der import DerError, read_rsa_key
from probe.standards.dkim.key import looks_like_key, parse_key
from probe.standards.dkim.results import KeyStatus
from probe.standards.dkim.tag_list import parse_tag_list

TAG_SOUP = st.lists(
    st.one_of(
        st.sampled_from(
            [b"v=DKIM1", b"k=rsa", b"k=ed25519", b"p=", b"p", b"=", b"h=sha256", b"t=y", b";", b" "]
        ),
        st.binary(max_size=20),
    ),
    max_size=12,
).map(b";".join)


@given(st.one_of(TAG_SOUP, st.binary(max_size=400)))
def test_any_octets_give_a_verdict(text: bytes) -> None:
    key = parse_key(text)
    assert key.status in (KeyStatus.VALID, KeyStatus.UNUSABLE, KeyStatus.REVOKED, KeyStatus.MALFORMED)
    if key.status in (KeyStatus.MALFORMED, KeyStatus.UNUSABLE):
        assert key.problems
    looks_like_key(text)


@given(st.binary(max_size=300))
def test_any_der_behind_p_gives_a_verdict(der: bytes) -> None:
    key = parse_key(b"v=DKIM1; p=" + base64.b64encode(der))
    assert (key.status is KeyStatus.REVOKED) is (der == b"")
    try:
        assert read_rsa_key(der).bits >= 0
    except DerError as error:
        assert str(error)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True),
        st.from_regex(r"[!-:<-~]{0,20}", fullmatch=True),
    )
)
def test_a_well_formed_tag_list_reads_back(tags: dict[str, str]) -> None:
    text = "; ".join(f"{name} = {value}" for name, value in tags.items())
    assert dict(parse_tag_list(text).tags) == tags
    assert not parse_tag_list(text).problems
