"""Control experiments: sessions with another question, to distinguish the causes of a refusal.

One session, one experiment. The POSTMASTER session asks about postmaster and then, in the same
transaction, about one invented mailbox; `Exchange.sent` tells the two RCPTs apart. The others ask
about the target again, each with one thing changed: the reverse-path, the MX host, the address
family, TLS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator

from probe import settings
from probe._dataclass import dataclass, replace
from probe.collect.attempts import Visits
from probe.collect.session import SessionOutcome
from probe.model.address import IPAddress, Mailbox, NullReversePath
from probe.model.observed import Gap, Part, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import Advice, EndReason, Experiment, Stop
from probe.model.target import ControlsMode, TlsMode
from probe.recording import events as ev
from probe.standards.dns.results import MxHost
from probe.standards.smtp.dialogue import DialoguePlan

_CONTROL = Reason(SessionReason.CONTROL)
Judge = Callable[[Reply, Stage], bool]
Advise = Callable[[tuple[Experiment, ...]], Awaitable[Advice]]


def postmaster_of(mailbox: Mailbox) -> Mailbox:
    """The mailbox that every domain with mail must have (RFC 5321 section 4.5.1)."""
    return replace(mailbox, local_part="postmaster")


def invented_mailbox(mailbox: Mailbox, seed: int) -> Mailbox:
    """A mailbox of the same domain that nobody has: 80 bits of the run's seed."""
    digest = hashlib.sha256(f"smtp-probe {seed}".encode()).hexdigest()
    return replace(mailbox, local_part=f"probe-{digest[:20]}")


@dataclass(frozen=True, slots=True)
class _Control:
    experiment: Experiment
    mx_host: str
    ip: IPAddress
    plan: DialoguePlan


async def run_controls(
    visits: Visits,
    outcomes: tuple[SessionOutcome, ...],
    hosts: tuple[MxHost, ...],
    *,
    mode: ControlsMode,
    seed: int,
    settles: Judge,
    unwelcome: Judge,
    advise: Advise,
    refuses_null_sender: bool = False,
) -> tuple[SessionOutcome, ...]:
    """Make the control experiments that the target's answer calls for.

    `outcomes` is the result of `ask_target`; `settled(reply, stage)` says whether the text of a refusal
    settles its cause, `unwelcome(reply, stage)` whether it is about the probe's own address; `advise(open)`
    which of the possible experiments to make next, and which would change nothing (these are left out, except
    in mode ALWAYS); `refuses_null_sender`: this provider always refuses the null reverse-path, so that test
    would prove nothing. No experiment follows one that was itself refused as a client, and none is made at an
    address that refuses the probe. Omitted experiments are recorded with the reason.
    """
    target = outcomes[-1] if outcomes else None
    if target is None or not _is_called_for(target, mode, settles):
        return ()
    rest = {
        control.experiment: control
        for control in _controls(target, hosts, seed, refuses_null_sender=refuses_null_sender)
    }
    further: list[SessionOutcome] = []
    while rest:
        advice = await advise(tuple(rest))
        experiment = advice.choice or (next(iter(rest)) if mode is ControlsMode.ALWAYS else None)
        if experiment is None:
            # an experiment that is idle now may have been useful before: only the last advice counts
            for idle, why in advice.idle.items():
                _note(visits, idle, Reason(why))
            break
        control = rest.pop(experiment)
        is_barred = any(o.ip == control.ip and _is_barred(o, unwelcome) for o in (target, *further))
        obstacle = Reason(Gap.BARRED) if is_barred else _cap(control, further)
        if obstacle is not None:
            _note(visits, experiment, obstacle)
            continue
        outcome = await visits.visit(control.mx_host, control.ip, control.experiment, _CONTROL, control.plan)
        if outcome is None:
            break
        further.append(outcome)
        if _turned_away(outcome) and outcome.ip == target.ip:
            break
    return tuple(further)


def _is_barred(outcome: SessionOutcome, unwelcome: Judge) -> bool:
    reply, stage = _deciding_reply(outcome)
    return reply is not None and unwelcome(reply, stage)


def _note(visits: Visits, experiment: Experiment, why: Reason[Gap]) -> None:
    visits.sink(ev.NotReached(visits.clock.at_ms(), Part.CONTROL, why, experiment))


def _cap(control: _Control, outcomes: list[SessionOutcome]) -> Reason[Gap] | None:
    """The courtesy limit that forbids another session; None if none does."""
    if len(outcomes) >= settings.MAX_CONTROL_SESSIONS:
        return Reason(Gap.MOST_CONTROLS, most=settings.MAX_CONTROL_SESSIONS)
    if sum(outcome.ip == control.ip for outcome in outcomes) >= settings.MAX_CONTROLS_AT_ONE_ADDRESS:
        return Reason(Gap.MOST_CONTROLS_THERE, most=settings.MAX_CONTROLS_AT_ONE_ADDRESS)
    return None


