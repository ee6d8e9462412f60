"""An array library whose arrays lie on a device of their own, for tests without one.

Belongs here: array-api-strict with that device. It refuses what the array API standard (2024.12)
does not have, what mixes arrays of two devices, and what takes an array of a device for one of
NumPy without being told (`host`): the mistakes that a graphics card would show. Never here: a test.
"""

from __future__ import annotations

from typing import Any

import array_api_strict as strict
import numpy as np

DEVICE = strict.Device("device1")
_MADE = frozenset({"arange", "empty", "eye", "full", "linspace", "ones", "zeros"})
"""What makes arrays from nothing."""


class Away:
    """`array_api_strict`, all of whose arrays lie on the device."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(strict, name)
        if name not in _MADE:
            return found
        return lambda *args, **named: found(*args, device=DEVICE, **named)

    def asarray(self, given: Any, **named: Any) -> Any:
        """Bring an array of NumPy, or numbers, to the device; what is there stays there."""
        if not isinstance(given, np.ndarray | bool | int | list):
            assert given.device == DEVICE, "an array of the standard's own processor"
        return strict.asarray(given, device=DEVICE, **named)


away = Away()
