"""Runs the functions by which values become plain data and back, for all values at once.

Belongs here: what the module `plain` and the methods `snapshot` and `restore` are written with, and
no handler is. Never here: what they ought to do (`plainly`).

They are read for what a value of its sort becomes, where nothing is raised: so of a `try` its body
is read, and each of its handlers has to end in a `raise`; what is raised, and with which words, is
not looked at. What stands in a set is looked at once, as any element of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import z3

from checkers.translation.execute import KNOWN, Machine
from checkers.translation.operations import over
from checkers.translation.package import Class, Library
from checkers.translation.things import (
    Builtin,
    Callee,
    ClassValue,
    Exit,
    Frame,
    ModuleValue,
    Node,
    shared,
)
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Choice,
    Leaf,
    Many,
    Map,
    Name,
    NoMeaning,
    Nothing,
    Number,
    Record,
    Row,
    Table,
    Term,
    Text,
    Truth,
    Value,
    conj,
    described,
    disj,
    is_false,
    neg,
    options,
)

LIST = "list"
"""The kind of a `Row` that is a list."""
TEXTS = "the texts of "
"""Begins what a set holds (`Many.of`) that holds the texts of an enum's members."""


@dataclass(frozen=True, eq=False)
class Member(Value):
    """The text of a member of an enum, which has the term `term`."""

    enum: str
    term: Term


@dataclass(frozen=True, eq=False)
class Words(Value):
    """A text that is made to be shown: what it says is not looked at."""


@dataclass(frozen=True, eq=False)
class Elements(Value):
    """A tuple of the elements of a set, each once, in some order."""

    of: Many


@dataclass(frozen=True, eq=False)
class Field(Value):
    """A field of a dataclass."""

    name: str


@dataclass(frozen=True, eq=False)
class Type(Value):
    """A class of Python's own, or one of several."""

    names: tuple[str, ...]


_TYPES = frozenset(
    ("bool", "int", "str", "tuple", "list", "dict", "set", "frozenset", "Enum", "Mapping")
)
_IMPORTED = frozenset(("Enum", "Mapping", "fields"))
"""What is there if it is imported, and not else."""
_OF = {
    Truth: ("bool", "int"),
    Number: ("int",),
    Name: ("str",),
    Text: ("str",),
    Member: ("str",),
    Words: ("str",),
    Elements: ("tuple",),
    Table: ("dict", "Mapping"),
    Map: ("dict", "Mapping"),
    Leaf: ("Enum",),
    Nothing: (),
    Record: (),
}
"""Of which classes values are, the closest first."""


def classes(value: Value) -> tuple[str, ...]:
    """Return of which classes of Python's own a value is, the closest first."""
    if isinstance(value, Row):
        if value.kind == LIST:
            return (LIST,)
        return ("tuple",) if value.kind is None else (value.kind, "tuple")
    if isinstance(value, Many):
        return ("set",) if value.display else ("frozenset",)
    if type(value) not in _OF:
        raise NoMeaning(f"the type of {described(value)}")
    return _OF[type(value)]


