"""Control experiments: sessions that ask something else, to tell the causes of a refusal apart.

One session, one experiment. The POSTMASTER session asks about postmaster and then, in the same
transaction, about one invented mailbox; `Exchange.sent` tells the two RCPTs apart. NULL_SENDER
and OTHER_MX ask about the target again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from probe import settings
from probe.collect.attempts import Visits
from probe.collect.session import SessionOutcome
from probe.model.address import IPAddress, Mailbox, NullReversePath
from probe.model.reply import Reply, Stage
from probe.model.session import Experiment
from probe.model.target import ControlsMode
from probe.recording import events as ev
from probe.standards.dns.results import MxHost
from probe.standards.smtp.dialogue import DialoguePlan, Stop

Settled = Callable[[Reply, Stage], bool]


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
    reason: str
    plan: DialoguePlan


async def run_controls(
    visits: Visits,
    asked: tuple[SessionOutcome, ...],
    hosts: tuple[MxHost, ...],
    *,
    mode: ControlsMode,
    seed: int,
    settled: Settled,
    refuses_null_sender: bool = False,
) -> tuple[SessionOutcome, ...]:
    """Make the control experiments that the target's answer calls for.

    `asked` is what `ask_target` returned; `settled(reply, stage)` says whether a refusal's own text
    settles its cause; `refuses_null_sender` that this provider refuses the null reverse-path from
    everybody, which would prove nothing. At most `settings.MAX_CONTROL_SESSIONS` sessions; none
    follows one that was turned away itself.
    """
    target = asked[-1] if asked else None
    if target is None or not _is_called_for(target, mode, settled):
        return ()
    made: list[SessionOutcome] = []
    for control in _controls(target, hosts, seed, refuses_null_sender=refuses_null_sender):
        if len(made) == settings.MAX_CONTROL_SESSIONS:
            cap = f"courtesy: at most {settings.MAX_CONTROL_SESSIONS} control sessions"
            visits.sink(ev.NotReached(visits.clock.at_ms(), f"control {control.experiment}", cap))
            continue
        outcome = await visits.visit(
            control.mx_host, control.ip, control.experiment, control.reason, control.plan
        )
        if outcome is None:
            break
        made.append(outcome)
        if _turned_away(outcome):
            break
    return tuple(made)


def _is_called_for(target: SessionOutcome, mode: ControlsMode, settled: Settled) -> bool:
    if mode is ControlsMode.NEVER or not target.plan.forward_paths:
        return False
    reply, stage = target.answer_about(0), Stage.RCPT
    if reply is None:
        reply, stage = target.reply(Stage.MAIL), Stage.MAIL
    if reply is None or reply.code == 421:
        return False  # turned away, or no answer at all: more sessions would only bother
    return mode is ControlsMode.ALWAYS or (not reply.is_positive and not settled(reply, stage))


def _controls(
    target: SessionOutcome, hosts: tuple[MxHost, ...], seed: int, *, refuses_null_sender: bool
) -> Iterator[_Control]:
    """In the order of what they usually tell."""
    plan = target.plan
    wanted = plan.forward_paths[0]
    # where MAIL was refused, RCPT was never judged: other mailboxes would show nothing new
    if target.answer_about(0) is not None:
        yield _other_mailboxes(target, wanted, seed)
    if not refuses_null_sender and not isinstance(plan.reverse_path, NullReversePath):
        yield _Control(
            Experiment.NULL_SENDER,
            target.mx_host,
            target.ip,
            "is the same recipient refused to the null reverse-path, which no sender's policy covers?",
            replace(plan, reverse_path=NullReversePath(), forward_paths=(wanted,)),
        )
    for host in hosts:
        if host.host != target.mx_host and host.addresses and target.ip not in host.addresses:
            yield _Control(
                Experiment.OTHER_MX,
                host.host,
                host.addresses[0],
                "does another mail exchanger of the domain answer the same?",
                replace(plan, forward_paths=(wanted,)),
            )
            return


def _other_mailboxes(target: SessionOutcome, wanted: Mailbox, seed: int) -> _Control:
    invented = invented_mailbox(wanted, seed)
    if wanted.local_part.lower() == "postmaster":
        experiment, reason = Experiment.RANDOM, "does a made-up mailbox get the same answer?"
        paths: tuple[Mailbox, ...] = (invented,)
    else:
        experiment = Experiment.POSTMASTER
        reason = "do postmaster, which must work (RFC 5321 4.5.1), and a made-up mailbox get the same answer?"
        paths = (postmaster_of(wanted), invented)
    return _Control(experiment, target.mx_host, target.ip, reason, replace(target.plan, forward_paths=paths))


_TURNED_AWAY = frozenset(
    {
        Stop.GREETING_REFUSED,
        Stop.EHLO_REFUSED,
        Stop.TLS_REFUSED,
        Stop.TLS_FAILED,
        Stop.TLS_NOT_VERIFIED,
        Stop.OUT_OF_STEP,
    }
)


def _turned_away(outcome: SessionOutcome) -> bool:
    """The server refused the probe itself, not what it asked about."""
    if not outcome.connected or outcome.stop is Stop.CLOSING:
        return True
    if outcome.stop in _TURNED_AWAY:
        return True
    # a null reverse-path that is refused is the experiment's result
    return outcome.stop is Stop.MAIL_REFUSED and outcome.experiment is not Experiment.NULL_SENDER
