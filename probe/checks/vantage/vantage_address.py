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
        yield say.not_assessed("the probe has no route, so it connected from no address", ("vantage",))
    elif vantage.is_sending_address is True:
        yield say.ok(f"the probe connects from the sending address {vantage.probe_ip}", ("vantage",))
    elif vantage.is_sending_address is False and vantage.source_ip is not None:
        yield say.notice(
            f"the probe connects from {vantage.probe_ip}, your mail from {vantage.source_ip}: "
            "servers may answer your mail otherwise",
            ("vantage",),
            f"Run the probe on the host with the address {vantage.source_ip}.",
        )
    else:
        yield say.notice(
            f"it is not known whether your mail leaves from {vantage.probe_ip}, where the probe stands",
            ("vantage",),
            "Name the sending address with --ip; a delivered message shows it in its Received fields.",
        )
