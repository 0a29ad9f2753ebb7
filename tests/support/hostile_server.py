"""Misbehaving SMTP servers as data: reads fixtures/servers/*.toml and turns each into scripts.

A file holds

    about   what the server does, in a sentence
    script  one step a line; `---` begins the script of the next connection (the last one serves all that
            follow)
    [run]   how the program is run against it, where that is not the usual way
    [report] what must be true of the report; see `tests.support.hostile_report`

The steps:

    polite [until VERB]   greet (when first) and serve normally until VERB is heard, which is not answered
    say TEXT              send TEXT and CRLF          expect VERB   hear a line that begins with VERB
    raw TEXT              send TEXT as it is          drip TEXT     send it octet by octet
    repeat N TEXT         send TEXT N times           endless TEXT  send it until the client leaves
    trickle SECONDS TEXT  an octet, a pause, an octet, for ever
    wait SECONDS          silence   drop   reset   half-close
    deaf SECONDS          wait, without taking in what the client says
    tls KIND              shake hands as the server, with the certificate of that kind

In TEXT, `\\r \\n \\t \\0 \\\\ \\xNN \\uNNNN` stand for what they stand for in Python.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests.support import certificates as certs
from tests.support import smtp_server as srv
from tests.support.smtp_server import Peer, Script, Step

FOLDER = Path(__file__).parents[2] / "fixtures" / "servers"
MX_HOST = "mx.example.net"
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PLAIN = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
_NORMAL = {
    "HELO": "250 mx.example.net",
    "STARTTLS": "220 ready",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "RSET": "250 2.0.0 ok",
    "NOOP": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


@dataclass(frozen=True)
class HostileServer:
    """One file. `run` and `report` are its tables."""

    name: str
    about: str
    text: str
    run: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)

    def scripts(self, tls_folder: Path) -> list[Script]:
        """The scripts of its connections, in order. ValueError for a step that there is not."""
        contexts = Contexts(tls_folder)
        return [_script(part, contexts) for part in re.split(r"^---$", self.text, flags=re.MULTILINE)]


def all_servers() -> list[HostileServer]:
    """Every file of fixtures/servers, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.toml"))]


def _read(path: Path) -> HostileServer:
    table = tomllib.loads(path.read_text("utf-8"))
    unknown = table.keys() - {"about", "script", "run", "report"}
    if unknown:
        raise ValueError(f"{path.name}: unknown {sorted(unknown)}")
    return HostileServer(path.stem, table["about"], table["script"], table.get("run", {}), table["report"])


def octets(text: str) -> bytes:
    """TEXT of a step as octets."""

    def one(match: re.Match[bytes]) -> bytes:
        code, point, plain = match.groups()
        if code is not None:
            return bytes([int(code, 16)])
        if point is not None:
            return chr(int(point, 16)).encode("utf-8", "surrogatepass")
        return _PLAIN[plain]

    return _ESCAPE.sub(one, text.encode("utf-8"))


