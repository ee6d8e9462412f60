"""What becomes of a mutant, as plain data.

Belongs here: fates, the checks that kill, and what is kept of each mutant. Never here: finding any
of it out (`killers`).
"""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import Any

SLOW = 10.0
"""So many seconds of CPU time make a check slow."""


class Fate(enum.Enum):
    """What becomes of a mutant.

    KILLED: a check of the project is red. EQUIVALENT: the solver proves that it does what the
    original does. SURVIVED: it differs from the original in a state that satisfies all that is
    stated, and no check that was asked noticed. UNKNOWN: no check noticed, it is not proved to be
    the same, and no such state was found.
    """

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """A check that can kill.

    `recorded`: it compares with what was recorded of the original, and says nothing of why that is
    right. `quick`: it takes moments, whatever else was asked of a mutant before it.
    """

    name: str
    what: str
    recorded: bool = False
    quick: bool = False


LANGUAGE = Check("language", "the language objects to it")
PROOF = Check("proof", "a step breaks an obligation, and the evaluator replays it")
UNPROVED = Check("no proof", "an obligation is not proved any more, so `verify` exits 3")
FIGURE = Check("figure", "the derived figure is not the published one")
DEAD = Check("guards agree", "a rule can never answer: its guard contradicts what is proved")
SCENARIO = Check("scenario", "a scenario cannot be carried out", quick=True)
RUN = Check("recorded run", "a scenario goes otherwise than it went", recorded=True, quick=True)
MATRIX = Check("recorded matrix", "the permission matrix differs", recorded=True, quick=True)
CASES = Check("recorded case", "a stored case has another outcome", recorded=True, quick=True)
PROMISE = Check("liveness", "a promise is broken in a small scope")
TESTS = Check("tests", "a test of the spec fails")
STORED = Check("stored case", "the generated node answers a stored case otherwise than the spec")
NODE = Check("conformance", "the generated node differs from the evaluator in a case")
LOADING = Check("loading", "the generated node cannot be imported")
VALIDATION = Check("translation", "the generated code differs from the rule, says the solver")

CHECKS = {
    c.name: c
    for c in (
        *(LANGUAGE, PROOF, UNPROVED, FIGURE, DEAD, SCENARIO, TESTS, PROMISE),
        *(RUN, CASES, MATRIX, LOADING, STORED, NODE, VALIDATION),
    )
}


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant; `check` killed it, saying `message`, after so much CPU time.

    `undecided`: what a short attempt neither proved nor refuted, where a record killed it before
    more was asked; so an oath may be broken, too.
    """

    name: str
    operator: str
    at: str
    where: str
    told: str
    fate: Fate
    check: str = ""
    message: str = ""
    seconds: float = 0.0
    undecided: str = ""

    @property
    def by_record(self) -> bool:
        """Tell whether what was recorded of the original killed it."""
        return self.fate is Fate.KILLED and CHECKS[self.check].recorded

    @property
    def recorded(self) -> bool:
        """Tell whether only a record tells the two apart: every obligation is proved."""
        return self.by_record and not self.undecided

    @property
    def slow(self) -> bool:
        """Tell whether only a slow check kills it."""
        killed = self.fate is Fate.KILLED and not CHECKS[self.check].quick
        return killed and self.seconds >= SLOW

    def data(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "fate": self.fate.value, "seconds": round(self.seconds, 3)}


def outcome_of(data: dict[str, Any]) -> Outcome:
    """Return an outcome from its data. Raises `ValueError`, `KeyError` or `TypeError`."""
    found = Outcome(**{**data, "fate": Fate(data["fate"]), "seconds": float(data["seconds"])})
    if found.check and found.check not in CHECKS:
        raise ValueError(found.check)
    return found
