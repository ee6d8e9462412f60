"""Playing a spec's scenarios on the reference evaluator.

Belongs here: carrying out acts. Never here: what is concluded from a run (`reach`).
"""

from __future__ import annotations

from collections import deque

from model.evaluate import Checker, Evaluator, Event, GlobalState, Packet, Run
from model.evaluate.values import EvaluationError
from model.lang.errors import SpecError
from model.lang.scenario import Act, Scenario

MOST = 10_000
"""How many messages one `settle` may deliver before it is called endless."""


class NoAnswer(EvaluationError):
    """An event of a scenario has no answer, such as one that two rules give; `run` came before."""

    def __init__(self, error: EvaluationError, run: Run) -> None:
        """Add the run to the reason."""
        super().__init__(error.place, error.value, error.reason, error.fix)
        self.run = run

    def __reduce__(self) -> tuple[type[EvaluationError], tuple[str, object, str, str]]:
        """Go to other processes as the reason alone."""
        return EvaluationError, (self.place, self.value, self.reason, self.fix)


def play(evaluator: Evaluator, scenario: Scenario, checker: Checker) -> Run:
    """Play a scenario and return the run, with what `checker` found broken.

    Raises `SpecError` for an act that cannot be carried out, and `NoAnswer`.
    """
    return _Player(evaluator, scenario, checker).play()


class _Player:
    """One scenario in progress; `pending` are the messages not delivered yet, oldest first."""

    def __init__(self, evaluator: Evaluator, scenario: Scenario, checker: Checker) -> None:
        self.evaluator, self.scenario, self.checker = evaluator, scenario, checker
        self.state: GlobalState = evaluator.initial_state(scenario.config, scenario.nodes)
        self.run = Run(self.state.config, scenario.nodes)
        self.run.violations = [(0, v) for v in checker.start(self.state)]
        self.pending: deque[Packet] = deque()

    def play(self) -> Run:
        for act in self.scenario.acts:
            if act.kind == "settle":
                self.settle(act)
            elif act.kind == "deliver":
                self.deliver(act)
            elif act.kind == "crash":
                self.step(Event("crash", "crash", act.nodes[0]))
            else:
                assert act.event is not None
                fields = dict(act.fields)
                event = Event(act.kind, act.event.__name__, act.nodes[0], fields)
                self.evaluator.check_event(self.state, event)
                self.step(event)
        return self.run

    def step(self, event: Event) -> None:
        try:
            outcome, found = self.checker.advance(self.state, event)
        except EvaluationError as error:
            raise NoAnswer(error, self.run) from None
        self.run.note(event, outcome, found)
        self.pending.extend(outcome.sends)

    def settle(self, act: Act) -> None:
        for _ in range(MOST):
            among = next(
                (p for p in self.pending if p.src in act.nodes and p.dst in act.nodes), None
            )
            if among is None:
                return
            self.pending.remove(among)
            self.step(self.evaluator.delivery(among))
        raise SpecError(
            "ORD115",
            self.scenario.name,
            f"`settle` does not come to rest within {MOST} deliveries",
            fix="deliver single messages instead",
            span=act.span,
        )

    def deliver(self, act: Act) -> None:
        assert act.event is not None
        source, destination = act.nodes
        for packet in reversed(self.state.packets):
            if (packet.message, packet.src, packet.dst) == (
                act.event.__name__,
                source,
                destination,
            ):
                self.step(self.evaluator.delivery(packet))
                return
        raise SpecError(
            "ORD115",
            f"deliver({act.event.__name__}, {source!r}, {destination!r})",
            f"in the scenario {self.scenario.name!r} no such message was sent",
            fix="let the node that sends it act first",
            span=act.span,
        )
