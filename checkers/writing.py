"""Files that are whole or not there at all: what is written lies beside them until all of it is.

Belongs here: putting bytes where a path says. Never here: what they are, or what is told of a
failure (`cli.common.write`).

Who is interrupted, or has no room left, leaves what was there before. Only who is killed outright
may leave what lay beside.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LETTERS = 60
"""Of a file's name in the name of what lies beside it: in any script, short enough for a name."""


@contextmanager
def replacing(
    path: Path, *, mode: int | None = None, beside: Path | None = None
) -> Iterator[IO[bytes]]:
    """Yield a file to write, which takes the place of `path` once it is whole.

    A link is replaced, not what it leads to. The new file may be used by whom `mode` says; without
    one, by whom the old one might, or any new one. `beside` names the place until then, where it is
    to be the same each time, so that who was killed leaves no more than one.

    Raises OSError where there is no place, or no room.
    """
    how = "wb"
    if beside is None:
        how, beside = "xb", path.with_name(f".{path.name[:LETTERS]}.{secrets.token_hex(4)}")
    try:
        with beside.open(how) as file:
            yield file
        if mode is not None:
            beside.chmod(mode)
        elif path.exists():
            shutil.copymode(path, beside)
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file that somebody named, and the folders on the way to it.

    A device or a pipe is written to as it is, and so is what a link leads to, and a file in a
    folder that takes no new one.

    Raises OSError where it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.is_file() or not path.exists()
    if path.is_symlink() or not plain or not os.access(path.parent, os.W_OK):
        path.write_bytes(data)
        return
    with replacing(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a text, in UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode())
