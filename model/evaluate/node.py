"""What one node answers to one event.

Belongs here: transitions compiled, choosing the one that answers, what it does.
Never here: other nodes (`evaluator` carries the outcome into a whole state).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from model.evaluate.search import Enumeration
from model.evaluate.state import Event, GlobalState, Packet, Row
from model.evaluate.terms import Closure, Frame, Local, TermCompiler
from model.evaluate.values import EvaluationError, Value
from model.lang.declare import GhostUpdate, Send
from model.lang.sorts import MaybeSort, SetSort
from model.lang.spec import Spec, Transition, initial_value


class RefusedBy(NamedTuple):
    """The clause that a refusal names: its rule, its text, and `role`, `sender` or `guard`."""

    rule: str
    clause: str
    kind: str


@dataclass(slots=True)
class Outcome:
    """What a node does about an event.

    `transition` is the label of the row that answers, of kind rule, refusal or environment;
    `updates` are next values; `sends` are in the order of the row, receivers sorted; `ghosts` are
    filled in only where a whole state is at hand.
    """

    transition: str
    kind: str
    node: str
    updates: dict[str, Value]
    sends: list[Packet]
    reply: str | None
    reply_fields: dict[str, Value]
    refused_by: RefusedBy | None
    ghosts: list[tuple[str, Row]]


class CompiledSend:
    """One message of a row, with where it goes."""

    def __init__(self, out: Send, compiler: TermCompiler) -> None:
        self.message = out.message.__name__
        self.to = compiler.compile(out.to, {})
        self.to_set = isinstance(out.to.sort, SetSort)
        self.to_maybe = isinstance(out.to.sort, MaybeSort)
        self.fields = [compiler.compile(e, {}) for e in out.fields.values()]

    def packets(self, f: Frame) -> list[Packet]:
        """Return the messages it sends."""
        to = self.to(f)
        receivers: Sequence[str]
        if self.to_set:
            receivers = sorted(to)
        elif self.to_maybe and to is None:
            return []
        else:
            receivers = (to,)
        fields = tuple([field(f) for field in self.fields])
        return [Packet(self.message, f.me, receiver, fields) for receiver in receivers]


class CompiledGhost:
    """One ghost update of a row."""

    def __init__(self, update: GhostUpdate) -> None:
        self.relation = update.relation.name
        self.tuples = Enumeration(update.args, update.bound, update.where)

    def rows(self, f: Frame) -> list[Row]:
        """Return the tuples it adds, on a frame with the state before."""
        return self.tuples.rows(f)


class CompiledTransition:
    """One row of the spec, ready to run."""

    def __init__(self, t: Transition) -> None:
        compiler = TermCompiler()
        self.label = t.label
        self.kind = t.kind
        self.texts = [(c.text, c.kind) for c in t.clauses]
        self.clauses = [compiler.compile(c.expr, {}) for c in t.clauses]
        self.updates = [(n, compiler.compile(e, {})) for n, e in t.updates.items()]
        self.sends = [CompiledSend(out, compiler) for out in t.sends]
        self.ghosts = [CompiledGhost(update) for update in t.ghosts]
        self.reply: str | None = None
        self.names_clause = False
        self.reply_fields: list[tuple[str, Closure]] = []
        if t.reply is not None:
            self.reply = t.reply.decl.__name__
            self.names_clause = t.reply.decl.refusal
            self.reply_fields = [(n, compiler.compile(e, {})) for n, e in t.reply.fields.items()]
        self.fresh = [id(e) for e in t.fresh()]
        self.source = t  # keeps the expressions, and so their identities, alive

    def ghost_rows(self, f: Frame) -> list[tuple[str, Row]]:
        """Return the tuples it adds to ghosts, on a frame with the state before."""
        return [(ghost.relation, row) for ghost in self.ghosts for row in ghost.rows(f)]

    def first_false(self, f: Frame) -> int:
        """Return the index of the first clause that does not hold; their number if all do."""
        for at, clause in enumerate(self.clauses):
            if not clause(f):
                return at
        return len(self.clauses)


class NodeEvaluator:
    """The rows of a spec, by the event that they answer."""

    prefer: frozenset[str] | None = None
    """Which rules answer where two do: one of these if it can be, else the first. None: neither,
    since two answers to one event are a mistake; what looks for faults may want to go on."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        compiler = TermCompiler()
        self._initial = [(n, compiler.compile(initial_value(spec, n), {})) for n in spec.variables]
        self.events = {
            name: (
                [CompiledTransition(t) for t in spec.rules_of(event)],
                [CompiledTransition(t) for t in spec.refusals_of(event)],
            )
            for name, event in spec.events.items()
        }
        (self.crash,) = (CompiledTransition(t) for t in spec.transitions if t.kind == "environment")

    def initial(self, node: str, config: Mapping[str, Value]) -> dict[str, Value]:
        """Return a node's first variables."""
        f = Frame(config, node)
        return {name: value(f) for name, value in self._initial}

    def answer(
        self,
        config: Mapping[str, Value],
        node: str,
        local: Local,
        event: Event,
        state: GlobalState | None = None,
        fresh: Sequence[Value] | None = None,
    ) -> Outcome:
        """Return what `node`, with the variables `local`, answers to `event`.

        With `state`, the outcome also holds the ghosts. `fresh` gives the values of the answering
        row's FRESH expressions, in the order of `Transition.fresh`; without it they are the next
        ones. Raises `EvaluationError` where two rules answer, or none does.
        """
        f = Frame(config, node, local, event.fields, event.sender, state)
        refused_by = None
        if event.kind == "crash":
            chosen: CompiledTransition | None = self.crash
        else:
            rules, refusals = self._rows(event)
            if fresh is not None:
                f.fresh = {k: v for t in rules for k, v in zip(t.fresh, fresh, strict=False)}
            chosen = None
            nearest = -1
            for rule in rules:
                at = rule.first_false(f)
                if at == len(rule.clauses):
                    if chosen is not None:
                        if self.prefer is None:
                            raise _ambiguous(event, chosen, rule)
                        if chosen.label in self.prefer or rule.label not in self.prefer:
                            continue
                    chosen = rule
                elif at > nearest:
                    nearest = at
                    refused_by = RefusedBy(rule.label, *rule.texts[at])
            if chosen is None:
                for refusal in refusals:
                    if refusal.first_false(f) == len(refusal.clauses):
                        chosen = refusal
                        break
        if chosen is None:
            raise EvaluationError(
                "ORD112", event, "no row answers it", "end the @fallback with a row without `when`"
            )
        return Outcome(
            chosen.label,
            chosen.kind,
            node,
            {name: value(f) for name, value in chosen.updates},
            [packet for out in chosen.sends for packet in out.packets(f)],
            chosen.reply,
            {name: value(f) for name, value in chosen.reply_fields},
            refused_by if chosen.names_clause else None,
            [] if state is None else chosen.ghost_rows(f),
        )

    def clause_values(
        self, config: Mapping[str, Value], node: str, local: Local, event: Event
    ) -> dict[str, tuple[bool, ...]]:
        """Return the value of every clause of every rule that could accept `event`."""
        f = Frame(config, node, local, event.fields, event.sender)
        rules, _ = self._rows(event)
        return {rule.label: tuple([bool(c(f)) for c in rule.clauses]) for rule in rules}

    def _rows(self, event: Event) -> tuple[list[CompiledTransition], list[CompiledTransition]]:
        rows = self.events.get(event.name)
        if rows is None:
            raise EvaluationError("event", event.name, "the spec declares no such event")
        return rows


def _ambiguous(event: Event, one: CompiledTransition, other: CompiledTransition) -> EvaluationError:
    return EvaluationError(
        "ORD111",
        event,
        f"both {one.label} and {other.label} answer it",
        "make the guards exclude each other",
    )
