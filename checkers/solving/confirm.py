"""A second solver's word on what the first has proved.

Belongs here: how cvc5 is asked, and what its answer means. Never here: what follows from that for a
run (`findings`).

cvc5 reads the query as text, with its own parser. It is asked whether the goal follows from just
what Z3 says its proof used: so it confirms that too, and with it what a proof is said to rest on.
`unsat` confirms, `sat` disagrees. Anything else confirms nothing, and is never taken for agreement.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from checkers.solving.outside import Outside
from checkers.solving.query import Answer, Cause, Limits, Query
from checkers.solving.smtlib import script
from checkers.solving.ways import INTERLEAVED

TRIES: tuple[tuple[Mapping[str, str], float], ...] = (
    ({}, 2.0),
    (INTERLEAVED, 5.0),
    ({"enum-inst": "true"}, 5.0),
    ({"finite-model-find": "true"}, 5.0),
    (INTERLEAVED, 60.0),
)
"""The options of each try, and its seconds."""


class Confirmer:
    """cvc5, to ask about one proof after another."""

    def __init__(self, limits: Limits) -> None:
        """Set the bounds of each proof's confirmation."""
        self.limits = limits
        self._outside = Outside(limits.megabytes)

    def close(self) -> None:
        """End the process of the solver."""
        self._outside.close()

    def ask(self, query: Query, core: frozenset[str]) -> Answer:
        """Return cvc5's answer on a query that Z3 proved from the guards and hypotheses `core`."""
        started = time.perf_counter()
        gave_up = Answer(None, "cvc5", 0.0, cause=Cause.TIMEOUT, reason="out of time")
        text = script(query, core)
        for options, seconds in TRIES:
            left = self.limits.seconds - (time.perf_counter() - started)
            if left <= 0:
                break
            answer = self._outside.ask("cvc5", options, text, min(seconds, left), "cvc5")
            if answer.follows is not None:
                spent = time.perf_counter() - started
                return Answer(answer.follows, "cvc5", spent, answer.core)
            gave_up = answer
            if answer.reason.startswith("error"):
                break  # it does not read the text: asking again changes nothing
        spent = time.perf_counter() - started
        return Answer(None, "cvc5", spent, cause=gave_up.cause, reason=gave_up.reason)
