"""Facts in files, each under a fingerprint of everything it depends on.

Belongs here: files, checksums. Never here: what a fact
means, or what its fingerprint is made of (`prints`).

A file holds the facts of one group, a line each: a checksum, then JSON. The checksum covers the
group and the generation too, so that a line is believed only where it was written. Whatever does
not check is left out, as if it had never been there: it is found out again and written again. The
checksum guards against damage, not against somebody who computes a right one on purpose.

A generation is one state of the code that finds facts out. The files of others lie beside, and the
oldest are removed.
"""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from checkers.writing import replacing

FORMAT = "oathbound cache 1"
FOLDER = ".oathbound-cache"
GENERATIONS = 4
"""How many states of the code keep their facts."""
MOST = 4_000
"""How many facts a group keeps; beyond that the ones written longest ago are dropped."""
MOST_BYTES = 1 << 28
"""A larger file was not written here."""

_GENERATION = re.compile(r"[0-9a-f]{32}")

Fact = dict[str, Any]


def digest(text: str) -> str:
    """Return the fingerprint of a text, in 32 letters."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


class Store:
    """The facts of one generation, below a folder. Trouble with files is told in `trouble`."""

    def __init__(self, folder: Path, generation: str) -> None:
        """Prepare; nothing is read or written yet."""
        if not _GENERATION.fullmatch(generation):
            raise ValueError(f"{generation!r} is no fingerprint")
        self.folder, self.generation = folder, generation
        self.trouble = ""

    def read(self, group: str) -> dict[str, Fact]:
        """Return the facts of a group by their fingerprints: those that check, and no others."""
        path = self._path(group)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
                return {}  # nothing that was written here: a pipe would be waited for
            lines = path.read_bytes().split(b"\n")
        except OSError:
            return {}
        if lines[0] != self._heading(group).encode():
            return {}
        found = {}
        for line in lines[1:]:
            with suppress(ValueError, TypeError, KeyError, RecursionError):
                checksum, _, text = line.decode().partition(" ")
                if checksum == self._checksum(group, text):
                    key, fact = json.loads(text)
                    if isinstance(key, str) and isinstance(fact, dict):
                        found[key] = fact
        return found

    def add(self, group: str, facts: Mapping[str, Fact]) -> None:
        """Add facts to a group, at once or not at all; of two who write, one may be forgotten."""
        merged = {k: f for k, f in self.read(group).items() if k not in facts}
        merged.update(facts)
        kept = list(merged.items())[-MOST:]
        lines = [self._heading(group)]
        for key, fact in kept:
            text = json.dumps([key, fact], sort_keys=True, separators=(",", ":"))
            lines.append(f"{self._checksum(group, text)} {text}")
        path = self._path(group)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                self._forget_old()
            with replacing(path, mode=0o600) as file:
                file.write("\n".join([*lines, ""]).encode())
        except OSError as error:
            self.trouble = f"{self.folder} cannot be written: {error.strerror or error}"

    # ------------------------------------------------------------ names and checksums

    def _path(self, group: str) -> Path:
        return self.folder / self.generation / digest(group)

    def _heading(self, group: str) -> str:
        return f"{FORMAT} {self.generation} {digest(group)}"

    def _checksum(self, group: str, text: str) -> str:
        return digest(f"{self._heading(group)}\n{text}")

    def _forget_old(self) -> None:
        """Remove what other states of the code found out, but for the newest of them."""
        with suppress(OSError):
            generations = [
                p for p in self.folder.iterdir() if p.is_dir() and _GENERATION.fullmatch(p.name)
            ]
            generations.sort(key=lambda p: p.stat().st_mtime, reverse=True)
            for old in generations[GENERATIONS:]:
                if old.name != self.generation:
                    shutil.rmtree(old, ignore_errors=True)
