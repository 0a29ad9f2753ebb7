"""Lines of sendmail 8.18.2, as it wrote them on loopback, with other names."""

from __future__ import annotations

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Speaker, Status, Words
from tests.unit.reading.log.samples import one

SENDMAIL = "Nov 29 02:00:00 mail sm-mta[77]: 6AT2RCiA000056: "


@pytest.mark.parametrize(
    ("rest", "status", "words"),
    [
        ("dsn=5.1.10, stat=Service unavailable", Status.BOUNCED, "dsn=5.1.10, stat=Service unavailable"),
        ("dsn=4.4.3, stat=queued", Status.DEFERRED, "dsn=4.4.3, stat=queued"),
        ("dsn=4.4.2, stat=Deferred", Status.DEFERRED, "dsn=4.4.2, stat=Deferred"),
        ("dsn=5.5.0, stat=Service unavailable", Status.BOUNCED, "Service unavailable"),
        ("dsn=4.0.0, stat=queued", Status.DEFERRED, None),
    ],
)
def test_sendmail_tells_a_null_mx_and_dns_by_the_status_alone(
    rest: str, status: Status, words: str | None
) -> None:
    """sendmail 8.18.2."""
    event = one("sendmail", f"{SENDMAIL}to=<bob@x.example>, delay=00:00:00, mailer=esmtp, pri=3, {rest}")
    assert event.status is status
    assert event.words == (Words(Speaker.LOCAL, words) if words is not None else None)


def test_sendmail_a_handshake_that_fails_is_neither_a_reply_nor_a_refusal() -> None:
    """sendmail 8.18.2 judges the server that it called with a ruleset, and writes what looks like a reply."""
    failed = (
        f"{SENDMAIL}to=<bob@x.example>, delay=00:00:00, mailer=esmtp, pri=3, relay=mx.x.example. "
        "[192.0.2.1], dsn=4.7.0, stat=Deferred: 454 4.7.0 TLS handshake failed."
    )
    ruleset = (
        "Nov 29 02:00:00 mail sendmail[77]: ruleset=tls_server, arg1=SOFTWARE, relay=mx.x.example, "
        "reject=454 4.7.0 TLS handshake failed."
    )
    event = one("sendmail", ruleset, failed)
    assert event.words == Words(Speaker.LOCAL, "TLS handshake failed.", Stage.STARTTLS)
