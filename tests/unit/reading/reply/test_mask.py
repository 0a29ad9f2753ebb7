"""What a mask takes out of a reply, and what it leaves."""

from __future__ import annotations

import pytest

from probe.reading.reply.mask import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "このアドレスは廃止されました。info@example.jpへお送りください",
            "このアドレスは廃止されました。<addr>へお送りください",
        ),
        ("请发送至info@example.cn,谢谢", "请发送至<addr>,谢谢"),
        ("info@example.kr로 보내주세요", "<addr>로 보내주세요"),
        ("收件人 用户@例子.中国 不存在", "收件人 <addr> 不存在"),
        ("<用户@example.cn>不存在", "<addr>不存在"),
        ("jörg@example.de gibt es nicht", "<addr> gibt es nicht"),
        ("解封请访问http://example.cn/unblock。谢谢", "解封请访问<url>。谢谢"),
    ],
)
def test_where_words_are_not_separated_an_address_or_a_link_takes_none_with_it(
    text: str, masked: str
) -> None:
    assert mask(text).text == masked


def test_a_link_is_kept_without_the_words_behind_it() -> None:
    assert mask("详见https://example.cn/help说明").links == "https://example.cn/help"


def test_a_loopback_address_is_among_the_hosts() -> None:
    assert mask("connect to 127.0.0.1:25 refused").links == "127.0.0.1"
    assert mask("connect ECONNREFUSED ::1:25").links == "::1"
    assert not mask("connect to 127.0.0.11:25 refused").links
    assert not mask("connect to 2001:db8::1:25 refused").links
