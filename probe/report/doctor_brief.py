"""This machine in short: the fields of a line, and the note for a ticket."""

from __future__ import annotations

from probe.doctor.report import DoctorReport
from probe.model.fitness import Fitness, Readiness
from probe.model.text import seconds
from probe.report.doctor_words import names_of


def fields(report: DoctorReport) -> tuple[tuple[str, str], ...]:
    """The keys are always these, in this order; what there is none of is empty."""
    machine = report.machine
    return (
        ("exit", str(int(report.exit_code))),
        ("fit", _uses(report, Readiness.FIT)),
        ("unfit", _uses(report, Readiness.UNFIT)),
        ("not_known", _uses(report, Readiness.NOT_KNOWN)),
        ("unfit_tests", ",".join(it.id for it in report.of(Fitness.UNFIT))),
        ("limited_tests", ",".join(it.id for it in report.of(Fitness.LIMITED))),
        ("not_assessed_tests", ",".join(it.id for it in report.of(Fitness.NOT_ASSESSED))),
        ("hostname", machine.hostname),
        ("helo", machine.helo),
        ("sources", ",".join(machine.sources)),
        ("nameservers", ",".join(machine.nameservers)),
        ("at", report.started_at),
        ("elapsed_ms", str(report.elapsed_ms)),
        ("version", report.tool.version),
    )


def note(report: DoctorReport) -> tuple[tuple[str, str], ...]:
    """Ten lines for a ticket."""
    machine, faults = report.machine, report.faults
    return (
        ("About", f"the machine {machine.hostname}"),
        ("Fit for", names_of(report, Readiness.FIT)),
        ("Unfit for", names_of(report, Readiness.UNFIT)),
        ("Not known", names_of(report, Readiness.NOT_KNOWN)),
        ("Faults", "; ".join(f"{it.title}: {it.message}" for it in faults)),
        ("Act", " ".join(it.fix for it in faults if it.fix)),
        ("Addresses", ", ".join(machine.sources)),
        ("Resolvers", ", ".join(machine.nameservers)),
        ("When", f"{report.started_at}; {seconds(report.elapsed_ms)}"),
        (
            "Tool",
            f"smtp-probe {report.tool.version}, rules {report.tool.rules}, exit {int(report.exit_code)}",
        ),
    )


def _uses(report: DoctorReport, readiness: Readiness) -> str:
    return names_of(report, readiness).replace(" ", "")
