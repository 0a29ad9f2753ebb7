"""Does the probe stand where your mail leaves?

SPF, PTR and blocklists belong to an address, and servers judge the address that connects. When the probe
connects from another address than the one that sends your mail, the server's answer to the probe may not be
the answer to your mail.

What to do: run the probe on the sending host, or name its address with --ip and read the server's answers
with reserve.
Source: RFC 7208 section 2.4 (the address of the client that connects is what is judged).
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "vantage-address"
STEP = 6
say = Voice(ID, STEP, ("RFC 7208 section 2.4",))


def check(facts: Facts) -> Iterator[Finding]:
    """ok at the sending address, a notice elsewhere."""
    vantage = facts.vantage
    if vantage.probe_ip is None:
        tag = "probe-without-route"
    elif vantage.is_sending_address is True:
        tag = "probe-at-sending-address"
    elif vantage.is_sending_address is False and vantage.source_ip is not None:
        tag = "probe-elsewhere"
    else:
        tag = "probe-place-not-known"
    yield say(tag, ("vantage",), probe_ip=vantage.probe_ip, ip=vantage.source_ip)
