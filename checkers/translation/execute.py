"""What a function of the generated node does, for all that it may be given at once.

Belongs here: statements, calls, names. Never here: what an operator does to values (`operations`),
or what a handler ought to do (`obligations`).

A function is run once, on values that stand for any. Where it branches both ways are followed, and
what they leave behind is chosen by the condition; so each `return` is met once, with the condition
under which it is taken and the node's attributes there. What Python might raise is noted with the
condition under which it does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, cast

import z3

from checkers.translation import operations
from checkers.translation.operations import Raised, over
from checkers.translation.package import Alias, Class, Constant, Function, Library, Module, Package
from checkers.translation.subset import OutsideSubset, outside
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    EmptyMap,
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
    Term,
    Text,
    Truth,
    Unset,
    Value,
    conj,
    described,
    disj,
    equal,
    merge,
    neg,
    options,
    truthy,
)

Enums = Callable[[str, tuple[str, ...]], tuple[Term, ...] | None]
"""Return the term of each value of an enum, by its class and the texts of its members."""
Count = Callable[[Term], Term]
"""Return how many are in a set."""

DEEPEST = 20
"""How many calls may lie within each other: code that calls itself is not read."""
MOST_OPTIONS = 400
"""How many things a value may be before its handler is given up."""


# ---------------------------------------------------------------- what names may stand for


@dataclass(frozen=True, eq=False)
class Node(Value):
    """The node itself: `self`."""


@dataclass(frozen=True, eq=False)
class Callee(Value):
    """A function, or a method; `of` is what it is bound to."""

    function: Function
    of: Value | None = None


@dataclass(frozen=True, eq=False)
class ClassValue(Value):
    """A class."""

    cls: Class


@dataclass(frozen=True, eq=False)
class ModuleValue(Value):
    """A module of the node."""

    name: str


@dataclass(frozen=True, eq=False)
class Builtin(Value):
    """A function of Python's own, or the method `name` of a value."""

    name: str
    of: Value | None = None


@dataclass(frozen=True, eq=False)
class Stranger(Value):
    """A thing of a class that the node does not know."""