def _script(text: str, contexts: Contexts) -> Script:
    lines = [line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#")]
    silent = [line.startswith(("wait ", "deaf ")) for line in lines]
    return [_step(line, contexts, is_first=all(silent[:at])) for at, line in enumerate(lines)]


def _step(line: str, contexts: Contexts, *, is_first: bool) -> Step:
    word, _, rest = line.partition(" ")
    if word in _BARE:
        return _BARE[word]()
    if word in ("repeat", "trickle"):
        number, _, rest = rest.partition(" ")
        data = octets(rest)
        return srv.say_raw(data * int(number)) if word == "repeat" else _trickle(float(number), data)
    match word:
        case "polite":
            return _polite(rest.removeprefix("until ").strip(), contexts, greets=is_first)
        case "tls":
            return _tls(rest, contexts)
        case "wait":
            return srv.wait(float(rest))
        case "deaf":
            return _deaf(float(rest))
        case "expect":
            return srv.expect(rest)
        case "say":
            return srv.say_raw(octets(rest) + b"\r\n")
        case "raw" | "drip" | "endless":
            return {"raw": srv.say_raw, "drip": srv.drip, "endless": srv.endless}[word](octets(rest))
    raise ValueError(f"no such step: {line}")


def _half_close() -> Step:
    async def step(peer: Peer) -> None:
        peer.writer.write_eof()

    return step


def _deaf(seconds: float) -> Step:
    async def step(peer: Peer) -> None:
        transport = cast(asyncio.Transport, peer.writer.transport)
        transport.pause_reading()
        await asyncio.sleep(seconds)
        transport.resume_reading()

    return step


_BARE: Mapping[str, Callable[[], Step]] = {
    "silence": srv.silence,
    "drop": srv.drop,
    "reset": srv.reset,
    "half-close": _half_close,
    "gulp": srv.gulp,
}


def _trickle(pause: float, data: bytes) -> Step:
    async def step(peer: Peer) -> None:
        while True:
            for octet in data:
                await peer.send(bytes([octet]))
                await asyncio.sleep(pause)

    return step


def _tls(kind: str, contexts: Contexts) -> Step:
    async def step(peer: Peer) -> None:
        await peer.writer.start_tls(contexts.of(kind))

    return step


def _polite(until: str, contexts: Contexts, *, greets: bool) -> Step:
    """A normal session from wherever it stands; `until` "EHLO" or "EHLO tls" (the one inside TLS)."""
    verb, _, inside = until.partition(" ")

    async def step(peer: Peer) -> None:
        secure = peer.writer.get_extra_info("ssl_object") is not None
        if greets:
            await peer.send(b"220 mx.example.net ESMTP\r\n")
        while True:
            replies = (await peer.hear()).split(" ")[0].upper()
            if replies == verb and (secure or not inside):
                return
            if replies == "EHLO":
                lines = ["mx.example.net", *(() if secure else ("STARTTLS",)), "SIZE 35882577", "8BITMIME"]
                reply = "".join(f"250-{line}\r\n" for line in lines) + "250 ENHANCEDSTATUSCODES"
            else:
                reply = _NORMAL.get(replies, "502 5.5.1 not here")
            await peer.send(reply.encode() + b"\r\n")
            if replies == "QUIT":
                return
            if replies == "STARTTLS":
                await peer.writer.start_tls(contexts.of("valid"))
                secure = True

    return step


@cache
def _leaf(kind: str) -> tuple[certs.IssuedCertificate, tuple[certs.IssuedCertificate, ...]]:
    root = certs.authority()
    match kind:
        case "expired":
            return certs.issue(MX_HOST, by=root, days=(-30, -2)), ()
        case "not-yet-valid":
            return certs.issue(MX_HOST, by=root, days=(3, 30)), ()
        case "self-signed":
            return certs.issue(MX_HOST), ()
        case "wrong-name":
            return certs.issue("mail.other.example", by=root), ()
        case "many-names":
            return certs.issue(MX_HOST, *(f"host-{n}.example.net" for n in range(2000)), by=root), ()
        case "odd-names":
            return certs.issue("*.example.net", "evil.example", by=root, common_name="\x1b[31mroot\u202e"), ()
        case "huge-chain":
            leaf = certs.issue(MX_HOST, by=root)
            return leaf, tuple(certs.authority.__wrapped__(f"Filler {number}") for number in range(60))
        case "megabyte-chain":
            filler = certs.issue(*(f"host-{n}.example.net" for n in range(2000)), by=root)
            return certs.issue(MX_HOST, by=root), (filler,) * 20
        case "rsa-1024":
            return certs.issue(MX_HOST, by=root, key=rsa.generate_private_key(65537, 1024)), ()
        case "ed25519":
            return certs.issue(MX_HOST, by=root, key=ed25519.Ed25519PrivateKey.generate()), ()
        case "no-names":
            return certs.issue(by=root, common_name=MX_HOST), ()
        case "address-only":
            return certs.issue(by=root, ips=("127.0.0.1",)), ()
        case "authority-as-leaf":
            return root, ()
        case "year-9999":
            return certs.issue(MX_HOST, by=root, days=(-1, 365 * 7900)), ()
    return certs.issue(MX_HOST, by=root), ()


class Contexts:
    """Server contexts by the kind of certificate or protocol."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, kind: str) -> ssl.SSLContext:
        leaf, chain = _leaf(kind)
        context = certs.server_context(self._folder, leaf, *chain, strict=kind not in _WEAK)
        if kind in _VERSIONS:
            context.minimum_version = context.maximum_version = _VERSIONS[kind]
        if kind == "wants-a-certificate":
            context.verify_mode = ssl.CERT_REQUIRED
        return context


_VERSIONS = {
    "tls-1.0": ssl.TLSVersion.TLSv1,
    "tls-1.1": ssl.TLSVersion.TLSv1_1,
    "tls-1.2": ssl.TLSVersion.TLSv1_2,
    "tls-1.3": ssl.TLSVersion.TLSv1_3,
}
_WEAK = {"tls-1.0", "tls-1.1", "rsa-1024"}  # what OpenSSL serves only when told that it may
