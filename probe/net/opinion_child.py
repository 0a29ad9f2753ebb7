"""The process in which checkdmarc gives its opinions, for `probe.net.opinion_process`.

Its standard input is a socket to the run, and it asks nobody else. Both sides write lines. The run begins
with a JSON object: the seconds left, and the subjects with their domains. Then come, to the run, the name of
the library as a JSON string once it is loaded, each question as a JSON list of name and type, and each
opinion as the event of a recording; from the run, the answer to each question as the event of a recording.
When the run closes the socket, or is no more, this process ends at once.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.util
import json
import os
import socket
import sys
import threading
import time
from collections import defaultdict
from types import ModuleType
from typing import NoReturn

from probe.model.observed import OpinionSubject
from probe.net.opinion import Opinion, library
from probe.recording import codec
from probe.recording import events as ev
from probe.settings import OPINION_TIMEOUT
from probe.standards.dns.message import Answer, Question


def main() -> NoReturn:
    """Give the opinions that are asked for, and end."""
    # Without the library there is nothing to say; the run sees the end of the process, and does without it.
    with contextlib.suppress(ImportError, AttributeError, OSError, MemoryError, RuntimeError):
        _serve(_Run(socket.socket(fileno=sys.stdin.fileno())))
    os._exit(0)  # at once, whatever threads are left


def _serve(run: _Run) -> None:
    seconds, subjects = run.request()
    end = time.monotonic() + seconds
    answers = threading.Thread(target=run.read_answers, daemon=True)
    answers.start()
    _load_less()
    from probe.net.checkdmarc_records import RecordInquiry, load

    load()
    name = library()
    run.write(json.dumps(name))
    end = min(end, time.monotonic() + OPINION_TIMEOUT)

    def give(subject: OpinionSubject, domain: str) -> None:
        inquiry = RecordInquiry(Opinion(subject, domain, name), run.ask, lambda: end - time.monotonic())
        it = inquiry.opinion()
        event = ev.OpinionGiven(0, subject, domain, name, it.errors, it.warnings, it.fault)
        run.write(codec.encode(event))

    threads = [threading.Thread(target=give, args=pair, daemon=True) for pair in subjects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The end of this process would be an error of the socket where an answer was not read yet, and what the
    # run has not read yet would be lost; so the run hears that nothing more comes, and ends it.
    run.say_no_more()
    answers.join()


class _Run:
    """The run at the other end of the socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._lock = threading.Lock()
        self._waiting: defaultdict[Question, list[concurrent.futures.Future[Answer]]] = defaultdict(list)

    def request(self) -> tuple[float, list[tuple[OpinionSubject, str]]]:
        """The seconds left, and the subjects with their domains."""
        request = json.loads(self._line())
        return request["seconds"], [(OpinionSubject(it), domain) for it, domain in request["subjects"]]

    def ask(self, question: Question, seconds: float) -> Answer:
        """As `probe.net.opinion.AskNow`."""
        future: concurrent.futures.Future[Answer] = concurrent.futures.Future()
        with self._lock:
            self._waiting[question].append(future)
        self.write(json.dumps([question.name, question.rtype]))
        return future.result(seconds)

    def write(self, line: str) -> None:
        """Send one line, whole."""
        with self._lock:
            self._connection.sendall(line.encode("ascii") + b"\n")

    def say_no_more(self) -> None:
        """Nothing more is written."""
        self._connection.shutdown(socket.SHUT_WR)

    def read_answers(self) -> NoReturn:
        """Hand each answer to those that wait for it. Ends the process when the run does."""
        while True:
            event = codec.decode(self._line())
            assert isinstance(event, ev.DnsAnswered)
            with self._lock:
                waiting = self._waiting.pop(event.answer.question, [])
            for future in waiting:
                future.set_result(event.answer)

    def _line(self) -> bytes:
        line = b""
        with contextlib.suppress(OSError):
            line = self._lines.readline()
        if not line.endswith(b"\n"):
            os._exit(0)
        return line


def _load_less() -> None:
    """Leave out what is more than half of loading checkdmarc and is not used here, where only the run is
    asked: its other checks, which its package imports first; the two libraries for HTTP; and what dnspython
    loads for DNS over HTTPS and QUIC."""
    from dns import _features

    for feature in ("doh", "doq"):
        _features.force(feature, False)
    spec = importlib.util.find_spec("checkdmarc")
    if spec is None:
        raise ImportError("No module named 'checkdmarc'")
    sys.modules["checkdmarc"] = importlib.util.module_from_spec(spec)  # its modules are found, it is not run
    sys.modules["httpx"] = _NoHttp("httpx")
    sys.modules["requests"] = _NoHttp("requests")


class _NoHttp(ModuleType):
    """Stands for a library for HTTP: it has the exception that checkdmarc names while it is loaded, and
    nothing with which a request could be made."""

    HTTPError = OSError


if __name__ == "__main__":
    main()