# ---------------------------------------------------------------- what is found


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a function: when, with which value and attributes, at which line."""

    when: Bool
    value: Value
    attributes: Mapping[str, Value]
    line: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception: when it is raised, which, and where."""

    when: Bool
    what: str
    file: str
    line: int

    @property
    def place(self) -> str:
        """Where it is raised."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class _Frame:
    """A call: the module of its function, the names that are local to it, and their values."""

    module: str
    own: frozenset[str]
    locals: dict[str, Value] = field(default_factory=dict)
    exits: list[Exit] = field(default_factory=list)
    depth: int = 0


class Machine:
    """Runs functions of one package. `reached` are the functions and methods that it ran."""

    def __init__(self, package: Package, enums: Enums, count: Count) -> None:
        """Prepare; `enums` gives the values of enums, `count` the number of a set's elements."""
        self.package, self.enums, self.count = package, enums, count
        self.attributes: dict[str, Value] = {}
        self.failures: list[Failure] = []
        self.reached: set[tuple[str, str, str]] = set()
        self.dead: set[tuple[str, int]] = set()
        self._constants: dict[tuple[str, str], Value] = {}
        self._leaves: dict[str, dict[str, Value]] = {}

    # ------------------------------------------------------------ from outside

    def run(
        self, function: Function, args: list[Value], attributes: Mapping[str, Value]
    ) -> tuple[list[Exit], list[Failure]]:
        """Run a function of the node whose attributes are these; return its ways out."""
        self.attributes, self.failures = dict(attributes), []
        at = function.node
        exits = self._call(function, args, {}, TRUE, at, 0)
        return [e for e in exits if not z3.is_false(e.when)], self.failures

    def constant(self, module: str, name: str) -> Value:
        """Return the value of a name at the top of a module."""
        found = self.package.find(module, name)
        node = self.package.trees[module].body[0]
        if found is None:
            raise outside(self.package.file(module), node, f"it defines no {name}")
        return self._defined(found, node, module)

    def members(self, cls: Class) -> dict[str, Value]:
        """Return the members of an enum by their names in the code."""
        if cls.name not in self._leaves:
            terms = self.enums(cls.name, tuple(cls.members.values()))
            if terms is None:
                why = "the spec has no such sum with just these values"
                raise outside(self.package.file(cls.module), cls.node, why)
            pairs = zip(cls.members, terms, strict=True)
            self._leaves[cls.name] = {name: Leaf(cls.name, term) for name, term in pairs}
        return self._leaves[cls.name]

    # ------------------------------------------------------------ errors

    def _outside(self, frame: _Frame, node: ast.AST, why: str) -> OutsideSubset:
        return outside(self.package.file(frame.module), node, why)

    def _refuse(self, frame: _Frame, node: ast.AST, why: str) -> NoReturn:
        raise self._outside(frame, node, why)

    def _fail(self, frame: _Frame, node: ast.AST) -> operations.Fail:
        def fail(when: Bool, what: str) -> None:
            if not z3.is_false(when):
                file, line = self.package.file(frame.module), getattr(node, "lineno", 1)
                self.failures.append(Failure(when, what, file, line))

        return fail

    # ------------------------------------------------------------ calls

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
        self.reached.add((function.module, function.of, function.name))
        body = function.node.body
        frame = _Frame(function.module, _assigned(function.node), depth=depth)
        if depth > DEEPEST:
            self._refuse(frame, at, "calls lie too deep within each other")
        frame.locals = self._bound(function, args, named, frame, at)
        rest = self._block(body, path, frame)
        if not z3.is_false(rest):
            last = body[-1]
            frame.exits.append(Exit(rest, Nothing(), dict(self.attributes), last.lineno))
        return frame.exits

    def _bound(
        self,
        function: Function,
        args: list[Value],
        named: dict[str, Value],
        frame: _Frame,
        at: ast.AST,
    ) -> dict[str, Value]:
        """Return the values of a function's parameters."""
        a = function.node.args
        names = [one.arg for one in a.args]
        found = dict(zip(names, args, strict=False))
        if a.vararg is not None:
            found[a.vararg.arg] = Row(tuple(args[len(names) :]))
        elif len(args) > len(names):
            self._refuse(frame, at, f"{function.name} takes {len(names)} arguments")
        for name, value in named.items():
            if name in found or name not in names:
                self._refuse(frame, at, f"{function.name} cannot take {name}")
            found[name] = value
        for name, default in zip(reversed(names), reversed(a.defaults), strict=False):
            if name not in found:
                found[name] = self._value(default, TRUE, frame)
        missing = [name for name in names if name not in found]
        if missing:
            self._refuse(frame, at, f"{function.name} needs {', '.join(missing)}")
        return found

    # ------------------------------------------------------------ statements

    def _block(self, body: list[ast.stmt], path: Bool, frame: _Frame) -> Bool:
        """Run statements; return the condition under which what comes after them is reached."""
        for node in body:
            if z3.is_false(path):
                self.dead.add((self.package.file(frame.module), node.lineno))
                self._only_known(node, frame)
                continue
            try:
                path = self._statement(node, path, frame)
            except NoMeaning as error:
                raise self._outside(frame, node, str(error)) from None
            except Raised:
                path = FALSE  # it was noted that this must not be
        return path

    def _only_known(self, node: ast.stmt, frame: _Frame) -> None:
        """Refuse what is no statement of the subset, also where nothing reaches it."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.stmt) and not isinstance(inner, _STATEMENTS):
                self._refuse(frame, inner, "there is no such statement in the subset")

    def _statement(self, node: ast.stmt, path: Bool, frame: _Frame) -> Bool:
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return path
            case ast.If():
                return self._if(node, path, frame)
            case ast.Return():
                self._return(node, path, frame)
                return FALSE
            case ast.Raise():
                self._raise(node, path, frame)
                return FALSE
            case ast.Assign(targets=[target]):
                self._assign(target, self._value(node.value, path, frame), path, frame)
                return path
            case ast.AnnAssign(target=ast.Name(), value=None):
                return path
            case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as given):
                self._assign(target, self._value(given, path, frame), path, frame)
                return path
            case ast.AugAssign(target=(ast.Name() | ast.Attribute()) as target):
                self._augmented(node, target, path, frame)
                return path
            case ast.For(orelse=[]):
                return self._for(node, path, frame)
        self._refuse(frame, node, "there is no such statement in the subset")

    def _if(self, node: ast.If, path: Bool, frame: _Frame) -> Bool:
        condition = truthy(self._value(node.test, path, frame))
        before, held = dict(frame.locals), dict(self.attributes)
        then = self._block(node.body, conj((path, condition)), frame)
        ours, had = frame.locals, self.attributes
        frame.locals, self.attributes = before, held
        other = self._block(node.orelse, conj((path, neg(condition))), frame)
        if z3.is_false(other):
            frame.locals, self.attributes = ours, had
            return then
        if z3.is_false(then):
            return other
        frame.locals = _merged(condition, ours, frame.locals)
        self.attributes = _merged(condition, had, self.attributes)
        return disj((then, other))

    def _return(self, node: ast.Return, path: Bool, frame: _Frame) -> None:
        if isinstance(node.value, ast.Call):
            called = self._value(node.value.func, path, frame)
            if isinstance(called, Callee):
                args, named = self._arguments(node.value, path, frame)
                if called.of is not None:
                    args.insert(0, called.of)
                function, at = called.function, node.value
                frame.exits += self._call(function, args, named, path, at, frame.depth + 1)
                return
            if isinstance(called, ClassValue) and called.cls.kind == "process":
                frame.exits += self._new_node(called.cls, node.value, path, frame)
                return
        value = self._value(node.value, path, frame) if node.value is not None else Nothing()
        if sum(1 for _ in options(value)) > MOST_OPTIONS:
            self._refuse(frame, node, "it may be too many things")
        frame.exits.append(Exit(path, value, dict(self.attributes), node.lineno))

    def _raise(self, node: ast.Raise, path: Bool, frame: _Frame) -> None:
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[message]), cause=None):
                known = name in ("TypeError", "ValueError")
                if (
                    known
                    and name not in frame.own
                    and self.package.find(frame.module, name) is None
                ):
                    for inner in ast.walk(message):
                        if not isinstance(inner, _MESSAGES):
                            self._refuse(frame, inner, "a message is a text with values in it")
                    self._fail(frame, node)(path, name)
                    return
        self._refuse(frame, node, "only TypeError and ValueError are raised, with a message")

    def _assign(self, target: ast.expr, value: Value, path: Bool, frame: _Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.locals[name] = value
            case ast.Tuple(elts=elts) if all(isinstance(e, ast.Name) for e in elts):
                if not isinstance(value, Row) or len(value.items) != len(elts):
                    self._refuse(frame, target, f"{described(value)} has not so many parts")
                for one, item in zip(elts, value.items, strict=True):
                    self._assign(one, item, path, frame)
            case ast.Attribute(value=whole, attr=name):
                if not isinstance(self._value(whole, path, frame), Node):
                    self._refuse(frame, target, "only attributes of the node itself are set")
                cls = self.package.process
                if (cls.slots is not None and name not in cls.slots) or name in cls.methods:
                    self._fail(frame, target)(path, "AttributeError: no such attribute is set")
                    raise Raised
                self.attributes[name] = _shared(value)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                held = frame.locals.get(name)
                if not isinstance(held, Map) or not held.own:
                    self._refuse(frame, target, "only a map that was just made is changed")
                at, fail = self._value(key, path, frame), self._fail(frame, target)
                frame.locals[name] = operations.with_entry(held, at, value, path, fail)
            case _:
                self._refuse(frame, target, "nothing else can be assigned to")

    def _augmented(
        self, node: ast.AugAssign, target: ast.Name | ast.Attribute, path: Bool, frame: _Frame
    ) -> None:
        load: ast.expr = (
            ast.copy_location(ast.Name(target.id, ast.Load()), target)
            if isinstance(target, ast.Name)
            else ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
        )
        held = self._value(load, path, frame)
        if any(isinstance(v, Many) and v.display for _, v in options(held)):
            self._refuse(frame, node, "a set is changed in place")
        given = self._value(node.value, path, frame)
        made = operations.calculated(node.op, held, given, path, self._fail(frame, node))
        self._assign(target, made, path, frame)

    def _for(self, node: ast.For, path: Bool, frame: _Frame) -> Bool:
        whole = self._value(node.iter, path, frame)
        if not isinstance(whole, Row):
            self._refuse(frame, node.iter, f"a loop goes over a tuple, not over {described(whole)}")
        for item in whole.items:
            if not z3.is_false(path):
                self._assign(node.target, item, path, frame)
                path = self._block(node.body, path, frame)
        return path

    # ------------------------------------------------------------ expressions

    def _value(self, node: ast.expr, path: Bool, frame: _Frame) -> Value:
        """Return the value of an expression."""
        try:
            return self._expression(node, path, frame)
        except NoMeaning as error:
            raise self._outside(frame, node, str(error)) from None

    def _expression(self, node: ast.expr, path: Bool, frame: _Frame) -> Value:
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
                then = self._value(node.body, conj((path, condition)), frame)
                other = self._value(node.orelse, conj((path, neg(condition))), frame)
                return merge(condition, then, other)
            case ast.Tuple():
                return Row(tuple(_shared(v) for v in self._values(node.elts, path, frame)))
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

    def _values(self, nodes: list[ast.expr], path: Bool, frame: _Frame) -> list[Value]:
        for one in nodes:
            if isinstance(one, ast.Starred):
                self._refuse(frame, one, "what is in it is not spelt out")
        return [self._value(one, path, frame) for one in nodes]

    def _literal(self, node: ast.Constant, frame: _Frame) -> Value:
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

    def _name(self, node: ast.Name, path: Bool, frame: _Frame) -> Value:
        if node.id not in frame.own:
            found = self.package.find(frame.module, node.id)
            if found is not None:
                return self._defined(found, node, frame.module)
            if node.id in _FUNCTIONS:
                return Builtin(node.id)
            self._refuse(frame, node, "it means nothing to the reader")
        held = frame.locals.get(node.id, Unset())
        unset = disj(g for g, v in options(held) if isinstance(v, Unset))
        if not z3.is_false(unset):
            self._fail(frame, node)(conj((path, unset)), f"UnboundLocalError: {node.id}")
            held = over(held, path, _set_alone)
        if isinstance(held, Map) and held.own:
            held = frame.locals[node.id] = _shared(held)
        return held

    def _defined(self, found: object, node: ast.AST, module: str) -> Value:
        """Return the value of what a name at the top of a module stands for."""
        match found:
            case Constant():
                return self._constant(found)
            case Function():
                return Callee(found)
            case Class():
                return ClassValue(found)
            case Module():
                return ModuleValue(found.name)
            case Alias() | Library():
                why = f"{found.name} stands for a type alone"
                raise outside(self.package.file(module), node, why)
        raise AssertionError(found)

    def _constant(self, found: Constant) -> Value:
        key = (found.module, found.name)
        if key not in self._constants:
            match found.value:
                case ast.Attribute(value=ast.Name(id="tuple"), attr="__new__"):
                    value: Value = Builtin("new")
                case _:
                    frame = _Frame(found.module, frozenset())
                    value = self._value(found.value, TRUE, frame)
            if isinstance(value, Record):
                named = ".".join(key)
                value = Record(value.kind, value.fields, named, value.by_identity)
            self._constants[key] = value
        return self._constants[key]

    def _attribute(self, node: ast.Attribute, path: Bool, frame: _Frame) -> Value:
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
                    return self.attributes[name]
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
            case Map() | EmptyMap() if name == "get":
                return Builtin(name, one)
        return None

    def _methods(self, one: Record) -> Mapping[str, Function]:
        found = self.package.find("types", one.kind) or self.package.find("rules", one.kind)
        return found.methods if isinstance(found, Class) else {}

    def _compare(self, node: ast.Compare, path: Bool, frame: _Frame) -> Bool:
        left = self._value(node.left, path, frame)
        found: list[Bool] = []
        for operator, expr in zip(node.ops, node.comparators, strict=True):
            here = conj((path, *found))
            right = self._value(expr, here, frame)
            found.append(self._related(operator, left, right, here, frame, node))
            left = right
        return conj(found)

    def _related(
        self, operator: ast.cmpop, a: Value, b: Value, path: Bool, frame: _Frame, node: ast.AST
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

    def _at(
        self, node: ast.Subscript, whole: Value, key: Value, path: Bool, frame: _Frame
    ) -> Value:
        fail = self._fail(frame, node)
        if isinstance(whole, Table) and isinstance(key, ClassValue | Stranger):
            found = self._row_of(whole, key)
            if found is None:
                fail(path, "KeyError")
                raise Raised
            return found
        return operations.item_at(whole, key, path, fail)

    def _junction(self, node: ast.BoolOp, path: Bool, frame: _Frame) -> Value:
        """Return what `and` or `or` gives: the operand that decides."""
        is_and = isinstance(node.op, ast.And)
        found: list[tuple[Bool, Value]] = []
        here = path
        for expr in node.values:
            value = self._value(expr, here, frame)
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

    def _set(self, node: ast.Set, path: Bool, frame: _Frame) -> Value:
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

    def _dict(self, node: ast.Dict, path: Bool, frame: _Frame) -> Value:
        if not node.keys:
            return EmptyMap()
        entries = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self._refuse(frame, node, "what is in it is not spelt out")
            entries.append((self._value(key, path, frame), self._value(value, path, frame)))
        for at, (key_value, _) in enumerate(entries):
            for other, _ in entries[:at]:
                if _may_be_same(key_value, other):
                    self._refuse(frame, node, "two of its keys may be the same")
        return Table(tuple(entries))

    def _without(self, node: ast.DictComp, path: Bool, frame: _Frame) -> Value:
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
                held = self._value(whole, path, frame)
                if isinstance(held, Map | EmptyMap):
                    return operations.without(held, self._value(key, path, frame))
        self._refuse(frame, node, "it is not `{k: v for k, v in whole.items() if k != key}`")

    # ------------------------------------------------------------ calls in expressions

    def _arguments(
        self, node: ast.Call, path: Bool, frame: _Frame
    ) -> tuple[list[Value], dict[str, Value]]:
        args = [_shared(v) for v in self._values(node.args, path, frame)]
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._refuse(frame, node, "what is in it is not spelt out")
            named[keyword.arg] = _shared(self._value(keyword.value, path, frame))
        return args, named

    def _called(self, node: ast.Call, path: Bool, frame: _Frame) -> Value:
        called = self._value(node.func, path, frame)
        args, named = self._arguments(node, path, frame)
        match called:
            case Callee():
                if called.of is not None:
                    args.insert(0, called.of)
                before = self.attributes
                exits = self._call(called.function, args, named, path, node, frame.depth + 1)
                value = self._joined(exits)
                if any(before.get(n) is not v for e in exits for n, v in e.attributes.items()):
                    self._refuse(frame, node, "only a call that is returned may change the node")
                self.attributes = before
                return value
            case ClassValue():
                return self._made(called.cls, args, named, frame, node)
            case Builtin() if not named:
                return self._builtin(called, args, path, frame, node)
        self._refuse(frame, node, "only known functions and classes are called")

    def _joined(self, exits: list[Exit]) -> Value:
        """Return the value of a call."""
        live = [e for e in exits if not z3.is_false(e.when)]
        if not live:
            raise Raised
        value = live[-1].value
        for e in reversed(live[:-1]):
            value = merge(e.when, e.value, value)
        return value

    def _new_node(self, cls: Class, node: ast.Call, path: Bool, frame: _Frame) -> list[Exit]:
        """Return the ways out of making a node, which takes the place of the one before."""
        init = cls.methods.get("__init__")
        if init is None:
            self._refuse(frame, node, "the node's class has no __init__")
        args, named = self._arguments(node, path, frame)
        self.attributes = {}
        made = Node()
        exits = self._call(init, [made, *args], named, path, node, frame.depth + 1)
        return [Exit(e.when, made, e.attributes, e.line) for e in exits]

    def _made(
        self, cls: Class, args: list[Value], named: dict[str, Value], frame: _Frame, node: ast.Call
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
                found[name] = self._value(default, TRUE, _Frame(cls.module, frozenset()))
        missing = [name for name in names if name not in found]
        if missing:
            self._refuse(frame, node, f"{cls.name} needs {', '.join(missing)}")
        ordered = {name: found[name] for name in names}
        if cls.kind == "tuple":
            return Row(tuple(ordered.values()), cls.name, tuple(names))
        return Record(cls.name, ordered, by_identity=not cls.equality)

    def _builtin(
        self, called: Builtin, args: list[Value], path: Bool, frame: _Frame, node: ast.Call
    ) -> Value:
        fail = self._fail(frame, node)
        match called.name, args:
            case "frozenset", []:
                return Many(None, None)
            case "frozenset", [Many() as whole]:
                return Many(whole.of, whole.term)
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
                return stranger
            case "new", [ClassValue(cls=cls), Row() as row] if cls.kind == "tuple":
                if len(row.items) != len(cls.parts):
                    self._refuse(frame, node, f"{cls.name} has {len(cls.parts)} parts")
                return Row(row.items, cls.name, tuple(cls.parts))
            case "index", [item]:
                assert isinstance(called.of, Row)
                return operations.index_of(called.of, item, path, fail)
            case "get", [key, otherwise]:
                assert isinstance(called.of, Map | EmptyMap)
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
_FUNCTIONS = frozenset(("frozenset", "len", "max", "min", "type"))
_STATEMENTS = (
    *(ast.Expr, ast.Pass, ast.If, ast.Return, ast.Raise, ast.Assign, ast.AnnAssign),
    *(ast.AugAssign, ast.For),
)
_MESSAGES = (*(ast.JoinedStr, ast.FormattedValue, ast.Constant, ast.Name, ast.Load, ast.Attribute),)


def _set_alone(_: Bool, value: Value) -> Value:
    if isinstance(value, Unset):
        raise Raised
    return value


def _shared(value: Value) -> Value:
    """Return a value as something else has it, too: then a map is not changed any more."""
    if isinstance(value, Map) and value.own:
        return Map(value.form, value.arrays, value.default)
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


def _merged(
    condition: Bool, ours: Mapping[str, Value], theirs: Mapping[str, Value]
) -> dict[str, Value]:
    """Return locals or attributes as they are where the condition holds, and elsewhere."""
    found = {}
    for name in dict.fromkeys((*ours, *theirs)):
        a, b = ours.get(name, Unset()), theirs.get(name, Unset())
        found[name] = a if a is b else merge(condition, a, b)
    return found


def _assigned(node: ast.FunctionDef) -> frozenset[str]:
    """Return the names that are local to a function: its parameters, and what it assigns."""
    a = node.args
    names = {one.arg for one in (*a.args, *([a.vararg] if a.vararg is not None else []))}
    within = [n for n in ast.walk(node) if isinstance(n, ast.comprehension)]
    inner = {id(n) for c in within for n in ast.walk(c.target)}
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and id(one) not in inner:
            names.add(one.id)
    return frozenset(names)
