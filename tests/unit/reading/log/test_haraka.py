"""Haraka skips an MX host that is its own: not a connection that failed, unless another MX host met one."""

from __future__ import annotations

from probe.reading.log.event import Speaker, Status, Words
from tests.unit.reading.log.samples import events, sample

HARAKA = sample("haraka-default")
AT = "2026-11-29T02:00:00.000Z "
UUID = "6122FC12-ED43-46DE-BF64-EF05EF858861.1"
OWN_MX = "MX 192.0.2.25 is local, skipping since local_mx_ok=false"


def _words(*lines: str) -> Words | None:
    log = [
        f'[NOTICE] [{UUID}] [core] sender <a@a.example> code=OK msg=""',
        f'[NOTICE] [{UUID}] [core] recipient <b@b.example> code=OK msg="" sender=a@a.example',
        *(f"[INFO] [{UUID}.1] [outbound] {line}" for line in lines),
        f"[INFO] [{UUID}.1] [outbound] Temp failing 17_17_0_66_x_1_mail for 64 seconds: Tried all MXs",
    ]
    (event,) = events(HARAKA, [f"{AT}{line}".encode() for line in log])
    assert (event.recipient, event.status) == ("b@b.example", Status.DEFERRED)
    return event.words


def test_an_mx_that_is_its_own_is_told() -> None:
    words = _words(OWN_MX)
    assert words is not None
    assert (words.speaker, words.text) == (Speaker.LOCAL, OWN_MX)


def test_what_another_mx_met_says_more() -> None:
    failed = "Failed to get socket: Error: connect ECONNREFUSED 192.0.2.26:25"
    for lines in ((failed, OWN_MX), (OWN_MX, failed)):
        words = _words(*lines)
        assert words is not None and "ECONNREFUSED" in words.text
