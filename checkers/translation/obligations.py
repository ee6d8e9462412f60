"""What has to be shown of a generated node: that each handler does what the rules say.

Belongs here: which obligations there are, and their formulas. Never here: a solver, or how a
difference is shown (`replay`).

Of each event: for every row that answers it (rule or refusal), wherever that row answers, the
handler returns that row, the variables, messages and reply it says; and nothing raises. Of the
node: at its first start it has the first values, and what it stores and starts again with is what
a crash leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from checkers.translation.execute import Machine
from checkers.translation.forms import OfRow, exactly
from checkers.translation.meaning import Before, Said, Standard
from checkers.translation.package import Class, Package
from checkers.translation.subset import OutsideSubset, outside
from checkers.translation.things import ClassValue, Exit, Failure, Node
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Name,
    Record,
    Row,
    Table,
    Term,
    Text,
    Value,
    conj,
    disj,
    equal,
    neg,
)
from model.lang import Spec
from model.lang.sorts import NODE, OrderSort, SumSort, parts_of
from model.lang.spec import Transition, initial_value
from model.smt.vocabulary import enumeration

START, RESTART, WHOLE = "first start", "restart", "the whole"
"""What there is to show beside the events."""
THE_ORDER = "the order "
NOTHING_RAISES = "nothing raises"
STAYS_VALID = "values stay of their sorts"
WITHOUT_SENDER = "without a sender"
GIVEN = "a sender is given"
"""Whether one is, to what is no message."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing to be shown: `goal`, given that the values are of their sorts (`valid`).

    `row` is the row of the spec that is to answer, with the condition under which it does; `alone`
    that no other rule accepts, which the row `one answer` of the report shows. `ways` are the ways
    out that end in the row: the line of each, and when it is taken.
    """

    name: str
    valid: Bool
    when: Bool
    alone: Bool
    goal: Bool
    row: Transition | None = None
    ways: tuple[tuple[int, Bool], ...] = ()


class Reading:
    """A node's code and its spec, read together: in `Standard`, or with few names."""

    def __init__(self, spec: Spec, package: Package, most: int | None = None) -> None:
        """Prepare; raises `OutsideSubset` where the code and the spec have no common ground."""
        self.spec, self.package = spec, package
        self.v = Standard(spec, most)
        self.machine = Machine(package, self.enum, self.v.count)
        self.me = Name(self.v.me)
        self.state = Before(self.v)
        self.before: dict[str, Any] = {n: self.state.variable(n, self.v.me) for n in spec.variables}
        self.config = {
            n: self.v.constants(f"config.{n}", d.sort) for n, d in spec.config.parts.items()
        }
        self._tuples_are_as_declared()

    def _tuples_are_as_declared(self) -> None:
        """Refuse a tuple class with other parts, or in another order: that is how they compare."""
        decls: list[Any] = [*self.spec.variables.values(), *self.spec.config.parts.values()]
        for event in self.spec.events.values():
            decls += event.parts.values()
        for reply in self.spec.replies.values():
            decls += reply.parts.values()
        for sort in dict.fromkeys(s for d in decls for s in parts_of(d.sort)):
            form = self.v.form(sort)
            if not isinstance(form, OfRow):
                continue
            cls = self.package.find("types", form.kind)
            if not isinstance(cls, Class) or cls.kind != "tuple":
                raise self.error("types", f"it has no NamedTuple {form.kind}")
            if tuple(cls.parts) != form.names or any(cls.parts.values()):
                why = f"{form.kind} has the parts ({', '.join(form.names)}), in this order"
                raise self.error("types", why, cls.node)

    def enum(self, name: str, texts: tuple[str, ...]) -> tuple[Term, ...] | None:
        """Return the leaves of a sum by their texts."""
        sums = {s.name: s for s in self._sums()}
        sort = sums.get(name)
        if sort is None or set(texts) != set(sort.leaves):
            return None
        terms = dict(zip(sort.leaves, enumeration(sort.name, sort.leaves)[1], strict=True))
        return tuple(terms[text] for text in texts)

    def _sums(self) -> Iterator[SumSort]:
        for declared in self.spec.sums.values():
            sort = getattr(declared, "sort", None)
            if isinstance(sort, SumSort):
                yield sort

    def error(self, module: str, why: str, node: Any = None) -> OutsideSubset:
        """Return an error about a module."""
        at = node if node is not None else self.package.trees[module].body[0]
        return outside(self.package.file(module), at, why)

    # ------------------------------------------------------------ the node's attributes

    @cached_property
    def names(self) -> dict[str, str]:
        """The attribute of each variable, as `plain.VARIABLES` has them."""
        table = self.machine.constant("plain", "VARIABLES")
        found: dict[str, str] = {}
        if isinstance(table, Table):
            for key, value in table.entries:
                if isinstance(key, Text) and isinstance(value, Row):
                    first = value.items[0] if value.items else None
                    found[key.text] = first.text if isinstance(first, Text) else ""
        attributes = set(found.values())
        if set(found) != set(self.spec.variables) or len(attributes) != len(found):
            why = "VARIABLES is to name each variable of the spec, with an attribute of its own"
            raise self.error("plain", why)
        if attributes & {"me", "config", ""}:
            raise self.error("plain", "VARIABLES: an attribute with another meaning")
        return found

    def attributes(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """Return a node's attributes, of the values of its variables."""
        found: dict[str, Value] = {"me": self.me, "config": self.configuration}
        for name, attribute in self.names.items():
            found[attribute] = self.v.in_code(self.spec.variables[name].sort, values[name])
        return found

    @cached_property
    def configuration(self) -> Record:
        """The configuration, as the node has it."""
        name = self.spec.config.__name__
        cls = self.record(name, self.spec.config.parts)
        made = {
            n: self.v.in_code(d.sort, self.config[n]) for n, d in self.spec.config.parts.items()
        }
        return Record(name, {n: made[n] for n in cls.parts}, constant="the configuration")

    def record(self, name: str, parts: Mapping[str, Any]) -> Class:
        """Return the dataclass for an event, reply or configuration, with just these fields."""
        cls = self.package.find("types", name)
        if not isinstance(cls, Class) or cls.kind != "data" or not cls.equality:
            raise self.error("types", f"it has no dataclass {name}")
        if not cls.hashed:
            raise self.error("types", "sets hold such values, too: give it unsafe_hash", cls.node)
        if list(cls.parts) != list(parts):
            why = f"{name} has the fields ({', '.join(cls.parts)}), the spec ({', '.join(parts)})"
            raise self.error("types", why, cls.node)
        return cls

    @cached_property
    def valid_state(self) -> Bool:
        """That every variable and constant is of its sort, and this node has a name."""
        found = [self.v.valid(NODE, self.v.me)]
        for name, decl in self.spec.variables.items():
            found.append(self.v.valid(decl.sort, self.before[name]))
        for name, part in self.spec.config.parts.items():
            found.append(self.v.valid(part.sort, self.config[name]))
        return conj(found)

    # ------------------------------------------------------------ the node before and after

    def changed(self, attributes: Mapping[str, Value], next_values: Mapping[str, Any]) -> Bool:
        """Return that a node's attributes are the values that the spec says."""
        found = []
        for name, attribute in self.names.items():
            sort = self.spec.variables[name].sort
            wanted = self.v.in_code(sort, next_values[name])
            held = attributes.get(attribute)
            same = FALSE if held is None else exactly(self.v.form(sort), held, wanted)
            found.append(same)
        found.append(self._is_self(attributes))
        return conj(found)

    def _is_self(self, attributes: Mapping[str, Value]) -> Bool:
        """Return that a node has kept its name and its configuration."""
        me, config = attributes.get("me"), attributes.get("config")
        if not isinstance(me, Name) or config is not self.configuration:
            return FALSE
        return equal(me, self.me)

    # ------------------------------------------------------------ the start, and a crash

    def started(self) -> list[Shown]:
        """Return that a node starts with the first values."""
        init = self.package.process.methods.get("__init__")
        if init is None:
            raise self.error("node", "the node's class has no __init__")
        node = Node()
        first = self.first_values()
        exits, failures = self.machine.run(init, [node, self.me, self.configuration], {})
        goal = conj(disj((neg(e.when), self.changed(e.attributes, first))) for e in exits)
        valid = conj(self.v.valid(self.spec.variables[n].sort, x) for n, x in first.items())
        return [
            Shown(START, self.valid_state, TRUE, TRUE, goal),
            Shown(f"{START}: {STAYS_VALID}", self.valid_state, TRUE, TRUE, valid),
            self.raises(START, self.valid_state, (exits, failures)),
        ]

    def first_values(self) -> dict[str, Any]:
        """Return the first value of each variable."""
        translator = self.v.translator(self.state)
        return {n: translator.value(initial_value(self.spec, n)) for n in self.spec.variables}

    def restarted(self) -> list[Shown]:
        """Return that a node that starts with what it stored is what a crash leaves."""
        cls = self.package.process
        durable, restart = cls.methods.get("durable"), cls.methods.get("restart")
        if durable is None or restart is None or restart.how != "classmethod":
            raise self.error("node", "the node's class needs durable() and restart(...)", cls.node)
        (crash,) = (t for t in self.spec.transitions if t.kind == "environment")
        said = Said(self.v, crash, self.v.translator(self.state))
        kept = {**self.before, **said.updates}
        stored, failures = self.machine.run(durable, [Node()], self.attributes(self.before))
        shown = [self.raises(f"{RESTART}: durable()", self.valid_state, (stored, failures))]
        goals = []
        for out in stored:
            args = [ClassValue(cls), self.me, self.configuration, out.value]
            again, failed = self.machine.run(restart, args, {})
            for e in again:
                goals.append(
                    disj((neg(conj((out.when, e.when))), self.changed(e.attributes, kept)))
                )
            shown.append(self.raises(f"{RESTART}: restart()", self.valid_state, (again, failed)))
            unchanged = self.changed(out.attributes, self.before)
            goals.append(disj((neg(out.when), conj((unchanged, self.stored(out.value))))))
        return [Shown(RESTART, self.valid_state, TRUE, TRUE, conj(goals), crash), *shown]

    def stored(self, value: Value) -> Bool:
        """Return that what is stored are the durable variables, in their order."""
        names = [n for n, d in self.spec.variables.items() if d.durable]
        sorts = [self.spec.variables[n].sort for n in names]
        attributes, forms = tuple(self.names[n] for n in names), tuple(map(self.v.form, sorts))
        items = tuple(self.v.in_code(s, self.before[n]) for n, s in zip(names, sorts, strict=True))
        form = OfRow("Durable", attributes, forms)
        return exactly(form, value, Row(items, form.kind, form.names))

    # ------------------------------------------------------------ the reading itself

    def orders(self) -> list[Shown]:
        """Return that numbers and pairs are the orders that the proofs speak of.

        The proofs assume of an order that it is total and has a least element, and no more.
        """
        shown = []
        for declared in self.spec.sorts.values():
            sort = getattr(declared, "sort", None)
            if not isinstance(sort, OrderSort):
                continue
            v = self.v
            x, y, z = (v.constants(f"any {sort.name} {n}", sort) for n in "xyz")
            least = v.constant(sort, "zero")
            goal = conj(
                [
                    neg(v.less(sort, x, x)),
                    z3.Implies(z3.And(v.less(sort, x, y), v.less(sort, y, z)), v.less(sort, x, z)),
                    z3.Or(v.less(sort, x, y), v.equal(sort, x, y), v.less(sort, y, x)),
                    neg(v.less(sort, x, least)),
                ]
            )
            valid = conj([v.valid(sort, value) for value in (x, y, z)])
            shown.append(Shown(f"{THE_ORDER}{sort.name}", valid, TRUE, TRUE, goal))
        return shown

    @staticmethod
    def raises(name: str, valid: Bool, out: tuple[list[Exit], list[Failure]]) -> Shown:
        """Return that none of these exceptions is raised, and that one of these ways out is taken.

        The second says that the reader has lost nothing: of a way out that it did not see nothing
        could be shown.
        """
        exits, failures = out
        never = conj(neg(f.when) for f in failures)
        taken = disj(e.when for e in exits)
        return Shown(f"{name}: {NOTHING_RAISES}", valid, TRUE, TRUE, conj((never, taken)))
