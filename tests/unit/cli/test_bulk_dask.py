"""The driver of workers on other machines, with a client of Dask that is made up."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from probe import run
from probe.cli.bulk_dask import DaskServers, read_address
from probe.cli.bulk_smtp import VisitLost
from probe.cli.errors import UsageError
from probe.model.target import DomainTarget, Options


class Client:
    """`answer` is what a function gives that is run in a worker; tasks come to `status` at once."""

    def __init__(self, workers: list[str], answer: Any, status: str = "error") -> None:
        self._answer = answer
        self._status = status
        self.submitted: list[dict[str, Any]] = []
        self.scheduler = SimpleNamespace(identity=self._identity)
        self._workers = workers

    async def _identity(self) -> dict[str, Any]:
        return {"workers": self._workers}

    async def run(self, function: Callable[..., Any], *_rest: Any, workers: list[str], on_error: str) -> Any:
        return dict.fromkeys(workers, self._answer)

    def submit(self, _function: Any, _order: Any, **how: Any) -> Any:
        self.submitted.append(how)
        return SimpleNamespace(status=self._status, release=lambda: None)


async def visit(client: Client, host: str = "mx.d.example") -> None:
    servers = DaskServers(client, None, Options(), 0.0)  # type: ignore[arg-type]
    hosts = (SimpleNamespace(host=host, addresses=()),)
    await servers.visit(DomainTarget("d.example"), None, hosts, lambda _event: None, lambda _entry: None)


async def test_a_worker_of_another_version_is_refused() -> None:
    client = Client(["tcp://a"], ("0.0.0", "other rules"))
    with pytest.raises(UsageError, match=r"tcp://a has version 0\.0\.0"):
        await visit(client)
    assert client.submitted == []


async def test_a_visit_is_pinned_and_never_tried_again_by_dask() -> None:
    client = Client(["tcp://a", "tcp://b"], run.remote().version())
    with pytest.raises(VisitLost):
        await visit(client)
    (how,) = client.submitted
    assert (how["allow_other_workers"], how["pure"], how["retries"]) == (False, False, 0)
    assert len(how["workers"]) == 1


async def test_an_operator_keeps_its_worker_when_another_one_comes_or_goes() -> None:
    async def worker_of(number: int, workers: list[str]) -> str:
        client = Client(workers, run.remote().version())
        with pytest.raises(VisitLost):
            await visit(client, f"mx.d{number}.example")
        return str(client.submitted[0]["workers"][0])

    three = ["tcp://a", "tcp://b", "tcp://c"]
    for number in range(12):
        before = await worker_of(number, three)
        assert await worker_of(number, [it for it in three if it == before or it != "tcp://c"]) == before
        assert await worker_of(number, [*three, "tcp://d"]) in (before, "tcp://d")


async def test_without_a_worker_a_visit_waits_for_one() -> None:
    with pytest.raises(VisitLost):
        await visit(Client([], None))


def test_loopback_may_be_plain_and_other_hosts_only_when_asked_for() -> None:
    for text in ("tcp://127.0.0.1:8786", "tcp://[::1]:8786", "tcp://localhost:8786", "local:3"):
        assert read_address("--dask", text, None, is_insecure=False).text == text
    with pytest.raises(UsageError, match="is plain"):
        read_address("--dask", "tcp://scheduler.example:8786", None, is_insecure=False)
    assert read_address("--dask", "tcp://scheduler.example:8786", None, is_insecure=True).processes == 0
    assert read_address("--dask", "tls://h:1", "a,b,c", is_insecure=False).tls == ("a", "b", "c")
