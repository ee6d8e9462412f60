"""A whole system of generated nodes, every step compared and every oath checked.

Belongs here: the system, and the program that reproduces a failure. Never here: which step is next
(`guide`, `stateful`).

    run = Replay("order", nodes=["n1", "n2", "n3", "c1"], config={"members": {...}, ...})
    run.timer("n1", "BeaconDue")
    run.deliver("Beacon", "n1", "n2")
    run.request("n1", "AddShard", key="k1")
    run.crash("n2")

The network loses, duplicates, delays and reorders: what was once sent can be delivered at any time,
again, or never. A crash leaves a node with what it stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from checkers.conformance.comparison import Difference, Mismatch, Readings
from checkers.conformance.setting import Cluster, setting
from model.evaluate import Checker, Event, GlobalState, Packet, Violation
from model.lang import Spec
from model.lang.sorts import MaybeSort, SetSort, Sort, StructSort
from model.lang.spec import Statement

Value: TypeAlias = Any


@dataclass(eq=False)
class Subject:
    """A spec with its three readings, ready to be run many times.

    `source` is the Python expression by which a program that reproduces a failure names it, and
    `imports` the lines which that needs. `package` is the generated node's, `impl.<name>` unless
    it is given.
    """

    spec: Spec
    package: str | None = None
    source: str = ""
    imports: Sequence[str] = ()
    readings: Readings = field(init=False)
    checker: Checker = field(init=False)
    sorts: dict[str, dict[str, Sort]] = field(init=False)

    def __post_init__(self) -> None:
        self.source = self.source or repr(self.spec.name)
        self.readings = Readings(self.spec, self.package)
        self.checker = Checker(self.readings.evaluator, self.statements())
        self.sorts = self.readings.evaluator.schema.fields

    def statements(self) -> list[Statement]:
        """Return everything that is checked after each step, what is not proved yet included."""
        return self.spec.of_kind("safety", "lemma", "assumption", "step")


@lru_cache(maxsize=4)
def subject(name: str) -> Subject:
    """Return the subject of the spec called `name`. Raises `KeyError` if it has no setting."""
    return Subject(setting(name).load())


class Failure(AssertionError):
    """A step on which the readings differ, or that breaks an oath."""

    def __init__(self, run: Replay, event: Event, problems: list[Difference | Violation]) -> None:
        self.subject, self.cluster, self.event = run.subject, run.cluster, event
        self.history, self.labels = list(run.history), list(run.labels)
        self.problems = problems
        self.before = dict(run.last_before)
        super().__init__(str(self))

    @property
    def kind(self) -> frozenset[str]:
        """What went wrong, the values apart: two failures of one kind are taken to be one fault."""
        return frozenset(
            p.what if isinstance(p, Difference) else p.statement.name for p in self.problems
        )

    def program(self) -> str:
        """Return a Python program that reproduces it."""
        return program(self.subject, self.cluster, self.history, self.labels)

    def __str__(self) -> str:
        """Return what went wrong, and the program."""
        differences = [p for p in self.problems if isinstance(p, Difference)]
        broken = [str(p) for p in self.problems if not isinstance(p, Difference)]
        config = self.cluster.config
        told = str(Mismatch(self.event, self.before, config, differences))
        lines = [f"step {len(self.history)} fails" if self.history else "the start fails", told]
        lines += [f"  it breaks {statement}" for statement in broken]
        return "\n".join([*lines, "", "This program reproduces it:", "", self.program()])


@dataclass(frozen=True)
class Snapshot:
    """A moment of a run from which others can go on."""

    cluster: Cluster
    state: GlobalState
    history: tuple[Event, ...]
    labels: tuple[str, ...]


class Replay:
    """A system in its first state. Each step raises `Failure` if something is wrong with it."""

    subject: Subject
    cluster: Cluster
    state: GlobalState
    history: list[Event]
    labels: list[str]

    def __init__(
        self,
        spec: str | Spec | Subject,
        *,
        nodes: Iterable[str],
        config: Mapping[str, Value],
    ) -> None:
        """Start the nodes. `spec` may be the name of a spec that has a setting."""
        if isinstance(spec, str):
            self.subject = subject(spec)
        else:
            self.subject = spec if isinstance(spec, Subject) else Subject(spec)
        self.readings = self.subject.readings
        sorts = self.readings.evaluator.schema.config
        self.cluster = Cluster(
            tuple(nodes), {n: _frozen(sort, config[n]) for n, sort in sorts.items()}
        )
        self._begin(self.readings.evaluator.initial_state(self.cluster.config, self.cluster.nodes))
        problems: list[Difference | Violation] = []
        for name in self.cluster.nodes:
            problems += self.readings.compare_start(name, self.cluster.config)
        problems += self.checker.start(self.state)
        if problems:
            raise Failure(self, Event("start", "start", "all"), problems)

    @classmethod
    def resume(cls, subject: Subject, moment: Snapshot) -> Replay:
        """Return a run that goes on from a moment of another."""
        run = cls.__new__(cls)
        run.subject, run.readings, run.cluster = subject, subject.readings, moment.cluster
        run._begin(moment.state.copy())
        run.history, run.labels = list(moment.history), list(moment.labels)
        return run

    def _begin(self, state: GlobalState) -> None:
        self.state = state
        self.history, self.labels = [], []
        self.rows: Counter[str] = Counter()
        self.replies: Counter[str] = Counter()
        self.last_before: Mapping[str, Value] = {}
        self.last_sends: list[Packet] = []
        self.checker = self.subject.checker
        self.checker.broken.clear()
        node = self.readings.node
        config = node.config(self.cluster.config)
        self.nodes = {name: node.start(name, config) for name in self.cluster.nodes}
        for name, one in self.nodes.items():
            node.put(one, state.nodes[name])

    def moment(self) -> Snapshot:
        """Return a copy of the present, for `resume`."""
        return Snapshot(self.cluster, self.state.copy(), tuple(self.history), tuple(self.labels))

    # ------------------------------------------------------------ what can happen

    def timer(self, node: str, name: str, /) -> str:
        """Let a timer of a node fire. Returns the row that answers, as all steps do."""
        return self.take(Event("timer", name, node))

    def request(self, node: str, name: str, /, **fields: Value) -> str:
        """Let a client ask a node for something."""
        return self.take(Event("request", name, node, self._fields(name, fields)))

    def deliver(self, message: str, source: str, destination: str, /, **fields: Value) -> str:
        """Deliver a message that was sent before, for the first time or again.

        Raises `EvaluationError` if it was not.
        """
        event = Event("message", message, destination, self._fields(message, fields), source)
        return self.take(event)

    def crash(self, node: str, /) -> str:
        """Let a node crash and restart with what it stored."""
        return self.take(Event("crash", "crash", node))

    def _fields(self, event: str, given: Mapping[str, Value]) -> dict[str, Value]:
        """Return an event's fields in their order; a wrong name is left for the check to tell."""
        sorts = self.subject.sorts.get(event, {})
        known = {n: _frozen(sort, given[n]) for n, sort in sorts.items() if n in given}
        return known | {n: value for n, value in given.items() if n not in known}

    # ------------------------------------------------------------ a step

    def take(self, event: Event, *, known: bool = False) -> str:
        """Let `event` happen, compare, and check all oaths; `known` says that it surely can."""
        if not known:
            self.readings.evaluator.check_event(self.state, event)
        config, before = self.cluster.config, self.state.nodes[event.node]
        taken = self.readings.take(config, self.nodes[event.node], before, event, self.state)
        self.nodes[event.node] = taken.node
        self.last_before = before
        problems: list[Difference | Violation] = list(taken.differences)
        label = "?"
        if taken.outcome is not None and taken.step is not None:
            outcome = taken.outcome
            label, self.last_sends = outcome.transition, outcome.sends
            problems += self.readings.compare(config, taken.step, outcome).differences
            problems += self.checker.before(self.state, event, outcome)
            problems += self.checker.apply(self.state, outcome)
            self.rows[label] += 1
            if outcome.reply is not None:
                self.replies[outcome.reply] += 1
        self._settle(event, label, problems)
        return label

    def _settle(self, event: Event, label: str, problems: list[Difference | Violation]) -> None:
        self.history.append(event)
        self.labels.append(label)
        if problems:
            raise Failure(self, event, problems)


