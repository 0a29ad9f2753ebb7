"""Properties are tried on the same examples each time, so that a run tells of the change that it tests.
PROBE_PROPERTIES=thorough (tests/check.py fuzz): ten times the examples, and other ones each time.

No fault of the program is spared: where a rule fails, a user gets a finding `internal`, and a test the
exception.

The clock of an event loop stands still while a busy machine has no time for it: tests/support/steady_loop.py.

Signals are as a terminal leaves them: what a background job or nohup ignores, the programs under test would
ignore, too, and rightly so.
"""

from __future__ import annotations

import os
import signal

from hypothesis import settings

from probe.model.debugging import DEBUG
from probe.net import clock, early_question, resolver
from tests.support import steady_loop

os.environ[DEBUG] = "1"
os.environ["SMTP_PROBE_MTA"] = "none"  # whatever mail server the machine has
os.environ["SMTP_PROBE_HISTORY"] = "0"  # nothing is written into anybody's home
os.environ["COLUMNS"] = "100"  # reports are as wide in a worker of pytest-xdist as anywhere else
steady_loop.install(clock, early_question, resolver)
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, derandomize=False)
settings.load_profile("thorough" if os.environ.get("PROBE_PROPERTIES") == "thorough" else "steady")

for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
