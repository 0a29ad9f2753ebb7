"""A scenario with its running servers, as `smtp-probe demo` uses it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from probe._dataclass import dataclass, field, replace
from probe.lab.scenario import Scenario, Tls
from probe.model.target import Options, PairTarget

if TYPE_CHECKING:
    from probe.lab.smtp_server import Log
    from probe.world import World


@dataclass(frozen=True, slots=True)
class RunningLab:
    """What a run against the lab needs. `message` is that of the scenario, as `run.observe` takes it; runs in
    one `world` share the DNS answers."""

    scenario: Scenario
    options: Options
    world: World
    log: Log = field(repr=False)

    @property
    def target(self) -> PairTarget:
        """Who writes to whom."""
        return self.scenario.target

    @property
    def message(self) -> tuple[str, bytes] | None:
        """Name and octets of the message to be sent."""
        data = self.scenario.message
        return (f"{self.scenario.id}.eml", data) if data is not None else None

    @property
    def sessions(self) -> int:
        """Connections that the mail server has had."""
        return self.log.sessions

    @property
    def data_commands(self) -> int:
        """DATA and BDAT commands that it has had; a probe sends none."""
        return self.log.data_commands


@contextlib.asynccontextmanager
async def serve(scenario: Scenario) -> AsyncIterator[RunningLab]:
    """Start the servers of a scenario on 127.0.0.1 and stop them at the end.

    Raises OSError when this machine has no loopback ports to give.
    """
    from probe import world
    from probe.lab import certificates
    from probe.lab.dns_server import serve_dns
    from probe.lab.https_server import serve_policies
    from probe.lab.smtp_server import Log, serve_smtp
    from probe.lab.zone import Zone, blocklist_records
    from probe.survey.reputation import chosen_lists

    log = Log()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smtp-probe-lab-")))
        root = certificates.authority()
        roots = folder / "root.pem"
        roots.write_bytes(root.pem)

        tls = scenario.smtp.tls
        leaf = certificates.issue(tls, (scenario.smtp.host,), root)
        tls_context = None
        if tls is not Tls.NONE:
            tls_context = certificates.server_context(leaf, folder, outdated=tls is Tls.OUTDATED)
        port = await stack.enter_async_context(serve_smtp(scenario.smtp, tls_context, log))

        https_port = None
        if scenario.policies:
            hosts = tuple(f"mta-sts.{domain}" for domain in scenario.policies)
            policy_context = certificates.server_context(certificates.issue(Tls.VALID, hosts, root), folder)
            https_port = await stack.enter_async_context(serve_policies(scenario.policies, policy_context))

        own = scenario.records.replace("{port}", str(port)).replace("{spki}", leaf.public_key_digest)
        lists = blocklist_records(chosen_lists(scenario.options), scenario.listed)
        zone = Zone(f"{own}\n{lists}", scenario.secure, scenario.failing)
        nameserver = await stack.enter_async_context(serve_dns(zone))

        yield RunningLab(
            scenario=scenario,
            options=replace(scenario.options, nameservers=(nameserver,), port=port),
            world=world.lab(
                scenario.id,
                https_context=certificates.trusting_context(root),
                https_port=https_port,
                tls_roots=str(roots),
            ),
            log=log,
        )
