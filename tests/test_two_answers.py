"""Two rules that answer one event are told as such, wherever that comes out first.

Stands for: no two rules answer the same event differently; and a fault of a spec is no fault of the
workers that found it.
"""

from __future__ import annotations

import pickle

from checkers.reach import reach
from model import order
from model.evaluate.values import EvaluationError
from model.lang.spec import drop_clause
from tests.test_order_faults import clause_of


def test_a_scenario_that_meets_two_answers_refutes_one_answer() -> None:
    """Without a majority the last vote counts and wins."""
    spec = order.spec()
    found = reach(drop_clause(spec, "win", clause_of(spec, "win", "majority(")), steps=1)
    told = found.broken["one answer"]
    assert "ORD111" in told[-1] and "both count_vote and win answer it" in told[-1]
    assert len(told) > 1  # the steps before


def test_an_error_of_the_evaluator_comes_back_from_a_worker() -> None:
    error = EvaluationError("ORD111", "an event", "two rules answer it", "make them exclusive")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is EvaluationError and str(again) == str(error)
    assert again.fix == error.fix
