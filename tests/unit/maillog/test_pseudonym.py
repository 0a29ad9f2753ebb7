"""Local parts are hashed by a key; domains stay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.maillog.pseudonym import Names


def test_the_same_address_has_the_same_hash_under_one_key_only() -> None:
    one, other = Names(b"one"), Names(b"other")
    result = one.address("Carol@B.example")
    assert result is not None and result.endswith("@B.example") and "arol" not in result
    assert result.partition("@")[0] == (one.address("carol@b.example") or "").partition("@")[0]
    assert result != other.address("Carol@B.example") and one.address("carol@c.example") != result
    assert one.address("") == "" and one.address(None) is None


def test_addresses_and_known_local_parts_go_from_a_text() -> None:
    names = Names(b"key")
    result = names.text(
        '550 <carol@b.example>, "carol" and carol; jo: <jo>', "carol@b.example", "jo@c.example"
    )
    assert "carol" not in result and "<jo>" not in result and "@b.example" in result
    assert Names(None).text("carol@b.example") == "carol@b.example"


def test_a_short_name_is_not_looked_for_in_words() -> None:
    assert Names(b"key").text("no such user", "no@b.example") == "no such user"


@given(st.text(max_size=200), st.emails())
def test_no_whole_address_is_left(text: str, address: str) -> None:
    names = Names(b"key")
    assert f"<{address}>" not in names.text(f"{text} <{address}> {text}", address)


def test_an_address_has_one_hash_where_it_stands_alone_and_in_words() -> None:
    names = Names(b"key")
    hidden = names.address("no@one.example")
    for named in (("no@one.example",), ()):
        assert names.text("550 <no@one.example>: unknown", *named) == f"550 <{hidden}>: unknown"


def test_a_mailbox_that_is_called_like_a_word_of_replies_does_not_take_the_word_away() -> None:
    names = Names(b"key")
    for words, address in (
        ("550 5.1.1 User unknown", "user@b.example"),
        ("554 5.7.1 Service unavailable; Client host blocked", "Service@b.example"),
        ("550 Your mail was refused", "mail@b.example"),
    ):
        assert names.text(words, address) == words
    assert names.text("550 <service>: unknown", "service@b.example") != "550 <service>: unknown"
    assert "b.smith" not in names.text("550 b.smith unknown", "b.smith@b.example")


def test_a_word_that_people_are_called_is_hidden_where_it_is_the_mailbox() -> None:
    assert "dane" not in Names(b"key").text("550 5.1.1 dane: no such user", "dane@b.example")
    assert "DANE" in Names(b"key").text("450 4.7.5 DANE check failed", "carol@b.example")
