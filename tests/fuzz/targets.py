"""Every fuzz target by its name."""

from __future__ import annotations

from tests.fuzz.dns_targets import DNS_TARGETS
from tests.fuzz.message_targets import MESSAGE_TARGETS
from tests.fuzz.recording_targets import RECORDING_TARGETS
from tests.fuzz.smtp_targets import SMTP_TARGETS
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target for target in (*SMTP_TARGETS, *DNS_TARGETS, *MESSAGE_TARGETS, *RECORDING_TARGETS)
}
