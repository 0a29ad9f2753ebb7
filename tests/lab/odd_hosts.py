"""Hosts that no mail server can be configured to be; run inside the namespace as its own process.

203.0.113.90 accepts and says nothing; 203.0.113.93 accepts and resets.
"""

from __future__ import annotations

import socket
import struct
import time

SILENT = "203.0.113.90"
SLAMMED = "203.0.113.93"
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


def _listen(address: str) -> socket.socket:
    listener = socket.create_server((address, 25))
    listener.setblocking(False)
    return listener


def main() -> None:
    """Serve until the process is ended."""
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
