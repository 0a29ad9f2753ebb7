"""The tests of this machine as the cases of a test run, for CI systems."""

from __future__ import annotations

from probe.doctor.report import DoctorReport, TestResult
from probe.model.fitness import Fitness, Readiness
from probe.report.case import Case, Cases, CaseStatus
from probe.report.doctor_words import of_readiness

_STATUS = {
    Fitness.FIT: CaseStatus.PASSED,
    Fitness.LIMITED: CaseStatus.PASSED,
    Fitness.UNFIT: CaseStatus.FAILED,
    Fitness.NOT_ASSESSED: CaseStatus.SKIPPED,
}
_OF_USE = {
    Readiness.FIT: CaseStatus.PASSED,
    Readiness.UNFIT: CaseStatus.FAILED,
    Readiness.NOT_KNOWN: CaseStatus.SKIPPED,
}


def build(report: DoctorReport) -> Cases:
    """For what the machine is fit, then every test in its order; what is limited passes with a warning."""
    uses = (
        Case(
            "fit for",
            it.use.value,
            _OF_USE[it.readiness],
            "" if it.readiness is Readiness.FIT else f"see {', '.join(it.tests)}",
        )
        for it in report.uses
    )
    return Cases(
        f"{report.machine.hostname or 'this machine'}: {of_readiness(report, Readiness.FIT) or 'not fit'}",
        (*uses, *map(_case, report.tests)),
        report.started_at,
        report.elapsed_ms / 1000,
        (("version", report.tool.version), ("rules", report.tool.rules)),
    )


def _case(result: TestResult) -> Case:
    details = (result.fix,) if result.fix else ()
    is_fit = result.fitness is Fitness.FIT
    message = "" if is_fit else result.message
    is_warning = result.fitness is Fitness.LIMITED
    return Case(result.group, result.id, _STATUS[result.fitness], message, details, is_warning)
