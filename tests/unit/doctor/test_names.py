"""The EHLO name, by what it shows before DNS is asked."""

from __future__ import annotations

import pytest

from probe.doctor.names import check_helo
from probe.model.fitness import MachineGap
from probe.recording.machine import MachineJournal, MachineRequest


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("mail.sender.example", "not-assessed"),
        ("mail.sender.example.", "not-assessed"),
        ("mail_1.sender.example", "no-fqdn"),
        ("192.0.2.10", "no-fqdn"),
        ("mail", "no-fqdn"),
        ("mail.office.lan", "local-name"),
        ("mail.office.lan.", "local-name"),
        ("[192.0.2.10]", "literal"),
    ],
)
def test_what_a_name_is_is_known_without_an_answer(name: str, tag: str) -> None:
    request = MachineRequest(is_offline=True)
    journal = MachineJournal(request, "2026-11-29T10:00:00+00:00", helo=name)
    journal.missing["names"] = MachineGap.OFFLINE
    (result,) = check_helo(journal)
    assert result.tag == tag
