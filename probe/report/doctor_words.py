"""For what a machine is fit, in words."""

from __future__ import annotations

from probe.doctor.report import DoctorReport, UseReadiness
from probe.model.fitness import Readiness

_PHRASES = {Readiness.UNFIT: "unfit for", Readiness.NOT_KNOWN: "not known for", Readiness.FIT: "fit for"}


def uses_of(report: DoctorReport, readiness: Readiness) -> list[UseReadiness]:
    """The uses of that readiness."""
    return [it for it in report.uses if it.readiness is readiness]


def names_of(report: DoctorReport, readiness: Readiness) -> str:
    """The same by their names."""
    return ", ".join(it.use.value for it in uses_of(report, readiness))


def of_readiness(report: DoctorReport, readiness: Readiness) -> str:
    """`unfit for check, sending`; empty for none."""
    names = names_of(report, readiness)
    return f"{_PHRASES[readiness]} {names}" if names else ""
