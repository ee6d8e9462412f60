"""Faults in the text of a generated node: what an editor's slip, or a fault of the generator, does.

Belongs here: which faults there are in a syntax tree. Never here: running them (`node`), or what
the spec says.

Only methods of the process's class are changed, one place at a time; each mutant is the source of
one method. Docstrings, annotations and what a call is made of but its arguments stay as they are.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

COMPARISON = "other comparison"
BOOLEAN = "swap and/or"
PART = "drop a part of a condition"
NEGATION = "drop a not"
NUMBER = "wrong number"
TRUTH = "wrong truth value"
NAME = "wrong constant"
ATTRIBUTE = "wrong variable or field"
STATEMENT = "drop a statement"
ITEM = "drop an element"
ARGUMENTS = "swap arguments"
OPERATOR = "other operator"
BRANCH = "condition always true"

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
}
_OTHER: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitOr: ast.Sub,
    ast.Sub: ast.BitOr,
    ast.BitAnd: ast.BitOr,
    ast.Add: ast.Sub,
}


@dataclass(frozen=True)
class CodeMutant:
    """A fault in a method: its name, its kind, and the line; `make` gives the new source."""

    name: str
    operator: str
    method: str
    line: int
    told: str
    make: Callable[[], str]


@dataclass(frozen=True)
class _Change:
    """What takes the place of a node of the tree; None removes a statement."""

    operator: str
    instead: ast.AST | None


def code_mutants(source: str, cls: str, names: Mapping[str, object]) -> Iterator[CodeMutant]:
    """Yield the mutants of the methods of a class, in the order of the source.

    `names` is what the module holds: a constant is replaced by another of its type.
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == cls:
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield from _of_method(method, _Faults(names))


def _of_method(method: ast.FunctionDef, faults: _Faults) -> Iterator[CodeMutant]:
    count = 0
    for at, node in enumerate(_places(method)):
        for change in faults.of(node):
            line = getattr(node, "lineno", method.lineno)
            told = f"{_shown(node)} -> {_shown(change.instead)}"
            name, made = f"{method.name}/{line}/{count}", partial(_source, method, at, change)
            count += 1
            yield CodeMutant(name, change.operator, method.name, line, told, made)


def _shown(node: ast.AST | None) -> str:
    if node is None:
        return "nothing"
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}: ..."
    return ast.unparse(node)


def _source(method: ast.FunctionDef, at: int, change: _Change) -> str:
    """Return the source of a method in which one place is changed."""
    made = copy.deepcopy(method)
    target = next(islice(_places(made), at, None))
    _Put(target, copy.deepcopy(change.instead)).visit(made)
    _fill_empty_bodies(made)
    return ast.unparse(ast.fix_missing_locations(made))


def _places(method: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what may be changed, in the source's order: no docstring, no annotation."""
    stack: list[ast.AST] = [s for s in reversed(method.body) if not _is_text(s)]
    while stack:
        node = stack.pop()
        yield node
        children: list[ast.AST] = []
        for field, value in ast.iter_fields(node):
            if field == "annotation" or (isinstance(node, ast.Call) and field == "func"):
                continue
            values = value if isinstance(value, list) else [value]
            children += [v for v in values if isinstance(v, ast.AST)]
        stack.extend(reversed(children))


def _is_text(s: ast.stmt) -> bool:
    return isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)


class _Put(ast.NodeTransformer):
    """Puts something in the place of one node."""

    def __init__(self, target: ast.AST, instead: ast.AST | None) -> None:
        self.target, self.instead = target, instead

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self.instead if node is self.target else self.generic_visit(node)


def _fill_empty_bodies(method: ast.FunctionDef) -> None:
    for node in ast.walk(method):
        if hasattr(node, "body") and isinstance(node.body, list) and not node.body:
            node.body.append(ast.Pass())


