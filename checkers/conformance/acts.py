"""A spec's scenarios, played on a run: each act as the events that it stands for.

Belongs here: what an act means for a network. Never here: what is checked (`replay`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from checkers.conformance.replay import Replay
from model.evaluate import EvaluationError, Event, Packet
from model.lang.scenario import Act, Scenario

MOST = 10_000
"""How many messages one `settle` may deliver before it is called endless."""


def events_of(scenario: Scenario, run: Replay) -> Iterator[Event]:
    """Yield a scenario's events; each must be taken by `run` before the next is asked for.

    Raises `EvaluationError` for an act that cannot be carried out.
    """
    pending: deque[Packet] = deque()  # sent and not delivered yet, oldest first
    for act in scenario.acts:
        if act.kind == "settle":
            for _ in range(MOST):
                among = (p for p in pending if p.src in act.nodes and p.dst in act.nodes)
                packet = next(among, None)
                if packet is None:
                    break
                pending.remove(packet)
                yield run.readings.evaluator.delivery(packet)
                pending.extend(run.last_sends)
            else:
                raise EvaluationError(scenario.name, act, "it does not come to rest")
        else:
            yield _event(scenario, act, run)
            pending.extend(run.last_sends)


def _event(scenario: Scenario, act: Act, run: Replay) -> Event:
    if act.kind == "crash" or act.event is None:
        return Event("crash", "crash", act.nodes[0])
    name = act.event.__name__
    if act.kind != "deliver":
        return Event(act.kind, name, act.nodes[0], dict(act.fields))
    source, destination = act.nodes
    for packet in reversed(run.state.packets):
        if packet[:3] == (name, source, destination):
            return run.readings.evaluator.delivery(packet)
    raise EvaluationError(scenario.name, act, f"no {name} was sent from {source} to {destination}")
