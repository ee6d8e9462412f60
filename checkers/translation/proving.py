"""The obligations about a generated node, put to solvers.

Belongs here: from what is to be shown to results. Never here: the formulas (`obligations`), or how
a difference is made a call (`replay`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import z3

from checkers.solving import Answer, Cause, Portfolio, Query
from checkers.structure import NODE
from checkers.translation.handled import Handled
from checkers.translation.loading import load, unload
from checkers.translation.obligations import START, WHOLE, Reading, Shown
from checkers.translation.package import Package
from checkers.translation.plainly import PLAIN, Plainly
from checkers.translation.subset import OutsideSubset
from checkers.translation.whole import of_the_whole
from checkers.verdict import Result, Verdict
from model.lang import Spec
from model.lang.declare import Event
from model.smt import UnsupportedExpression

ALONE = "one answer"
"""What the proof of a rule may assume: the structural row of that name shows it."""
VALID, ANSWERS = "values are of their sorts", "this row answers"
IMPOSSIBLE = "no state and no event lead here"
NEVER = "never taken: the way out in line "
REACHED_MS = 5_000
"""How long it is asked whether a row can answer at all, in milliseconds."""
_UNDECIDED = {
    Cause.TIMEOUT: Verdict.TIMED_OUT,
    Cause.MEMORY: Verdict.OUT_OF_MEMORY,
    Cause.INCOMPLETE: Verdict.UNKNOWN,
}


@dataclass(frozen=True)
class Files:
    """The files of a node, by module name; `shown` is the folder that messages name.

    `above` is the text of the package that they lie in, which Python runs before them; `beside` is
    what else lies there that Python would run, each with what is wrong with it.
    """

    texts: Mapping[str, str]
    shown: str = ""
    above: str = ""
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A difference, told as a call: `lines`, and whether running the code shows it."""

    lines: tuple[str, ...]
    replayed: bool


Explain = Callable[[Spec, Package, Mapping[str, str], Shown, type[Event] | None], Told | None]
"""Look for a call on which code and rules differ, and make it."""

Confirm = Callable[[Query, frozenset[str], str], Result]
"""Put a query that is proved to a second solver, with what the proof used, and how it is called."""


