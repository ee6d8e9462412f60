"""Conformance: the evaluator, the Z3 model and the generated node of a spec say the same.

    report = checkers.conformance.exhaustive.run(spec)      # one node, every state and event
    run = Replay("order", nodes=[...], config={...})        # a system, step by step

Belongs here: comparing. Never here: what a spec means; each reading has that from its own module.

Reading order: `comparison` (what is compared), `z3_text` and `compiled_model` (the Z3 formulas run
on values), `generated` (the node), `setting` (values to try), `cases` and `exhaustive` (one node),
`replay`, `guide` and `stateful` (a system; the last needs Hypothesis and is imported by tests).
"""

from checkers.conformance.comparison import Difference, Mismatch, Readings
from checkers.conformance.replay import Failure, Replay, Subject
from checkers.conformance.setting import Setting, setting

__all__ = [
    "Difference",
    "Failure",
    "Mismatch",
    "Readings",
    "Replay",
    "Setting",
    "Subject",
    "setting",
]
