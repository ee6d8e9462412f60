"""What a spec's fairness and promises mean on an explored graph.

Belongs here: fair actions as conditions on runs, promises as sets of states. Never here: exploring
(`explored`), or looking for fair runs (`fair`, `lasso`).

Of an event that is declared fair the condition asks, for each node (of messages and requests: for
each with its fields by itself), that it happens and a rule accepts it; a refusal serves nobody. Of
`fair_loss` it asks that a message that is sent again and again arrives again and again, be it
refused, and that what arrives again and again is sent so, too. What is sent to a node that has
stopped asks for nothing. Of what ceases it asks, of all nodes and fields together, that no rule
accepts it from some moment on; it may be refused for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from checkers.liveness.explored import Action, Explored
from checkers.liveness.fair import Condition
from checkers.liveness.graph import Ints, Mask
from model.evaluate import Evaluator, Event, GlobalState, Local, Packet
from model.evaluate.search import FormulaCompiler, is_open
from model.evaluate.terms import Closure, Frame
from model.evaluate.values import EvaluationError, show_value
from model.lang import Spec
from model.lang.expr import Expr, Kind, walk
from model.lang.promises import ALIVE, CEASES, EVENTUALLY, FairAction, Pledge
from model.lang.sorts import NODE, MaybeSort, Sort, StructSort
from model.lang.spec import Statement

# ---------------------------------------------------------------- fairness


def conditions(explored: Explored) -> list[Condition]:
    """Return what is fair in the scope: a condition for each node, or each message."""
    return [c for fair in explored.spec.fairness for c in _conditions(explored, fair)]


def _conditions(explored: Explored, fair: FairAction) -> Iterator[Condition]:
    actions: list[Action] = explored.actions.things
    strong = fair.strength != "weak"
    if fair.strength == CEASES:
        asks = _mask(_serves(a, fair) for a in actions)
        none = np.zeros(len(actions), bool)
        yield Condition(f"`{fair.name}`", True, none, None, asks, action=fair.name, ceases=True)
        return
    if fair.event is None or fair.event.kind != "message":
        yield from _of_nodes(explored, fair, strong)
        return
    delivered: dict[Event, list[int]] = {}
    sending: dict[Packet, list[int]] = {}
    for at, a in enumerate(actions):
        if a.event.kind == "message":
            delivered.setdefault(a.event, []).append(at)
        for p in a.sends:
            sending.setdefault(p, []).append(at)
    gone = explored.stopped
    for packet in explored.packets.things:
        if packet.message != fair.name:
            continue
        takes = np.zeros(len(actions), bool)
        takes[delivered.get(explored.evaluator.delivery(packet), [])] = True
        called = f"arrival of {packet}"
        if fair.strength == "loss":
            asks = np.zeros(len(actions), bool)
            asks[sending.get(packet, [])] = True
            yield Condition(called, True, takes, None, asks, gone[packet.dst], action=fair.name)
            # Finite duplication: what arrives again and again is sent again and again.
            yield Condition(f"copies of {packet}", True, asks, None, takes, None, False, fair.name)
        else:
            takes &= _mask(a.accepted for a in actions)
            asked = explored.graph.enabled(takes)
            yield Condition(called, strong, takes, asked, action=fair.name)


def _of_nodes(explored: Explored, fair: FairAction, strong: bool) -> Iterator[Condition]:
    """Yield the conditions of a rule, a timer, or a request with each of its fields' values."""
    actions: list[Action] = explored.actions.things
    found: dict[tuple[str, str], list[int]] = {}
    rearms: dict[str, list[int]] = {}
    for at, a in enumerate(actions):
        if _serves(a, fair):
            fields = a.event.fields if a.event.kind == "request" and fair.event else {}
            given = ", ".join(map(show_value, fields.values()))
            found.setdefault((a.event.node, f"({given})" if given else ""), []).append(at)
        elif a.accepted and a.event.name in fair.unless:
            rearms.setdefault(a.event.node, []).append(at)
    for (node, given), chosen in sorted(found.items()):
        takes = np.zeros(len(actions), bool)
        takes[chosen] = True
        asked = explored.graph.enabled(takes)
        takes[rearms.get(node, [])] = True
        called = f"`{fair.name}{given}` of {node}"
        yield Condition(called, strong, takes, asked, action=fair.name)