class _Faults:
    """The faults of single nodes of a tree."""

    def __init__(self, names: Mapping[str, object]) -> None:
        self.names = names
        self._by_type: dict[type, list[str]] = {}
        for name, value in names.items():
            if name.isupper() and not name.startswith("_"):
                self._by_type.setdefault(type(value), []).append(name)

    def of(self, node: ast.AST) -> Iterator[_Change]:
        """Yield what may take a node's place."""
        for kind, made in _BY_NODE:
            if isinstance(node, kind):
                yield from made(node)
        if isinstance(node, ast.Name) and node.id in self.names and node.id.isupper():
            for other in _next(self._by_type[type(self.names[node.id])], node.id):
                if self.names[other] is not self.names[node.id]:
                    yield _Change(NAME, ast.Name(other, ast.Load()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from self._attribute(node, node.value.id)

    def _attribute(self, node: ast.Attribute, of: str) -> Iterator[_Change]:
        held = self.names.get(of)
        if held is not None and node.attr.isupper():  # a row of a module of rows
            rows = [n for n in vars(held) if n.isupper()]
            for other in _next(rows, node.attr):
                yield _Change(NAME, ast.Attribute(node.value, other, ast.Load()))


def _next(names: list[str], name: str) -> list[str]:
    if name not in names or len(names) < 2:
        return []
    return [names[(names.index(name) + 1) % len(names)]]


def _compare(node: ast.Compare) -> Iterator[_Change]:
    for other in _COMPARED.get(type(node.ops[0]), ()):
        yield _Change(
            COMPARISON, ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
        )


def _bool(node: ast.BoolOp) -> Iterator[_Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _Change(BOOLEAN, ast.BoolOp(other, node.values))
    for at in range(len(node.values)):
        left = node.values[:at] + node.values[at + 1 :]
        yield _Change(PART, left[0] if len(left) == 1 else ast.BoolOp(node.op, left))


def _not(node: ast.UnaryOp) -> Iterator[_Change]:
    if isinstance(node.op, ast.Not):
        yield _Change(NEGATION, node.operand)


def _constant(node: ast.Constant) -> Iterator[_Change]:
    if isinstance(node.value, bool):
        yield _Change(TRUTH, ast.Constant(not node.value))
    elif isinstance(node.value, int):
        yield _Change(NUMBER, ast.Constant(node.value + 1))


def _binary(node: ast.BinOp) -> Iterator[_Change]:
    other = _OTHER.get(type(node.op))
    if other is not None:
        yield _Change(OPERATOR, ast.BinOp(node.left, other(), node.right))
        yield _Change(ITEM, node.left)


def _call(node: ast.Call) -> Iterator[_Change]:
    for at in range(len(node.args) - 1):
        args = list(node.args)
        args[at], args[at + 1] = args[at + 1], args[at]
        yield _Change(ARGUMENTS, ast.Call(node.func, args, node.keywords))


def _tuple(node: ast.Tuple) -> Iterator[_Change]:
    if isinstance(node.ctx, ast.Load) and not _is_answer(node) and not _is_addressed(node):
        for at in range(len(node.elts)):
            yield _Change(ITEM, ast.Tuple(node.elts[:at] + node.elts[at + 1 :], ast.Load()))


def _is_answer(node: ast.Tuple) -> bool:
    """Tell whether it is a row, what is sent, and a reply: no node answers less."""
    first = node.elts[0] if node.elts else None
    return isinstance(first, ast.Attribute) and first.attr.isupper() and len(node.elts) == 3


def _is_addressed(node: ast.Tuple) -> bool:
    """Tell whether it is a receiver and a message."""
    return len(node.elts) == 2 and not isinstance(node.elts[0], ast.Tuple)


def _set(node: ast.Set) -> Iterator[_Change]:
    for at in range(len(node.elts)):
        left = node.elts[:at] + node.elts[at + 1 :]
        empty = ast.Call(ast.Name("frozenset", ast.Load()), [], [])
        yield _Change(ITEM, ast.Set(left) if left else empty)


def _choice(node: ast.IfExp) -> Iterator[_Change]:
    yield _Change(BRANCH, node.body)
    yield _Change(BRANCH, node.orelse)


def _if(node: ast.If) -> Iterator[_Change]:
    yield _Change(BRANCH, ast.If(ast.Constant(True), node.body, node.orelse))


def _statement(node: ast.stmt) -> Iterator[_Change]:
    if not isinstance(node, ast.AnnAssign) or node.value is not None:  # that says a type alone
        yield _Change(STATEMENT, None)


_BY_NODE: tuple[tuple[type, Callable[..., Iterator[_Change]]], ...] = (
    (ast.Compare, _compare),
    (ast.BoolOp, _bool),
    (ast.UnaryOp, _not),
    (ast.Constant, _constant),
    (ast.BinOp, _binary),
    (ast.Call, _call),
    (ast.Tuple, _tuple),
    (ast.Set, _set),
    (ast.IfExp, _choice),
    (ast.If, _if),
    (ast.Assign, _statement),
    (ast.AnnAssign, _statement),
    (ast.If, _statement),
)
