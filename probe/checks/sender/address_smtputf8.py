"""Can the server take an address that is not ASCII?

An address whose local part holds other characters than ASCII needs the SMTPUTF8 extension at every server
on the way. A server that does not announce it must not be given such an address, and there is no fallback:
the mail is returned.

What to do: use an ASCII address of the same person, if there is one; the server's operator can enable
SMTPUTF8.
Source: RFC 6531 sections 3.1, 3.2 and 3.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "address-smtputf8"
STEP = 3
say = Voice(ID, STEP, ("RFC 6531 section 3.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """An error when SMTPUTF8 is needed and no server announces it."""
    if facts.envelope is None:
        return
    paths = (facts.envelope.reverse_path, facts.envelope.forward_path)
    utf8_paths = [str(path) for path in paths if path.needs_smtputf8]
    if not utf8_paths:
        yield say("smtputf8-not-needed")
        return
    sessions = dialogue.answering_sessions(facts)
    if not sessions:
        yield say("smtputf8-not-seen", addresses=utf8_paths, why=dialogue.no_dialogue(facts))
        return
    without = [s for s in sessions if not dialogue.offers(s, "SMTPUTF8")]
    if without:
        hosts = [s.mx_host for s in without]
        yield say("smtputf8-missing", map(dialogue.ref, without), addresses=utf8_paths, hosts=hosts)
    else:
        yield say("smtputf8-offered", map(dialogue.ref, sessions), addresses=utf8_paths)
