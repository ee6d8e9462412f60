"""Short tries with Z3 inside this process.

Belongs here: the solvers that are kept from query to query, and how they are bounded. Never here:
which try comes when (`portfolio`).

Most goals of a transition follow from its guards alone, most others from the guards and the
property itself before the step. So three solvers are kept per transition: with the guards, with the
axioms as well, with all hypotheses as well. Each goal is pushed on one of them and taken off again.

Bounds: `timeout` and `max_memory` of the solver itself, which it looks at while it searches, though
not while it takes formulas in; so the system's limit on address space is lowered around each try as
well, where there is one. Either ends the try alone, and the next one works: what Z3 held before, or
has lost on the way, is not counted. The global
`memory_max_size` is never set: once that is exceeded, no later call of Z3 in the process works.
Bounds that no solver can get around are those of a process of its own (`outside`).
"""

from __future__ import annotations

import enum
import time
from contextlib import suppress
from functools import lru_cache

import z3

from checkers.solving.query import GIVEN, Answer, Cause, Named, Query, cause_of


class Stage(enum.Enum):
    """How much is brought in."""

    GUARDS = "guards"
    FIRST = "guards and itself"
    ALL = "all hypotheses"


class Ceiling:
    """Within its block, this process may take so much address space beside what it has already."""

    def __init__(self, megabytes: int) -> None:
        """Set how much more it may take."""
        self._megabytes = megabytes
        self._before: tuple[int, int] | None = None

    def __enter__(self) -> None:
        """Lower the limit; where there is none to lower, do nothing."""
        with suppress(ImportError, OSError, ValueError, IndexError):
            import resource

            with open("/proc/self/statm", "rb") as file:
                pages = int(file.read().split()[0])
            most = pages * resource.getpagesize() + (self._megabytes << 20)
            soft, hard = self._before = resource.getrlimit(resource.RLIMIT_AS)
            if soft == resource.RLIM_INFINITY or most < soft:
                resource.setrlimit(resource.RLIMIT_AS, (most, hard))

    def __exit__(self, *_: object) -> None:
        """Put the limit back."""
        if self._before is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_AS, self._before)
            self._before = None


class Inside:
    """Z3 in this process, with what it has learnt of the transition asked about last."""

    def __init__(self, megabytes: int) -> None:
        """Bound what Z3 may hold."""
        self._megabytes = megabytes
        self._ceiling = Ceiling(megabytes)
        self._kept: dict[Stage, tuple[tuple[object, ...], z3.Solver]] = {}

    def ask(
        self, query: Query, stage: Stage, seconds: float, first: frozenset[str] = frozenset()
    ) -> Answer:
        """Try for so long, with what belongs to the stage; `first` names what to start with."""
        started = time.perf_counter()
        by = f"z3, {stage.value}"
        try:
            solver = self._solver(query, stage)
            solver.set("timeout", max(1, int(seconds * 1000)))
            solver.push()
            if stage is Stage.FIRST:
                track(solver, tuple((n, f) for n, f in query.given()[0] if n in first), GIVEN)
            solver.add(z3.Not(query.goal))
            with self._ceiling:
                found = solver.check()
            answer = read(solver, found, by, time.perf_counter() - started)
            solver.pop()
        except (z3.Z3Exception, MemoryError) as error:
            self._kept.clear()
            spent = time.perf_counter() - started
            reason = str(error) or "out of memory"
            return Answer(None, by, spent, cause=cause_of(reason), reason=reason)
        except BaseException:  # as by Ctrl-C: a goal left in a solver would prove the next one
            self._kept.clear()
            raise
        if answer.cause is Cause.MEMORY:
            self._kept.clear()  # what it learnt is what filled the memory
        return answer

    def forget(self) -> None:
        """Drop the kept solvers."""
        self._kept.clear()

    def _solver(self, query: Query, stage: Stage) -> z3.Solver:
        """Return the solver with everything of the stage but the goal."""
        wanted: tuple[object, ...] = (query.guards,)
        if stage is not Stage.GUARDS:
            named, definitions = query.given()
            wanted = (query.guards, query.background, definitions)
            if stage is Stage.ALL:
                wanted = (*wanted, named)
        kept = self._kept.get(stage)
        # By identity: the same objects are the same formulas, and nothing else need be compared.
        # The kept tuple holds them, so that no other object can have come in their place.
        if kept is not None and all(a is b for a, b in zip(kept[0], wanted, strict=True)):
            return kept[1]
        solver = z3.SimpleSolver()
        solver.set("unsat_core", True)
        held = int(z3.Z3_get_estimated_alloc_size()) >> 20
        solver.set("max_memory", held + self._megabytes)
        track(solver, query.guards)
        if stage is not Stage.GUARDS:
            solver.add(*query.background, *definitions)
            if stage is Stage.ALL:
                track(solver, named, GIVEN)
        self._kept[stage] = (wanted, solver)
        return solver


def track(solver: z3.Solver, named: Named, prefix: str = "") -> None:
    """Assert named formulas so that the core can name them."""
    context = solver.ctx.ref()
    for name, formula in named:  # as `assert_and_track` does, which spends its time on conversions
        z3.Z3_solver_assert_and_track(
            context, solver.solver, formula.as_ast(), _label(prefix + name).as_ast()
        )


@lru_cache(maxsize=4096)
def _label(name: str) -> z3.BoolRef:
    return z3.Bool(name)


def read(solver: z3.Solver, found: z3.CheckSatResult, by: str, seconds: float) -> Answer:
    """Return what a check found."""
    if found == z3.unsat:
        return Answer(True, by, seconds, tuple(sorted(str(n) for n in solver.unsat_core())))
    if found == z3.sat:
        return Answer(False, by, seconds)
    reason = solver.reason_unknown()
    return Answer(None, by, seconds, cause=cause_of(reason), reason=reason)
