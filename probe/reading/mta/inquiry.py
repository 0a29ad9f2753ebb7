"""Chooses the local mail server to read."""

from __future__ import annotations

from probe.model.address import Mailbox, ReversePath
from probe.model.local_tool import Inquiry
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import MtaChoice, NoSenderMta, SenderMta
from probe.reading.mta.exim import ask_exim
from probe.reading.mta.postfix import ask_postfix


def ask_sender_mta(
    choice: MtaChoice, sender: ReversePath, recipient: Mailbox, config: str
) -> Inquiry[SenderMta | NoSenderMta]:
    """How the local mail server would send from `sender` to `recipient`. `config` is the directory of another
    instance (an absolute path); with `auto`, of whichever server can read it."""
    if choice is MtaChoice.NONE:
        return NoSenderMta(MtaWhy(MtaReason.NOT_ASKED))
    if choice is MtaChoice.EXIM:
        return (yield from ask_exim(sender, recipient, config))
    postfix = yield from ask_postfix(sender, recipient, config)
    if choice is MtaChoice.POSTFIX or isinstance(postfix, SenderMta):
        return postfix
    exim = yield from ask_exim(sender, recipient, config)
    if isinstance(exim, SenderMta) or postfix.software is None:
        return exim
    return postfix