def _serves(action: Action, fair: FairAction) -> bool:
    """Tell whether an action is what a declaration is of: a rule, or an accepted event."""
    if fair.event is None:
        return action.label == fair.rule
    return action.accepted and action.event.name == fair.name


def _mask(chosen: Iterable[bool]) -> Mask:
    return np.array(list(chosen), bool)


def may_stop(spec: Spec, config: dict[str, Any]) -> Callable[[frozenset[str]], bool]:
    """Return whether just some nodes may be up, as the spec says by `@alive`."""
    tests = [_alive(s.promise, config) for s in spec.of_kind(ALIVE) if s.promise is not None]
    return lambda up: all(test(up) for test in tests)


def _alive(promise: Pledge, config: dict[str, Any]) -> Callable[[frozenset[str]], bool]:
    compiler = FormulaCompiler()
    scope = compiler.bind(promise.bound, {})
    test = compiler.compile(promise.then, scope)

    def holds(up: frozenset[str]) -> bool:
        f = compiler.frame(Frame(config))
        f.bound[0] = up
        return bool(test(f))

    return holds


# ---------------------------------------------------------------- promises


def asked_about(spec: Spec) -> frozenset[str]:
    """Return the messages that a promise mentions, or that arm a timer anew, by name."""
    return reads(spec, Kind.SENT).union(*(fair.unless for fair in spec.fairness))


def reads(spec: Spec, kind: Kind) -> frozenset[str]:
    """Return the messages (kind SENT) or ghosts (kind GHOST) that promises mention, by name."""
    return frozenset(
        e.data
        for s in spec.of_kind(EVENTUALLY)
        if s.promise is not None
        for expr in s.promise.expressions()
        for e in walk(expr)
        if e.kind is kind
    )


@dataclass(frozen=True, eq=False)
class Instance:
    """A promise for chosen values of its variables: in which states each half holds."""

    values: dict[str, Any]
    when: Mask | None
    then: Mask


class Promises:
    """The promises of a spec, as sets of states of an explored graph."""

    def __init__(self, explored: Explored) -> None:
        """Find out which values variables can have."""
        self.explored = explored
        self._every = _everything(explored)

    def instances(self, statement: Statement, tell: Callable[[int, int], None]) -> list[Instance]:
        """Return the promise for all values of its variables.

        What is promised to a node that has stopped is kept. Nodes are those that are up.
        """
        promise = statement.promise
        assert promise is not None
        nodes = [i for i, (_, sort) in enumerate(promise.bound) if sort == NODE]
        domains = [_domain(self._every, sort, self.explored.nodes) for _, sort in promise.bound]
        for (name, sort), domain in zip(promise.bound, domains, strict=True):
            if not domain:
                text = f"{statement.name}({name})"
                raise EvaluationError("liveness", text, f"no state has a value of {sort}")
        chosen = list(product(*domains))
        halves = [Half(e, promise) for e in (promise.then, promise.when) if e is not None]
        count = self.explored.graph.count
        variables = frozenset(self.explored.evaluator.schema.variables)
        if not any(half.reads_everything for half in halves):
            variables = frozenset().union(*(half.variables for half in halves))
        sent = any(half.reads_sent for half in halves)
        ghosts = any(half.reads_ghosts for half in halves)
        seen, alike = _alike(self.explored.columns(variables, sent, ghosts))
        made = [np.zeros((len(chosen), len(seen)), bool) for _ in halves]
        for at, number in enumerate(seen.tolist()):
            if at % 1000 == 0:
                tell(at, len(seen))
            state = up_state(self.explored.state(number), self.explored.up(number))
            for half, table in zip(halves, made, strict=True):
                table[:, at] = half.values(state, chosen)
            for i, values in enumerate(chosen):
                if any(values[n] not in state.nodes for n in nodes):
                    made[0][i, at] = True  # it has stopped
        assert len(alike) == count
        names = [name for name, _ in promise.bound]
        return [
            Instance(
                dict(zip(names, values, strict=True)),
                made[1][i].take(alike) if len(made) > 1 else None,
                made[0][i].take(alike),
            )
            for i, values in enumerate(chosen)
        ]


