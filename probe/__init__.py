"""smtp-probe: why a message will not go through, with the evidence, and who must act.

The public API is what `__all__` names; see `probe.api`. Names load on first use, so that offline
commands stay light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from probe._version import VERSION as __version__  # noqa: N811 - the name that Python tools look for

if TYPE_CHECKING:
    from probe.api import check, check_sync, domain, domain_sync, explain, replay
    from probe.explanation import Explanation
    from probe.model.address import AddressError
    from probe.model.report import Report
    from probe.model.target import Options
    from probe.net.resolver import ResolverConfigError
    from probe.recording.codec import RecordingError

_HOME = {
    "check": "probe.api",
    "check_sync": "probe.api",
    "domain": "probe.api",
    "domain_sync": "probe.api",
    "explain": "probe.api",
    "replay": "probe.api",
    "AddressError": "probe.model.address",
    "Explanation": "probe.explanation",
    "Options": "probe.model.target",
    "RecordingError": "probe.recording.codec",
    "Report": "probe.model.report",
    "ResolverConfigError": "probe.net.resolver",
}

__all__ = [
    "AddressError",
    "Explanation",
    "Options",
    "RecordingError",
    "Report",
    "ResolverConfigError",
    "__version__",
    "check",
    "check_sync",
    "domain",
    "domain_sync",
    "explain",
    "replay",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'probe' has no attribute {name!r}")
    return getattr(import_module(home), name)
