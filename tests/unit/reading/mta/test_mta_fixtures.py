"""What real tools printed for a configuration is read as the configuration has it."""

from __future__ import annotations

import pytest

from probe.model.local_tool import run_inquiry
from probe.model.sender_mta import NoSenderMta, SenderMta
from probe.wording.spoken import spoken
from tests.support.mta import NAMES, fixture, inquiry_of, recorded, summary


@pytest.mark.parametrize("name", NAMES)
def test_each_configuration_is_read_as_it_is_meant(name: str) -> None:
    whole = fixture(name)
    expected = whole["expected"]
    mta = run_inquiry(inquiry_of(whole), recorded(whole))
    if "none" in expected:
        assert isinstance(mta, NoSenderMta)
        assert expected["none"] in spoken(mta.reason)
        return
    assert isinstance(mta, SenderMta)
    texts = summary(mta)
    reason = expected.pop("route_reason", "")
    assert reason in texts["route_reason"]
    assert {key: texts[key] for key in expected} == expected