def _is_called_for(target: SessionOutcome, mode: ControlsMode, settles: Judge) -> bool:
    if mode is ControlsMode.NEVER or not target.plan.forward_paths:
        return False
    reply, stage = _deciding_reply(target)
    if reply is None or reply.code == 421:
        return False  # refused as a client, or no answer at all: more sessions would only be a burden
    if stage in _BEFORE_MAIL and reply.is_positive:
        return False  # ended after an acceptance: nothing was refused
    return mode is ControlsMode.ALWAYS or (not reply.is_positive and not settles(reply, stage))


_BEFORE_MAIL = (Stage.GREETING, Stage.EHLO)


def _deciding_reply(target: SessionOutcome) -> tuple[Reply | None, Stage]:
    """The deciding reply of the session with its stage: that about the recipient, else the last."""
    about = target.answer_about(0)
    if about is not None:
        return about, Stage.RCPT
    for stage in (Stage.MAIL, Stage.EHLO, Stage.GREETING):
        reply = target.reply(stage)
        if reply is not None:
            return reply, stage
    return None, Stage.GREETING


def _controls(
    target: SessionOutcome, hosts: tuple[MxHost, ...], seed: int, *, refuses_null_sender: bool
) -> Iterator[_Control]:
    """The possible experiments, the usually most informative first."""
    plan = target.plan
    mailbox = plan.forward_paths[0]
    _, stage = _deciding_reply(target)
    again = replace(plan, forward_paths=(mailbox,))
    # after a refused MAIL nothing is known about RCPT: other mailboxes would add nothing
    if stage is Stage.RCPT:
        yield _other_mailboxes(target, mailbox, seed)
    # before MAIL neither sender nor recipient was named, so neither was refused
    if stage not in _BEFORE_MAIL:
        if not refuses_null_sender and not isinstance(plan.reverse_path, NullReversePath):
            yield _Control(
                Experiment.NULL_SENDER,
                target.mx_host,
                target.ip,
                replace(again, reverse_path=NullReversePath()),
            )
        yield from _other_host(target, hosts, again)
        if plan.tls is TlsMode.AUTO and any(entry.secure for entry in target.entries):
            yield _Control(
                Experiment.WITHOUT_TLS,
                target.mx_host,
                target.ip,
                replace(again, tls=TlsMode.NEVER),
            )
    yield from _other_family(target, hosts, again)


def _other_host(target: SessionOutcome, hosts: tuple[MxHost, ...], plan: DialoguePlan) -> Iterator[_Control]:
    for host in hosts:
        if host.host != target.mx_host and host.addresses and target.ip not in host.addresses:
            yield _Control(
                Experiment.OTHER_MX,
                host.host,
                host.addresses[0],
                plan,
            )
            return


def _other_family(
    target: SessionOutcome, hosts: tuple[MxHost, ...], plan: DialoguePlan
) -> Iterator[_Control]:
    addresses = [ip for host in hosts if host.host == target.mx_host for ip in host.addresses]
    for ip in addresses:
        if ip.version != target.ip.version:
            yield _Control(
                Experiment.OTHER_FAMILY,
                target.mx_host,
                ip,
                plan,
            )
            return


def _other_mailboxes(target: SessionOutcome, mailbox: Mailbox, seed: int) -> _Control:
    random_mailbox = invented_mailbox(mailbox, seed)
    if mailbox.local_part.lower() == "postmaster":
        experiment = Experiment.RANDOM
        paths: tuple[Mailbox, ...] = (random_mailbox,)
    else:
        experiment = Experiment.POSTMASTER
        paths = (postmaster_of(mailbox), random_mailbox)
    return _Control(experiment, target.mx_host, target.ip, replace(target.plan, forward_paths=paths))


_TURNED_AWAY = frozenset(
    {
        Stop.GREETING_REFUSED,
        Stop.EHLO_REFUSED,
        Stop.TLS_REFUSED,
        Stop.TLS_FAILED,
        Stop.TLS_NOT_VERIFIED,
        Stop.OUT_OF_STEP,
        Stop.INTERMEDIATE,
    }
)

# the server never replies, or sends endless data: another session would end the same way
_WITHOUT_END = frozenset({EndReason.TIMEOUT, EndReason.TOO_MUCH_DATA})


def _turned_away(outcome: SessionOutcome) -> bool:
    """Whether the server refused the client itself, not the sender or recipient."""
    if not outcome.connected or outcome.stop is Stop.CLOSING or outcome.end in _WITHOUT_END:
        return True
    hello = outcome.reply(Stage.EHLO)
    if outcome.stop in _TURNED_AWAY or (hello is not None and not hello.is_positive):
        return True
    # a null reverse-path that is refused is the experiment's result
    return outcome.stop is Stop.MAIL_REFUSED and outcome.experiment is not Experiment.NULL_SENDER
