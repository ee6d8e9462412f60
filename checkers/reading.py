"""Files that were written earlier, read whole: a plain file's bytes, or the reason why not.

Belongs here: what is no file to read. Never here: what is in one.

A pipe would be waited for, and a device may have no end. What may come from a pipe by right, as
recordings may, is read where it is used.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST = 1 << 30
"""Bytes; what is longer was not written here."""


def check_plain(path: Path, most: int = MOST) -> None:
    """Raise OSError, with a reason in words, where a path leads to no plain file of that length."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(0, "it is a folder", os.fspath(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is a pipe or a device, not a file", os.fspath(path))
    if status.st_size > most:
        raise OSError(0, f"it is longer than {most:,} bytes", os.fspath(path))


def read_plain(path: Path, most: int = MOST) -> bytes:
    """Return the bytes of a plain file. Raises OSError for anything else, and where it is none."""
    check_plain(path, most)
    return path.read_bytes()
