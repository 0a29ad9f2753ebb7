"""`smtp-probe check SENDER RECIPIENT`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from probe import settings
from probe._dataclass import replace
from probe.cli import choices, values
from probe.cli import options as opt
from probe.cli import recording_options as saved
from probe.cli.errors import UsageError, refuse_controls
from probe.cli.output import refuse_input
from probe.cli.parameters import Argument
from probe.model.target import Options, PairTarget

if TYPE_CHECKING:
    from probe.model.logged import LogAccount

    _Files = tuple[tuple[str, bytes] | None, tuple[str, bytes] | None, LogAccount | None]
    from probe.cli.delivery import Delivery

EXAMPLE = """
Example:
  smtp-probe check bob@example.com alice@example.net --ip 192.0.2.10
"""


def check(
    sender: Annotated[str, Argument(metavar="SENDER", help="MAIL FROM: an address, or <> for none.")],
    recipient: Annotated[str, Argument(metavar="RECIPIENT", help="RCPT TO: an address.")],
    ip: opt.IpOption = None,
    bind: opt.BindOption = None,
    helo: opt.HeloOption = None,
    mta: opt.MtaOption = "auto",
    config_dir: opt.ConfigDirOption = None,
    header_from: opt.HeaderFromOption = None,
    selector: opt.SelectorOption = None,
    message: opt.MessageOption = None,
    size: opt.SizeOption = None,
    bounce: opt.BounceOption = None,
    log: opt.LogOption = None,
    queue_id: opt.QueueIdOption = None,
    nameserver: opt.NameserverOption = None,
    mx: opt.MxOption = None,
    port: opt.PortOption = "25",
    route: opt.RouteOption = "mta",
    ipv4: opt.Ipv4Option = False,
    ipv6: opt.Ipv6Option = False,
    dnsbl: opt.DnsblOption = None,
    no_dnsbl: opt.NoDnsblOption = False,
    no_smtp: opt.NoSmtpOption = False,
    tls: opt.TlsOption = "auto",
    controls: opt.ControlsOption = "auto",
    allow_private: opt.AllowPrivateOption = False,
    timeout: opt.TimeoutOption = None,
    record: saved.RecordOption = None,
    form: opt.FormatOption = "text",
    output: opt.OutputOption = None,
    fail_on: opt.FailOnOption = "error",
    severities: opt.SeveritiesOption = None,
    warning: opt.WarningOption = None,
    critical: opt.CriticalOption = None,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    pager: opt.PagerOption = False,
) -> int:
    """Find out why mail from SENDER to RECIPIENT does not go through.

    Asks DNS about both sides and the blocklists, talks to the recipient's mail server up to RCPT TO,
    and says what refuses the mail, who must act and when to try again. Nothing is ever delivered.
    """
    target = PairTarget(values.sender(sender), values.mailbox("RECIPIENT", recipient))
    destination = choices.destination(
        form, output, quiet=quiet, verbose=verbose, pager=pager, warning=warning, critical=critical
    )
    refuse_input(destination.path, (message, bounce, *(log or ()), severities))
    reach = choices.Reach.read(
        bind=bind,
        helo=helo,
        nameservers=nameserver,
        mx=mx,
        port=port,
        ipv4=ipv4,
        ipv6=ipv6,
        timeout=timeout,
        usual_timeout=destination.form.timeout,
    )
    if dnsbl and no_dnsbl:
        raise UsageError("--dnsbl", "cannot be used together with --no-dnsbl")
    options = replace(
        choices.as_server(
            reach.options(tls=tls, smtp=not no_smtp, allow_private=allow_private, fail_on=fail_on),
            *(mta, config_dir, route),
        ),
        ip=values.ip("--ip", ip) if ip is not None else None,
        header_from=values.mailbox("--header-from", header_from) if header_from is not None else None,
        selectors=tuple(values.selector("--selector", item) for item in selector or ()),
        size=values.size("--size", size) if size is not None else None,
        controls=choices.controls(controls),
        dnsbl_enabled=not no_dnsbl,
        dnsbl=tuple(values.zone("--dnsbl", item) for item in dnsbl or ()),
    )
    delivery = _delivery(destination, record, severities, target)
    log_facts = _log(log, target, queue_id)
    return _run(target, _from(log_facts, options), (_message(message), _bounce(bounce), log_facts), delivery)


def _run(target: PairTarget, options: Options, files: _Files, delivery: Delivery) -> int:
    from probe import run
    from probe.cli.session import first_question, run_live

    message, bounce, log = files
    return run_live(
        lambda hooks: run.observe(
            target,
            options,
            message=message,
            bounce=bounce,
            log=log,
            sink=hooks.sink,
            progress=hooks.progress,
            recording_to=hooks.recording_to,
            spent=hooks.spent,
            is_alone=True,
            early=hooks.early,
        ),
        delivery,
        first_question(target, options),
    )


def _from(log: LogAccount | None, options: Options) -> Options:
    """The reach with the address that the log names, if none was given."""
    if log is None or log.delivery is None or options.ip is not None:
        return options
    return replace(options, ip=log.delivery.source_ip)


def _delivery(
    to: choices.Destination, record: str | None, severities: str | None, target: PairTarget
) -> Delivery:
    from probe.cli.delivery import Delivery

    return Delivery(
        to,
        choices.record_to(record),
        choices.severities(severities),
        subject=target.forward_path.domain,
        is_kept=True,
    )


def _message(path: str | None) -> tuple[str, bytes] | None:
    if path is None:
        return None
    way_out = "give its size with --size"
    return Path(path).name, values.input_file("--message", path, settings.MESSAGE_SIZE_LIMIT, way_out)


def _bounce(path: str | None) -> tuple[str, bytes] | None:
    """Text beyond the limit is the end of the returned message; the reader reports it."""
    if path is None:
        return None
    return Path(path).name, values.input_start("--bounce", path, settings.BOUNCE_SIZE_LIMIT + 1)


def _log(names: list[str] | None, target: PairTarget, queue_id: str | None) -> LogAccount | None:
    """The facts of the log on the pair; None without --log."""
    if not names:
        if queue_id is not None:
            raise UsageError("--queue-id", "needs --log FILE, where the message is to be looked for")
        return None
    for name in names:
        refuse_controls("--log", name)
    refuse_controls("--queue-id", queue_id or "")
    from probe.cli.log_options import queue_id as bare_id
    from probe.cli.log_pair import log_facts_of

    return log_facts_of(names, target, bare_id(queue_id) if queue_id is not None else None)
