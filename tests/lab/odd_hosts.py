"""Hosts that no mail server can be configured to be; run inside the namespace as its own process.

203.0.113.90 accepts and says nothing; 203.0.113.93 accepts and resets; 203.0.113.94 puts every recipient off
with 454.
"""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from threading import Thread

SILENT = "203.0.113.90"
SLAMMED = "203.0.113.93"
PUTS_OFF = "203.0.113.94"
REPLIES = {b"RCPT": b"454 4.7.1 not now", b"QUIT": b"221 bye"}
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


def _listen(address: str) -> socket.socket:
    listener = socket.create_server((address, 25))
    listener.setblocking(False)
    return listener


def _put_off() -> None:
    """One client after another."""
    listener = socket.create_server((PUTS_OFF, 25))
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as stream, suppress(OSError):
            stream.write(b"220 later.example ESMTP\r\n")
            for line in stream:
                stream.write(REPLIES.get(line[:4].upper(), b"250 ok") + b"\r\n")
                if line[:4].upper() == b"QUIT":
                    break


def main() -> None:
    """Serve until the process is ended."""
    Thread(target=_put_off, daemon=True).start()
    silent, slammed = _listen(SILENT), _listen(SLAMMED)
    rest: list[socket.socket] = []
    while True:
        time.sleep(0.02)
        for listener in (silent, slammed):
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                continue
            if listener is silent:
                rest.append(connection)
            else:
                time.sleep(0.3)  # long enough for the client to count itself connected
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
                connection.close()


if __name__ == "__main__":
    main()
