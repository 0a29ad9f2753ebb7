"""What glibc reads out of /etc/resolv.conf: `python -m tests.support.glibc_resolver FILE`.

FILE stands in the place of /etc/resolv.conf; standard input holds texts as a JSON list of Latin-1 strings.
Each is written there and read by res_init(3); standard output gets a JSON list of {"servers", "tcp"}.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

_USE_VC = 0x8  # RES_USEVC of <resolv.h>


class _In(ctypes.Structure):
    _fields_ = [
        ("family", ctypes.c_ushort),
        ("port", ctypes.c_uint16),
        ("address", ctypes.c_ubyte * 4),
        ("zero", ctypes.c_ubyte * 8),
    ]


class _In6(ctypes.Structure):
    _fields_ = [
        ("family", ctypes.c_ushort),
        ("port", ctypes.c_uint16),
        ("flow", ctypes.c_uint32),
        ("address", ctypes.c_ubyte * 16),
        ("scope", ctypes.c_uint32),
    ]


class _Extension(ctypes.Structure):
    _fields_ = [
        ("nscount", ctypes.c_uint16),
        ("nsmap", ctypes.c_uint16 * 3),
        ("nssocks", ctypes.c_int * 3),
        ("nscount6", ctypes.c_uint16),
        ("nsinit", ctypes.c_uint16),
        ("nsaddrs", ctypes.POINTER(_In6) * 3),
        ("reserved", ctypes.c_uint * 2),
    ]


class _State(ctypes.Structure):
    """struct __res_state of <resolv.h>."""

    _fields_ = [
        ("retrans", ctypes.c_int),
        ("retry", ctypes.c_int),
        ("options", ctypes.c_ulong),
        ("nscount", ctypes.c_int),
        ("nsaddr_list", _In * 3),
        ("id", ctypes.c_ushort),
        ("dnsrch", ctypes.c_void_p * 7),
        ("defdname", ctypes.c_char * 256),
        ("pfcode", ctypes.c_ulong),
        ("bits", ctypes.c_uint),
        ("sort_list", ctypes.c_uint32 * 20),
        ("qhook", ctypes.c_void_p),
        ("rhook", ctypes.c_void_p),
        ("h_errno", ctypes.c_int),
        ("vcsock", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("extension", _Extension),
    ]


def read() -> dict[str, Any]:
    """What the C library makes of the file as it is now. Raises AttributeError for another C library."""
    libc = ctypes.CDLL("libc.so.6")
    init = getattr(libc, "__res_init", None) or ctypes.CDLL("libresolv.so.2").__res_init
    libc.__res_state.restype = ctypes.POINTER(_State)
    libc.__res_state().contents.options = 0  # else it keeps those of the file before
    if init() != 0:
        raise RuntimeError("res_init failed")
    state = libc.__res_state().contents
    servers = [_server(state, index) for index in range(state.nscount)]
    return {"servers": servers, "tcp": bool(state.options & _USE_VC)}


def _server(state: Any, index: int) -> str:
    plain = state.nsaddr_list[index]
    if plain.family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, bytes(plain.address))
    address = state.extension.nsaddrs[index].contents
    result = socket.inet_ntop(socket.AF_INET6, bytes(address.address))
    return f"{result}%{address.scope}" if address.scope else result


def main(path: Path) -> None:
    """Read every text of standard input."""
    result = []
    for number, text in enumerate(json.load(sys.stdin), 1):
        path.write_bytes(text.encode("latin-1"))
        os.utime(path, (number, number))  # by which it sees that the file is another one
        result.append(read())
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