# ---------------------------------------------------------------- programs


def program(
    subject: Subject, cluster: Cluster, events: Sequence[Event], labels: Sequence[str] = ()
) -> str:
    """Return the Python program that lets `events` happen; `labels` become comments."""
    config = ", ".join(f"{name!r}: {literal(value)}" for name, value in cluster.config.items())
    lines = [*subject.imports, "from checkers.conformance import Replay", ""]
    lines += [f"run = Replay({subject.source}, nodes={list(cluster.nodes)!r}, config={{{config}}})"]
    for at, event in enumerate(events):
        note = f"  # {labels[at]}" if at < len(labels) else ""
        lines.append(call(event) + note)
    return "\n".join(lines) + "\n"


def call(event: Event) -> str:
    """Return the call that lets an event happen in a program."""
    fields = "".join(f", {n}={literal(v)}" for n, v in event.fields.items())
    match event.kind:
        case "message":
            return f"run.deliver({event.name!r}, {event.sender!r}, {event.node!r}{fields})"
        case "crash":
            return f"run.crash({event.node!r})"
        case _:
            return f"run.{event.kind}({event.node!r}, {event.name!r}{fields})"


def literal(value: Value) -> str:
    """Return a value as a program writes it."""
    match value:
        case frozenset():
            return "{" + ", ".join(sorted(map(literal, value))) + "}" if value else "set()"
        case tuple():
            parts = ", ".join(map(literal, value))
            return f"({parts},)" if len(value) == 1 else f"({parts})"
        case _:
            return repr(value)


def _frozen(sort: Sort, value: Value) -> Value:
    """Return a value as the readings have it, from one as a program writes it."""
    match sort:
        case SetSort():
            return frozenset(_frozen(sort.of, element) for element in value)
        case StructSort():
            return tuple(_frozen(part, x) for (_, part), x in zip(sort.parts, value, strict=True))
        case MaybeSort():
            return None if value is None else _frozen(sort.of, value)
        case _:
            return value


def shorten(failure: Failure) -> Failure:
    """Return a failure of the same kind with as few events as one gets by leaving some out.

    Removes ever smaller pieces (Zeller and Hildebrandt 2002, in its simplest form).
    """
    best, kept = failure, failure.history
    size = max(1, len(kept) // 2)
    while True:
        at, shorter = 0, False
        while at < len(kept):
            attempt = _again(failure, kept[:at] + kept[at + size :])
            if attempt is not None:
                best, kept, shorter = attempt, attempt.history, True
            else:
                at += size
        if size == 1 and not shorter:
            return best
        size = max(1, size // 2)


def _again(failure: Failure, events: Sequence[Event]) -> Failure | None:
    """Run events, deliveries of what was never sent left out; return a failure of that kind."""
    try:
        run = Replay(failure.subject, nodes=failure.cluster.nodes, config=failure.cluster.config)
        for event in events:
            if event.kind == "message":
                row = (event.sender, event.node, *event.fields.values())
                if row not in run.state.sent[event.name].rows:
                    continue
            run.take(event, known=True)
    except Failure as found:
        return found if found.kind == failure.kind else None
    return None
