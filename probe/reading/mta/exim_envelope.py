"""What Exim makes of an envelope: rewriting rules (`exim -brw`), redirection, return_path of a transport.

Exim specification, chapters 5 (-brw), 22 and 31.
"""

from __future__ import annotations

import re

from probe.model.address import Mailbox, ReversePath
from probe.model.local_tool import ToolOutput
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import TextFact

_REWRITTEN = re.compile(r"(?m)^\s*env-from: (\S+@\S+)$")
_PLAIN = re.compile(r"[A-Za-z0-9._+=@-]+")


def rewriting_arguments(sender: ReversePath) -> tuple[str, ...]:
    """The arguments of the call that shows what the rewriting rules make of the sender; empty for `<>`, which
    they leave alone. What stands behind -brw is read as addresses alone."""
    return ("-brw", str(sender)) if isinstance(sender, Mailbox) else ()


def sender_of(
    rewriting: ToolOutput, return_path: tuple[str, MtaWhy | None], sender: ReversePath, source: str
) -> TextFact | None:
    """The envelope sender that leaves; None if it is the same. `rewriting` is the output of `exim -brw`,
    `return_path` the value of that option of the transport, and why it is not known."""
    value, unknown = return_path
    if unknown is not None:
        return TextFact(None, f"{source} return_path", unknown)
    if "@" in value:
        return TextFact(value, f"{source} return_path") if value != str(sender) else None
    if not isinstance(sender, Mailbox):
        return None
    if rewriting.exit_code is None:
        return TextFact(None, "exim -brw", MtaWhy(MtaReason.NO_ANSWER, failure=rewriting.why))
    match = _REWRITTEN.search(rewriting.text)
    return TextFact(match[1], "exim -brw") if match and match[1].lower() != str(sender).lower() else None


def variables_of(sender: ReversePath, recipient: Mailbox) -> dict[str, str]:
    """The variables with a value at delivery alone that return_path may use; addresses of unusual form would
    be expanded themselves."""
    values = {
        "domain": recipient.domain,
        "local_part": recipient.local_part,
        "return_path": str(sender) if isinstance(sender, Mailbox) else "",
    }
    return {name: value for name, value in values.items() if not value or _PLAIN.fullmatch(value)}
