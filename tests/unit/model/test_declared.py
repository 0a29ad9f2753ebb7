"""Charsets as strangers declare them."""

from __future__ import annotations

import pytest

from probe.model.declared import (
    encoded_words,
    fit_for_parsing,
    in_declared,
    without_mark,
)
from probe.reading.message.read import read_message


@pytest.mark.parametrize(
    "name",
    ["punycode", "Punycode", "-punycode-", "idna", "unicode_escape", "unicode-escape", "raw_unicode_escape",
     "undefined", "hex", "zip", "rot13", "base64", "uu", "", " ", "\0", "utf-8\0", "../utf_8", "x" * 100_000],
)  # fmt: skip
def test_what_is_no_charset_decodes_nothing(name: str) -> None:
    assert in_declared(b"a-b4a", name) is None


@pytest.mark.parametrize("name", ["utf-16", "UTF-16LE", "utf_16_be", "utf-32"])
def test_octets_without_a_zero_are_no_utf_16(name: str) -> None:
    assert in_declared(b"550 no such user", name) is None
    assert in_declared("550 no such user".encode(name), name) == "550 no such user"


@pytest.mark.parametrize(
    ("text", "name"), [("Почта", "koi8-r"), ("邮件", "GB18030"), ("é", "latin1"), ("a", "us-ascii")]
)
def test_a_charset_decodes_what_is_written_in_it(text: str, name: str) -> None:
    assert in_declared(text.encode(name), name) == text


def test_no_extended_parameter_is_left_that_declares_what_is_no_charset() -> None:
    octets = b"a: b; boundary*=Punycode''x; filename*0*=\"-idna-'en'y\"; c*=utf-8''punycode\n\npunycode isn't"
    changed = fit_for_parsing(octets)
    assert len(changed) == len(octets)
    assert changed == octets.replace(b"Punycode'", b"--------'").replace(b"-idna-'", b"------'")


def test_an_attachment_name_in_what_is_no_charset_stays_as_it_is() -> None:
    message = b"From: a@b.example\nContent-Disposition: attachment; filename*=punycode''a-b4a.zip\n\nx\n"
    assert read_message(message).attachments == ("a-b4a.zip",)


def test_encoded_words_behind_the_limit_stay_as_they_are() -> None:
    pieces = encoded_words("=?utf-8?q?a?= " * 10_000)
    assert pieces[0] == (b"a" * 1170, "utf-8")
    assert pieces[-1] == ("=?utf-8?q?a?= " * 8830, None)
    assert len(pieces) <= 3


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_undone_and_said(name: str) -> None:
    text = "From: é@b.example\n\nbody 邮\n"
    octets, words = without_mark(text.encode(name))
    assert octets.decode("utf-8") == text
    assert name[:6].upper().rstrip("-") in words
    assert without_mark(octets) == (octets, "")


def test_a_character_cut_off_at_the_end_of_utf_16_is_replaced() -> None:
    octets, _ = without_mark("ab".encode("utf-16")[:-1])
    assert octets.decode("utf-8") == "a"


def test_a_field_of_parameters_is_cut_and_another_is_not() -> None:
    content = b"content-Type: text/plain;" + b"\n a=b;" * 5000
    other = b"Subject: " + b"x" * 20_000
    cut, rest, body = fit_for_parsing(content + b"\n" + other + b"\n\nbody").partition(b"\nSubject: ")
    assert len(cut) == 8192 and content.startswith(cut)
    assert rest + body == b"\n" + other + b"\n\nbody"
