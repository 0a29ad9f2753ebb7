"""What differs from message to message goes; what may be the meaning stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.maillog.template import coarse, template


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 5.7.606 banned sending IP [198.51.100.3].", "550 5.7.606 banned sending IP [ip]."),
        ("550 5.7.1 contact (S3140) 2001:db8::1", "550 5.7.1 contact (S3140) [ip]"),
        ("450 4.7.1 <carol@firm.example>: grey", "450 4.7.1 <[address]>: grey"),
        ("451 4.7.500 (AS77713441) [AM1PEPF000252DE.prod.outlook.com]", "451 4.7.500 ([id]) [[host]]"),
        ("550-5.1.1 gone 38308e7fff4ca-37a1b2c3d4 - gsmtp", "550-5.1.1 gone [id] - gsmtp"),
        ("452 try again after 10:12:13, attempt 12345678", "452 try again after [time], attempt [n]"),
        ("554 see https://bl.example/?ip=198.51.100.10", "554 see https://bl.example/?ip=[ip]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert template(text) == masked


def test_names_of_the_recipient_go_without_an_at_sign_too() -> None:
    result = template(
        '550 no "carol" at firm.example, says mx.firm.example', "carol@firm.example", "mx.firm.example"
    )
    assert result == '550 no "[user]" at [domain], says [host]'


def test_the_second_depth_leaves_only_code_and_words() -> None:
    assert coarse("450 4.7.1 wait 213 seconds at mx.b.example") == "450 4.7.1 wait [n] seconds at [host]"


@given(st.text(max_size=700), st.emails(), st.text(max_size=30))
def test_any_text_has_one_template(text: str, recipient: str, host: str) -> None:
    once = template(text, recipient, host)
    assert once == template(text, recipient, host)
    coarse(once)