class Around(Machine):
    """Runs the functions around a node."""

    known = (
        *KNOWN,
        *(ast.Try, ast.ExceptHandler, ast.ListComp, ast.GeneratorExp),
    )

    # ------------------------------------------------------------ statements

    def _statement(self, node: ast.stmt, path: Bool, frame: Frame) -> Bool:
        match node:
            case ast.Try(orelse=[], finalbody=[]) if all(
                isinstance(h.body[-1], ast.Raise) for h in node.handlers
            ):
                for handler in node.handlers:
                    if any(isinstance(n, ast.Return) for n in ast.walk(handler)):
                        self._refuse(frame, handler, "a handler raises, and nothing else")
                return self._block(node.body, path, frame)
            case ast.Expr(value=ast.Call() as call):
                self._done(call, path, frame)
                return path
        return super()._statement(node, path, frame)

    def _done(self, node: ast.Call, path: Bool, frame: Frame) -> None:
        """Do what a call that stands by itself does."""
        match node:
            case ast.Call(func=ast.Attribute(value=whole, attr="encode"), args=[], keywords=[]):
                held = self._value(whole, path, frame)
                if all(isinstance(v, Name | Text | Member) for _, v in options(held)):
                    return  # a text with half a sign in it is no name
            case ast.Call(func=ast.Name(id="setattr"), args=[whole, name, given], keywords=[]) if (
                "setattr" not in frame.own
            ):
                called = self._value(name, path, frame)
                if isinstance(self._value(whole, path, frame), Node) and isinstance(called, Text):
                    target = ast.Attribute(whole, called.text, ast.Store())
                    made = self._value(given, path, frame)
                    self._assign(ast.copy_location(target, node), made, path, frame)
                    return
        self._refuse(frame, node, "a call by itself does nothing here")

    def _return(self, node: ast.Return, path: Bool, frame: Frame) -> None:
        value = self._value(node.value, path, frame) if node.value is not None else Nothing()
        frame.exits.append(Exit(path, value, dict(self.attributes), node.lineno))

    def _raise(self, node: ast.Raise, path: Bool, frame: Frame) -> None:
        self._fail(frame, node)(path, "an exception")

    def _assign(self, target: ast.expr, value: Value, path: Bool, frame: Frame) -> None:
        match target, value:
            case ast.Tuple(elts=elts), Row(items=items) if len(elts) == len(items):
                for one, item in zip(elts, items, strict=True):
                    self._assign(one, item, path, frame)
            case _:
                super()._assign(target, value, path, frame)

    def _for(self, node: ast.For, path: Bool, frame: Frame) -> Bool:
        for item in self._rounds(node.iter, path, frame):
            if not is_false(path):
                self._assign(node.target, item, path, frame)
                path = self._block(node.body, path, frame)
        return path

    def _rounds(self, node: ast.expr, path: Bool, frame: Frame) -> tuple[Value, ...]:
        """Return what a loop goes over: what is spelt out."""
        whole = self._value(node, path, frame)
        if isinstance(whole, Table):
            return tuple(key for key, _ in whole.entries)
        if not isinstance(whole, Row):
            self._refuse(frame, node, f"a loop does not go over {described(whole)}")
        return whole.items

    # ------------------------------------------------------------ expressions

    def _expression(self, node: ast.expr, path: Bool, frame: Frame) -> Value:
        match node:
            case ast.Dict(keys=[]):
                return Table(())  # what is put into one nobody reads here
            case ast.JoinedStr():
                return self._words(node, path, frame)
            case ast.ListComp():
                return Row(tuple(self._each(node.generators, [node.elt], path, frame)), LIST)
            case ast.DictComp():
                made = self._each(node.generators, [node.key, node.value], path, frame)
                rows = [cast(Row, one).items for one in made]
                keys = [key.text if isinstance(key, Text) else None for key, _ in rows]
                if None in keys or len(set(keys)) < len(keys):
                    self._refuse(frame, node, "its keys are to be texts, each another")
                return Table(tuple((key, value) for key, value in rows))
            case ast.BinOp(op=ast.BitOr()):
                a, b = (self._value(n, path, frame) for n in (node.left, node.right))
                if isinstance(a, Type) and isinstance(b, Type):
                    return Type((*a.names, *b.names))
            case ast.BinOp(op=ast.Add()):
                a, b = (self._value(n, path, frame) for n in (node.left, node.right))
                if all(isinstance(v, Text | Words) for x in (a, b) for _, v in options(x)):
                    return Words()
                if _is_list(a) or _is_list(b):
                    raise NoMeaning("a sum of lists")
        return super()._expression(node, path, frame)

    def _words(self, node: ast.JoinedStr, path: Bool, frame: Frame) -> Value:
        """Return a text with values in it; these are looked at, since they might do something."""
        for one in node.values:
            if isinstance(one, ast.FormattedValue):
                if one.format_spec is not None:
                    self._refuse(frame, one, "not every value has such a form")
                self._value(one.value, path, frame)
        return Words()

    def _each(
        self,
        generators: list[ast.comprehension],
        nodes: list[ast.expr],
        path: Bool,
        frame: Frame,
    ) -> Iterator[Value]:
        """Yield what a comprehension makes in each round: a value, or a row of several."""
        (one, *more) = generators
        if more or one.ifs or one.is_async:
            self._refuse(frame, one.target, "a comprehension goes over one thing, and all of it")
        for item in self._rounds(one.iter, path, frame):
            inner = self._inner(one.target, item, path, frame)
            found = [shared(self._value(n, path, inner)) for n in nodes]
            yield found[0] if len(found) == 1 else Row(tuple(found))

    def _inner(self, target: ast.expr, item: Value, path: Bool, frame: Frame) -> Frame:
        """Return the locals within a comprehension, for one of what it goes over."""
        if not all(isinstance(n, ast.Name | ast.Tuple | ast.Store) for n in ast.walk(target)):
            self._refuse(frame, target, "a comprehension gives names to what it goes over")
        names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
        inner = Frame(frame.module, frame.own | names, dict(frame.locals), depth=frame.depth)
        self._assign(target, item, path, inner)
        return inner

    def _name(self, node: ast.Name, path: Bool, frame: Frame) -> Value:
        if node.id not in frame.own:
            found = self.package.find(frame.module, node.id)
            if isinstance(found, Library) if node.id in _IMPORTED else found is None:
                if node.id in _TYPES:
                    return Type((node.id,))
                if node.id in _CALLED:
                    return Builtin(node.id)
        return super()._name(node, path, frame)

    def _related(
        self, operator: ast.cmpop, a: Value, b: Value, path: Bool, frame: Frame, node: ast.AST
    ) -> Bool:
        if _is_list(a) or _is_list(b):
            raise NoMeaning("a comparison with a list")  # one with a tuple is another
        match operator:
            case ast.Is() | ast.IsNot() if isinstance(a, Type) and isinstance(b, Type):
                same = TRUE if a.names == b.names and len(a.names) == 1 else FALSE
                return same if isinstance(operator, ast.Is) else neg(same)
            case ast.Is() | ast.IsNot() if isinstance(b, Nothing):
                same = disj(g for g, v in options(a) if isinstance(v, Nothing))
                return same if isinstance(operator, ast.Is) else neg(same)
            case ast.In() | ast.NotIn() if isinstance(b, Table) and isinstance(a, Text):
                found = any(isinstance(k, Text) and k.text == a.text for k, _ in b.entries)
                inside = TRUE if found else FALSE
                return inside if isinstance(operator, ast.In) else neg(inside)
            case ast.Eq() if isinstance(a, Member) and isinstance(b, Text) and not b.text:
                return FALSE  # every member has a text
        return super()._related(operator, a, b, path, frame, node)

    def _part(self, one: Value, name: str, path: Bool) -> Value | None:
        match one:
            case Leaf() if name == "value":
                return Member(one.enum, one.term)
            case Field() if name == "name":
                return Text(one.name)
            case Table() if name == "items":
                return Builtin("items", one)
            case ModuleValue(name="plain" | "wire"):
                return self.constant(one.name, name)
        return super()._part(one, name, path)

    # ------------------------------------------------------------ calls

    def _arguments(
        self, node: ast.Call, path: Bool, frame: Frame
    ) -> tuple[list[Value], dict[str, Value]]:
        args: list[Value] = []
        for one in node.args:
            if not isinstance(one, ast.Starred):
                args.append(shared(self._value(one, path, frame)))
                continue
            whole = self._value(one.value, path, frame)
            if not isinstance(whole, Row):
                self._refuse(frame, one, "what is in it is not spelt out")
            args += whole.items
        rest = ast.Call(node.func, [], node.keywords)
        return args, super()._arguments(ast.copy_location(rest, node), path, frame)[1]

    def _called(self, node: ast.Call, path: Bool, frame: Frame) -> Value:
        match node:
            case ast.Call(
                func=ast.Name(id=name), args=[ast.GeneratorExp() as made], keywords=[]
            ) if name in ("tuple", "frozenset") and name not in frame.own:
                return self._collected(name, made, path, frame)
        called = self._value(node.func, path, frame)
        if isinstance(called, Callee):
            return self._by_option(called, node, path, frame)
        args, named = self._arguments(node, path, frame)
        match called:
            case ClassValue(cls=cls) if cls.kind == "enum" and not named and len(args) == 1:
                return over(args[0], path, lambda here, v: self._member(cls, v))
            case ClassValue(cls=cls):
                return self._made(cls, args, named, frame, node)
            case Type(names=[name]) if not named:
                return self._converted(name, args, frame, node)
            case Builtin(of=Table() as table, name="items") if not args and not named:
                return Row(tuple(Row((key, value)) for key, value in table.entries))
            case Builtin() if not named:
                return self._by_python(called, args, path, frame, node)
        self._refuse(frame, node, "only known functions and classes are called")

    def _by_option(self, called: Callee, node: ast.Call, path: Bool, frame: Frame) -> Value:
        """Call a function: with each thing that its last argument may be by itself."""
        args, named = self._arguments(node, path, frame)
        first = [called.of] if called.of is not None else []
        *before, last = args or [Nothing()]

        def with_one(here: Bool, value: Value) -> Value:
            given = [*first, *before, *([value] if args else [])]
            held = dict(self.attributes)
            exits = self._call(called.function, given, named, here, node, frame.depth + 1)
            self.attributes = held
            if any(held.get(n) is not v for e in exits for n, v in e.attributes.items()):
                self._refuse(frame, node, "only a call that is returned may change the node")
            live = [e for e in exits if not is_false(e.when)]
            if live:
                nowhere = conj((here, neg(disj(e.when for e in live))))
                self._fail(frame, node)(nowhere, "no way out of the call")
            return self._joined(exits)

        return over(last, path, with_one)

    def _member(self, cls: Class, value: Value) -> Value:
        if isinstance(value, Member) and value.enum == cls.name:
            self.members(cls)
            return Leaf(cls.name, value.term)
        raise NoMeaning(f"{described(value)} as a member of {cls.name}")

    def _collected(self, name: str, node: ast.GeneratorExp, path: Bool, frame: Frame) -> Value:
        """Return what is made of each thing in another: spelt out, or of any element of a set."""
        (one, *more) = node.generators
        if more or one.ifs or one.is_async:
            self._refuse(frame, node, "it goes over one thing, and all of it")
        whole = self._value(one.iter, path, frame)
        if isinstance(whole, Row) and name == "tuple":
            return Row(tuple(self._each(node.generators, [node.elt], path, frame)))
        if not isinstance(whole, Many):
            self._refuse(frame, one.iter, f"what is in {described(whole)} is not spelt out")
        made = self._image(whole, one.target, node.elt, path, frame)
        return Elements(made) if name == "tuple" else Many(made.of, made.term)

    def _image(
        self, whole: Many, target: ast.expr, made: ast.expr, path: Bool, frame: Frame
    ) -> Many:
        """Return the set of what is made of each element: it is looked at for any one of them."""
        if whole.term is None or whole.of is None:
            return whole
        sort = cast(z3.ArraySortRef, whole.term.sort()).domain()
        term = z3.Const(f"element!{next(_serial)}", sort)
        inside = conj((path, cast(Bool, z3.Select(cast(z3.ArrayRef, whole.term), term))))
        item: Value = Name(term)
        if whole.of.startswith(TEXTS):
            item = Member(whole.of.removeprefix(TEXTS), term)
        elif whole.of:
            item = Leaf(whole.of, term)
        value = self._value(made, inside, self._inner(target, item, inside, frame))
        match value:
            case Name(term=same) if same.eq(term) and not whole.of:
                return Many("", whole.term)
            case Leaf(term=same) if same.eq(term) and value.enum == whole.of.removeprefix(TEXTS):
                return Many(value.enum, whole.term)
            case Member(term=same) if same.eq(term) and value.enum == whole.of.removeprefix(TEXTS):
                return Many(TEXTS + value.enum, whole.term)
        self._refuse(frame, made, "an element becomes itself, or another form of it")

    def _converted(self, name: str, args: list[Value], frame: Frame, node: ast.Call) -> Value:
        match name, args:
            case "frozenset", []:
                return Many(None, None)
            case "frozenset" | "set", [Elements(of=whole)]:
                return Many(whole.of, whole.term, name == "set")
            case "frozenset", [Many() as whole]:
                return Many(whole.of, whole.term)
            case "tuple", [Row() as row]:
                return Row(row.items)
        told = ", ".join(map(described, args))
        self._refuse(frame, node, f"{name}({told}) means nothing to the reader")

    def _by_python(
        self, called: Builtin, args: list[Value], path: Bool, frame: Frame, node: ast.Call
    ) -> Value:
        match called.name, args:
            case "isinstance", [value, Type(names=names)]:
                return Truth(disj(g for g, v in options(value) if set(classes(v)) & set(names)))
            case "type", [value] if not isinstance(value, Choice | Record):
                return Type(classes(value)[:1])
            case "len", [Elements(of=whole)]:
                if whole.term is None:
                    return Number(z3.IntVal(0))
                return Number(self.count(whole.term))
            case "fields", [Record() as record]:
                return Row(tuple(map(Field, record.fields)))
            case "getattr", [value, Text(text=name)]:
                found = self._part(value, name, path)
                if found is None or isinstance(found, Builtin | Callee):
                    raise NoMeaning(f"the attribute {name} of {described(value)}")
                return found
            case "enumerate", [Row() as row]:
                numbered = enumerate(row.items)
                return Row(tuple(Row((Number(z3.IntVal(i)), item)) for i, item in numbered))
        return self._builtin(called, args, path, frame, node)


def _is_list(value: Value) -> bool:
    return any(isinstance(v, Row) and v.kind == LIST for _, v in options(value))


_CALLED = frozenset(("isinstance", "type", "len", "fields", "getattr", "enumerate"))
_serial = iter(range(1, 1 << 60))
