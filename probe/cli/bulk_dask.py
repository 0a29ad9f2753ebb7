"""The mail servers of a list are asked from several machines, by workers of Dask.

An operator belongs to one live worker (rendezvous hash), so courtesy needs no coordination, and greylisting
sees one address. A visit is pinned to its worker and never tried again by Dask, whose own retries ask twice;
what a worker that vanished has left open is asked by another one, after a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from itertools import count
from typing import Any

from probe import run
from probe._named_tuple import NamedTuple
from probe.cli.bulk_smtp import Servers, VisitLost
from probe.cli.errors import UsageError, complain
from probe.knowledge.operator_signs import first_signs
from probe.model.reply import Stage
from probe.model.target import Options
from probe.recording.codec import decode

_CRITICAL = 50  # of the log of Dask: a worker that vanishes is no news
_LOOK = 1.0  # seconds between two looks at a worker that says nothing
_SLOTS = 256  # visits of a worker at once: each takes one of its threads' places
_SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "logging": {"distributed": "critical"},
}


class DaskAddress(NamedTuple):
    """Where the scheduler is: `tcp://`, `tls://`, or `local:N` for a cluster of N processes on this machine.
    `tls` are the files of the authority, the certificate and its key."""

    text: str
    tls: tuple[str, ...] = ()

    @property
    def processes(self) -> int:
        """Of a cluster on this machine; 0: there is a scheduler."""
        return int(self.text.removeprefix("local:")) if self.text.startswith("local:") else 0


def read_address(option: str, text: str, tls: str | None, *, is_insecure: bool) -> DaskAddress:
    """Raises UsageError for what is no address, and for a plain connection to another host."""
    files = tuple(tls.split(",")) if tls is not None else ()
    if tls is not None and (len(files) != 3 or not all(files)):
        raise UsageError("--dask-tls", f"{tls!r} is not CA,CERT,KEY: three files in PEM")
    scheme, _, rest = text.partition("://" if "://" in text else ":")
    if (
        scheme == "local"
        and option == "--dask"
        and rest.isascii()
        and rest.isdecimal()
        and 0 < int(rest) < 100
    ):
        return DaskAddress(text)
    if scheme not in ("tcp", "tls") or not rest:
        raise UsageError(option, f"{text!r} is not tcp://HOST:PORT, tls://HOST:PORT or local:N")
    if scheme == "tls" and not files:
        raise UsageError(option, "tls:// needs --dask-tls CA,CERT,KEY")
    if scheme == "tcp" and not is_insecure and not _is_here(rest):
        raise UsageError(
            option,
            f"{text} is plain, and a scheduler runs what anybody sends it; take tls://, or --dask-insecure",
        )
    return DaskAddress(text, files)


def _is_here(place: str) -> bool:
    host = place.rpartition(":")[0].strip("[]") or place
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _load_dask() -> Any:
    try:
        import dask

        dask.config.set(_SETTINGS)  # before Dask is loaded and there is a cluster: later it has no effect
        import distributed
    except ImportError:
        raise UsageError("--dask", "needs Dask: pip install 'smtp-probe[dask]'") from None
    return distributed


def _security(address: DaskAddress) -> Any:
    if not address.tls:
        return None
    authority, certificate, key = address.tls
    names = {"tls_ca_file": authority}
    for role in ("client", "worker"):
        names |= {f"tls_{role}_cert": certificate, f"tls_{role}_key": key}
    return _load_dask().Security(require_encryption=True, **names)


@asynccontextmanager
async def servers_by_dask(
    address: DaskAddress, near: Servers, options: Options, spacing: float
) -> AsyncIterator[DaskServers]:
    """The servers, asked by the workers of the scheduler at `address`; `near` looks up where mail goes."""
    dask = _load_dask()
    cluster = None
    if address.processes:
        cluster = await dask.LocalCluster(
            n_workers=address.processes,
            threads_per_worker=_SLOTS,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=_CRITICAL,
            asynchronous=True,
        )
    try:
        try:
            client = await dask.Client(
                cluster or address.text, security=_security(address), asynchronous=True, timeout=10
            )
        except (OSError, TimeoutError) as error:
            raise UsageError("--dask", f"no scheduler answers at {address.text} ({error})") from None
        try:
            servers = DaskServers(client, near, options, spacing)
            await servers.begin()
            yield servers
        finally:
            await client.close()
    finally:
        if cluster is not None:
            await cluster.close()


class DaskServers:
    """As `Servers` of bulk_smtp; see `servers_by_dask`."""

    def __init__(self, client: Any, near: Servers, options: Options, spacing: float) -> None:
        self._client = client
        self._near = near
        self._options = options
        self._spacing = spacing
        self._remote = run.remote()
        self._numbers = count(1)
        self._run = secrets.token_hex(4)
        self._messages: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._checked: set[str] = set()

    async def begin(self) -> None:
        """Listen to the workers. Raises UsageError where there is none, and if Dask would ask twice."""
        self._client.subscribe_topic(self._remote.TOPIC, self._take)
        failures, steals = await self._client.run_on_scheduler(_settings_of)
        if failures or steals:
            raise UsageError(
                "--dask",
                "this scheduler tries tasks again, which asks twice; start it with "
                "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0 and "
                "DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING=False in its environment",
            )
        if not await self._workers():
            raise UsageError(
                "--dask", "the scheduler has no workers; smtp-probe bulk --dask-worker starts one"
            )

    async def route(self, domain: str) -> Any:
        """Where mail goes, as seen from here."""
        return await self._near.route(domain)

    async def visit(self, target: Any, mx: Any, hosts: Sequence[Any], sink: Any, on_reply: Any) -> None:
        """Raises VisitLost if the worker vanished before the end."""
        lane = first_signs(hosts[0].host)[0]
        worker = await self._worker_of(lane)
        visit = f"{self._run}-{next(self._numbers)}"
        queue = self._messages[visit] = asyncio.Queue()
        order = self._remote.order_of(visit, lane, target, self._options, hosts, self._spacing)
        task = self._client.submit(
            _hold,
            tuple(order),
            key=f"smtp-probe-{visit}",
            workers=[worker],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        try:
            await self._follow(visit, worker, task, queue, sink, on_reply)
        finally:
            del self._messages[visit]
            task.release()

    async def _follow(
        self,
        visit: str,
        worker: str,
        task: Any,
        queue: asyncio.Queue[dict[str, Any]],
        sink: Any,
        on_reply: Any,
    ) -> None:
        for number in count(1):
            message = await self._next(worker, task, queue)
            if message["number"] != number:
                raise VisitLost
            if message["kind"] == "end":
                return
            if message["kind"] == "event":
                sink(decode(message["text"]))
                continue
            paths = on_reply(_Rcpt()) or ()
            await self._run_in(worker, self._remote.say_next, visit, list(map(str, paths)))

    async def _next(self, worker: str, task: Any, queue: asyncio.Queue[dict[str, Any]]) -> dict[str, Any]:
        while True:
            try:
                return await asyncio.wait_for(queue.get(), _LOOK)
            except TimeoutError:
                is_over = task.status in ("error", "lost", "cancelled")
                if queue.empty() and (is_over or worker not in await self._workers()):
                    raise VisitLost from None

    async def _worker_of(self, lane: str) -> str:
        """The worker that has the lane: the highest hash of both. Raises VisitLost where there is none."""
        workers = await self._workers()
        if not workers:
            raise VisitLost
        worker = max(workers, key=lambda it: hashlib.sha256(f"{lane} {it}".encode()).digest())
        if worker not in self._checked:
            await self._check(worker)
        return worker

    async def _check(self, worker: str) -> None:
        other = await self._run_in(worker, self._remote.version)
        ours = self._remote.version()
        if other != ours:
            raise UsageError(
                "--dask",
                f"the worker {worker} has version {other and other[0]} and other rules than {ours[0]} here",
            )
        self._checked.add(worker)

    async def _run_in(self, worker: str, function: Callable[..., Any], *values: Any) -> Any:
        """What it gives in that worker. Raises VisitLost if the worker vanished."""
        try:
            answers = await self._client.run(function, *values, workers=[worker], on_error="raise")
        except (OSError, ValueError, TimeoutError):
            raise VisitLost from None
        return answers.get(worker)

    async def _workers(self) -> list[str]:
        identity = await self._client.scheduler.identity()
        return sorted(identity["workers"])

    def _take(self, event: tuple[float, dict[str, Any]]) -> None:
        _, message = event
        queue = self._messages.get(message["visit"])
        if queue is not None:
            queue.put_nowait(message)


class _Rcpt:
    """The exchange that a worker tells of."""

    stage = Stage.RCPT


async def _hold(order: tuple[Any, ...]) -> None:
    """In a worker."""
    from distributed import get_worker

    remote = run.remote()
    await remote.hold(remote.Order(*order), get_worker())


def _settings_of(dask_scheduler: Any) -> tuple[int, bool]:
    """In the scheduler: how often it tries again, and whether it moves tasks."""
    stealing = dask_scheduler.extensions.get("stealing")
    return dask_scheduler.allowed_failures, bool(stealing is not None and stealing._pc is not None)


async def work_for(address: DaskAddress, options: Options) -> None:
    """Be a worker of that scheduler, until the process is told to end. Raises UsageError."""
    dask = _load_dask()
    run.remote().settle_in(options)
    try:
        worker = await dask.Worker(
            address.text,
            nthreads=_SLOTS,
            name=f"smtp-probe {options.bind or ''} {run.remote().version()[0]}".replace("  ", " "),
            security=_security(address),
            dashboard_address=None,
        )
    except (OSError, TimeoutError) as error:
        raise UsageError("--dask-worker", f"no scheduler answers at {address.text} ({error})") from None
    complain(f"a worker of {address.text}, at {worker.address}; Ctrl-C ends it")
    await worker.finished()
