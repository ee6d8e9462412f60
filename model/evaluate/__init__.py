"""The reference evaluator: a spec in its plain concrete meaning, on values anybody can read.

It is what the Z3 model and the generated node are compared with, and what replays every
counterexample before anybody sees it. It shares the expression tree with them and nothing else.

    evaluator = Evaluator(spec)
    state = evaluator.initial_state(config, nodes)
    outcome = evaluator.advance(state, Event("timer", "BeaconDue", "n1"))

Reading order: `values`, `terms` (the meaning of each kind of expression), `state`, `node` (what one
node answers), `search` (quantifiers), `evaluator` (steps and statements), `checker` (statements
after every step of a run), `simulate` and `seek` (random runs).
"""

from model.evaluate.checker import Checker, Violation
from model.evaluate.evaluator import Evaluator, Replay, Witness
from model.evaluate.node import Outcome, RefusedBy
from model.evaluate.seek import Found, seek, shorten
from model.evaluate.simulate import Mix, Run, Simulation, random_run, replay_events
from model.evaluate.state import Event, GlobalState, Packet
from model.evaluate.terms import Local
from model.evaluate.values import EvaluationError, Value, check_value, show_value

__all__ = [
    "Checker",
    "EvaluationError",
    "Evaluator",
    "Event",
    "Found",
    "GlobalState",
    "Local",
    "Mix",
    "Outcome",
    "Packet",
    "RefusedBy",
    "Replay",
    "Run",
    "Simulation",
    "Value",
    "Violation",
    "Witness",
    "check_value",
    "random_run",
    "replay_events",
    "seek",
    "shorten",
    "show_value",
]
