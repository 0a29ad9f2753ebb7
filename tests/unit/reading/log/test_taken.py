"""Under which id another server took a message, as its positive reply names it."""

from __future__ import annotations

import pytest

from probe.reading.log.taken import taken_as


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("250 2.0.0 Ok: queued as 4bXyZ1abcdz1", "4bXyZ1abcdz1"),
        ("250 OK id=1wPbAz-0000000001D-2dvJ", "1wPbAz-0000000001D-2dvJ"),
        ("250 2.0.0 OK  1732787115 ffacd0b85a97d-385dfd9b1casi1234567f8f.123 - gsmtp", None),
        ("250 2.6.0 <a@b.example> [InternalId=123456789, Hostname=X.example] 999 bytes Queued", "123456789"),
        ("250 2.0.0 5ASKPFx3012345 Message accepted for delivery", "5ASKPFx3012345"),
        ("250 2.0.0: 1a2b3c4d Message accepted for delivery", ""),
        ("250 Ok", ""),
        ("250 2.0.0 accepted", ""),
        ("", ""),
    ],
)
def test_the_id_is_found_where_there_is_one(words: str, name: str | None) -> None:
    result = taken_as(words)
    if name is None:
        assert result.startswith("ffacd0b85a97d")
    elif name:
        assert result == name
    else:
        assert result in words and " " not in result


def test_no_text_takes_long_or_gives_a_blank() -> None:
    for words in ("250 ok " * 9_000, "queued as " * 9_000, "a1" * 90_000, "OK " + "x" * 200_000):
        assert len(taken_as(words)) <= 81
