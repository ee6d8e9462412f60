"""The one type of verdict, and what a check reports.

Belongs here: plain data. Never here: how a verdict is reached (the engines) or shown (`report`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from checkers.story import Counterexample, Reachability


class Verdict(enum.Enum):
    """What is known of a statement.

    Only PROVED holds for any number of nodes. BOUND_REACHED says its bound. OPEN is a property
    that the spec itself declares as not proved yet; it is never counted as success.
    """

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"
    BOUND_REACHED = "BOUND_REACHED"
    OPEN = "OPEN"


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one obligation: a property and a transition (or `initial state`).

    `how`: `solver`, `frame` (the transition writes nothing the property reads), `run` (seen in a
    run). `uses`: the hypotheses in the solver's unsatisfiable core. `seconds`: solver time.
    """

    property: str
    transition: str
    verdict: Verdict
    how: str
    seconds: float = 0.0
    reason: str = ""
    uses: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    counterexample: Counterexample | None = None


@dataclass(slots=True)
class Finding:
    """The verdict on one property, over all its obligations.

    `rests_on`: the other statements its proofs assumed; `shaky`: those of them that are not
    proved, so that this one is not either. `diagnostics`: what is wrong, at its place in the spec.
    `reach`: whether a run from the first state breaks it, where that was asked.
    """

    name: str
    title: str
    kind: str
    verdict: Verdict
    obligations: int
    by_frame: int
    seconds: float
    reason: str = ""
    failures: list[Result] = field(default_factory=list)
    rests_on: tuple[str, ...] = ()
    shaky: tuple[str, ...] = ()
    diagnostics: list[str] = field(default_factory=list)
    reach: Reachability | None = None


@dataclass(slots=True)
class Report:
    """Everything a run of the checks found."""

    spec: str
    findings: list[Finding]
    seconds: float
    jobs: int
    versions: dict[str, str]
    details: dict[str, Any] = field(default_factory=dict)
    bound: str = ""

    def exit_status(self) -> int:
        """0: all asked for holds (open properties apart); 1: refuted; 3: something is unknown.

        Where a bound was asked for, reaching it is what was asked for.
        """
        verdicts = {f.verdict for f in self.findings}
        if Verdict.REFUTED in verdicts:
            return 1
        if Verdict.UNKNOWN in verdicts:
            return 3
        if Verdict.BOUND_REACHED in verdicts and not self.bound:
            return 3
        return 0
