"""One entry of a list: what is read, what is repaired with a word, what is malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.reading.list.entry import ENTRY_LIMIT, Entry, read, read_carefully

GOOD = {
    "bob@example.com": ("bob@example.com", "example.com"),
    "bob@EXAMPLE.Com": ("bob@example.com", "example.com"),
    "example.com": (None, "example.com"),
    "b\u00fccher.example": (None, "xn--bcher-kva.example"),
    "J\u00f6rg@b\u00fccher.example": ("J\u00f6rg@xn--bcher-kva.example", "xn--bcher-kva.example"),
    '"a b"@example.com': ('"a b"@example.com', "example.com"),
    "bob@[192.0.2.1]": ("bob@[192.0.2.1]", "[192.0.2.1]"),
    "o'neil+tag@example.com": ("o'neil+tag@example.com", "example.com"),
}
REPAIRED = {
    "  bob@example.com\t": "white space around it",
    "\u00a0bob@example.com\u200b": "U+200B",
    "\ufeffbob@example.com": "U+FEFF",
    "Bob <bob@example.com>": "between < and >",
    '"Doe, John" <bob@example.com>': "between < and >",
    "<bob@example.com>,": "punctuation behind it",
    "bob@example.com;": "punctuation behind it",
    "'bob@example.com'": "quotes around it",
    "\u201cbob@example.com\u201d": "quotes around it",
    "mailto:bob@example.com?subject=hi": "mailto:",
    "bob @ example.com": "white space beside the @",
    "bob\uff20example.com": "U+FF20",
    "bob@example.com.": "dot at its end",
}
MALFORMED = {
    "": "is empty",
    " \u00a0 ": "is empty",
    "bob": "only one label",
    "bob@": "domain after the @ is missing",
    "bob@exam ple.com": "a space is not allowed",
    "bob@example,com": ", is not allowed",
    "bob..x@example.com": "two dots in a row",
    "a@example.com; b@example.com": "more than one address",
    "a@example.com b@example.com": "more than one address",
    "a@b@example.com": "@ is not allowed",
    "http://example.com/": "is a URL",
    "192.0.2.1": "is written [192.0.2.1]",
    "bob@-example.com": "hyphen",
    "x" * (ENTRY_LIMIT + 1): f"longer than {ENTRY_LIMIT}",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_entry_is_read_without_a_word(text: str) -> None:
    assert read(text) == Entry(*GOOD[text])


@pytest.mark.parametrize("text", REPAIRED)
def test_a_repair_of_an_entry_is_reported(text: str) -> None:
    entry = read(text)
    assert (entry.address, entry.domain) == ("bob@example.com", "example.com")
    assert entry.is_repaired and entry.note.startswith("repaired: ") and REPAIRED[text] in entry.note


@pytest.mark.parametrize("text", MALFORMED)
def test_what_cannot_be_read_in_one_way_is_malformed(text: str) -> None:
    entry = read(text)
    assert (entry.address, entry.domain) == (None, None)
    assert MALFORMED[text] in entry.note


def test_a_domain_with_an_at_before_it_is_a_domain() -> None:
    assert read("@example.com") == Entry(
        None, "example.com", "repaired: a domain is read without the @ before it"
    )


def test_octets_of_another_charset_are_reported() -> None:
    entry = read(b"caf\xe9@example.com".decode("utf-8", "surrogateescape"))
    assert entry.address == "caf\u00e9@example.com" and "Windows-1252" in entry.note


_LIKELY = st.text("abzAZ019._-+@xn", max_size=70)


@given(st.one_of(_LIKELY, st.text(max_size=80), st.from_regex(r"[a-z0-9.+-]{1,20}@[a-z0-9.-]{1,40}")))
def test_the_short_way_gives_what_the_long_one_gives(text: str) -> None:
    assert read(text) == read_carefully(text)
