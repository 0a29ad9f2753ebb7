"""Whatever the tools of a mail server print, reading it ends without an exception."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model.local_tool import Call, ToolCall, ToolOutput, run_inquiry
from probe.model.sender_mta import NoSenderMta, SenderMta
from tests.support.mta import fixture, inquiry_of, recorded

_LINES = st.lists(
    st.sampled_from(
        [
            *(
                "mail_version = 3.7.11",
                "relayhost = {[a",
                "transport_maps = inline:{ a=b",
                "smtp_tcp_port = ²",
            ),
            *("message_size_limit = ²", "smtp unix - - - - - smtp", "smtp/unix/ = x", "inet_interfaces = []"),
            *("smtp_tls_policy_maps = hash:/x", "mydestination = !!, !, {", "smtp_bind_address = [ipv6:"),
            *("Exim version 4.96", "> a@b", "  router = r, transport = t", "  host x [y] MX=z port=99999"),
            *(
                "driver = smtp",
                "port = ²",
                "hosts = <",
                "interface = <;;",
                "helo_data = ${bad",
                "> Failed: x",
            ),
            *("alice@example.net\t:", "*\tsmtp:[", "hosts_require_tls = !", "message_size_limit = 9²M"),
        ]
    )
    | st.text(max_size=60),
    max_size=12,
).map("\n".join)


def _altered(name: str, text: str, at: int) -> Callable[[Call], ToolOutput]:
    """The recorded answers, but the one at that place is another text, and so is what was never recorded."""
    true = recorded(fixture(name))
    counted = [0]

    def answer(call: Call) -> ToolOutput:
        counted[0] += 1
        if isinstance(call, ToolCall) and counted[0] - 1 == at:
            return ToolOutput(text)
        try:
            return true(call)
        except KeyError:
            return ToolOutput(text)

    return answer


@pytest.mark.parametrize("name", ["postfix-sender-relay", "exim-smarthost"])
@given(text=_LINES, at=st.integers(0, 9))
def test_any_answer_of_a_tool_is_read(name: str, text: str, at: int) -> None:
    mta = run_inquiry(inquiry_of(fixture(name)), _altered(name, text, at))
    assert isinstance(mta, SenderMta | NoSenderMta)
