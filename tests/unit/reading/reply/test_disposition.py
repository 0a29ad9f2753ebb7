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
        ("", None),
    ],
)
def test_the_words_of_filters_that_take_a_message_and_keep_it(
    reply_text: str, expected: Disposition | None
) -> None:
    assert disposition(reply_text) is expected
