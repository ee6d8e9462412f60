"""What is asked of an array library beyond its standard: NumPy's fast way, or one that all have.

Belongs here: small functions that a library of the array API standard (data-apis.org, 2024.12)
lacks or has under many names, and the way between the machine's own memory and a device's. Never
here: a library; which one it is, the caller says (`xp`).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def places(xp: Any, mask: Any) -> Any:
    """Return where a one-dimensional mask holds."""
    return xp.nonzero(mask)[0]


def count(xp: Any, mask: Any) -> int:
    """Return in how many places a mask holds."""
    if xp is np:
        return int(np.count_nonzero(mask))
    return int(xp.sum(xp.astype(mask, xp.int64)))


def either(xp: Any, bits: Any) -> int:
    """Return the bits that any of many numbers has."""
    if xp is np:
        return int(np.bitwise_or.reduce(bits))
    while (size := bits.shape[0]) > 1:
        half = size // 2
        rest = bits[2 * half :]
        bits = bits[:half] | bits[half : 2 * half]
        if rest.shape[0]:
            bits = xp.concat([bits[:-1], bits[-1:] | rest])
    return int(bits[0]) if bits.shape[0] else 0


def counts(xp: Any, numbers: Any) -> dict[int, int]:
    """Return how often each number stands among some, all from 0 and small."""
    if xp is np:
        found = np.bincount(numbers)
        return {int(n): int(found[n]) for n in np.flatnonzero(found)}
    told = xp.unique_counts(numbers)
    return {int(n): int(c) for n, c in zip(host(told.values), host(told.counts), strict=True)}


def host(array: Any) -> Any:
    """Return an array in the machine's own memory, of NumPy; a plain number as it is."""
    if isinstance(array, np.ndarray | np.generic | bool | int):
        return array
    if hasattr(array, "get"):  # of a device, as CuPy has it
        return array.get()
    return np.from_dlpack(array)


def there(xp: Any, array: Any) -> Any:
    """Return an array of NumPy as one of `xp`; a plain number as a plain number of Python."""
    if xp is np or array is None or isinstance(array, bool | int):
        return array
    return array.item() if isinstance(array, np.generic) else xp.asarray(array)
