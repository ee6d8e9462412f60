"""A transition as Z3 formulas.

Belongs here: the state after a transition in terms of the state before. Never here: what is
asked about it (the checkers do that).
"""

from __future__ import annotations

from typing import Any

import z3

from model.lang import Message, Spec
from model.lang.declare import GhostUpdate
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE, MapSort
from model.lang.spec import Transition
from model.smt.translate import Translator, choose, owner_of
from model.smt.vocabulary import Value, Vocabulary


class SystemStep:
    """One transition of one node `me` in a system of any number of nodes.

    `before` and `after` translate formulas in the two states. `assumptions()` holds exactly when
    the transition is taken by `me` with the event's fields (constants named `event.<field>`): the
    guard, that the message was sent, and what is known of fresh values and composite sets.
    """

    def __init__(
        self,
        spec: Spec,
        transition: Transition,
        vocabulary: Vocabulary,
        beside: SystemStep | None = None,
    ) -> None:
        """Translate `transition`; `beside` another of the same node and event, sharing its sets."""
        self.spec, self.transition, self.v = spec, transition, vocabulary
        event = transition.event
        parts = event.parts if event is not None else {}
        self.fields: dict[str, Value] = {
            name: vocabulary.constants(f"event.{name}", decl.sort) for name, decl in parts.items()
        }
        self.side: list[z3.BoolRef] = beside.side if beside is not None else []
        made: dict[Any, Any] = beside.before.made if beside is not None else {}
        self.before: Translator = vocabulary.translator(
            vocabulary, fields=self.fields, after=self, side=self.side, made=made
        )
        self.after: Translator = vocabulary.translator(
            self, fields=self.fields, after=self, side=self.side, made=made
        )
        self.next = {n: self.before.value(e) for n, e in transition.updates.items()}
        self.clauses = [self.before.formula(c.expr) for c in transition.clauses]
        self.received = self._received()
        self._sends = [
            (s.message.__name__, s.to, [self.before.value(x) for x in s.fields.values()])
            for s in transition.sends
        ]
        self.enabled = self._enabled()
        for name in {s.message.__name__ for s in transition.sends}:  # make their constants now
            self.sent(name, self._dummy([NODE, NODE, *vocabulary.field_sorts(name)]))
        for update in transition.ghosts:
            self.ghost(update.relation.name, self._dummy(list(update.relation.columns)))

    def _dummy(self, sorts: list[Any]) -> list[Value]:
        return [self.v.constants(f"dummy!{i}", s) for i, s in enumerate(sorts)]

    def _received(self) -> z3.BoolRef:
        event = self.transition.event
        if event is None or not issubclass(event, Message):
            return z3.BoolVal(True)
        return self.v.sent(event.__name__, [self.v.sender, self.v.me, *self.fields.values()])

    def _enabled(self) -> list[z3.BoolRef]:
        if self.transition.kind != "refusal":
            return self.clauses
        return [self.before.formula(self.spec.enabled(self.transition))]

    def assumptions(self) -> list[z3.BoolRef]:
        """Return what holds when the transition is taken."""
        return [self.received, *self.enabled, *self.side]

    def fresh_values(self) -> list[tuple[z3.ExprRef, Expr]]:
        """Return the constant of each fresh value, with its expression."""
        return [made for key, made in self.before.made.items() if key[0] == "fresh"]

    # ------------------------------------------------------------ the state after

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        """Return variable `name` of `node` after the step."""
        if name not in self.next:
            return self.v.variable(name, node)
        if node.eq(self.v.me):
            return self.next[name]
        return choose(node == self.v.me, self.next[name], self.v.variable(name, node))

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a message was sent up to and in the step."""
        ways = [self.v.sent(message, args)]
        sorts = self.v.field_sorts(message)
        for name, to, values in self._sends:
            if name != message:
                continue
            source, destination, *fields = args
            same = [
                self.v.equal(sort, a, b) for sort, a, b in zip(sorts, fields, values, strict=True)
            ]
            ways.append(z3.And(source == self.v.me, self.before.addressed(to, destination), *same))
        return ways[0] if len(ways) == 1 else z3.Or(ways)

    def rows_of(self, atom: Expr) -> list[tuple[z3.BoolRef, list[Value]]]:
        """Return the rows of a relation after the step, in the bounded reading."""
        rows = list(self.before.v_rows(atom))  # type: ignore[attr-defined]
        for name, to, values in self._sends:
            if atom.kind is Kind.SENT and name == atom.data:
                for node in self.v.elements(NODE):  # type: ignore[attr-defined]
                    rows.append((self.before.addressed(to, node), [self.v.me, node, *values]))
        for update in self.transition.ghosts:
            if atom.kind is Kind.GHOST and update.relation.name == atom.data:
                rows += self._ghost_rows(update)
        return rows

    def _ghost_rows(self, update: GhostUpdate) -> list[tuple[z3.BoolRef, list[Value]]]:
        """Return the rows that a ghost update adds, one for each way to satisfy its condition."""
        t = self.before
        if update.where is None:
            return [(z3.BoolVal(True), [t.value(a) for a in update.args])]
        first = update.where.args[0] if update.where.kind is Kind.AND else update.where
        bound = {n for n, _ in update.bound}
        found = []
        saved = dict(t.bound)
        for flag, row in t.v_rows(first):  # type: ignore[attr-defined]
            t.bound.update(t._bind(first, row, bound))  # type: ignore[attr-defined]
            found.append((z3.And(flag, t.value(update.where)), [t.value(a) for a in update.args]))
        t.bound = saved
        return found

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a ghost relation holds after the step."""
        ways = [self.v.ghost(name, args)]
        for update in self.transition.ghosts:
            if update.relation.name == name:
                ways.append(self._added(update.relation.columns, update, args))
        return ways[0] if len(ways) == 1 else z3.Or(ways)

    def _added(self, columns: Any, update: GhostUpdate, args: list[Value]) -> z3.BoolRef:
        t = self.before
        if hasattr(t, "v_rows"):
            return z3.Or(
                [
                    z3.And(
                        flag,
                        *(
                            self.v.equal(sort, given, value)
                            for sort, given, value in zip(columns, args, row, strict=True)
                        ),
                    )
                    for flag, row in self._ghost_rows(update)
                ]
            )
        saved = dict(t.bound)
        terms: list[z3.ExprRef] = []
        for name, sort in update.bound:
            value = self.v.constants(f"{name}!added", sort)
            t.bound[name] = value
            terms += self.v.flat(value)
        conditions = [t.value(update.where)] if update.where is not None else []
        conditions += [
            self.v.equal(sort, given, t.value(arg))
            for sort, given, arg in zip(columns, args, update.args, strict=True)
        ]
        t.bound = saved
        body = z3.And(conditions)
        return z3.Exists(terms, body) if terms else body


