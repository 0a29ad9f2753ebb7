"""smtp-probe: why a message will not go through, with the evidence, and who must act.

The public API is what `__all__` names; see `probe.api`. Names load on first use, so that offline
commands stay light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from probe._version import VERSION as __version__  # noqa: N811 - the name that Python tools look for

if TYPE_CHECKING:
    from probe.api import bounce, check, check_sync, domain, domain_sync, explain, redact, replay
    from probe.bounces import BouncedRecipient
    from probe.explanation import Explanation
    from probe.model.address import AddressError
    from probe.model.endpoint import Endpoint
    from probe.model.evidence import Band
    from probe.model.finding import Severity
    from probe.model.listing import ListingStatus
    from probe.model.reply import Stage
    from probe.model.report import Report
    from probe.model.sender_mta import MtaChoice, RouteChoice
    from probe.model.session import EndReason, Experiment
    from probe.model.steps import StepStatus
    from probe.model.target import ControlsMode, FailOn, Options, TlsMode
    from probe.model.verdict import ExitCode, FixBy, Outcome, Retry
    from probe.net.nameservers import ResolverConfigError
    from probe.reading.bounce.results import NoticeKind
    from probe.recording.codec import RecordingError
    from probe.recording.redact import Redaction

_HOME = {
    "check": "probe.api",
    "check_sync": "probe.api",
    "domain": "probe.api",
    "domain_sync": "probe.api",
    "explain": "probe.api",
    "bounce": "probe.api",
    "replay": "probe.api",
    "redact": "probe.api",
    "Options": "probe.model.target",
    "Endpoint": "probe.model.endpoint",
    "Report": "probe.model.report",
    "Explanation": "probe.explanation",
    "BouncedRecipient": "probe.bounces",
    "Redaction": "probe.recording.redact",
    "AddressError": "probe.model.address",
    "RecordingError": "probe.recording.codec",
    "ResolverConfigError": "probe.net.nameservers",
    "Band": "probe.model.evidence",
    "ControlsMode": "probe.model.target",
    "EndReason": "probe.model.session",
    "ExitCode": "probe.model.verdict",
    "Experiment": "probe.model.session",
    "FailOn": "probe.model.target",
    "FixBy": "probe.model.verdict",
    "ListingStatus": "probe.model.listing",
    "MtaChoice": "probe.model.sender_mta",
    "NoticeKind": "probe.reading.bounce.results",
    "Outcome": "probe.model.verdict",
    "Retry": "probe.model.verdict",
    "RouteChoice": "probe.model.sender_mta",
    "Severity": "probe.model.finding",
    "Stage": "probe.model.reply",
    "StepStatus": "probe.model.steps",
    "TlsMode": "probe.model.target",
}

__all__ = [
    "AddressError",
    "Band",
    "BouncedRecipient",
    "ControlsMode",
    "EndReason",
    "Endpoint",
    "ExitCode",
    "Experiment",
    "Explanation",
    "FailOn",
    "FixBy",
    "ListingStatus",
    "MtaChoice",
    "NoticeKind",
    "Options",
    "Outcome",
    "RecordingError",
    "Redaction",
    "Report",
    "ResolverConfigError",
    "Retry",
    "RouteChoice",
    "Severity",
    "Stage",
    "StepStatus",
    "TlsMode",
    "__version__",
    "bounce",
    "check",
    "check_sync",
    "domain",
    "domain_sync",
    "explain",
    "redact",
    "replay",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'probe' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
