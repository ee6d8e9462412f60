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

    Only PROVED holds for any number of nodes. BOUND_REACHED says its bound. SHOWN says that
    something can happen, and an example of it was exhibited. CHECKED says that two things were
    computed and are the same. OPEN is a property that the spec itself declares as not proved yet.

    UNKNOWN, TIMED_OUT and OUT_OF_MEMORY say that nothing is decided: the solver gave up by itself,
    its time was over, or its memory was. OPEN and these are never counted as success.
    """

    PROVED = "PROVED"
    SHOWN = "SHOWN"
    CHECKED = "CHECKED"
    BOUND_REACHED = "BOUND_REACHED"
    OPEN = "OPEN"
    UNKNOWN = "UNKNOWN"
    TIMED_OUT = "TIMED_OUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    REFUTED = "REFUTED"

    @property
    def holds(self) -> bool:
        """Tell whether the statement is established, each in its own sense."""
        return self in (Verdict.PROVED, Verdict.SHOWN, Verdict.CHECKED)

    @property
    def undecided(self) -> bool:
        """Tell whether nothing is known, for whatever cause."""
        return self in (Verdict.UNKNOWN, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY)


@dataclass(frozen=True, slots=True)
class Alternation:
    """The quantifier alternations of an obligation, as a graph between sorts.

    `edges` are those of all formulas that it was asked with, `cycle` is one among them, each edge
    with its formula; without one the obligation is in a decidable fragment. `proof_cycle` is one
    among just the formulas that its proof used (without a proof: the same).
    """

    edges: tuple[tuple[str, str], ...]
    cycle: tuple[str, ...] = ()
    proof_cycle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one obligation: a property and a transition (or `initial state`).

    `how`: `solver`, `frame` (the transition writes nothing the property reads), `run` (seen in a
    run). `uses`: the hypotheses in the solver's unsatisfiable core. `seconds`: solver time.
    `alternation`: of an obligation in the unbounded reading. `by`: the solver that gave the answer,
    and how it was asked. `kept`: in an earlier run. `told`: what is to be told at length, if any.
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
    alternation: Alternation | None = None
    by: str = ""
    kept: bool = False
    told: str = ""


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
    """Everything a run of the checks found.

    `asked`: the properties asked for by name, or none for all; `allow_open`: whoever asked for all
    accepts that what the spec declares as open is not proved.
    """

    spec: str
    findings: list[Finding]
    seconds: float
    jobs: int
    versions: dict[str, str]
    details: dict[str, Any] = field(default_factory=dict)
    bound: str = ""
    asked: frozenset[str] = frozenset()
    allow_open: bool = False

    def satisfied(self, finding: Finding) -> bool:
        """Tell whether a finding is what was asked for.

        Where a bound was asked for, reaching it is. An open property is not, unless that was
        allowed and the property was not asked for by its name.
        """
        if finding.verdict is Verdict.BOUND_REACHED:
            return bool(self.bound)
        if finding.verdict is Verdict.OPEN:
            return self.allow_open and finding.name not in self.asked
        return finding.verdict.holds

    def exit_status(self) -> int:
        """0: all that was asked for holds; 1: something is refuted; 3: something is not known."""
        if any(f.verdict is Verdict.REFUTED for f in self.findings):
            return 1
        return 0 if all(self.satisfied(f) for f in self.findings) else 3
