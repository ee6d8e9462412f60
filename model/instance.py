"""A finite reading of a spec: so many nodes, keys, terms, messages and crashes, and no more.

Belongs here: what an instance is, and which steps it leaves out. Never here: which values its sorts
have (`bounds`), how one is named on a command line, or what is done with it (exported, searched).

A *state* is every node's variables, the set of messages ever sent and, where crashes are counted,
how many there were; with `ghosts`, also the relations that exist for the proof. The *steps* from a
state are one for each pair of an event and the row that answers it:

* the events are each message ever sent, at its receiver; each timer, and each request with each
  value of its fields, at each node; a crash of each node;
* a refusal that sets nothing and sends nothing is no step; every other row is one also where the
  state after it is the one before;
* a step is left out that starts a value of an order beyond the instance's, sends more different
  messages than it allows, or is a crash after so many; a crash that changes nothing is not counted
  among these.

So `generated` (one for the first state and one for each step from each state), `distinct` and
`depth` (states on a longest shortest path) are the same numbers for whoever counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from model.bounds import Bounds
from model.lang.spec import Transition

Value: TypeAlias = Any
"""A concrete value, as the evaluator writes it: a leaf's name, a number, a frozenset, ..."""


@dataclass(frozen=True, kw_only=True)
class Instance(Bounds):
    """How much there is of everything: bounds, with a configuration.

    `messages` is how many different messages may be sent, `crashes` how many crashes there may be:
    None for any number.
    """

    config: Mapping[str, Value]
    messages: int | None = None
    crashes: int | None = 0
    ghosts: bool = False


def is_step(transition: Transition) -> bool:
    """Tell whether a row is a step: it is no refusal, or it sets or sends something."""
    does = transition.updates or transition.sends or transition.ghosts
    return transition.kind != "refusal" or bool(does)
