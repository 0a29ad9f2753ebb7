"""Asks the mail servers of a list: what is the same for all its sessions is found out once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from probe._dataclass import dataclass, field, replace
from probe.collect.attempts import ask_target
from probe.collect.sender_mta import is_left_out
from probe.collect.session import OnReply
from probe.collect.sessions import usable_host, visits_of
from probe.collect.vantage import choose_helo, own_sources
from probe.model.address import IPAddress, Mailbox, ReversePath
from probe.model.reply import Stage
from probe.model.sender_mta import SenderMta
from probe.model.session import Experiment
from probe.model.target import DomainTarget, Options, PairTarget, Target
from probe.net.route import full_host_name, local_address_towards
from probe.reading.mta.inquiry import ask_sender_mta
from probe.recording import events as ev
from probe.settings import BULK_VISIT_TIME, LOCAL_TOOLS_TIMEOUT
from probe.standards.dns.message import Answer, Question, Resolution, T, run_async
from probe.standards.dns.results import MxHost, MxResult
from probe.standards.smtp.dialogue import DialoguePlan
from probe.survey.sending import Sending, in_order, route, sending
from probe.world import World

AskDns = Callable[[tuple[Question, ...]], Awaitable[tuple[Answer, ...]]]


async def read_own_server(
    options: Options, world: World, sender: ReversePath, recipient: Mailbox | None
) -> SenderMta | None:
    """How the mail server of this host would send to `recipient`, one of many; None without one, with --mta
    none, or where no mailbox is asked about."""
    if world.tools is None or recipient is None or is_left_out(options.mta):
        return None
    inquiry = ask_sender_mta(options.mta, sender, recipient, options.mta_config)
    outcome = await world.tools(inquiry, budget=LOCAL_TOOLS_TIMEOUT)
    return outcome if isinstance(outcome, SenderMta) else None


@dataclass(slots=True)
class Caller:
    """Makes the sessions of a list, as `check` makes its own. `how` is as `caller` makes it, `ask_dns` asks
    DNS; the EHLO name of each family is kept."""

    how: Sending
    world: World
    ask_dns: AskDns
    spacing: float
    _names: dict[int, str] = field(default_factory=dict)

    async def route(self, domain: str) -> MxResult:
        """Where mail for `domain` is taken now, the hosts with the addresses that may be used."""
        result = await self._ask(route(domain, self.how.options))
        families = self.how.options.usable_families
        hosts = in_order(self.how, tuple(usable_host(host, families) for host in result.hosts))
        return replace(result, hosts=hosts)

    async def visit(
        self,
        target: Target,
        mx: MxResult,
        hosts: Sequence[MxHost],
        sink: Callable[[ev.Event], None],
        on_reply: OnReply | None = None,
    ) -> None:
        """Ask `hosts`, in order, about the target, until one answers; `on_reply` decides after each reply
        about which mailboxes more. Each event goes to `sink`. Never raises on what a network does."""
        visits = await visits_of(
            self.how,
            self.world,
            mx,
            self._ask,
            sink=sink,
            deadline=self.world.clock().deadline(BULK_VISIT_TIME),
            spacing=self.spacing,
            own_name=lambda: self._own_name(hosts),
            on_reply=on_reply,
        )
        plan = _plan(target, self.how.options)
        await ask_target(visits, tuple(hosts), plan, experiment=_experiment(target))

    async def _own_name(self, hosts: Sequence[MxHost]) -> str:
        options = self.how.options
        if options.helo is not None:
            return options.helo
        towards = next((ip for host in hosts for ip in host.addresses), None)
        family = towards.version if towards is not None else 4
        if family not in self._names:
            self._names[family], _ = await choose_helo(self._ask, self._source(towards), full_host_name())
        return self._names[family]

    def _source(self, towards: IPAddress | None) -> IPAddress | None:
        if towards is None:
            return self.how.options.bind
        own = self.how.options.bind or own_sources(self.how).get(towards.version)
        return own or local_address_towards(towards)

    async def _ask(self, resolution: Resolution[T]) -> T:
        return await run_async(resolution, self.ask_dns)


def caller(options: Options, mta: SenderMta | None, world: World, ask_dns: AskDns, spacing: float) -> Caller:
    """The caller for a list; `spacing` are the seconds between two sessions about one domain."""
    return Caller(sending(options, mta), world, ask_dns, spacing)


def _plan(target: Target, options: Options) -> DialoguePlan:
    if isinstance(target, PairTarget):
        return DialoguePlan("", target.reverse_path, (target.forward_path,), options.tls)
    return DialoguePlan("", tls=options.tls, until=Stage.EHLO)


def _experiment(target: Target) -> Experiment:
    return Experiment.DOMAIN if isinstance(target, DomainTarget) else Experiment.TARGET
