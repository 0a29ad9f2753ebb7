"""Each reason why something is no address: a text that has it, and a sentence that names its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from string import Formatter

import pytest

from probe.model.address import AddressError
from probe.model.address_parse import (
    parse_domain,
    parse_endpoint,
    parse_ip,
    parse_mailbox,
    parse_reverse_path,
)
from probe.model.address_reason import WORDS, AddressReason, AddressWhy

R = AddressReason
endpoint = partial(parse_endpoint, default_port=25)
CASES: list[tuple[Callable[[str], object], str, AddressReason]] = [
    (parse_mailbox, "", R.NO_ADDRESS),
    (parse_domain, "", R.NO_DOMAIN_GIVEN),
    (parse_ip, "", R.NO_IP_GIVEN),
    (endpoint, "", R.NO_HOST_GIVEN),
    (endpoint, ":25", R.NO_HOST),
    (parse_mailbox, "x" * 260 + "@b.example", R.LONG_PATH),
    (parse_domain, "https://b.example", R.URL),
    (parse_mailbox, "mailto:a@b.example", R.MAILTO),
    (parse_domain, "a@b.example", R.WHOLE_ADDRESS),
    (parse_mailbox, "@r.example:a@b.example", R.SOURCE_ROUTE),
    (parse_mailbox, "A B <a@b.example>", R.IN_BRACKETS),
    (parse_mailbox, "a\u200b@b.example", R.INVISIBLE),
    (parse_mailbox, "a@b.example ", R.WHITE_SPACE),
    (parse_mailbox, "@b.example", R.NO_LOCAL_PART),
    (parse_mailbox, "a", R.NO_AT),
    (parse_reverse_path, "<a>", R.NO_AT),
    (parse_mailbox, "a@", R.NO_DOMAIN),
    (parse_mailbox, ".a@b.example", R.LOCAL_FIRST_DOT),
    (parse_mailbox, "a.@b.example", R.LOCAL_LAST_DOT),
    (parse_mailbox, "a..b@b.example", R.LOCAL_TWO_DOTS),
    (parse_mailbox, "a b@b.example", R.LOCAL_SPACE),
    (parse_mailbox, "a,b@b.example", R.LOCAL_CHARACTER),
    (parse_mailbox, '"a\\é"@b.example', R.BACKSLASH),
    (parse_mailbox, '"a@b.example', R.NO_CLOSING_QUOTE),
    (parse_mailbox, '"a"b.example', R.NO_AT_AFTER_QUOTE),
    (parse_mailbox, "a@[192.0.2.1", R.NO_CLOSING_BRACKET),
    (endpoint, "[x]", R.NOT_IN_BRACKETS),
    (parse_mailbox, "a@[x]", R.NO_LITERAL),
    (parse_ip, "x", R.NO_IP),
    (endpoint, "192.0.2.256", R.NO_IPV4),
    (parse_mailbox, "a@[IPv6:x]", R.NO_IPV6),
    (parse_mailbox, "a@[IPv6:192.0.2.1]", R.NO_IPV6_LITERAL),
    (endpoint, "x:y:z", R.NO_IPV6_ENDPOINT),
    (parse_mailbox, "a@[2001:db8::1]", R.BARE_IPV6),
    (parse_mailbox, "a@192.0.2.1", R.BARE_IPV4),
    (parse_ip, "fe80::1%eth0", R.ZONE_INDEX),
    (endpoint, "b.example:x", R.PORT_FORM),
    (endpoint, "b.example:0", R.PORT_RANGE),
    (parse_domain, ".".join(["x" * 60] * 5), R.LONG_DOMAIN),
    (parse_domain, "b", R.ONE_LABEL),
    (parse_domain, "b.1", R.NUMERIC_TOP_LEVEL),
    (parse_domain, ".b.example", R.DOMAIN_FIRST_DOT),
    (parse_domain, "b.example.", R.DOMAIN_LAST_DOT),
    (parse_domain, "b..example", R.DOMAIN_TWO_DOTS),
    (parse_domain, "b c.example", R.DOMAIN_SPACE),
    (parse_domain, "é c.example", R.DOMAIN_SPACE),
    (parse_domain, "b_c.example", R.DOMAIN_CHARACTER),
    (parse_domain, "é_c.example", R.DOMAIN_CHARACTER),
    (parse_domain, "-b.example", R.HYPHEN),
    (parse_domain, "x" * 64 + ".example", R.LONG_LABEL),
    (parse_domain, "é" * 64 + ".example", R.LONG_U_LABEL),
    (parse_domain, "é☃.example", R.IDNA_CHARACTER),
    (parse_domain, "é-.example", R.IDNA_LABEL),
]


def why_of(parse: Callable[[str], object], text: str) -> AddressWhy:
    with pytest.raises(AddressError) as caught:
        parse(text)
    assert caught.value.address == text
    assert str(caught.value) == caught.value.reason == caught.value.why.words
    return caught.value.why


@pytest.mark.parametrize(("parse", "text", "tag"), CASES)
def test_a_text_that_is_no_address_has_its_reason(
    parse: Callable[[str], object], text: str, tag: AddressReason
) -> None:
    assert why_of(parse, text).tag is tag


def test_each_reason_comes_about_and_names_its_values() -> None:
    names_by_tag: dict[AddressReason, set[str]] = {}
    for parse, text, _ in CASES:
        why = why_of(parse, text)
        values = {field.name: getattr(why, field.name) for field in fields(why) if field.name != "tag"}
        names_by_tag.setdefault(why.tag, set()).update(
            name for name, value in values.items() if value not in ("", None)
        )
        assert not {"None", "{", "}"} & set(why.words.split())
    assert set(WORDS) == set(names_by_tag) == set(AddressReason)
    for tag, names in names_by_tag.items():
        assert names == {name for _, name, _, _ in Formatter().parse(WORDS[tag]) if name}, tag
