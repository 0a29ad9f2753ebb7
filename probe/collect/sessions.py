"""The SMTP part of a run: the target first, then the relays that the local mail server hands on to what was
not taken, or the control experiments that the answer calls for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import islice

from probe._dataclass import dataclass, field, replace
from probe.collect.attempts import PLANNED, Tally, Visits, ask_target, say_nothing
from probe.collect.context import Adviser, Asks, Context, Judges
from probe.collect.controls import run_controls
from probe.collect.session import OnReply, SessionOutcome
from probe.collect.vantage import own_sources
from probe.knowledge.providers import by_mx_hosts
from probe.model.address import NullReversePath
from probe.model.dialable import why_no_host, why_not_dialable
from probe.model.observed import Gap, Part, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.session import Advice, Experiment, Stop
from probe.model.target import PairTarget, TlsMode, recipient_domain
from probe.net.clock import Deadline
from probe.net.route import is_own_address
from probe.net.smtp import Sink
from probe.net.threads import in_thread
from probe.recording import events as ev
from probe.standards.dns.results import MxHost, MxResult
from probe.standards.smtp.dialogue import DialoguePlan
from probe.standards.tls.required import NO_TLSA
from probe.survey.demand import BY_TLSA, HostTls, tls_towards
from probe.survey.own_server import own_decision
from probe.survey.recipient import tlsa_answers
from probe.survey.sending import Sending, before_self, fallbacks, in_order, route_as
from probe.world import World

# Relays that mail is handed on to: so many are talked to, and so many looked up and dialled.
MOST_RELAYS = 2
MOST_TRIED_RELAYS = 5


async def ask_the_servers(
    context: Context, mx: MxResult, own_name: Callable[[], Awaitable[str]]
) -> tuple[SessionOutcome, ...]:
    """Run the sessions with the MX hosts in order, then with the relays that the local mail server hands on
    to what those did not take; nothing is ever sent beyond RCPT. `own_name` gives the EHLO name, for which
    DNS may still be asked while a server is dialled. Returns all sessions in order."""
    if _is_kept(context, mx):
        context.record(ev.NotReached(context.clock.at_ms(), Part.SESSIONS, Reason(Gap.KEPT_HERE)))
        return ()
    ways, is_pair = _Ways(context, own_name), isinstance(context.target, PairTarget)
    first = await ways.ask(context.sending, mx, Experiment.TARGET if is_pair else Experiment.DOMAIN)
    if fallbacks(context.options, context.sending.mta):
        judges = await in_thread(context.judges)
        if await in_thread(partial(judges.hands_on, tuple(context.recording))):
            await _ask_the_fallbacks(context, ways)
            return tuple(ways.outcomes)
    if first is None or not is_pair:
        return tuple(ways.outcomes)
    await context.await_posture()
    provider = by_mx_hosts([host.host for host in mx.hosts])
    context.say("control experiments")
    judges = await in_thread(context.judges)
    options = context.sending.options
    await run_controls(
        first.visits,
        first.outcomes,
        first.hosts,
        mode=options.controls,
        seed=options.seed,
        settles=judges.settles_cause,
        unwelcome=judges.refuses_this_client,
        advise=_advice(context, judges),
        refuses_null_sender=provider is not None and provider.refuses_null_sender,
    )
    return tuple(ways.outcomes)


async def _ask_the_fallbacks(context: Context, ways: _Ways) -> None:
    """The relays in order, until one takes or refuses the mail for good."""
    domain, talked_to = recipient_domain(context.target), 0
    for how in fallbacks(context.options, context.sending.mta)[:MOST_TRIED_RELAYS]:
        reason = Reason(SessionReason.HANDED_ON, host=how.relay[0].host)
        mx = await context.ask(route_as(domain, how))
        inquiry = await ways.ask(how, mx, Experiment.FALLBACK, reason)
        outcomes = inquiry.outcomes if inquiry is not None else ()
        talked_to += any(outcome.connected for outcome in outcomes)
        if _is_final(outcomes) or talked_to == MOST_RELAYS:
            return


def _is_final(outcomes: tuple[SessionOutcome, ...]) -> bool:
    """Whether the mail server would go to no further relay: it has an answer that is no deferral, or none is
    known because the probe went no further."""
    last = outcomes[-1] if outcomes else None
    if last is None or not last.connected:
        return False
    reply = last.reply(Stage.RCPT) or last.reply(Stage.MAIL)
    return last.stop is Stop.LOGIN_NEEDED or (reply is not None and not reply.is_transient)


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """The servers of one route, and what came of asking them about the target."""

    visits: Visits
    hosts: tuple[MxHost, ...]
    outcomes: tuple[SessionOutcome, ...]


@dataclass(slots=True)
class _Ways:
    """The ways of one run to a server that takes the mail; what is limited is so over all of them."""

    context: Context
    own_name: Callable[[], Awaitable[str]]
    tally: Tally = field(default_factory=Tally)
    inquiries: list[_Inquiry] = field(default_factory=list)

    @property
    def outcomes(self) -> list[SessionOutcome]:
        """All sessions so far."""
        return [outcome for inquiry in self.inquiries for outcome in inquiry.visits.outcomes]

    async def ask(
        self,
        how: Sending,
        mx: MxResult,
        experiment: Experiment,
        reason: Reason[SessionReason] = PLANNED,
    ) -> _Inquiry | None:
        """Ask the hosts of `mx` about the target; None if there is none to connect to."""
        context = self.context
        usable = tuple(usable_host(host, how.options.usable_families) for host in mx.hosts)
        hosts = _in_order(context, in_order(how, before_self(how, usable)))
        if not any(host.addresses for host in hosts):
            return None
        visits = await visits_of(
            how,
            context.world,
            mx,
            context.ask,
            sink=context.record,
            deadline=context.deadline,
            spacing=context.world.pace.session_spacing,
            own_name=self.own_name,
            say=context.say,
            tally=self.tally,
        )
        context.say(f"asking {hosts[0].host}")
        context.dialling.set()
        plan = _plan(context, how)
        outcomes = await ask_target(visits, hosts, plan, experiment=experiment, reason=reason)
        inquiry = _Inquiry(visits, hosts, outcomes)
        self.inquiries.append(inquiry)
        return inquiry


def _plan(context: Context, how: Sending) -> DialoguePlan:
    if not isinstance(context.target, PairTarget):
        return DialoguePlan("", NullReversePath(), (), how.options.tls, until=Stage.EHLO)
    envelope = how.leaving(context.target)
    return DialoguePlan(
        helo="",
        reverse_path=envelope.reverse_path,
        forward_paths=(envelope.forward_path,),
        tls=how.options.tls,
        size=_size(context),
        until=Stage.RCPT,
        logs_in=how.logs_in,
    )


def _advice(context: Context, judges: Judges) -> Callable[[tuple[Experiment, ...]], Awaitable[Advice]]:
    """Asks the adviser of the run for the next experiment, in a thread."""
    adviser: Adviser | None = None

    async def advise(offered: tuple[Experiment, ...]) -> Advice:
        nonlocal adviser
        if adviser is None:
            adviser = await in_thread(judges.adviser)
        further = tuple(islice(context.recording, adviser.events, None))  # the run goes on meanwhile
        return await in_thread(partial(adviser.next_experiment, further, offered))

    return advise


def _size(context: Context) -> int | None:
    message = context.files.message
    return len(message[1]) if message is not None else context.options.size


def _is_kept(context: Context, mx: MxResult) -> bool:
    """Whether the local mail server never sends the mail to any of these hosts."""
    leads_here = any(is_own_address(ip) for host in mx.hosts for ip in host.addresses)
    domain = recipient_domain(context.target)
    decision = own_decision(context.sending, _size(context), domain, mx.hosts, leads_here=leads_here)
    return decision is not None


def _in_order(context: Context, hosts: tuple[MxHost, ...]) -> tuple[MxHost, ...]:
    """By preference, but first the host that answered in the log, so that both answers are from the same
    server."""
    delivery = context.files.log.delivery if context.files.log is not None else None
    if delivery is None or not delivery.relay_host:
        return hosts
    name = delivery.relay_host.lower().rstrip(".")
    return tuple(sorted(hosts, key=lambda host: host.host.lower().rstrip(".") != name or not host.addresses))


async def visits_of(
    how: Sending,
    world: World,
    mx: MxResult,
    ask: Asks,
    *,
    sink: Sink,
    deadline: Deadline,
    spacing: float,
    own_name: Callable[[], Awaitable[str]],
    say: Callable[[str], None] = say_nothing,
    on_reply: OnReply | None = None,
    tally: Tally | None = None,
) -> Visits:
    """The sessions of one run, or of one visit for a list, that sends so (`how`) to the hosts of `mx`; what
    is not explained here is as in `Visits`."""
    return Visits(
        sink=sink,
        clock=deadline.clock,
        deadline=deadline,
        # a relay comes from this host's own configuration, so any address is allowed
        why_not_dialable=why_no_host if how.options.allow_private or how.relay else why_not_dialable,
        courtesy=world.courtesy,
        host_lanes=world.host_lanes(),
        port=how.port,
        bind=how.options.bind,
        sources=own_sources(how),
        dial_with=world.dial,
        tls_roots=_roots(world, how),
        demands=await _demands(how, mx, ask),
        falls_back=how.tls_policy is None or how.tls_policy.falls_back,
        spacing=spacing,
        budgets=world.pace.smtp,
        own_name=own_name,
        say=say,
        on_reply=on_reply,
        tally=tally or Tally(),
    )


async def _demands(how: Sending, mx: MxResult, ask: Asks) -> dict[str, HostTls]:
    """The TLS requirements for each host. Waits for TLSA records only if they matter."""
    tlsas = {}
    if how.options.tls not in (TlsMode.REQUIRE, TlsMode.DANE):
        return {}
    if how.tls_policy is None or how.tls_policy.level in BY_TLSA:
        answers = await ask(tlsa_answers(mx, how.port))
        tlsas = {answer.host: answer.known_tlsas for answer in answers}
    return {it.host: tls_towards(how, it.host, mx.domain, tlsas.get(it.host, NO_TLSA)) for it in mx.hosts}


def _roots(world: World, how: Sending) -> str | None:
    """The trust roots of the local mail server, if it requires a certificate; a lab has its own."""
    policy = how.tls_policy
    return world.tls_roots or (policy.roots if policy is not None else None) or None


def usable_host(host: MxHost, families: tuple[int, ...]) -> MxHost:
    """The host without addresses of a family that -4, -6 or --bind excludes, and without any where it is a
    literal in place of a name, which RFC 5321 section 5.1 does not allow."""
    addresses = () if host.is_literal else tuple(ip for ip in host.addresses if ip.version in families)
    return replace(host, addresses=addresses)
