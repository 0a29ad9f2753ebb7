"""The bounce that a real server writes has the cause of the line in its own log: Postfix and Exim, live."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from probe.bounces import BouncedRecipient, read_bounces
from probe.explanation import Explanation
from probe.maillog.lines import LogLines
from probe.reading.log.event import Status
from tests.lab.sender import DNSLOOKUP, Sender
from tests.lab.senders import Outgoing
from tests.lab.world import World

pytestmark = pytest.mark.lab

BACK = "alice@back.example"
# Where bounces are put: a mailbox of the sending server itself.
POSTFIX = {
    "values": "virtual_mailbox_domains = back.example\nvirtual_mailbox_base = {home}/back\n"
    "virtual_mailbox_maps = static:bounces\nvirtual_uid_maps = static:65534\n"
    "virtual_gid_maps = static:65534\n",
    "overrides": "\nvirtual   unix  - n n - - virtual",
}
EXIM = {
    "routers": "back:\n  driver = accept\n  domains = back.example\n  transport = back\n" + DNSLOOKUP,
    "transport": "back:\n  driver = appendfile\n  file = $spool_directory/bounces\n  user = Debian-exim\n",
}
REFUSED = {"nobody@healthy.example": "user_unknown", "moved@access.example": "user_unknown"}


def _case(software: str, recipient: str, cause: str) -> Sender:
    slug = f"bounce-{software}-{recipient.partition('@')[0]}"
    how = POSTFIX if software == "postfix" else EXIM
    return Sender(slug, recipient, "bounced", "refused", 1, cause, software=software, sender=BACK, **how)  # type: ignore[arg-type]


def _bounce(server: Outgoing) -> BouncedRecipient:
    name = "spool" if server.case.software == "exim" else "back"
    path = server.home / name / "bounces"
    for _ in range(300):
        data = path.read_bytes() if path.exists() else b""
        if b"Final-Recipient" in data:
            time.sleep(0.3)  # the rest of it
            (result,) = read_bounces(path.read_bytes().partition(b"\n")[2])
            return result
        time.sleep(0.1)
    raise RuntimeError(f"no bounce came to {path}:\n{_log(server).read_text(errors='replace')}")


def _log(server: Outgoing) -> Path:
    return server.home / ("mainlog" if server.case.software == "exim" else "mail.log")


def _of_the_log(server: Outgoing) -> Explanation:
    log = LogLines()
    explanations: list[Explanation] = []
    for number, line in enumerate(_log(server).read_text(errors="replace").splitlines(), 1):
        explanations += log.take(line, number, number) or ()
    return next(
        it
        for it in explanations
        if it.excerpt and it.excerpt.event and it.excerpt.event.status is Status.BOUNCED
    )


@pytest.mark.parametrize("recipient", REFUSED)
@pytest.mark.parametrize("software", ["postfix", "exim"])
def test_a_bounce_has_the_cause_of_its_log_line(world: World, software: str, recipient: str) -> None:
    server = Outgoing(world.space, _case(software, recipient, REFUSED[recipient]))
    server.configure()
    if software == "postfix":
        (server.home / "back").mkdir(mode=0o777)
        (server.home / "back").chmod(0o777)
    with server.running():
        bounced = _bounce(server)
    logged = _of_the_log(server)
    assert bounced.explanation is not None and bounced.explanation.cause is not None
    assert logged.cause is not None and logged.excerpt is not None and logged.excerpt.is_remote
    assert (bounced.explanation.cause.id, logged.cause.id) == (REFUSED[recipient], REFUSED[recipient])
    assert bounced.status is not None and bounced.status.recipient == recipient
