"""Facts of runs that this host's own mail server kept from asking anybody."""

from __future__ import annotations

from typing import Any

from probe.facts.model import Facts
from probe.model.observed import Gap, Part
from probe.model.reason import Reason
from probe.model.sender_mta import SenderMta
from probe.model.target import Options
from probe.recording.events import NotReached
from tests.support import facts as make


def kept_here(mta: SenderMta, **changes: Any) -> Facts:
    """No session, because this server hands the mail to nobody."""
    result = NotReached(9, Part.SESSIONS, Reason(Gap.KEPT_HERE))
    changed = {"user_options": Options(), "tls_policy": mta.tls, **changes}
    return make.facts(sessions=(), not_reached=(result,), mta=mta, **changed)
