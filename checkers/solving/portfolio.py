"""A query through the portfolio: the first definite answer wins.

Belongs here: which try comes when and how long it may take. Never here: how a try is made.

A solver's `unsat` proves the goal; `sat` says that it does not follow, and ends the tries as well.
Anything else is no answer: the next way is tried, until the query's time is over. The cause of no
answer is memory where a try ran out of it, else time where one ran out of it, else the solvers gave
up by themselves.

Z3 numbers its terms, and what ran out of memory inside this process leaves numbers so high that
each later solver here takes fifty times as long. From then on all is asked outside, in a process
that such a question ends.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, repeat

from checkers.solving.inside import Inside
from checkers.solving.outside import Outside, has_cvc5
from checkers.solving.query import Answer, Cause, Limits, Query
from checkers.solving.smtlib import Script, script
from checkers.solving.ways import FIRST, ROUNDS, WAYS, Way

_SHORTEST = 0.02
"""Seconds below which a try is not worth starting a process for."""


class Portfolio:
    """Solvers to ask one query after another, in one process.

    Close it, or leave its `with` block, to end the process that it may have started.
    """

    def __init__(self, limits: Limits | None = None, ways: tuple[Way, ...] | None = None) -> None:
        """Set the bounds of each query, and the ways tried after the cheap ones."""
        self.limits = limits if limits is not None else Limits()
        chosen = WAYS if ways is None else ways
        self.ways = tuple(w for w in chosen if w.engine != "cvc5" or has_cvc5())
        self._helped: defaultdict[str, set[str]] = defaultdict(set)
        self._inside = Inside(self.limits.megabytes)
        self._slow_inside = False
        self._outside = Outside(self.limits.megabytes)

    def __enter__(self) -> Portfolio:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started."""
        self.close()

    def close(self) -> None:
        """End the process of the tries outside, if there is one."""
        self._outside.close()

    def forget(self) -> None:
        """Forget what was learnt, so that what comes next depends on nothing before it."""
        self._helped.clear()
        self._inside.forget()

    def ask(self, query: Query) -> Answer:
        """Return the first definite answer, or why there is none."""
        started = time.perf_counter()
        gave_up: list[Answer] = []
        for answer in self._tries(query, started):
            if answer.follows is not None:
                self._helped[query.topic].update(answer.hypotheses)
                spent = time.perf_counter() - started
                return Answer(answer.follows, answer.by, spent, answer.core)
            gave_up.append(answer)
        spent = time.perf_counter() - started
        cause = _cause(gave_up)
        return Answer(None, "", spent, cause=cause, reason=_told(gave_up, cause, self.limits))

    def _tries(self, query: Query, started: float) -> Iterator[Answer]:
        first_tries = () if self._slow_inside and self.ways else FIRST
        for stage, seconds in first_tries:
            left = self._left(started)
            if left <= 0:
                return
            first = query.first | self._helped[query.topic]
            answer = self._inside.ask(query, stage, min(seconds, left), first)
            self._slow_inside |= answer.cause is Cause.MEMORY
            last = stage is FIRST[-1][0]
            if answer.follows or last:  # that less than all does not suffice says nothing
                yield answer
        text: Script | None = None
        ways = self.ways
        for seconds in chain(ROUNDS, repeat(ROUNDS[-1])):
            slow = []
            for way in ways:
                left = self._left(started)
                if left < _SHORTEST:
                    return
                text = text if text is not None else script(query)
                limit = min(seconds, left)
                answer = self._outside.ask(way.engine, way.options, text, limit, way.name)
                yield answer
                if answer.cause is Cause.TIMEOUT:
                    slow.append(way)  # only more time could help it
            ways = tuple(slow)
            if not ways:
                return

    def _left(self, started: float) -> float:
        return self.limits.seconds - (time.perf_counter() - started)


def _cause(answers: list[Answer]) -> Cause:
    """Return why nothing was decided, by the last answer of each way."""
    causes = {a.cause for a in {a.by: a for a in answers}.values()}
    for cause in (Cause.MEMORY, Cause.TIMEOUT, Cause.INCOMPLETE):
        if cause in causes:
            return cause
    return Cause.TIMEOUT


def _told(answers: list[Answer], cause: Cause, limits: Limits) -> str:
    """Return the reason in words: what each way came to in the end."""
    if not answers:
        return f"no try ended within {limits.seconds:g} s"
    tries = []
    for a in {a.by: a for a in answers}.values():
        ended: dict[Cause | None, str] = {
            Cause.TIMEOUT: "out of time",
            Cause.MEMORY: "out of memory",
        }
        tries.append(f"{a.by}: {ended.get(a.cause, a.reason or 'gave up')}")
    bound = {
        Cause.TIMEOUT: f"out of time ({limits.seconds:g} s)",
        Cause.MEMORY: f"out of memory ({limits.megabytes} MB)",
        Cause.INCOMPLETE: "the solvers gave up by themselves",
    }[cause]
    return f"{bound}: {'; '.join(tries)}"
