"""A search in the memory of a device: the library for its arrays, and the states seen there.

Belongs here: what differs where arrays do not lie in the machine's own memory. Never here: how
states are expanded: that is one code for all libraries (`expansion`).

The library is CuPy, with the names of the array API standard (array-api-compat). Whatever follows
that standard does as well: tests use array-api-strict, which allows nothing beyond it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checkers.explore.store import Words
from model.arrays.library import host

DEVICES = ("cpu", "gpu")


class NoDevice(Exception):
    """There is no device to compute on; the text says why, and what to do."""


def library(device: str) -> Any:
    """Return the array library of a device. Raises `NoDevice`."""
    if device == "cpu":
        return np
    try:
        import array_api_compat.cupy as found
        import cupy
    except ImportError as error:
        raise NoDevice(
            f"--device {device}: no library for its arrays ({error})\n"
            "  fix: pip install 'oathbound[gpu]', which is CuPy; or leave it out"
        ) from None
    try:
        cupy.cuda.runtime.getDeviceCount()
        cupy.arange(2).sum()
    except Exception as error:  # CuPy's own kinds, and those of what it loads
        raise NoDevice(
            f"--device {device}: there is none that CuPy can use ({error})\n"
            "  fix: see that the driver is there and fits CuPy's version; or leave it out"
        ) from None
    return found


class Sorted:
    """The states seen, in ascending order in an array of `xp`: new ones are merged in.

    `add` holds them against each other and against all there are, by sorting and by looking up: no
    state is lost by chance. 8 bytes for a state, and as much again while they are merged.
    """

    def __init__(self, xp: Any) -> None:
        """Begin empty."""
        self.xp = xp
        self._held = xp.asarray(np.empty(0, np.uint64))

    @property
    def count(self) -> int:
        """How many states there are."""
        return int(self._held.shape[0])

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        return 8 * self.count

    def keys(self) -> Words:
        """Return all states, in the machine's own memory."""
        held: Words = np.asarray(host(self._held))
        return held

    def add(self, keys: Any, hashes: Any = None) -> list[Words]:
        """Add states, of either memory, and return those that are new, each once."""
        xp = self.xp
        new = xp.unique_values(xp.asarray(keys))
        if self.count and new.shape[0]:
            at = xp.searchsorted(self._held, new)
            at = xp.where(at < self.count, at, xp.zeros_like(at))
            new = new[xp.take(self._held, at) != new]
        if not new.shape[0]:
            return []
        self._held = xp.sort(xp.concat([self._held, new]))
        return [np.asarray(host(new))]