def _alike(columns: Iterable[Ints]) -> tuple[Ints, Ints]:
    """Return one state of each kind that look alike, and by state which of these it is like."""
    code: Ints | None = None
    for column in columns:
        code = column if code is None else code * (int(column.max()) + 1) + column
        _, code = np.unique(code, return_inverse=True)
    assert code is not None
    _, first = np.unique(code, return_index=True)
    return first, code


def up_state(state: GlobalState, up: frozenset[str]) -> GlobalState:
    """Return the state as promises see it: its nodes are those that are up."""
    seen = state.copy()
    if len(up) < len(seen.nodes):
        seen.nodes = _Up({n: v for n, v in state.nodes.items() if n in up}, state.nodes)
    return seen


class _Up(dict[str, Local]):
    """The nodes that are up; what a stopped one held last can be read, if somebody names it."""

    def __init__(self, up: dict[str, Local], every: dict[str, Local]) -> None:
        super().__init__(up)
        self._every = every

    def __missing__(self, node: str) -> Local:
        return self._every[node]


class Half:
    """`when` or `then` of a promise, compiled."""

    def __init__(self, expr: Expr, promise: Pledge) -> None:
        self._compiler = FormulaCompiler()
        scope = self._compiler.bind(promise.bound, {})
        self._slots = [scope[name] for name, _ in promise.bound]
        self._test: Closure = self._compiler.compile(expr, scope)
        # A variable that nothing binds ranges over all values that occur anywhere in the state.
        everywhere = any(
            is_open(self._compiler.slots[slot][1]) for slot in self._compiler.enumerated
        )
        kinds = {e.kind for e in walk(expr)}
        self.reads_everything = everywhere
        self.variables = frozenset(e.data for e in walk(expr) if e.kind is Kind.VAR)
        self.reads_sent = everywhere or Kind.SENT in kinds
        self.reads_ghosts = everywhere or Kind.GHOST in kinds

    def values(self, state: GlobalState, chosen: list[tuple[Any, ...]]) -> list[bool]:
        """Return whether it holds in a state, for each choice of values."""
        f = self._compiler.frame(Frame(state.config, state=state))
        found = []
        for values in chosen:
            for slot, value in zip(self._slots, values, strict=True):
                f.bound[slot] = value
            found.append(bool(self._test(f)))
        return found


def _everything(explored: Explored) -> GlobalState:
    """Return a state that holds every value that occurs in any: for its domains alone."""
    evaluator: Evaluator = explored.evaluator
    nodes = {f"{i} ": local for i, local in enumerate(explored.locals.things)}
    sent: list[Packet] = explored.packets.things
    ghosts: dict[str, list[Any]] = {}
    for name, row in explored.rows.things:
        ghosts.setdefault(name, []).append(row)
    made = GlobalState(evaluator.schema, explored.config, nodes, sent, ghosts)
    return made


def _domain(every: GlobalState, sort: Sort, nodes: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of a sort in a whole graph; nodes are the scope's."""
    match sort:
        case MaybeSort():
            return (None, *_domain(every, sort.of, nodes))
        case StructSort():
            return tuple(product(*(_domain(every, s, nodes) for _, s in sort.parts)))
        case _ if sort == NODE:
            return nodes
    return every.domain(sort)
