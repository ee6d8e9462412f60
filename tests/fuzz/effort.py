"""How much the fuzz tests try, from which seed, and what each case of chance is called.

Belongs here: numbers of tries, seeds, tallies. Never here: what is tried.

Each case has a random generator of its own, made of the seed, the test and the case's number: a
case that fails is told by these three and comes again by itself, whatever else is run, in any
order. `OATHBOUND_FUZZ` multiplies the tries of the long profiles; `OATHBOUND_FUZZ_SEED` takes
other cases.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator

SEED = int(os.environ.get("OATHBOUND_FUZZ_SEED", "1"))
TIMES = float(os.environ.get("OATHBOUND_FUZZ", "1"))


def many(count: int) -> int:
    """Return how often a long profile tries something that it tries `count` times by itself."""
    return max(1, round(count * TIMES))


def cases(test: str, count: int) -> Iterator[tuple[str, random.Random]]:
    """Yield each case's name, to be told where it fails, and its random numbers."""
    for number in range(count):
        name = f"{test}, case {number} of seed {SEED}"
        yield name, random.Random(name)


def told(what: str, tally: Counter[str]) -> str:
    """Return in a line how often something was tried, and what came out."""
    parts = ", ".join(f"{n:,} {name}" for name, n in tally.most_common())
    return f"\n{what}: {tally.total():,} tried with seed {SEED}: {parts}"
