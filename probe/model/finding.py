"""What a check found, and how much it matters."""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass, field
from probe._enum import StrEnum


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


# A value of a finding as it stands in the report: a text or a number, or several of them.
Arg = str | int | float | tuple[str | int | float, ...]
Args = Mapping[str, Arg]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one check.

    `id` is the check's id (kebab-case, `smtp-probe checks ID` explains it); `step` the step 1-9
    of the checklist; `evidence` names observations, e.g. `dns:TXT:example.com`, `session:1:rcpt`,
    `dnsbl:zen.spamhaus.org`; `remedy` says what to do, empty when nothing is to be done.
    `tag` says which of the check's outcomes it is (`smtp-probe checks ID` lists them), `args` the values
    that `message` and `remedy` are made of; a value that there is none of is empty.
    """

    id: str
    severity: Severity
    step: int
    message: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    references: tuple[str, ...] = ()
    tag: str = field(kw_only=True)
    args: Args = field(default_factory=dict, kw_only=True)
