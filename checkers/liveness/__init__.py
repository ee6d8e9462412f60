"""Liveness: promises checked on the explored graph of a bounded scope, under declared fairness.

Reading order: `graph` (states and steps as arrays), `fair` (where a fair run can stay for ever),
`lasso` (a run that breaks a promise), `explored` (a scope explored by the evaluator),
`arrays` (the same at array speed), `meaning`
(fairness and promises on such a graph), `check` (verdicts), `telling` (a lasso replayed and told).

Belongs here: what checks promises. Never here: proofs; every verdict is about one scope.
"""
