"""The lab can tell: its logs show what the probe must never do, and its servers answer as they should."""

from __future__ import annotations

import pytest

from tests.lab.world import World

pytestmark = pytest.mark.lab

_SENDS_MAIL = """
import smtplib, sys
host, recipient = sys.argv[1:]
with smtplib.SMTP(host, local_hostname="out.sender.example", source_address=("198.51.100.10", 0)) as client:
    client.ehlo()
    client.mail("bob@sender.example")
    client.rcpt(recipient)
    print(client.data(b"Subject: lab\\r\\n\\r\\nNobody reads this.\\r\\n")[0])
"""


@pytest.mark.parametrize(
    ("host", "recipient"),
    [
        ("mx.healthy.example", "alice@healthy.example"),
        ("mx.exim.example", "alice@exim.example"),
        ("mx.opensmtpd.example", "alice@opensmtpd.example"),
    ],
)
def test_a_client_that_sends_data_is_seen_to_do_so(world: World, host: str, recipient: str) -> None:
    world.logs.mark()
    reply = world.python(_SENDS_MAIL, host, recipient)
    witness = world.logs.settle()
    assert reply.strip() == "250"
    assert (witness.opened, witness.verbs["data"], witness.verbs["quit"]) == (1, 1, 1)


def test_nothing_leaves_the_namespace(world: World) -> None:
    attempt = "import socket; socket.create_connection(('1.1.1.1', 53), 3)"
    with pytest.raises(RuntimeError, match="Network is unreachable"):
        world.python(attempt)


def test_the_resolver_validates(world: World) -> None:
    flags = [
        world.space.run(["kdig", "@192.0.2.53", "+adflag", name, "MX"]).stdout
        for name in ("secure.test", "healthy.example", "bogus.test")
    ]
    assert "status: NOERROR" in flags[0] and " ad;" in flags[0]
    assert "status: NOERROR" in flags[1] and " ad;" not in flags[1]
    assert "status: SERVFAIL" in flags[2]
