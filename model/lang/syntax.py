"""What can be told from a spec's syntax alone, where running it shows nothing or too late.

Belongs here: which construct asked an expression for its truth, and the mistakes that Python runs
over in silence: a name bound twice, `is` between expressions, a line whose result is dropped.
Never here: anything that needs the declarations (`checks.py`).
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from model.lang.source import Span


def parsed(file: str) -> ast.Module | None:
    """Return the syntax tree of a file, or None where it cannot be read."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None


def span_of(node: ast.AST, file: str) -> Span:
    """Return where a node stands."""
    line, col = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end_line = getattr(node, "end_lineno", None) or line
    return Span(file, line, col, end_line, getattr(node, "end_col_offset", None) or col + 1)


# ---------------------------------------------------------------- truth values


@dataclass(frozen=True, slots=True)
class TruthTest:
    """A construct that asks a truth value: how it is called, what to write instead, and where."""

    chained: bool
    what: str
    fix: str | None
    span: Span


def truth_test(span: Span) -> TruthTest | None:
    """Return the construct that asked for the truth value of something within `span`."""
    tree = parsed(span.file)
    if tree is None:
        return None
    path = _path(tree, span)
    below: ast.AST | None = None
    for node in reversed(path):
        found = _test(node, below, span.file)
        if found is not None:
            return found
        if isinstance(node, ast.stmt | ast.Lambda):
            return None
        below = node
    return None


def _path(tree: ast.Module, span: Span) -> list[ast.AST]:
    """Return the nodes around `span`, outermost first."""
    path: list[ast.AST] = [tree]
    while True:
        inside = [child for child in _children(path[-1]) if span_of(child, span.file).holds(span)]
        if not inside:
            return path
        path.append(inside[0])


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below that have a place; those without one are passed through."""
    for child in ast.iter_child_nodes(node):
        if hasattr(child, "lineno"):
            yield child
        else:
            yield from _children(child)


def _test(node: ast.AST, below: ast.AST | None, file: str) -> TruthTest | None:
    """Return how `node` asks for the truth of `below`, the part of it that holds the place."""

    def found(
        what: str, fix: str | None, where: ast.AST = node, chained: bool = False
    ) -> TruthTest:
        return TruthTest(chained, what, fix, span_of(where, file))

    loops = "a rule is no loop: write one rule per step, or send to a set"
    match node:
        case ast.BoolOp():
            name, sign = ("and", "&") if isinstance(node.op, ast.And) else ("or", "|")
            return found(f"`{name}`", _instead(node, f"a {sign} b"))
        case ast.UnaryOp(op=ast.Not()):
            return found("`not`", _instead(node, "~a"))
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return found("`in`", _instead(node, "s.has(x)"))
        case ast.Compare() if len(node.ops) > 1:
            return found("a chain", _instead(node, "(a < b) & (b < c)"), chained=True)
        case ast.IfExp() if below in (None, node.test):
            return found("`a if c else b`", _instead(node, "ite(c, a, b)"))
        case ast.If() if below in (None, node.test):
            return found("`if`", "write a second rule, or ite(c, a, b)", node.test)
        case ast.While() if below in (None, node.test):
            return found("`while`", loops, node.test)
        case ast.For() | ast.AsyncFor() if below is not node.target:
            return found("`for`", loops, node.iter)
        case ast.Assert() if below in (None, node.test):
            return found("`assert`", "state it as a @safety or @lemma", node.test)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return found("a comprehension", "quantify with forall(...) or exists(...)")
        case ast.Match():
            return found("`match`", "write a rule per case, or ite(x.is_(A), a, b)", node.subject)
        case ast.Call() if below is None or below in node.args:
            return found(f"`{ast.unparse(node.func)}(...)`", _BUILTINS.get(ast.unparse(node.func)))
        case ast.Starred():
            return found("`*`", "its elements are not known while a rule is read")
        case _:
            return None


_BUILTINS = {
    "all": "write conjunction(*parts)",
    "any": "write disjunction(*parts)",
    "max": "write ite(a < b, b, a)",
    "min": "write ite(a < b, a, b)",
}


def _instead(node: ast.expr, short: str) -> str:
    """Return the advice to write `node` with the operators that can be overloaded."""
    text = ast.unparse(ast.fix_missing_locations(_Rewriter().visit(_copy(node))))
    return f"write {text if len(text) <= 72 else short}"


def _copy(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


class _Rewriter(ast.NodeTransformer):
    """Puts the language's operators for Python's."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        sign: ast.operator = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        made = node.values[0]
        for value in node.values[1:]:
            made = ast.BinOp(made, sign, value)
        return made

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return ast.UnaryOp(ast.Invert(), node.operand) if isinstance(node.op, ast.Not) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return _call(ast.Name("ite"), [node.test, node.body, node.orelse])

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        sides = [node.left, *node.comparators]
        links = [_link(sides[i], op, sides[i + 1]) for i, op in enumerate(node.ops)]
        made = links[0]
        for link in links[1:]:
            made = ast.BinOp(made, ast.BitAnd(), link)
        return made


