"""The response to EHLO."""

import pytest

from probe.model.reply import Reply
from probe.standards.smtp.ehlo import parse_extensions


def test_keywords_are_read_with_their_parameters() -> None:
    reply = Reply(
        250, None, ("mx.example.com at your service", "SIZE 35882577", "starttls", "AUTH PLAIN LOGIN")
    )
    result = parse_extensions(reply)
    assert result.domain == "mx.example.com"
    assert result.keywords == (("SIZE", "35882577"), ("STARTTLS", ""), ("AUTH", "PLAIN LOGIN"))
    assert result.size_limit == 35882577
    assert result.offers("starttls") and not result.offers("SMTPUTF8")


def test_the_greeting_line_is_no_keyword() -> None:
    assert not parse_extensions(Reply(250, None, ("STARTTLS",))).offers("STARTTLS")


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("SIZE", None),
        ("SIZE 0", 0),
        ("SIZE 1000", 1000),
        ("SIZE -5", None),
        ("SIZE 1e9", None),
        ("SIZE " + "9" * 21, None),
    ],
)
def test_size_is_a_number_or_nothing(line: str, limit: int | None) -> None:
    assert parse_extensions(Reply(250, None, ("mx", line))).size_limit == limit


def test_lines_that_are_no_keyword_are_left_out() -> None:
    assert parse_extensions(Reply(250, None, ("mx", "", "-", "*** hi", "\x1b[0m"))).keywords == ()


def test_an_empty_reply_gives_nothing() -> None:
    assert parse_extensions(Reply(250, None, ())).domain == ""
