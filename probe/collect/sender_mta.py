"""Reads how the local mail server would send, from its own tools."""

from __future__ import annotations

import os
from types import ModuleType

from probe import settings
from probe._dataclass import replace
from probe.collect.context import Context
from probe.model.fault import Fault
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import MtaChoice, SenderMta
from probe.model.target import PairTarget
from probe.net.interfaces import own_addresses
from probe.net.threads import in_thread
from probe.recording import events as ev
from probe.survey.sending import sending

SWITCH = "SMTP_PROBE_MTA"  # "none" in the environment has the effect of --mta none, unless --mta is given


async def read_sender_mta(context: Context) -> None:
    """Read the mail server that the options name, and let the run send as it would. Nothing is recorded if
    none was requested and none is there."""
    target, options, tools = context.target, context.options, context.world.tools
    if tools is None or not isinstance(target, PairTarget) or is_left_out(options.mta):
        return
    inquiries = await in_thread(_readers)
    inquiry = inquiries.ask_sender_mta(
        options.mta, target.reverse_path, target.forward_path, options.mta_config
    )
    share = context.deadline.seconds_left() * settings.LOCAL_TOOLS_SHARE
    outcome = await tools(inquiry, budget=min(settings.LOCAL_TOOLS_TIMEOUT, share))
    if isinstance(outcome, SenderMta):
        outcome = _with_interfaces(outcome)
        context.record(ev.SenderMtaRead(context.clock.at_ms(), outcome))
        context.how = sending(options, outcome)
    elif outcome.software is not None or options.mta is not MtaChoice.AUTO or options.mta_config:
        context.record(ev.SenderMtaRead(context.clock.at_ms(), None, outcome.reason))


def _readers() -> ModuleType:
    from probe.reading.mta import inquiry  # the readers of all mail servers, which take long to load

    return inquiry


def is_left_out(choice: MtaChoice) -> bool:
    """Whether no local mail server is to be read, by --mta or by the environment."""
    is_off = choice is MtaChoice.AUTO and os.environ.get(SWITCH) == MtaChoice.NONE.value
    return choice is MtaChoice.NONE or is_off


def _with_interfaces(mta: SenderMta) -> SenderMta:
    """The server with the addresses of this machine, if it takes them for its own."""
    if not mta.own.of_interfaces:
        return mta
    addresses = dict.fromkeys((*mta.own.addresses, *own_addresses()))
    return replace(mta, own=replace(mta.own, addresses=tuple(addresses)))


def why_not_read(fault: Fault) -> MtaWhy:
    """The reason where this program failed to find out, or this machine gave out."""
    if fault.shortage is not None:
        return MtaWhy(MtaReason.SHORTAGE, shortage=fault.shortage)
    return MtaWhy(MtaReason.FAILED, text=fault.what)
