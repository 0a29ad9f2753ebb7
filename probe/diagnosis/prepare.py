"""Loads the tables that judge a run before the run."""

from __future__ import annotations

from probe._version import VERSION
from probe.diagnosis.answer import settles_cause
from probe.diagnosis.assemble import report_of
from probe.model.address import NullReversePath
from probe.model.address_parse import parse_mailbox
from probe.model.reply import Reply, Stage
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.public_suffix import organizational_domain

_EPOCH = "1970-01-01T00:00:00.000Z"


def prepare() -> None:
    """Read every table that a judgement needs, by making the report of an empty run."""
    nobody = PairTarget(NullReversePath(), parse_mailbox("nobody@example.com"))
    report_of(Recording(ev.Started(ev.FORMAT_VERSION, VERSION, _EPOCH, nobody, Options(), "check")))
    settles_cause(Reply(550, None, ("no such user",)), Stage.RCPT)
    organizational_domain("example.com")
