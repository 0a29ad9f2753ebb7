"""Bytes of strangers become text: whatever charset their author's terminal used."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.explanation import explain
from probe.model.charset import SAMPLE
from probe.model.text import decode, printable
from tests.support.explained import explain_lines

SENTENCES = {
    "gb18030": [
        "550 用户不存在",
        "554 邮件被拒绝，请检查内容",
        "552 收件人邮箱已满",
        "550 发件人域名无效",
        "不存在",
    ],
    "big5": ["550 使用者不存在", "550 信箱已滿", "554 郵件被拒絕，內容含有垃圾訊息"],
    "cp949": [
        "550 존재하지 않는 사용자입니다",
        "552 메일함 용량이 초과되었습니다",
        "554 스팸으로 차단되었습니다",
    ],
    "cp932": ["550 宛先のメールアドレスは存在しません", "552 メールボックスがいっぱいです"],
    "euc_jp": ["550 宛先のメールアドレスは存在しません", "554 迷惑メールとして拒否されました"],
    "iso2022_jp": ["550 宛先のメールアドレスは存在しません", "552 メールボックスがいっぱいです"],
    "koi8_r": ["550 Пользователь не найден", "552 Почтовый ящик переполнен", "ОШИБКА: адресат не существует"],
    "cp1251": ["550 Пользователь не найден", "554 Письмо похоже на СПАМ", "нет такого ящика"],
    "cp1252": ["550 Empfänger unbekannt", "550 Adresse refusée", "550 Buzón lleno", "550 Usuário não existe"],
    "utf-8": ["550 用户不存在", "550 Empfänger unbekannt", "550 Пользователь не найден"],
}
PAIRS = [(codec, sentence) for codec, sentences in SENTENCES.items() for sentence in sentences]


@pytest.mark.parametrize(("codec", "sentence"), PAIRS)
def test_a_reply_is_read_in_the_charset_it_was_written_in(codec: str, sentence: str) -> None:
    assert decode(sentence.encode(codec)) == sentence


@pytest.mark.parametrize(("codec", "sentence"), [pair for pair in PAIRS if pair[0] != "iso2022_jp"])
def test_a_reply_that_was_cut_inside_a_character_is_still_read(codec: str, sentence: str) -> None:
    assert decode(sentence.encode(codec)[:-1]).startswith(sentence[:-2])


@pytest.mark.parametrize(
    ("codec", "sentence", "cause"),
    [
        ("gb18030", "552 收件人邮箱已满", "mailbox_full"),
        ("cp932", "552 メールボックスがいっぱいです", "mailbox_full"),
        ("iso2022_jp", "550 宛先のメールアドレスは存在しません", "user_unknown"),
        ("cp949", "550 존재하지 않는 사용자입니다", "user_unknown"),
        ("koi8_r", "552 Почтовый ящик переполнен", "mailbox_full"),
        ("cp1251", "550 Пользователь не найден", "user_unknown"),
        ("cp1252", "550 Empfänger unbekannt", "user_unknown"),
    ],
)
def test_what_is_read_is_understood(codec: str, sentence: str, cause: str) -> None:
    assert explain(decode(sentence.encode(codec))).ranking[0].id == cause
    escaped = "".join(chr(octet) if octet < 0x80 else f"\\x{octet:02x}" for octet in sentence.encode(codec))
    if codec != "iso2022_jp" and "\\x" in escaped:
        assert explain(escaped).ranking[0].id == cause, "a program wrote the octets as escapes"


def test_octets_of_no_charset_stay_visible() -> None:
    assert decode(b"550 \xff\xfe\x80 no") == "550 \\xff\\xfe\\x80 no"
    assert decode("550 收件人不存在 ".encode() + b"\xe9") == "550 收件人不存在 \\xe9"
    assert decode(b"\x1b$B?") == "\x1b$B?"


def test_a_long_text_is_judged_by_its_beginning() -> None:
    sentence = "550 用户不存在 " * SAMPLE
    assert decode(sentence.encode("gb18030")) == sentence


@given(st.binary(max_size=300))
def test_any_octets_become_text_that_can_be_shown(data: bytes) -> None:
    result = printable(decode(data))
    assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in result)


@given(st.text(max_size=100))
def test_utf8_is_left_as_it_is(text: str) -> None:
    if "\x1b$" not in text:
        assert decode(text.encode("utf-8", "replace")) == text.encode("utf-8", "replace").decode()


def test_lines_of_several_charsets_keep_their_order() -> None:
    lines = [decode(sentence.encode(codec)) for codec, sentence in PAIRS]
    assert [item.id for item in explain_lines(lines)] == list(range(1, len(PAIRS) + 1))
