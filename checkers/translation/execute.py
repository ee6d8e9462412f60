"""What a function of the generated node does, for all that it may be given at once.

Belongs here: statements, and running functions. Never here: expressions (`expressions`), or what a
handler ought to do (`obligations`).

A function is run once, on values that stand for any. Where it branches both ways are followed, and
what they leave behind is chosen by the condition; so each `return` is met once, with the condition
under which it is taken and the node's attributes there. What Python might raise is noted with the
condition under which it does.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from checkers.translation import operations
from checkers.translation.expressions import Expressions
from checkers.translation.names import Count, Enums
from checkers.translation.operations import Raised, over
from checkers.translation.package import Class, Function, Package
from checkers.translation.subset import INSTEAD, REGENERATE, outside
from checkers.translation.things import (
    Callee,
    ClassValue,
    Exit,
    Failure,
    Frame,
    Node,
    assigned,
    merged,
    shared,
)
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Entries,
    Many,
    Map,
    NoMeaning,
    Nothing,
    Row,
    Value,
    conj,
    described,
    disj,
    is_false,
    neg,
    options,
    truthy,
)

DEEPEST = 20
"""How many calls may lie within each other: code that calls itself is not read."""
MOST_OPTIONS = 400
"""How many things a value may be before its handler is given up."""


KNOWN = (
    *(ast.Expr, ast.Pass, ast.If, ast.Return, ast.Raise, ast.Assign, ast.AnnAssign),
    *(ast.AugAssign, ast.For, ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
    *(ast.Constant, ast.Name, ast.Attribute, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp),
    *(ast.IfExp, ast.Tuple, ast.Set, ast.Dict, ast.Subscript, ast.Call, ast.keyword, ast.Starred),
    *(ast.DictComp, ast.comprehension, ast.JoinedStr, ast.FormattedValue),
)
"""What a function may be written with."""


class Machine(Expressions):
    """Runs functions of one package.

    `reached`: the functions and methods that it ran; `dead`: the lines that nothing leads to;
    `known`: what a function may be written with.
    """

    known: tuple[type[ast.AST], ...] = KNOWN

    def __init__(self, package: Package, enums: Enums, count: Count) -> None:
        """Prepare; `enums` gives the values of enums, `count` the number of a set's elements."""
        super().__init__(package, enums, count)
        self.reached: set[tuple[str, str, str]] = set()
        self.dead: set[tuple[str, int]] = set()
        self._read: set[int] = set()

    def run(
        self, function: Function, args: list[Value], attributes: Mapping[str, Value]
    ) -> tuple[list[Exit], list[Failure]]:
        """Run a function of the node whose attributes are these; return its ways out."""
        self.attributes, self.failures = dict(attributes), []
        at = function.node
        exits = self._call(function, args, {}, TRUE, at, 0)
        return [e for e in exits if not is_false(e.when)], self.failures

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
        frame = Frame(function.module, assigned(function.node), depth=depth)
        if depth > DEEPEST:
            self._refuse(frame, at, "calls lie too deep within each other")
        self._check(function, frame)
        frame.locals = self._bound(function, args, named, frame, at)
        rest = self._block(body, path, frame)
        if not is_false(rest):
            last = body[-1]
            frame.exits.append(Exit(rest, Nothing(), dict(self.attributes), last.lineno))
        return frame.exits

    def _check(self, function: Function, frame: Frame) -> None:
        """Refuse what no function of the subset has in it, also where nothing leads to it.

        A `yield` that is never reached makes a function another thing, and so does a `global`.
        """
        if id(function.node) in self._read:
            return
        for node in (n for one in function.node.body for n in ast.walk(one)):
            if not isinstance(node, self.known):
                fix = INSTEAD.get(type(node), REGENERATE)
                why = "there is no such thing in the subset"
                raise outside(self.package.file(frame.module), node, why, fix)
            name = getattr(node, "id", "") or getattr(node, "attr", "") or ""
            if name.startswith("__"):
                self._refuse(frame, node, f"Python reads a meaning of its own in {name}")
        self._read.add(id(function.node))

    def _bound(
        self,
        function: Function,
        args: list[Value],
        named: dict[str, Value],
        frame: Frame,
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

    def _block(self, body: list[ast.stmt], path: Bool, frame: Frame) -> Bool:
        """Run statements; return the condition under which what comes after them is reached."""
        for node in body:
            if is_false(path):
                self.dead.add((self.package.file(frame.module), node.lineno))
                continue
            try:
                path = self._statement(node, path, frame)
            except NoMeaning as error:
                raise self._outside(frame, node, str(error)) from None
            except Raised:
                path = FALSE  # it was noted that this must not be
        return path

    def _statement(self, node: ast.stmt, path: Bool, frame: Frame) -> Bool:
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
            case ast.Assign(targets=targets):
                given = shared(self._value(node.value, path, frame))
                for target in targets:
                    self._assign(target, given, path, frame)
                return path
            case ast.Expr(value=ast.Call() as call):
                return self._performed(call, path, frame)
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

    def _if(self, node: ast.If, path: Bool, frame: Frame) -> Bool:
        condition = truthy(self._value(node.test, path, frame))
        before, held = dict(frame.locals), dict(self.attributes)
        then = self._block(node.body, conj((path, condition)), frame)
        ours, had = frame.locals, self.attributes
        frame.locals, self.attributes = before, held
        other = self._block(node.orelse, conj((path, neg(condition))), frame)
        if is_false(other):
            frame.locals, self.attributes = ours, had
            return then
        if is_false(then):
            return other
        frame.locals = merged(condition, ours, frame.locals)
        self.attributes = merged(condition, had, self.attributes)
        return disj((then, other))

    def _return(self, node: ast.Return, path: Bool, frame: Frame) -> None:
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

    def _performed(self, node: ast.Call, path: Bool, frame: Frame) -> Bool:
        """Call a method of the node for what it does to it; return where the call comes back."""
        called = self._value(node.func, path, frame)
        if not isinstance(called, Callee) or not isinstance(called.of, Node):
            self._refuse(frame, node, "by itself only a method of the node is called")
        args, named = self._arguments(node, path, frame)
        args.insert(0, called.of)
        exits = self._call(called.function, args, named, path, node, frame.depth + 1)
        live = [e for e in exits if not is_false(e.when)]
        if not live:
            return FALSE  # it always raises, which was noted
        held = dict(live[-1].attributes)
        for e in reversed(live[:-1]):
            held = merged(e.when, e.attributes, held)
        self.attributes = held
        return disj(e.when for e in live)

    def _raise(self, node: ast.Raise, path: Bool, frame: Frame) -> None:
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
                        if isinstance(inner, ast.FormattedValue):
                            if inner.format_spec is not None:
                                self._refuse(frame, inner, "not every value has such a form")
                            self._value(inner.value, path, frame)
                    self._fail(frame, node)(path, name)
                    return
        self._refuse(frame, node, "only TypeError and ValueError are raised, with a message")

    def _assign(self, target: ast.expr, value: Value, path: Bool, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.locals[name] = value
            case ast.Tuple(elts=elts) if all(isinstance(e, _SEVERAL) for e in elts):
                if not isinstance(value, Row) or len(value.items) != len(elts):
                    self._refuse(frame, target, f"{described(value)} has not so many parts")
                for one, item in zip(elts, value.items, strict=True):
                    self._assign(one, item, path, frame)
            case ast.Attribute(value=whole, attr=name):
                if not isinstance(self._value(whole, path, frame), Node):
                    self._refuse(frame, target, "only attributes of the node itself are set")
                if name.startswith("__"):  # from a text: as it stands `_check` has refused it
                    self._refuse(frame, target, f"Python reads a meaning of its own in {name}")
                cls = self.package.process
                if (cls.slots is not None and name not in cls.slots) or name in cls.methods:
                    self._fail(frame, target)(path, "AttributeError: no such attribute is set")
                    raise Raised
                self.attributes[name] = shared(value)
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                held, fail = frame.locals.get(name, Nothing()), self._fail(frame, target)
                at = self._value(key, path, frame)

                def put(here: Bool, one: Value) -> Value:
                    if not isinstance(one, Map | Entries) or not one.own:
                        self._refuse(frame, target, "only a map that was just made is changed")
                    return operations.with_entry(one, at, value, here, fail)

                frame.locals[name] = over(held, path, put)
            case _:
                self._refuse(frame, target, "nothing else can be assigned to")

    def _augmented(
        self, node: ast.AugAssign, target: ast.Name | ast.Attribute, path: Bool, frame: Frame
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

    def _for(self, node: ast.For, path: Bool, frame: Frame) -> Bool:
        whole = self._value(node.iter, path, frame)
        if not isinstance(whole, Row):
            self._refuse(frame, node.iter, f"a loop goes over a tuple, not over {described(whole)}")
        for item in whole.items:
            if not is_false(path):
                self._assign(node.target, item, path, frame)
                path = self._block(node.body, path, frame)
        return path

    def _new_node(self, cls: Class, node: ast.Call, path: Bool, frame: Frame) -> list[Exit]:
        """Return the ways out of making a node, which takes the place of the one before."""
        init = cls.methods.get("__init__")
        if init is None:
            self._refuse(frame, node, "the node's class has no __init__")
        if self.attributes:
            self._refuse(frame, node, "a node makes no other node")
        args, named = self._arguments(node, path, frame)
        self.attributes = {}
        made = Node()
        exits = self._call(init, [made, *args], named, path, node, frame.depth + 1)
        return [Exit(e.when, made, e.attributes, e.line) for e in exits]


_SEVERAL = (ast.Name, ast.Attribute)
"""What is assigned to as one of several."""
_MESSAGES = (*(ast.JoinedStr, ast.FormattedValue, ast.Constant, ast.Name, ast.Load, ast.Attribute),)
