"""The line about the mail server whose configuration a run used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.diagnosis.sender_mta import sender_mta
from probe.model.sender_mta import SenderMta, TextFact
from probe.report.view import sent_as
from tests.support import facts as make
from tests.support.reports import refused
from tests.unit.checks.vantage.test_sender_mta import FILTERING, MTA

SENT = "as Postfix here: EHLO mail.example.com, from 198.51.100.10"
CHANGES = "; it changes what other servers reply, also in its log (-v)"
UNNAMED = TextFact("", "postconf content_filter")  # as in a redacted recording
TABLE = TextFact("pcre:/x", "postconf smtp_reply_filter")


@pytest.mark.parametrize(
    ("mta", "text"),
    [
        (MTA, SENT),
        (FILTERING, f"{SENT}, behind its content filter scan:[127.0.0.1]:10024{CHANGES}"),
        (replace(MTA, content_filter=UNNAMED), f"{SENT}, behind its content filter"),
        (replace(MTA, reply_filter=TABLE), SENT + CHANGES),
        (replace(MTA, status_filter=TABLE), SENT + CHANGES),
    ],
)  # fmt: skip
def test_what_the_mail_server_filters_is_said_beside_how_it_sends(mta: SenderMta, text: str) -> None:
    """Whoever compares the report with the log must know that the words may differ there."""
    report = refused()
    server = sender_mta(make.facts(mta=mta))
    assert sent_as(replace(report, target=replace(report.target, sender_mta=server))) == text
