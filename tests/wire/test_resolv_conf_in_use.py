"""The command with /etc/resolv.conf as it is met, in a network of its own; and our reader beside glibc's."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.model.observed import Gap
from probe.net.resolv_conf import LOCAL, interface_index, parse
from tests.lab.namespace import Namespace

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("unshare") is None,
    reason="needs root and iproute2: a network of its own stands in for this machine's",
)


@pytest.fixture(scope="module")
def network() -> Iterator[Namespace]:
    result = Namespace(f"probe-resolv-{os.getpid()}")
    try:
        result.create()
    except (OSError, subprocess.CalledProcessError) as error:
        result.remove()
        pytest.skip(f"no network of its own can be made here: {error}")
    try:
        for address in ("fe80::53/64", "127.0.0.1/8"):
            subprocess.run(
                ["ip", "-n", result.name, "addr", "add", address, "dev", "lo"],
                check=False,
                capture_output=True,
            )
        yield result
    finally:
        result.remove()


@contextmanager
def name_server(network: Namespace, address: str, *more: str) -> Iterator[Path]:
    """One that answers at port 53 of `address`; gives the file with what it was asked."""
    log = network.directory / "asked"
    log.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "tests.support.answering_dns", address, "53", *more]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            network.command(argv), env=network.environment(), stdout=sink, cwd=ROOT, stdin=subprocess.DEVNULL
        )
    try:
        while "ready" not in log.read_text():
            assert server.poll() is None, "the name server did not start"
        yield log
    finally:
        server.kill()
        server.wait()


def check(network: Namespace, resolv_conf: bytes, *more: str) -> subprocess.CompletedProcess[str]:
    (network.directory / "resolv.conf").write_bytes(resolv_conf)
    argv = [
        sys.executable,
        "-m",
        "probe",
        "check",
        "bob@example.com",
        "alice@example.net",
        "--no-dnsbl",
        *more,
    ]
    return network.run(argv, more={"PYTHONPATH": str(ROOT), "COLUMNS": "100"})


LOCAL_LINK = b"nameserver fe80::53%lo\n"


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        (LOCAL_LINK, ()),
        (b"# r\xc3\xa9solveur\nsearch \xff\n" + LOCAL_LINK + b"options edns0 trust-ad ndots:9\n", ()),
        (b"nameserver dns.example\n" + LOCAL_LINK, ("line 1", "'dns.example' is no IP address")),
        (b"nameserver 127.0.0.1#53\n" + LOCAL_LINK, ("line 1", "'127.0.0.1#53' is no IP address")),
        (b"nameserver \xe9\n" + LOCAL_LINK, ("line 1", r"'\xe9' is no IP address")),
        (b"nameserver fe80::53%eth9\n" + LOCAL_LINK, ("this machine has no interface eth9",)),
        (LOCAL_LINK * 10, ("this server and 6 further ones are not asked",)),
    ],
)
def test_what_can_be_asked_is_asked_and_the_rest_is_said(
    text: bytes, texts: tuple[str, ...], network: Namespace
) -> None:
    with name_server(network, "fe80::53%lo") as log:
        run = check(network, text)
    assert "MX" in log.read_text()
    assert (run.returncode, run.stderr) == (1, "")
    octets = " ".join(run.stdout.split())
    assert "every MX of example.net leads back to the sender's own machine" in octets
    for words in texts:
        assert words in octets


def test_an_option_names_a_link_local_resolver(network: Namespace) -> None:
    with name_server(network, "fe80::53%lo") as log:
        run = check(network, b"", "--nameserver", "fe80::53%lo")
    assert run.stderr == ""
    assert "mx.example.net" in run.stdout
    assert "example.net. MX" in log.read_text()


def test_a_resolver_file_without_a_server_means_this_machine(network: Namespace) -> None:
    with name_server(network, "127.0.0.1") as log:
        run = check(network, b"search example.org\n")
    assert run.stderr == ""
    assert "example.net. MX" in log.read_text()


def test_where_nobody_is_named_and_nobody_listens_there_is_one_line(network: Namespace) -> None:
    run = check(network, b"nameserver dns.example\n")
    assert (run.returncode, run.stdout) == (4, "")
    assert run.stderr.count("\n") == 1
    assert "this machine names no DNS resolver; give one with --nameserver IP" in run.stderr
    assert "'dns.example' is no IP address" in run.stderr


def test_tcp_alone_is_used_where_the_file_wants_it(network: Namespace) -> None:
    with name_server(network, "127.0.0.1", "--tcp-only") as log:
        run = check(network, b"nameserver 127.0.0.1\noptions use-vc\n")
    assert "mx.example.net" in run.stdout
    assert "udp" not in log.read_text()


_WORDS = (
    *(
        b"nameserver ",
        b"nameserver",
        b"nameserver\t",
        b" nameserver ",
        b"Nameserver ",
        b"#",
        b";",
        b"\t",
        b" ",
    ),
    *(
        b"192.0.2.1",
        b"192.0.2.2",
        b"127.1",
        b"0x7f.1",
        b"010.0.0.1",
        b"192.0.2.256",
        b"1.2.3.4.5",
        b"4294967295",
    ),
    *(
        b"::1",
        b"fe80::1",
        b"fe80::1%lo",
        b"fe80::1%1",
        b"fe80::1%nope",
        b"::1%lo",
        b"::1%7",
        b"::ffff:192.0.2.1",
    ),
    *(
        b"#53",
        b":53",
        b";x",
        b"\r",
        b"\xe9",
        b"\0",
        b"host",
        b"[::1]",
        b"options ",
        b"use-vc",
        b"use-vcx",
        b"search ",
    ),
)


def _texts() -> list[bytes]:
    """Files made of what may stand in one, in any order."""
    chance = random.Random(10)
    texts = []
    for _ in range(600):
        lines = []
        for _ in range(chance.randrange(1, 6)):
            usual = [b"nameserver "] if chance.random() < 0.6 else []
            lines.append(b"".join([*usual, *chance.choices(_WORDS, k=chance.randrange(1, 4))]))
        texts.append(b"\n".join(lines) + chance.choice([b"", b"\n"]))
    return texts


def test_it_is_read_as_glibc_reads_it(tmp_path: Path) -> None:
    place, texts = tmp_path / "resolv.conf", _texts()
    place.write_bytes(b"")
    script = 'mount --bind "$1" /etc/resolv.conf && exec "$2" -m tests.support.glibc_resolver "$1"'
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", str(place), sys.executable],
        input=json.dumps([text.decode("latin-1") for text in texts]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if run.returncode != 0:
        pytest.skip(f"no glibc to compare with: {run.stderr.strip().splitlines()[-1]}")
    for text, theirs in zip(texts, json.loads(run.stdout), strict=True):
        ours = parse(text)
        assert ours.tcp == theirs["tcp"], text
        # it asks a server twice that is named twice, and one behind a missing interface in vain
        in_vain = {"fe80::1"} if any(it.tag is Gap.NO_INTERFACE for it in ours.passed_over) else set()
        questions = [it for it in dict.fromkeys(map(_without_need, theirs["servers"])) if it not in in_vain]
        named = dict.fromkeys(_by_number(server.host) for server in ours.servers)
        servers = [host for host in named if host not in in_vain]
        assert servers == questions or (not servers and questions == [LOCAL.host]), text


def _without_need(host: str) -> str:
    """A number beside an address that is not link-local changes nothing."""
    return str(ip_address(host if host.startswith("fe80:") else host.partition("%")[0]))


def _by_number(host: str) -> str:
    """glibc tells the interface by its index."""
    address, percent, interface = host.partition("%")
    return f"{address}%{interface_index(interface)}" if percent else address