class LocalRelation:
    """One transition of one node as a relation of plain constants: before, event, after.

    Constants: `before.<variable>`, `event.<field>`, `sender`, `me`, `config.<name>`,
    `after.<variable>`; composite sets are terms over `add.<Sort>`, `remove.<Sort>`,
    `union.<Sort>`, composite maps over `put.<Sort>`, so that the relation has no quantifier apart
    from subsets.
    """

    def __init__(self, spec: Spec, transition: Transition, vocabulary: Vocabulary) -> None:
        """Translate `transition`."""
        self.v, self.transition = vocabulary, transition
        event = transition.event
        parts = event.parts if event is not None else {}
        fields = {n: vocabulary.constants(f"event.{n}", d.sort) for n, d in parts.items()}
        self.t = _LocalTranslator(vocabulary, _Before(vocabulary), fields=fields)
        self.clauses = [self.t.formula(c.expr) for c in transition.clauses]
        self.enabled = self.t.formula(spec.enabled(transition))
        self.next = {n: self.t.value(e) for n, e in transition.updates.items()}
        self.sends = [
            (
                s.message.__name__,
                self.t.value(s.to),
                s.to.sort,
                [self.t.value(x) for x in s.fields.values()],
            )
            for s in transition.sends
        ]
        reply = transition.reply
        self.reply = (
            [] if reply is None else [(n, e.sort, self.t.value(e)) for n, e in reply.fields.items()]
        )
        self.fresh = {
            str(constant): (expr, self.t.value(expr.args[0]))
            for key, (constant, expr) in self.t.made.items()
            if key[0] == "fresh"
        }

    def formula(self) -> z3.BoolRef:
        """Return the relation of variables before and after, messages apart."""
        spec = self.v.spec
        frame = []
        for name, decl in spec.variables.items():
            now = self.v.constants(f"after.{name}", decl.sort)
            then = self.next.get(name)
            if then is None:
                then = self.v.constants(f"before.{name}", decl.sort)
            frame.append(self.v.equal(decl.sort, now, then))
        return z3.And(self.enabled, *self.t.side, *frame)


class _Before:
    """The present state of the one node as constants."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.v = vocabulary

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        return self.v.constants(f"before.{name}", self.v.spec.variables[name].sort)

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        raise TypeError("one node does not see the messages in flight")

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        raise TypeError("one node does not see ghosts")


class _LocalTranslator(Translator):
    """Composite sets as terms."""

    def value_at(self, whole: Expr, key: Value) -> Value:
        assert isinstance(whole.sort, MapSort)
        return self.v.value_at(whole.sort, self.value(whole), key)

    def _made_map(self, e: Expr) -> z3.ExprRef:
        assert isinstance(e.sort, MapSort)
        sort = self.v.sort(e.sort)
        if e.kind is Kind.EMPTY:
            return z3.Const(f"empty.{e.sort.name}", sort)
        terms = [term for a in e.args for term in self.v.flat(self.value(a))]
        domain = [term.sort() for term in terms]
        return self.v.function(f"put.{e.sort.name}", domain, sort)(*terms)

    def _owner(self, e: Expr) -> z3.ExprRef:
        return owner_of(self, e)

    def _set(self, e: Expr) -> z3.ExprRef:
        sort = self.v.sort(e.sort)
        if e.kind is Kind.EMPTY:
            return z3.Const(f"empty.{e.sort.name}", sort)
        a, b = self.value(e.args[0]), self.value(e.args[1])
        name = f"{e.kind.value}.{e.sort.name}"
        return self.v.function(name, [a.sort(), b.sort()], sort)(a, b)
