r"""The properties of a spec as state predicates and action formulas of TLA+.

Belongs here: quantifiers, what was sent, ghosts. Never here: what the nodes do (`actions`).

A quantifier ranges over the messages sent, or over a ghost relation, where its variables are those
of such an atom: `\A m \in Sent("Vote") : ...` and `\A <<t, a>> \in elected : ...`. What is left
ranges over the sets of its sorts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from model.lang.declare import GhostUpdate
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import NODE, Sort
from model.lang.spec import Statement
from model.tla import layout
from model.tla.layout import Group, Infix, Quantified, Such, Tree, Word, conjoin
from model.tla.names import camel
from model.tla.terms import Frame, Terms, message_field
from model.tla.vocabulary import Vocabulary


@dataclass
class _Bounds:
    """What a quantifier is over, as far as it is known."""

    texts: list[str] = field(default_factory=list)
    conditions: list[Tree] = field(default_factory=list)
    values: dict[str, Tree] = field(default_factory=dict)


class Formulas(Terms):
    """Writes expressions, quantifiers and relations included."""

    node: Sort = NODE

    def __init__(self, words: Vocabulary) -> None:
        super().__init__(words)
        self._used: set[str] = set()
        self._tests: list[tuple[Tree, Expr]] = []

    # ------------------------------------------------------------ statements

    def statement(self, statement: Statement) -> list[str]:
        """Return a state predicate with its definition."""
        assert statement.formula is not None
        self._used = set()
        head = self.name(statement)
        return layout.definition(head, self.of(statement.formula, Frame()))

    def name(self, statement: Statement) -> str:
        """Return a statement's name."""
        wanted = camel(statement.name)
        return self.words.names.of("statement", statement.name, wanted, f"{wanted}Holds")

    def ghost_rows(self, update: GhostUpdate, frame: Frame) -> Tree:
        """Return the set of tuples that a step adds to a ghost."""
        self._used = {"n", "m"}
        if update.where is None:
            return Group("{", (self._row([self.of(a, frame) for a in update.args]),), "}")
        where = update.where
        parts = where.args if where.kind is Kind.AND else (where,)
        bounds = _Bounds()
        left = {name: sort for name, sort in update.bound}
        self._take_ghost(parts[0], left, bounds, frame)
        inner = frame.binding(bounds.values)
        self._add_tests(bounds, inner)
        tests = [*bounds.conditions, *(self.of(p, inner) for p in parts[1:])]
        domain: Tree = Word(bounds.texts[0])
        if tests:
            # TLA+ has no set of e for x in S with p: the rows first, then what is made of them.
            rows = Such("{", domain, ":", conjoin(tests), "}")
            pattern = bounds.texts[0].partition(" \\in ")[0]
            domain = Infix("\\in", Word(pattern), rows)
        made = self._row([self.of(a, inner) for a in update.args])
        return Such("{", made, ":", domain, "}")

    @staticmethod
    def _row(values: Sequence[Tree]) -> Tree:
        return values[0] if len(values) == 1 else Group("<<", tuple(values), ">>")

    def negated(self, inner: Expr, tree: Tree, frame: Frame) -> Tree:
        """Return the negation of an expression."""
        return self._negated(inner, tree, frame)

    # ------------------------------------------------------------ quantifiers

    def of_all(self, e: Expr, f: Frame) -> Tree:
        """Return the text of a quantifier or a relation."""
        match e.kind:
            case Kind.SENT:
                return Infix("\\in", self._record(e, f), Word("msgs"))
            case Kind.GHOST:
                row = self._row([self.of(a, f) for a in e.args])
                return Infix("\\in", row, Word(self.words.ghost(e.data)))
            case Kind.FORALL:
                return self._forall(e, f)
            case _:
                return self._exists(e, f)

    def _record(self, e: Expr, f: Frame) -> Tree:
        fields = self.words.spec.messages[e.data].parts
        heads = ["type |-> ", "src |-> ", "dst |-> "]
        heads += [f"{message_field(name)} |-> " for name in fields]
        values = [Word(f'"{e.data}"'), *(self.of(a, f) for a in e.args)]
        return Group("[", tuple(values), "]", tuple(heads))

    def _forall(self, e: Expr, f: Frame) -> Tree:
        left = dict(e.data)
        body = e.args[0]
        while body.kind is Kind.FORALL:
            left |= dict(body.data)
            body = body.args[0]
        before: list[Expr] = []
        if body.kind is Kind.IMPLIES:
            premise, body = body.args
            before = list(premise.args) if premise.kind is Kind.AND else [premise]
        bounds, rest, inner = self._bind(left, before, f)
        conditions = [*bounds.conditions, *(self.of(p, inner) for p in rest)]
        told = self.of(body, inner)
        told = layout.implication(conjoin(conditions), told)
        return Quantified("\\A", tuple(bounds.texts), told) if bounds.texts else told

    def _exists(self, e: Expr, f: Frame) -> Tree:
        left = dict(e.data)
        body = e.args[0]
        while body.kind is Kind.EXISTS:
            left |= dict(body.data)
            body = body.args[0]
        parts = list(body.args) if body.kind is Kind.AND else [body]
        bounds, rest, inner = self._bind(left, parts, f)
        told = conjoin([*bounds.conditions, *(self.of(p, inner) for p in rest)])
        return Quantified("\\E", tuple(bounds.texts), told) if bounds.texts else told

    def _bind(
        self, left: dict[str, Sort], parts: list[Expr], f: Frame
    ) -> tuple[_Bounds, list[Expr], Frame]:
        """Bind variables by the atoms among `parts`; return what is left of these."""
        bounds = _Bounds()
        rest: list[Expr] = []
        atoms: list[Expr] = []
        for part in parts:
            opened = part
            names = dict(part.data) if part.kind is Kind.EXISTS else {}
            if names and part.args[0].kind is Kind.SENT and not names.keys() & left.keys():
                left |= names
                opened = part.args[0]
            is_atom = opened.kind in (Kind.SENT, Kind.GHOST) and any(
                a.kind is Kind.BOUND and a.data in left for a in opened.args
            )
            (atoms if is_atom else rest).append(opened)
        for atom in atoms:
            take = self._take_sent if atom.kind is Kind.SENT else self._take_ghost
            take(atom, left, bounds, f)
        groups: dict[str, list[str]] = {}
        for name, sort in left.items():
            if name not in bounds.values:
                text = self._local(name)
                bounds.values[name] = Word(text)
                groups.setdefault(self.words.sort(sort), []).append(text)
        bounds.texts += [f"{', '.join(names)} \\in {of}" for of, names in groups.items()]
        inner = f.binding(bounds.values)
        self._add_tests(bounds, inner)
        return bounds, rest, inner

    def _add_tests(self, bounds: _Bounds, f: Frame) -> None:
        """Add that what an atom's other places hold is what the formula says."""
        tests, self._tests = self._tests, []
        bounds.conditions += [Infix("=", left, self.of(right, f)) for left, right in tests]

    def _take_sent(self, atom: Expr, left: dict[str, Sort], bounds: _Bounds, f: Frame) -> None:
        one = self._local("m")
        bounds.texts.append(f'{one} \\in {self.words.sent()}("{atom.data}")')
        fields = self.words.spec.messages[atom.data].parts
        places = ["src", "dst", *(message_field(name) for name in fields)]
        for place, argument in zip(places, atom.args, strict=True):
            value = Word(f"{one}.{place}")
            is_open = argument.kind is Kind.BOUND and argument.data in left
            if is_open and argument.data not in bounds.values:
                bounds.values[argument.data] = value
            else:
                self._tests.append((value, argument))

    def _take_ghost(self, atom: Expr, left: dict[str, Sort], bounds: _Bounds, f: Frame) -> None:
        names: list[str] = []
        for argument in atom.args:
            is_new = (
                argument.kind is Kind.BOUND
                and argument.data in left
                and argument.data not in bounds.values
            )
            text = self._local(argument.data if argument.kind is Kind.BOUND else "x")
            names.append(text)
            if is_new:
                bounds.values[argument.data] = Word(text)
            else:
                self._tests.append((Word(text), argument))
        pattern = names[0] if len(names) == 1 else f"<<{', '.join(names)}>>"
        bounds.texts.append(f"{pattern} \\in {self.words.ghost(atom.data)}")

    def _local(self, name: str) -> str:
        """Return a name for a bound variable: new in this statement, and in the module."""
        at = 1
        candidate = name
        while candidate in self._used or not (
            self.words.names.is_free(candidate) or candidate in ("n", "m")
        ):
            at += 1
            candidate = f"{name}{at}"
        self._used.add(candidate)
        return candidate

    # ------------------------------------------------------------ steps

    def step(self, formula: Expr, frame: Frame) -> Tree:
        """Return a step property's formula for an action with these parameters."""
        self._used = {"n", "m", *(t.flat() for t in frame.fields.values())}
        return self.of(formula, frame)


def ghosts_in(formula: Expr) -> set[str]:
    """Return the ghosts that a formula speaks of."""
    return {node.data for node in walk(formula) if node.kind is Kind.GHOST}
