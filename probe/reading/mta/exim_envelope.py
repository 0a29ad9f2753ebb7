"""What Exim makes of an envelope: rewriting rules (`exim -brw`), redirection, return_path of a transport.

Exim specification, chapters 5 (-brw), 22 and 31.
"""

from __future__ import annotations

import re

from probe.model.address import Mailbox, ReversePath
from probe.model.sender_mta import TextFact

_REWRITTEN = re.compile(r"(?m)^\s*env-from: (\S+@\S+)$")
_PLAIN = re.compile(r"[A-Za-z0-9._+=@-]+")


def rewriting_arguments(sender: ReversePath) -> tuple[str, ...]:
    """The arguments of the call that shows what the rewriting rules make of the sender; empty for `<>`, which
    they leave alone. What stands behind -brw is read as addresses alone."""
    return ("-brw", str(sender)) if isinstance(sender, Mailbox) else ()


def sender_of(text: str, return_path: tuple[str, bool], sender: ReversePath, source: str) -> TextFact | None:
    """The envelope sender that leaves; None if it is the same. `text` is the output of `exim -brw`,
    `return_path` the value of that option of the transport, and whether it is set and known."""
    value, is_set = return_path
    if is_set and "@" in value:
        return TextFact(value, f"{source} return_path") if value != str(sender) else None
    match = _REWRITTEN.search(text)
    if match is None or not isinstance(sender, Mailbox) or match[1].lower() == str(sender).lower():
        return None
    return TextFact(match[1], "exim -brw")


def variables_of(sender: ReversePath, recipient: Mailbox) -> dict[str, str]:
    """The variables with a value at delivery alone that return_path may use; addresses of unusual form would
    be expanded themselves."""
    values = {
        "domain": recipient.domain,
        "local_part": recipient.local_part,
        "return_path": str(sender) if isinstance(sender, Mailbox) else "",
    }
    return {name: value for name, value in values.items() if not value or _PLAIN.fullmatch(value)}
