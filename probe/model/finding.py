"""What a check found, and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, worst first.

    `fatal`: mail to this recipient cannot work. `error`: likely to be refused or junked.
    `warning`: should be mended. `notice`: worth knowing. `ok`: looked at and right.
    `not_assessed`: could not be looked at; never counts as wrong and never as right.
    """

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"
    OK = "ok"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one check.

    `id` is the check's id (kebab-case, `smtp-probe checks ID` explains it); `step` the step 1-9
    of the checklist; `evidence` names observations, e.g. `dns:TXT:example.com`, `session:1:rcpt`,
    `dnsbl:zen.spamhaus.org`; `remedy` says what to do, empty when nothing is to be done.
    """

    id: str
    severity: Severity
    step: int
    message: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    references: tuple[str, ...] = ()
