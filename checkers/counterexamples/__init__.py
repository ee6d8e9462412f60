"""Counterexamples that explain themselves.

When an obligation fails: the smallest step that breaks the property (`smallest`), in words
(`explain`), with what matters marked (`matters`). Then whether a run from the first state breaks
it, looked for by the solver (`unrolling`, `forward`) and by the evaluator (`searching`), put
together (`reachability`) and told (`telling`): as numbered steps, as a diagram (`chart`,
`picture`), and as a program (`programs`) that replays it on generated nodes (`rerun`). Everything
is replayed by the reference evaluator (`breaking`, `runs`) before anybody sees it.

Belongs here: finding and telling counterexamples. Never here: proving, printing.
"""

from checkers.counterexamples.explain import explain
from checkers.counterexamples.reachability import answer
from checkers.counterexamples.runs import FoundRun, Replayed, System
from checkers.counterexamples.searching import Searched, search
from checkers.counterexamples.smallest import bounded_obligation, find
from checkers.counterexamples.telling import tell
from checkers.counterexamples.unrolling import Unrolling, unroll

__all__ = [
    "FoundRun",
    "Replayed",
    "Searched",
    "System",
    "Unrolling",
    "answer",
    "bounded_obligation",
    "explain",
    "find",
    "search",
    "tell",
    "unroll",
]