class Validation:
    """A node's code and its spec, and the results of comparing them."""

    def __init__(self, spec: Spec, files: Files, explain: Explain) -> None:
        """Prepare; nothing is read before it is asked for."""
        self.spec, self.files, self._explain = spec, files, explain
        self._explained = False

    @cached_property
    def reading(self) -> Reading:
        """The two, read; raises `OutsideSubset`."""
        for path, why in self.files.beside:
            raise OutsideSubset(path, 1, "the file", why, "delete it")
        return Reading(self.spec, Package(self.files.texts, self.files.shown))

    def results(
        self, part: str, portfolio: Portfolio, confirm: Confirm | None = None
    ) -> list[Result]:
        """Return the results of one part: `WHOLE`, `START`, or the name of an event.

        What could not be read, or has no first-order reading, is UNKNOWN, and told. With `confirm`,
        its result on each solver's proof is among them.
        """
        try:
            return list(self._results(part, portfolio, confirm))
        except OutsideSubset as error:
            why = f"{error.file}:{error.line}: not read"
            return [Result(NODE, part, Verdict.UNKNOWN, "reader", reason=why, told=str(error))]
        except UnsupportedExpression as error:
            return [Result(NODE, part, Verdict.UNKNOWN, "solver", reason=str(error))]

    def shown(self, part: str) -> Iterator[Shown]:
        """Return what the solvers are asked about in a part; of the whole, they are not.

        Raises `OutsideSubset` where the code cannot be read.
        """
        if part == START:
            reading = self.reading
            yield from (*reading.orders(), *reading.started(), *reading.restarted())
        elif part == PLAIN:
            yield from Plainly(self.reading).shown()
        elif part != WHOLE:
            yield from Handled(self.reading, self.spec.events[part]).shown()

    def _results(
        self, part: str, portfolio: Portfolio, confirm: Confirm | None
    ) -> Iterator[Result]:
        self._explained = False
        if part == WHOLE:
            for name, told in of_the_whole(self.reading, self.files.above):
                verdict = Verdict.REFUTED if told else Verdict.PROVED
                yield Result(NODE, name, verdict, "reader", reason=told, told=told)
            told = _imported(self.files.texts)
            verdict = Verdict.REFUTED if told else Verdict.PROVED
            yield Result(NODE, "the import", verdict, "reader", reason=told, told=told)
            return
        event, possible = self.spec.events.get(part), 0
        for one in self.shown(part):
            answer = portfolio.ask(query_of(one))
            found = self._told(one, event, answer)
            possible += one.row is not None and found.reason != IMPOSSIBLE
            yield found
            if confirm is not None and found.verdict is Verdict.PROVED:
                yield confirm(query_of(one), frozenset(answer.core), one.name)
        if event is not None and not possible:
            reason = "no row can answer: what is assumed contradicts itself"
            yield Result(NODE, part, Verdict.UNKNOWN, "solver", reason=reason)

    def _told(self, one: Shown, event: type[Event] | None, answer: Answer) -> Result:
        """Return what the solvers' answer about one thing comes to."""
        verdict, reason, told = Verdict.PROVED, "", ""
        if answer.follows:
            reason = _reached(one)
        elif answer.follows is False:
            verdict, reason, told = self._differs(one, event)
        else:
            assert answer.cause is not None
            verdict, reason = _UNDECIDED[answer.cause], answer.reason
        uses = (ALONE,) if ALONE in answer.core else ()
        return Result(
            NODE, one.name, verdict, "solver", answer.seconds, reason, uses, by=answer.by, told=told
        )

    def _differs(self, one: Shown, event: type[Event] | None) -> tuple[Verdict, str, str]:
        """Return what is to be said of something that does not follow."""
        if self._explained:
            return Verdict.UNKNOWN, "it does not follow either", ""
        package = self.reading.package
        found = self._explain(self.spec, package, self.files.texts, one, event)
        if found is None:
            return Verdict.UNKNOWN, "it does not follow; no call with few names shows why", ""
        told = "\n".join(found.lines)
        if not found.replayed:
            why = "the solver's difference is none when the code is run: report this"
            return Verdict.UNKNOWN, why, told
        self._explained = True
        return Verdict.REFUTED, "a call shows the difference", f"{one.name}:\n{told}"


def query_of(one: Shown) -> Query:
    """Return the question whether one thing is so."""
    given = ((VALID, one.valid), (ANSWERS, one.when), (ALONE, one.alone))
    return Query((), given, _nothing_more, one.goal, topic=NODE)


def _imported(texts: Mapping[str, str]) -> str:
    """Return what is wrong with the code when Python runs it, by importing what has been read."""
    try:
        unload(load(texts))
    except Exception as error:
        return f"importing the code raises {type(error).__name__}: {error}"
    return ""


def _nothing_more() -> tuple[tuple[()], tuple[()]]:
    """Return that nothing else is given."""
    return (), ()


def _reached(one: Shown) -> str:
    """Return what of a row is never reached: all of it, or some of the ways out that end in it.

    From assumptions that contradict each other everything follows: then it says nothing that the
    row's obligation is met, and it is named.
    """
    if one.row is None:
        return ""
    solver = z3.SimpleSolver()
    solver.set("timeout", REACHED_MS)
    solver.add(one.valid, one.when, one.alone)
    if solver.check() == z3.unsat:
        return IMPOSSIBLE
    if len(one.ways) < 2:
        return ""  # the row answers somewhere, and this is the way
    never = [str(line) for line, when in one.ways if solver.check(when) == z3.unsat]
    return f"{NEVER}{', '.join(never)}" if never else ""
