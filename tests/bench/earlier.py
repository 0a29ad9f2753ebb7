"""The program as it was at an earlier revision, for a comparison in one run."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """A folder with the files of a revision of this repository. Raises SystemExit if git does not have it."""
    result = subprocess.run(["git", "-C", str(ROOT), "archive", revision], capture_output=True, check=False)
    if result.returncode:
        raise SystemExit(f"no revision {revision}: {result.stderr.decode().strip()}")
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(result.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)