def _link(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    if not isinstance(op, ast.In | ast.NotIn):
        return ast.Compare(left, [op], [right])
    listed = isinstance(right, ast.Tuple | ast.List | ast.Set)
    made = (
        _call(ast.Attribute(left, "is_"), right.elts)
        if isinstance(right, ast.Tuple | ast.List | ast.Set) and listed
        else _call(ast.Attribute(right, "has"), [left])
    )
    return made if isinstance(op, ast.In) else ast.UnaryOp(ast.Invert(), made)


def _call(function: ast.expr, args: list[ast.expr]) -> ast.expr:
    return ast.Call(function, args, [])


# ---------------------------------------------------------------- what Python runs over in silence


@dataclass(frozen=True, slots=True)
class Twice:
    """A name that is bound a second time, so that the first binding is lost."""

    name: str
    first: Span
    second: Span


def bound_twice(tree: ast.Module, file: str) -> Iterator[Twice]:
    """Yield functions and classes of a module, members of its classes and rows of its tables."""
    yield from _twice(_definitions(tree.body), file)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for one in _twice([*_definitions(node.body), *_assignments(node.body)], file):
                yield Twice(f"{node.name}.{one.name}", one.first, one.second)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _last_name(call.func) == "Table":
            for row in [*call.args, *(keyword.value for keyword in call.keywords)]:
                if isinstance(row, ast.Dict):
                    keys = [(ast.unparse(k), k) for k in row.keys if k is not None]
                    yield from _twice(keys, file)


def _twice(named: Sequence[tuple[str, ast.AST]], file: str) -> Iterator[Twice]:
    first: dict[str, ast.AST] = {}
    for name, node in named:
        if name in first:
            yield Twice(name, _head(first[name], file), _head(node, file))
        first.setdefault(name, node)


def _head(node: ast.AST, file: str) -> Span:
    return span_of(node, file).first_line()


def _definitions(body: list[ast.stmt]) -> list[tuple[str, ast.AST]]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [(node.name, node) for node in body if isinstance(node, kinds)]


def _assignments(body: list[ast.stmt]) -> list[tuple[str, ast.AST]]:
    found: list[tuple[str, ast.AST]] = []
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        found.extend((t.id, node) for t in targets if isinstance(t, ast.Name))
    return found


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A piece of a function that does not do what it looks like."""

    kind: str
    text: str
    fix: str
    span: Span


def suspects(tree: ast.Module, file: str, is_member: Callable[[str], bool]) -> Iterator[Suspect]:
    """Yield identity tests of members of `me` or the event, and updates that no row holds.

    `is_member` tells whether a name is a variable of the process or a field of an event.
    """
    yield from _suspects(tree, file, is_member, frozenset())


def _suspects(
    node: ast.AST, file: str, is_member: Callable[[str], bool], params: frozenset[str]
) -> Iterator[Suspect]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        args = node.args
        params |= {a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]}

    def member(part: ast.AST) -> bool:
        """Tell whether `part` is written as a member of a parameter, e.g. `me.term`."""
        while isinstance(part, ast.Attribute):
            if isinstance(part.value, ast.Name) and part.value.id in params:
                return is_member(part.attr)
            part = part.value
        return False

    where = span_of(node, file)
    match node:
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], left=left, comparators=[right]):
            if member(left) or member(right):
                yield Suspect("is", ast.unparse(node), _instead_of_is(node), where)
        case ast.Expr(value=value) if _is_dropped(value, member):
            fix = "put it into the row: a condition in `when`, an update in `then`,"
            yield Suspect("dropped", ast.unparse(value), f"{fix} a message in `send`", where)
    for child in ast.iter_child_nodes(node):
        yield from _suspects(child, file, is_member, params)


def _instead_of_is(node: ast.Compare) -> str:
    left, right = ast.unparse(node.left), node.comparators[0]
    negated = isinstance(node.ops[0], ast.IsNot)
    if isinstance(right, ast.Constant) and right.value is None:
        return f"write {'' if negated else '~'}{left}.known"
    return f"write {left} {'!=' if negated else '=='} {ast.unparse(right)}"


def _is_dropped(value: ast.expr, member: Callable[[ast.AST], bool]) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        target = value.func.value
        sets = value.func.attr == "set" and member(target)
        return sets or (value.func.attr == "to" and isinstance(target, ast.Call))
    if isinstance(value, ast.Compare):
        return member(value.left) or any(member(c) for c in value.comparators)
    return False
