"""OpenSMTPD as a server that sends, beside the probe."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.lab.namespace import Namespace
from tests.lab.packages import UNPACKED
from tests.lab.sender import Fate, Sender

_DELIVERY = re.compile(r'mta delivery .* to=<(?P<to>[^>]*)> .*result="(?P<result>\w+)" stat="(?P<said>.*)"')
_ERROR = re.compile(r"mta error reason=(?P<said>.*)")
_STATUS = {"Ok": "sent", "PermFail": "bounced", "TempFail": "deferred"}
# Its queue is below /var/spool, its programs speak with it over a socket in /run: both are this run's own.
_SEND = """
import os, subprocess, sys, time
home, sender, recipient = sys.argv[1:]
os.makedirs("/var/spool/smtpd", 0o711)
os.chmod("/var/spool/smtpd", 0o711)
log = open(home + "/smtpd.log", "wb")
argv = ["smtpd", "-d", "-v", "-T", "smtp", "-f", home + "/smtpd.conf"]
daemon = subprocess.Popen(argv, stdout=log, stderr=log)
try:
    for _ in range(100):
        if os.path.exists("/run/smtpd.sock") and os.path.exists("/var/spool/smtpd/offline"):
            break
        time.sleep(0.1)

    def as_queue():
        os.setresgid(0, 61003, 61003)

    mail = f"From: <{sender}>\\nTo: <{recipient}>\\nSubject: real\\n\\nreal\\n".encode()
    argv = ["sendmail", "-f", sender, recipient]
    program = "/usr/sbin/smtpctl"
    run = subprocess.run(argv, executable=program, input=mail, preexec_fn=as_queue, capture_output=True)
    print(run.stdout.decode(), run.stderr.decode(), "status", run.returncode)
    for _ in range(150):
        text = open(home + "/smtpd.log", errors="replace").read()
        is_over = "no route available" in text and " mta error " in text
        if run.returncode or is_over or " mta delivery " in text:
            break
        time.sleep(0.1)
finally:
    daemon.terminate()
    daemon.wait()
"""


class OpensmtpdSender:
    """`values` of the case are smtpd.conf as a whole."""

    @staticmethod
    def configure(space: Namespace, home: Path, case: Sender) -> None:
        """Write the configuration."""
        (home / "smtpd.conf").write_text(case.values.replace("@home@", str(home)))
        (home / "smtpd.conf").chmod(0o600)

    @staticmethod
    def deliver(space: Namespace, home: Path, case: Sender) -> Fate:
        """Start it, hand it a message as a program of this host does, and end it. RuntimeError with its log
        where nothing becomes of the message."""
        more = {
            "LAB_TREE": str(UNPACKED / "opensmtpd"),
            "LAB_RUN": "1",
            "SSL_CERT_FILE": str(space.directory / "tls" / "authority.pem"),
        }
        run = space.run([sys.executable, "-c", _SEND, home, case.sender, case.recipient], more=more)
        log = (home / "smtpd.log").read_text(errors="replace")
        if "status 0" not in run.stdout:
            return Fate("bounced", run.stdout)
        results = [it for it in map(_DELIVERY.search, log.splitlines()) if it and it["to"] == case.recipient]
        if results:
            return Fate(_STATUS[results[0]["result"]], results[0]["said"])
        errors = [it["said"] for it in map(_ERROR.search, log.splitlines()) if it]
        if errors:
            return Fate("deferred", " ".join(errors))
        raise RuntimeError(f"nothing became of the message\n{run.stdout}{run.stderr}\n{log}")
