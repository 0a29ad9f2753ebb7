"""Is this machine's clock right?

Compares it with the dates that mail servers give in their greetings and policy hosts over HTTP. A clock that
is more than ten minutes off makes certificates expired or not yet valid that are neither, breaks DNSSEC, and
dates mail wrongly. Where one server agrees with this machine, the others' clocks are wrong; where one server
alone disagrees, it may be either. The dates of certificates are then not judged. The times of DNSSEC
signatures are no witness here: answers carry no RRSIG records unless all of them are asked for (DO), which
makes every answer larger, and signatures that hold for weeks tell little of ten minutes.

What to do: let the machine set its clock (NTP: chrony, systemd-timesyncd), and run the check again.
Source: RFC 5322 section 3.3; RFC 9110 section 6.6.1; RFC 5280 section 4.1.2.5; RFC 4034 section 3.1.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.text import duration

ID = "clock"
STEP = 2
say = Voice(ID, STEP, ("RFC 5322 section 3.3", "RFC 9110 section 6.6.1"))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning if two servers agree that it is wrong, a notice if only one says so; nothing if no server
    gave a date."""
    clock = facts.clock
    if not clock.readings:
        return
    behind = clock.behind_s
    yield say(
        ("clock-off" if clock.is_borne_out else "clock-differs") if clock.is_off else "clock-right",
        (it.ref for it in clock.readings),
        by=[it.by for it in clock.readings],
        off=duration(abs(behind)),
        way="behind" if behind > 0 else "ahead of",
        at=facts.started_at,
    )
