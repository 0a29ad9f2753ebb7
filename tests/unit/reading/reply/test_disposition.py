"""A 250 that says that the message is in no mailbox."""

from __future__ import annotations

import pytest

from probe.reading.reply.disposition import Disposition, disposition

DISCARDED, QUARANTINED = Disposition.DISCARDED, Disposition.QUARANTINED


@pytest.mark.parametrize(
    ("reply_text", "expected"),
    [
        ("2.7.0 Ok, discarded, id=01234-05 - spam", DISCARDED),
        ("Virus Detected; Discarded Email", DISCARDED),
        ("2.7.1 Message quarantined as spam", QUARANTINED),
        ("2.0.0 Ok, message held in quarantine", QUARANTINED),
        ("2.0.0 Ok: queued as 4ABC1", None),
        ("2.0.0 message not discarded", None),
        ("2.1.5 Ok, uphold the law", None),
        ("2.0.0 Message delivered to the spam quarantine", QUARANTINED),
        ("2.0.0 Message discarded for all recipients", DISCARDED),
        ("", None),
        # names of hosts and addresses
        ("2.0.0 Ok: queued on mx.quarantine.example as 4ABC1", None),
        ("2.6.0 <discarded@host.example> [InternalId=12] Queued mail for delivery", None),
        ("2.0.0 Ok: queued as discarded-12", None),
        # what only might happen, does not, or happens to something else
        ("2.6.0 Message received and will be quarantined if it fails DMARC", None),
        ("2.0.0 Ok, spam may be discarded later", None),
        ("2.0.0 delivered to inbox; DMARC policy set to quarantine", None),
        ("2.0.0 Ok (discarded=0 quarantined=0)", None),
        ("2.0.0 Message accepted, duplicate discarded", None),
        ("2.0.0 Message accepted, extra headers discarded", None),
        ("2.0.0 Message queued, 0 recipients discarded", None),
        ("2.0.0 message cannot be quarantined", None),
    ],
)
def test_the_words_of_filters_that_take_a_message_and_keep_it(
    reply_text: str, expected: Disposition | None
) -> None:
    assert disposition(reply_text) is expected
