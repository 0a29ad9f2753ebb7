"""What a monitoring system is told of this machine: critical where it is unfit for something."""

from __future__ import annotations

from collections.abc import Iterator

from probe.doctor.report import DoctorReport, TestResult
from probe.model.fitness import Fitness, Readiness
from probe.report.doctor_words import of_readiness
from probe.report.plugin_answer import Gauge, Measure, PluginAnswer, PluginState


def build(report: DoctorReport) -> PluginAnswer:
    """The state, the first fault, and counts. Critical: unfit for a use. Unknown: no use is known to be
    fit; warning: something is limited."""
    return PluginAnswer(_state(report), _summary(report), tuple(_measures(report)), tuple(_details(report)))


def _state(report: DoctorReport) -> PluginState:
    levels = {it.readiness for it in report.uses}
    if Readiness.UNFIT in levels:
        return PluginState.CRITICAL
    if Readiness.FIT not in levels:
        return PluginState.UNKNOWN
    return PluginState.WARNING if report.of(Fitness.LIMITED) else PluginState.OK


def _summary(report: DoctorReport) -> str:
    faults = report.faults
    parts = (of_readiness(report, it) for it in (Readiness.UNFIT, Readiness.NOT_KNOWN, Readiness.FIT))
    words = "; ".join(filter(None, parts))
    return f"{words}: {_fault(faults[0])}" if faults else words


def _fault(result: TestResult) -> str:
    return f"{result.title}: {result.message}"


def _details(report: DoctorReport) -> Iterator[str]:
    for result in report.faults:
        yield f"{_fault(result)}{f'; {result.fix}' if result.fix else ''}"


def _measures(report: DoctorReport) -> Iterator[Measure]:
    yield Measure("time", report.elapsed_ms / 1000, "s", Gauge.TIME)
    yield Measure("unfit", len(report.of(Fitness.UNFIT)))
    yield Measure("limited", len(report.of(Fitness.LIMITED)))
    yield Measure("not_assessed", len(report.of(Fitness.NOT_ASSESSED)))
