"""`smtp-probe` with a courtesy of fractions of a second: `python -m tests.support.hasty_bulk bulk FILE ...`.

GUEST_PAUSE in the environment is the pause after words about the guest, in seconds.
"""

from __future__ import annotations

import os

from probe import settings

if __name__ == "__main__":
    settings.BULK_COURTESY = settings.ListCourtesy(
        session_pause=0.02, guest_pause=float(os.environ.get("GUEST_PAUSE", "0.3"))
    )
    from probe.__main__ import main

    main()
