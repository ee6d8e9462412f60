"""What an expression of the generated code is, for all that it may be given at once.

Belongs here: names, attributes, calls, and which operation an operator stands for. Never here: what
the operation does to values (`operations`), or statements (`execute`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import cast

import z3

from checkers.translation import operations
from checkers.translation.names import Names
from checkers.translation.operations import Raised, over
from checkers.translation.package import BUILTINS, Class, Function
from checkers.translation.things import (
    Builtin,
    Callee,
    ClassValue,
    Exit,
    Frame,
    ModuleValue,
    Node,
    Stranger,
    shared,
)
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Entries,
    Leaf,
    Many,
    Map,
    NoMeaning,
    Nothing,
    Number,
    Other,
    Record,
    Row,
    Table,
    Text,
    Truth,
    Unset,
    Value,
    conj,
    described,
    disj,
    equal,
    is_false,
    may_change,
    merge,
    neg,
    options,
    truthy,
)


class Expressions(Names):
    """Reads expressions of one package; what runs its functions is derived from it."""

    def _call(
        self,
        function: Function,
        args: list[Value],
        named: dict[str, Value],
        path: Bool,
        at: ast.AST,
        depth: int,
    ) -> list[Exit]:
        """Run a function; return its ways out."""
        raise NotImplementedError

    # ------------------------------------------------------------ expressions

    def _value(self, node: ast.expr, path: Bool, frame: Frame) -> Value:
        """Return the value of an expression."""
        try:
            return self._expression(node, path, frame)
        except NoMeaning as error:
            raise self._outside(frame, node, str(error)) from None

    def _expression(self, node: ast.expr, path: Bool, frame: Frame) -> Value:
        match node:
            case ast.Constant():
                return self._literal(node, frame)
            case ast.Name():
                return self._name(node, path, frame)
            case ast.Attribute():
                return self._attribute(node, path, frame)
            case ast.Compare():
                return Truth(self._compare(node, path, frame))
            case ast.BoolOp():
                return self._junction(node, path, frame)
            case ast.UnaryOp(op=ast.Not()):
                return Truth(neg(truthy(self._value(node.operand, path, frame))))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
                return Number(z3.IntVal(-number))
            case ast.BinOp():
                a = self._value(node.left, path, frame)
                b = self._value(node.right, path, frame)
                return operations.calculated(node.op, a, b, path, self._fail(frame, node))
            case ast.IfExp():
                condition = truthy(self._value(node.test, path, frame))
                then = self._unless_raised(node.body, conj((path, condition)), frame)
                other = self._unless_raised(node.orelse, conj((path, neg(condition))), frame)
                if then is None or other is None:
                    return _either(then, other)
                return merge(condition, then, other)
            case ast.Tuple():
                return Row(tuple(shared(v) for v in self._values(node.elts, path, frame)))
            case ast.Set():
                return self._set(node, path, frame)
            case ast.Dict():
                return self._dict(node, path, frame)
            case ast.Subscript():
                whole = self._value(node.value, path, frame)
                key = self._value(node.slice, path, frame)
                return self._at(node, whole, key, path, frame)
            case ast.Call():
                return self._called(node, path, frame)
            case ast.DictComp():
                return self._without(node, path, frame)
        self._refuse(frame, node, "there is no such expression in the subset")

    def _unless_raised(self, node: ast.expr, path: Bool, frame: Frame) -> Value | None:
        """Return the value of an expression that is not always looked at; None where it raises.

        That it raises there was noted. The rest goes on where it is not looked at: to give the
        whole statement up would leave what comes after it unread.
        """
        try:
            return self._value(node, path, frame)
        except Raised:
            return None

    def _values(self, nodes: list[ast.expr], path: Bool, frame: Frame) -> list[Value]:
        for one in nodes:
            if isinstance(one, ast.Starred):
                self._refuse(frame, one, "what is in it is not spelt out")
        return [self._value(one, path, frame) for one in nodes]

    def _literal(self, node: ast.Constant, frame: Frame) -> Value:
        match node.value:
            case bool():
                return Truth(TRUE if node.value else FALSE)
            case int():
                return Number(z3.IntVal(node.value))
            case str():
                return Text(node.value)
            case None:
                return Nothing()
            case float():
                return Other(node.value)
        self._refuse(frame, node, "there is no such constant in the subset")

    def _name(self, node: ast.Name, path: Bool, frame: Frame) -> Value:
        if node.id not in frame.own:
            found = self.package.find(frame.module, node.id)
            if found is not None:
                return self._defined(found, node, frame.module)
            if node.id in _FUNCTIONS:
                return Builtin(node.id)
            told = f"; of Python's own there are {', '.join(sorted(_FUNCTIONS))}"
            own = told if node.id in BUILTINS else ""
            self._refuse(frame, node, f"it means nothing to the reader{own}")
        held = frame.locals.get(node.id, Unset())
        unset = disj(g for g, v in options(held) if isinstance(v, Unset))
        if not is_false(unset):
            self._fail(frame, node)(conj((path, unset)), f"UnboundLocalError: {node.id}")
            held = over(held, path, _set_alone)
        if any(isinstance(v, Map | Entries) and v.own for _, v in options(held)):
            held = frame.locals[node.id] = over(held, path, lambda _, v: shared(v))
        return held

    def _attribute(self, node: ast.Attribute, path: Bool, frame: Frame) -> Value:
        if ast.unparse(node) == "tuple.__new__" and "tuple" not in frame.own:
            return Builtin("new")
        whole = self._value(node.value, path, frame)
        fail = self._fail(frame, node)

        def of(here: Bool, one: Value) -> Value:
            found = self._part(one, node.attr, here)
            if found is None:
                if isinstance(one, Nothing | Row | Record | Leaf | Number | Truth):
                    fail(here, f"AttributeError: {described(one)} has no {node.attr}")
                    raise Raised
                raise NoMeaning(f"{node.attr} of {described(one)}")
            return found

        return over(whole, path, of)

    def _part(self, one: Value, name: str, path: Bool) -> Value | None:
        """Return an attribute of a value that is one thing; None where it has none."""
        match one:
            case Node():
                if name in self.attributes:
                    held = self.attributes[name]
                    if any(isinstance(v, Unset) for _, v in options(held)):
                        raise NoMeaning(f"an attribute {name} that is set on some ways alone")
                    return held
                method = self.package.process.methods.get(name)
                if method is None or method.how:
                    raise NoMeaning(f"an attribute {name} that the node need not have")
                return Callee(method, one)
            case Row():
                if name in one.names:
                    return one.items[one.names.index(name)]
                return Builtin(name, one) if name == "index" and one.kind is None else None
            case Record():
                if name in one.fields:
                    return one.fields[name]
                if name in self._methods(one):
                    raise NoMeaning(f"the method {name} of {described(one)}")
                return None
            case ModuleValue():
                return self.constant(one.name, name)
            case ClassValue(cls=cls) if cls.kind == "enum":
                return self.members(cls).get(name)
            case ClassValue(cls=cls) if cls.kind == "process":
                found = cls.methods.get(name)
                return Callee(found, one if found.how else None) if found is not None else None
            case Many() if name in _OF_SETS and not one.display:
                return Builtin(name, one)
            case Map() | Entries() if name == "get":
                return Builtin(name, one)
        return None

    def _methods(self, one: Record) -> Mapping[str, Function]:
        found = self.package.find("types", one.kind) or self.package.find("rules", one.kind)
        return found.methods if isinstance(found, Class) else {}

    def _compare(self, node: ast.Compare, path: Bool, frame: Frame) -> Bool:
        left = self._value(node.left, path, frame)
        found: list[Bool] = []
        for operator, expr in zip(node.ops, node.comparators, strict=True):
            here = conj((path, *found))
            right = (
                self._unless_raised(expr, here, frame) if found else self._value(expr, here, frame)
            )
            if right is None:
                return FALSE  # where it gets as far it raises, and elsewhere it does not hold
            found.append(self._related(operator, left, right, here, frame, node))
            left = right
        return conj(found)

    def _related(
        self, operator: ast.cmpop, a: Value, b: Value, path: Bool, frame: Frame, node: ast.AST
    ) -> Bool:
        fail = self._fail(frame, node)
        match operator:
            case ast.Eq():
                return equal(a, b)
            case ast.NotEq():
                return neg(equal(a, b))
            case ast.Is() | ast.IsNot():
                if isinstance(a, ClassValue) and isinstance(b, ClassValue):
                    same: Bool = TRUE if a.cls is b.cls else FALSE
                else:
                    same = operations.identical(a, b)
                return same if isinstance(operator, ast.Is) else neg(same)
            case ast.In() | ast.NotIn():
                if isinstance(a, ClassValue | Stranger) and isinstance(b, Table):
                    inside: Bool = TRUE if self._row_of(b, a) is not None else FALSE
                else:
                    inside = operations.contains(b, a, path, fail)
                return inside if isinstance(operator, ast.In) else neg(inside)
        return operations.ordered(operator, a, b, path, fail)

    def _row_of(self, table: Table, key: Value) -> Value | None:
        """Return what a table of classes has at a class."""
        for one, value in table.entries:
            if isinstance(one, ClassValue) and isinstance(key, ClassValue) and one.cls is key.cls:
                return value
        return None

    def _at(self, node: ast.Subscript, whole: Value, key: Value, path: Bool, frame: Frame) -> Value:
        fail = self._fail(frame, node)
        if isinstance(whole, Table) and isinstance(key, ClassValue | Stranger):
            found = self._row_of(whole, key)
            if found is None:
                fail(path, "KeyError")
                raise Raised
            return found
        return operations.item_at(whole, key, path, fail)

    def _junction(self, node: ast.BoolOp, path: Bool, frame: Frame) -> Value:
        """Return what `and` or `or` gives: the operand that decides."""
        is_and = isinstance(node.op, ast.And)
        found: list[tuple[Bool, Value]] = []
        here = path
        for expr in node.values:
            value = (
                self._unless_raised(expr, here, frame) if found else self._value(expr, here, frame)
            )
            if value is None:
                break  # where it gets as far it raises, and elsewhere those before it decide
            holds = truthy(value)
            found.append((holds if not is_and else neg(holds), value))
            here = conj((here, holds if is_and else neg(holds)))
        if all(isinstance(v, Truth) for _, v in found):
            terms = [cast(Truth, v).term for _, v in found]
            return Truth(conj(terms) if is_and else disj(terms))
        result = found[-1][1]
        for decides, value in reversed(found[:-1]):
            result = merge(decides, value, result)
        return result

    def _set(self, node: ast.Set, path: Bool, frame: Frame) -> Value:
        values, starred = [], []
        for one in node.elts:
            if isinstance(one, ast.Starred):
                whole = self._value(one.value, path, frame)
                if not isinstance(whole, Many):
                    self._refuse(frame, one, "only sets are taken into a set")
                starred.append(whole)
            else:
                values.append(self._value(one, path, frame))
        return operations.display(values, starred)

    def _dict(self, node: ast.Dict, path: Bool, frame: Frame) -> Value:
        if not node.keys:
            return Entries()
        entries = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self._refuse(frame, node, "what is in it is not spelt out")
            entries.append((self._value(key, path, frame), self._value(value, path, frame)))
        for at, (key_value, _) in enumerate(entries):
            if may_change(key_value):
                self._refuse(frame, node, f"{described(key_value)} is no key")
            for other, _ in entries[:at]:
                if _may_be_same(key_value, other):
                    self._refuse(frame, node, "two of its keys may be the same")
        return Table(tuple(entries))

    def _without(self, node: ast.DictComp, path: Bool, frame: Frame) -> Value:
        """Return `{k: v for k, v in whole.items() if k != key}`, the one form that is read."""
        match node:
            case ast.DictComp(
                key=ast.Name(id=k),
                value=ast.Name(id=v),
                generators=[
                    ast.comprehension(
                        target=ast.Tuple(elts=[ast.Name(id=k2), ast.Name(id=v2)]),
                        iter=ast.Call(
                            func=ast.Attribute(value=whole, attr="items"), args=[], keywords=[]
                        ),
                        ifs=[
                            ast.Compare(left=ast.Name(id=k3), ops=[ast.NotEq()], comparators=[key])
                        ],
                        is_async=0,
                    )
                ],
            ) if k == k2 == k3 and v == v2 and k != v:
                if any(isinstance(n, ast.Name) and n.id in (k, v) for n in ast.walk(key)):
                    self._refuse(frame, key, "it is another key in each round")
                held, taken = self._value(whole, path, frame), self._value(key, path, frame)
                if all(isinstance(v, Map | Entries) for _, v in options(held)):
                    return over(held, path, lambda _, v: operations.without(v, taken))
        self._refuse(frame, node, "it is not `{k: v for k, v in whole.items() if k != key}`")

    # ------------------------------------------------------------ calls in expressions

    def _arguments(
        self, node: ast.Call, path: Bool, frame: Frame
    ) -> tuple[list[Value], dict[str, Value]]:
        args = [shared(v) for v in self._values(node.args, path, frame)]
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._refuse(frame, node, "what is in it is not spelt out")
            named[keyword.arg] = shared(self._value(keyword.value, path, frame))
        return args, named

    def _called(self, node: ast.Call, path: Bool, frame: Frame) -> Value:
        called = self._value(node.func, path, frame)
        args, named = self._arguments(node, path, frame)
        match called:
            case Callee():
                if called.of is not None:
                    args.insert(0, called.of)
                before = dict(self.attributes)  # a copy: the call changes the one that there is
                exits = self._call(called.function, args, named, path, node, frame.depth + 1)
                self.attributes = before
                if any(before.get(n) is not v for e in exits for n, v in e.attributes.items()):
                    self._refuse(frame, node, "only a call that is returned may change the node")
                nowhere = conj((path, neg(disj(e.when for e in exits))))
                if any(not is_false(e.when) for e in exits):
                    self._fail(frame, node)(nowhere, NO_WAY_OUT)
                return self._joined(exits)
            case ClassValue():
                return self._made(called.cls, args, named, frame, node)
            case Builtin() if not named:
                return self._builtin(called, args, path, frame, node)
        self._refuse(frame, node, "only known functions and classes are called")

    def _joined(self, exits: list[Exit]) -> Value:
        """Return the value of a call."""
        live = [e for e in exits if not is_false(e.when)]
        if not live:
            raise Raised
        value = live[-1].value
        for e in reversed(live[:-1]):
            value = merge(e.when, e.value, value)
        return value

    def _made(
        self, cls: Class, args: list[Value], named: dict[str, Value], frame: Frame, node: ast.Call
    ) -> Value:
        """Return a new value of a class."""
        if cls.kind not in ("tuple", "data"):
            self._refuse(frame, node, "only tuples and dataclasses are made by calling their class")
        names = list(cls.parts)
        if len(args) > len(names):
            self._refuse(frame, node, f"{cls.name} has {len(names)} fields")
        found = dict(zip(names, args, strict=False))
        for name, value in named.items():
            if name in found or name not in names:
                self._refuse(frame, node, f"{cls.name} cannot take {name}")
            found[name] = value
        for name, default in cls.parts.items():
            if name not in found and default is not None:
                found[name] = self._value(default, TRUE, Frame(cls.module, frozenset()))
        missing = [name for name in names if name not in found]
        if missing:
            self._refuse(frame, node, f"{cls.name} needs {', '.join(missing)}")
        ordered = {name: found[name] for name in names}
        if cls.kind == "tuple":
            return Row(tuple(ordered.values()), cls.name, tuple(names))
        return Record(cls.name, ordered, by_identity=not cls.equality)

    def _builtin(
        self, called: Builtin, args: list[Value], path: Bool, frame: Frame, node: ast.Call
    ) -> Value:
        fail = self._fail(frame, node)
        match called.name, args:
            case "frozenset", []:
                return Many(None, None)
            case "frozenset", [Many() as whole]:
                return Many(whole.of, whole.term)
            case "frozenset", [Row(kind=None) as row]:
                made = operations.display(list(row.items), [])
                return Many(made.of, made.term)
            case "bool", [value]:
                return Truth(truthy(value))
            case (("all" | "any"), [Row(kind=None) as row]):
                held = [truthy(v) for v in row.items]
                return Truth(conj(held) if called.name == "all" else disj(held))
            case "len", [Row() as row]:
                return Number(z3.IntVal(len(row.items)))
            case "len", [Many() as whole]:
                return Number(self.count(whole.term) if whole.term is not None else z3.IntVal(0))
            case (("min" | "max"), [_, _, *_]):
                return operations.least(args, called.name == "max")
            case "type", [Record() as one]:
                for module in ("types", "rules"):
                    found = self.package.find(module, one.kind)
                    if isinstance(found, Class):
                        return ClassValue(found)
            case "type", [Stranger() as stranger]:
                return stranger if stranger.cls is None else ClassValue(stranger.cls)
            case "new", [ClassValue(cls=cls), Row() as row] if cls.kind == "tuple":
                if len(row.items) != len(cls.parts):
                    self._refuse(frame, node, f"{cls.name} has {len(cls.parts)} parts")
                return Row(row.items, cls.name, tuple(cls.parts))
            case "index", [item]:
                assert isinstance(called.of, Row)
                return operations.index_of(called.of, item, path, fail)
            case "get", [key, otherwise]:
                assert isinstance(called.of, Map | Entries)
                return operations.got(called.of, key, otherwise)
            case name, [Many() as other] if called.of is not None and name in _OF_SETS:
                operator = _OF_SETS[name]
                if isinstance(operator, ast.operator):
                    return operations.calculated(operator, called.of, other, path, fail)
                return Truth(operations.ordered(operator, called.of, other, path, fail))
        told = ", ".join(map(described, args))
        self._refuse(frame, node, f"{called.name}({told}) means nothing to the reader")


_OF_SETS: dict[str, ast.operator | ast.cmpop] = {
    "union": ast.BitOr(),
    "difference": ast.Sub(),
    "intersection": ast.BitAnd(),
    "issubset": ast.LtE(),
    "issuperset": ast.GtE(),
}
"""Methods of frozensets, by the operators that do the same."""
_FUNCTIONS = frozenset(("all", "any", "bool", "frozenset", "len", "max", "min", "type"))


NO_WAY_OUT = "no way out of the call that the reader knows of"
"""Noted where a call neither returns nor raises, which would be the reader's own mistake."""


def _either(a: Value | None, b: Value | None) -> Value:
    """Return the one that there is."""
    found = a if a is not None else b
    if found is None:
        raise Raised
    return found


def _set_alone(_: Bool, value: Value) -> Value:
    if isinstance(value, Unset):
        raise Raised
    return value


def _may_be_same(a: Value, b: Value) -> bool:
    """Tell whether two keys that are constants may be one."""
    if isinstance(a, ClassValue) and isinstance(b, ClassValue):
        return a.cls is b.cls
    if isinstance(a, Leaf) and isinstance(b, Leaf) and a.enum == b.enum:
        return bool(a.term.eq(b.term))
    if isinstance(a, Text) and isinstance(b, Text):
        return a.text == b.text
    if isinstance(a, Number) and isinstance(b, Number):
        return bool(a.term.eq(b.term))
    return True
