"""The metrics of this machine. What is not known has no sample: it is never 0."""

from __future__ import annotations

from probe.doctor.report import DoctorReport
from probe.model.fitness import Fitness, Readiness
from probe.report import run_measures
from probe.report.metric import Metric, Sample


def build(report: DoctorReport) -> tuple[Metric, ...]:
    """All metrics; the machine itself is told by the collector."""
    began = run_measures.moment(report.started_at)
    return (
        Metric(
            "doctor_info",
            "Version of smtp-probe and of its rules that looked at this machine.",
            (Sample(1, (("version", report.tool.version), ("rules", report.tool.rules))),),
        ),
        Metric(
            "doctor_fit",
            "Whether this machine is fit for a use.",
            tuple(
                Sample(int(it.readiness is Readiness.FIT), (("use", it.use.value),))
                for it in report.uses
                if it.readiness is not Readiness.NOT_KNOWN
            ),
        ),
        Metric(
            "doctor_test_fit",
            "Whether a test of this machine is as it should be; limited is 0, too.",
            tuple(
                Sample(int(it.fitness is Fitness.FIT), (("test", it.id),))
                for it in report.tests
                if it.fitness is not Fitness.NOT_ASSESSED
            ),
        ),
        Metric(
            "doctor_tests",
            "Tests of this machine by their result.",
            tuple(Sample(len(report.of(level)), (("fitness", level.value),)) for level in Fitness),
        ),
        Metric("doctor_exit_code", "Exit code of smtp-probe doctor.", (Sample(int(report.exit_code)),)),
        Metric("doctor_duration_seconds", "Time of the whole run.", (Sample(report.elapsed_ms / 1000),)),
        Metric(
            "doctor_start_time_seconds",
            "When the run began.",
            (Sample(began.timestamp()),) if began is not None else (),
        ),
    )
