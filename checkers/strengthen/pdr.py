"""Property-directed reachability over universal clauses, in the unbounded reading.

Belongs here: frames, blocking, generalising, pushing. Never here: how a state is read as a cube
(`cubes`), or the proof of what comes out (`search.confirm`).

Frames F0 (the first state), F1, F2, ... over-approximate what is reached in so many steps. A
state that leads to a bad step is described by a cube; the cube is excluded from its frame by a
clause once no step from the frame before leads into it, after the states that do were excluded
first. Literals are left out of a clause while that stays so and no sampled state contradicts it.
Where all clauses of a frame can be pushed on, they are inductive. (IC3: Bradley, 2011; universal
clauses from diagrams: Karbyshev et al., 2015.) States come from the bounded reading, since the
unbounded one seldom gives a model; that a step does not lead into a cube is always the unbounded
reading's word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from checkers.strengthen.asker import Asker
from checkers.strengthen.cubes import Cube, Looker, at_first
from checkers.strengthen.mine import Miner
from checkers.strengthen.source import Lemma, slug
from model.evaluate import Evaluator, GlobalState
from model.lang import Spec
from model.lang.expr import Expr, Kind, show, walk
from model.lang.spec import Statement

MOST_FRAMES = 12
MOST_CUBES = 200
SAMPLED = 250
"""How many sampled states a clause is held against before the solver is asked."""


class Stuck(Exception):
    """The search cannot go on; the text says where and why."""


@dataclass
class Clause:
    """A clause and the last frame it is known to hold in."""

    lemma: Lemma
    statement: Statement
    level: int


@dataclass
class Result:
    """What came of a search.

    `lemmas`: an inductive set of clauses, or those of the last frame, where `why` says why there is
    none; `trace`: the steps from the first state to a bad one, where cubes led there.
    """

    lemmas: list[Lemma] = field(default_factory=list)
    why: str = ""
    trace: tuple[str, ...] = ()
    frames: int = 0
    cubes: int = 0


class Pdr:
    """One search: `goals` are to hold, `known` are invariants already."""

    def __init__(
        self,
        spec: Spec,
        asker: Asker,
        miner: Miner,
        goals: Sequence[Statement],
        known: Sequence[Statement],
        tell: Callable[[str], None],
    ) -> None:
        """Prepare."""
        self.spec, self.asker, self.miner, self.tell = spec, asker, miner, tell
        self.goals, self.known = list(goals), [s for s in known if s.formula is not None]
        self.looker = Looker(spec, asker)
        self.clauses: list[Clause] = []
        self.evaluator = Evaluator(spec)
        self.states: list[GlobalState] = miner.states[:SAMPLED]
        self.first = [Lemma(f"at first {i}", f).statement() for i, f in enumerate(at_first(spec))]
        self.cubes = 0

    def run(self) -> Result:
        """Search until the clauses are inductive, a trace reaches a bad state, or it is stuck."""
        frame = 1
        try:
            for frame in range(1, MOST_FRAMES + 1):
                self._strengthen(frame)
                if (kept := self._push(frame)) is not None:
                    return Result([c.lemma for c in kept], "", (), frame, self.cubes)
            why = f"no fixed point within {MOST_FRAMES} frames"
        except _Reached as reached:
            return Result([], "", reached.trace, frame, self.cubes)
        except Stuck as stuck:
            why = str(stuck)
        last = [c.lemma for c in self.clauses if c.level >= frame - 1]
        return Result(last, why, (), frame, self.cubes)

    # ------------------------------------------------------------ frames

    def _frame(self, level: int) -> list[Statement]:
        """Return what holds in a frame."""
        if level == 0:
            return [*self.first, *self.known]
        goals = [g for g in self.goals if g.formula is not None]
        return [*goals, *self.known, *(c.statement for c in self.clauses if c.level >= level)]

    def _strengthen(self, frame: int) -> None:
        """Exclude from a frame every state that a step takes to where a goal is false."""
        for goal in self.goals:
            for t in self.asker.steps_of(goal):
                while not self.asker.ask(t.label, goal, self._frame(frame)).holds:
                    cube = self.looker.before(t.label, goal, self._frame(frame))
                    if cube is None:
                        raise Stuck(
                            f"{goal.name} at {t.label}: neither proved nor broken by a state of"
                            f" at most 3 nodes in frame {frame}"
                        )
                    self._block(cube, frame, (f"{t.label} breaks {goal.name}",))

    def _block(self, cube: Cube, level: int, trace: tuple[str, ...]) -> None:
        """Exclude a cube from a frame, after the states that lead into it from the one before."""
        self.cubes += 1
        if self.cubes > MOST_CUBES:
            raise Stuck(f"more than {MOST_CUBES} states looked at")
        self.tell(f"frame {level}, state {self.cubes}: {len(cube.literals)} facts")
        lemma = self._lemma(cube.clause())
        statement = lemma.statement()
        if level == 0 or not self.asker.initial(statement).holds:
            raise _Reached(trace)
        for t in self.asker.steps_of(statement):
            while True:
                given = [*self._frame(level - 1), statement]
                if self.asker.ask(t.label, statement, given).holds:
                    break
                before = self.looker.before(t.label, statement, given)
                if before is None:
                    raise Stuck(
                        f"{show(lemma.formula)} at {t.label}: neither proved nor broken by a state"
                        f" of at most 3 nodes in frame {level - 1}"
                    )
                self._block(before, level - 1, (t.label, *trace))
        self._learn(self._general(cube, level), level)

    def _general(self, cube: Cube, level: int) -> Lemma:
        """Leave out literals while the frame excludes what is left, and no sample has it."""
        kept = list(cube.literals)
        for literal in sorted(cube.literals, key=lambda x: (-_weight(x), show(x))):
            rest = [x for x in kept if x is not literal]
            if not rest:
                break
            lemma = self._lemma(cube.clause(rest))
            if self._contradicted(lemma) or not self._excluded(lemma.statement(), level):
                continue
            kept = rest
        return self._lemma(cube.clause(kept))

    def _contradicted(self, lemma: Lemma) -> bool:
        statement = lemma.statement()
        return any(not self.evaluator.holds(s, statement) for s in self.states)

    def _excluded(self, statement: Statement, level: int) -> bool:
        given = [*self._frame(level - 1), statement]
        return self.asker.initial(statement).holds and all(
            self.asker.ask(t.label, statement, given).holds for t in self.asker.steps_of(statement)
        )

    def _learn(self, lemma: Lemma, level: int) -> None:
        for c in self.clauses:
            if c.lemma is lemma:
                c.level = max(c.level, level)
                return
        self.clauses.append(Clause(lemma, lemma.statement(), level))

    def _push(self, frame: int) -> list[Clause] | None:
        """Push clauses to later frames; return those that are inductive together, if a frame is."""
        for level in range(1, frame + 1):
            for c in [c for c in self.clauses if c.level == level]:
                given = self._frame(level)
                if all(
                    self.asker.ask(t.label, c.statement, given).holds
                    for t in self.asker.steps_of(c.statement)
                ):
                    c.level = level + 1
            if not any(c.level == level for c in self.clauses):
                return [c for c in self.clauses if c.level > level]
        return None

    def _lemma(self, formula: Expr) -> Lemma:
        seen = [n.data for n in walk(formula) if n.kind in (Kind.VAR, Kind.SENT, Kind.GHOST)]
        words = "_".join(dict.fromkeys(str(s) for s in seen))
        return self.miner.named(slug(f"never {words}"), formula, "counterexample")


class _Reached(Exception):
    """The first state is in a cube that leads to a bad step, by these steps."""

    def __init__(self, trace: tuple[str, ...]) -> None:
        super().__init__(" -> ".join(trace))
        self.trace = trace


def _weight(x: Expr) -> int:
    """Return how odd a literal is: the odder, the sooner it is left out."""
    return (2 if x.kind is Kind.NOT else 0) + (1 if x.kind is Kind.HAS else 0)
