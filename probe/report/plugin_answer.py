"""What a monitoring system is told of a result: a state, a sentence, and measures.

States and thresholds are those of the Monitoring Plugins Development Guidelines (sections 2.2 and 2.6).
"""

from __future__ import annotations

from enum import Enum, IntEnum

from probe._named_tuple import NamedTuple

CERTIFICATE_DAYS = 14.0  # a certificate that is replaced by a program is replaced earlier than that


class PluginState(IntEnum):
    """The state of a service, and the exit code of the plugin."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_WORST_FIRST = (PluginState.CRITICAL, PluginState.UNKNOWN, PluginState.WARNING, PluginState.OK)


class Gauge(Enum):
    """What a threshold may be set for."""

    TIME = "s"  # of the whole run; more is bad
    CERTIFICATE = "d"  # days until a certificate ends; less is bad


class Limits(NamedTuple):
    """One threshold of each kind; None: none. `days` until a certificate ends, `seconds` of the run."""

    days: float | None = None
    seconds: float | None = None


class Thresholds(NamedTuple):
    """From where a measure is a warning, and from where critical."""

    warning: Limits = Limits(days=CERTIFICATE_DAYS)
    critical: Limits = Limits()


class Measure(NamedTuple):
    """A number for a graph: its label (letters, digits and _), and its unit: `s` or none. `gauge`: what
    the thresholds say about it."""

    label: str
    value: float
    unit: str = ""
    gauge: Gauge | None = None
    warning: str = ""  # ranges, as the guidelines write them (section 2.5)
    critical: str = ""


class PluginAnswer(NamedTuple):
    """`summary` is a short sentence, `details` are further lines; both may hold a stranger's text, which is
    not escaped. The first of `measures` stands on the first line."""

    state: PluginState
    summary: str
    measures: tuple[Measure, ...] = ()
    details: tuple[str, ...] = ()


def judge(answer: PluginAnswer, thresholds: Thresholds | None = None) -> PluginAnswer:
    """The answer with the ranges of its measures; where one is beyond a threshold, with the worse state and a
    summary that says so."""
    thresholds = thresholds or Thresholds()
    state, reasons, measures = answer.state, list[str](), list[Measure]()
    for measure in answer.measures:
        with_ranges = _with_ranges(measure, thresholds)
        measures.append(with_ranges)
        worse = _beyond(measure, thresholds)
        if worse is not None:
            state = min(state, worse, key=_WORST_FIRST.index)
            reasons.append(_reason(measure))
    summary = "; ".join((*reasons, answer.summary))
    return PluginAnswer(state, summary, tuple(measures), answer.details)


def _of(limits: Limits, gauge: Gauge | None) -> float | None:
    match gauge:
        case Gauge.TIME:
            return limits.seconds
        case Gauge.CERTIFICATE:
            return limits.days
        case None:
            return None


def _with_ranges(measure: Measure, thresholds: Thresholds) -> Measure:
    def range_of(limits: Limits) -> str:
        limit = _of(limits, measure.gauge)
        # "10": alert outside 0 to 10; "14:": alert below 14
        return "" if limit is None else f"{limit:.0f}{':' if measure.gauge is Gauge.CERTIFICATE else ''}"

    return measure._replace(warning=range_of(thresholds.warning), critical=range_of(thresholds.critical))


def _beyond(measure: Measure, thresholds: Thresholds) -> PluginState | None:
    for limits, state in (
        (thresholds.critical, PluginState.CRITICAL),
        (thresholds.warning, PluginState.WARNING),
    ):
        limit = _of(limits, measure.gauge)
        is_low_bad = measure.gauge is Gauge.CERTIFICATE
        if limit is not None and (measure.value < limit if is_low_bad else measure.value > limit):
            return state
    return None


def _reason(measure: Measure) -> str:
    if measure.gauge is Gauge.TIME:
        return f"took {measure.value:.1f} s"
    if measure.value < 0:
        return "the certificate has expired"
    return f"the certificate ends in {measure.value:.0f} days"
