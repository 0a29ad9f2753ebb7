"""`smtp-probe domain DOMAIN`."""

from __future__ import annotations

from typing import Annotated

from probe.cli import choices, values
from probe.cli import options as opt
from probe.cli import recording_options as saved
from probe.cli.output import refuse_input
from probe.cli.parameters import Argument
from probe.model.target import DomainTarget

EXAMPLE = """
Example:
  smtp-probe domain example.net
"""


def domain(
    name: Annotated[str, Argument(metavar="DOMAIN", help="The recipient domain.")],
    bind: opt.BindOption = None,
    helo: opt.HeloOption = None,
    nameserver: opt.NameserverOption = None,
    mx: opt.MxOption = None,
    port: opt.PortOption = "25",
    ipv4: opt.Ipv4Option = False,
    ipv6: opt.Ipv6Option = False,
    no_smtp: opt.NoSmtpOption = False,
    tls: opt.TlsOption = "auto",
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
    """Look at a recipient domain before a send.

    MX and addresses, greeting, EHLO extensions, STARTTLS and its certificate, MTA-STS, DANE, TLS-RPT and
    the provider. No MAIL FROM and no RCPT TO: no mailbox is asked about.
    """
    target = DomainTarget(values.domain("DOMAIN", name))
    destination = choices.destination(
        form, output, quiet=quiet, verbose=verbose, pager=pager, warning=warning, critical=critical
    )
    refuse_input(destination.path, (severities,))
    options = choices.Reach.read(
        bind=bind,
        helo=helo,
        nameservers=nameserver,
        mx=mx,
        port=port,
        ipv4=ipv4,
        ipv6=ipv6,
        timeout=timeout,
        usual_timeout=destination.form.timeout,
    ).options(tls=tls, smtp=not no_smtp, allow_private=allow_private, fail_on=fail_on)
    record_to = choices.record_to(record)
    own = choices.severities(severities)

    from probe import run
    from probe.cli.delivery import Delivery
    from probe.cli.session import first_question, run_live

    return run_live(
        lambda hooks: run.observe(
            target,
            options,
            sink=hooks.sink,
            progress=hooks.progress,
            recording_to=hooks.recording_to,
            spent=hooks.spent,
            is_alone=True,
            early=hooks.early,
        ),
        Delivery(
            destination,
            record_to,
            own,
            subject=f"{target.domain}-domain",
            is_kept=True,
        ),
        first_question(target, options),
    )
