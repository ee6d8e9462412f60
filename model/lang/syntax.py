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


def written(span: Span, text: str) -> Span:
    """Return the one part of `span` that is written as `text`, or as a name that ends in it.

    Where there is none, or more than one, it is `span` itself.
    """
    tree = parsed(span.file)
    if tree is None:
        return span
    found = {
        span_of(node, span.file)
        for node in ast.walk(_path(tree, span)[-1])
        if isinstance(node, ast.expr)
        and span.holds(span_of(node, span.file))
        and (ast.unparse(node) == text or _last_name(node) == text)
    }
    return found.pop() if len(found) == 1 else span


# ---------------------------------------------------------------- truth values


@dataclass(frozen=True, slots=True)
class TruthTest:
    """A construct that asks a truth value: how it is called, what to write instead, and where."""

    chained: bool
    what: str
    fix: str | None
    span: Span


def truth_test(span: Span, elements: bool) -> TruthTest | None:
    """Return the construct within `span` that asked for a truth value, or for `elements`."""
    tree = parsed(span.file)
    if tree is None:
        return None
    path = _path(tree, span)
    below: ast.AST | None = None
    called: TruthTest | None = None
    for node in reversed(path):
        found = _test(node, below, span.file, elements)
        if isinstance(node, ast.Call) and below is None and _last_name(node.func) not in _BUILTINS:
            # Some Pythons place `if f(x)` at `f(x)`: the `if` around it is the better answer.
            called = found
        elif found is not None and not (called and isinstance(node, ast.Call)):
            return found
        if isinstance(node, ast.stmt | ast.Lambda):
            break
        below = node
    return called


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


def _test(node: ast.AST, below: ast.AST | None, file: str, elements: bool) -> TruthTest | None:
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
            tested = [test for one in node.generators for test in one.ifs]
            part = node.generators[0].iter if elements or not tested else tested[0]
            fix = "choose with ite(...), or quantify with forall(...) in a property"
            return found("a comprehension", fix, part)
        case ast.Match():
            return found("`match`", "write a rule per case, or ite(x.is_(A), a, b)", node.subject)
        case ast.Call() if below is None or below in node.args:
            return found(f"`{ast.unparse(node.func)}(...)`", _instead_of_call(node))
        case ast.Starred():
            return found("`*`", "its elements are not known while a rule is read")
        case _:
            return None


def _instead_of_call(node: ast.Call) -> str | None:
    name = ast.unparse(node.func)
    if name in ("max", "min") and len(node.args) == 2:
        a, b = map(ast.unparse, node.args)
        then = (b, a) if name == "max" else (a, b)
        return f"write ite({a} < {b}, {', '.join(then)})"
    return _BUILTINS.get(name)


_BUILTINS = {
    "all": "write conjunction(*parts)",
    "any": "write disjunction(*parts)",
    "bool": "leave it out",
    "len": "write majority(some, all), or count in a variable of a range",
    "max": "write ite(a < b, b, a)",
    "min": "write ite(a < b, a, b)",
    "sorted": "there is no order before a node runs: compare two values with ite(a < b, ...)",
}


def _instead(node: ast.expr, short: str) -> str:
    """Return the advice to write `node` with the operators that can be overloaded."""
    text = ast.unparse(ast.fix_missing_locations(_Rewriter().visit(_copy(node))))
    return f"write {text if len(text) <= 100 else short}"


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
    if isinstance(right, ast.Tuple | ast.List | ast.Set):
        made = _call(ast.Attribute(left, "is_"), right.elts)
    else:
        made = _call(ast.Attribute(right, "has"), [left])
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
    definitions = _definitions(tree.body)
    named = {name for name, _ in definitions}
    imported = [(name, node) for name, node in _imports(tree.body) if name in named]
    yield from _twice([*dict(imported).items(), *definitions], file)
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


def _imports(body: list[ast.stmt]) -> list[tuple[str, ast.AST]]:
    statements = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return [(a.asname or a.name, a) for node in statements for a in node.names]


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
    """Yield what asks Python about the handle of a member of `me` or the event, and what is lost.

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
        case ast.Compare(ops=[ast.In() | ast.NotIn()], left=left, comparators=[right]):
            if member(left) and isinstance(right, ast.Set | ast.Dict):
                yield Suspect("hash", ast.unparse(node), _instead(node, "x.is_(A, B)"), where)
        case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]) if member(key):
            fix = "declare a Table with a row for each case, and write it.look_up(column, x)"
            yield Suspect("hash", ast.unparse(node), fix, where)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for inner in _lost(node):
                fix = f"return {inner.name}, and bind it in the module"
                head = span_of(inner, file).first_line()
                yield Suspect("lost", inner.name, fix, head)
        case ast.Expr(value=value) if _is_dropped(value, member):
            fix = "put it into the row: a condition in `when`, an update in `then`,"
            yield Suspect("dropped", ast.unparse(value), f"{fix} a message in `send`", where)
    for child in ast.iter_child_nodes(node):
        yield from _suspects(child, file, is_member, params)


_DECORATORS = frozenset(
    (
        *("on", "fallback", "authority", "safety", "lemma", "step", "sometimes", "assumption"),
        *("eventually", "alive"),
    )
)


def _lost(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.FunctionDef]:
    """Yield the rules and properties made in a function that does nothing with them."""
    used = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    for inner in function.body:
        if isinstance(inner, ast.FunctionDef) and inner.name not in used:
            calls = [d.func if isinstance(d, ast.Call) else d for d in inner.decorator_list]
            if any(_last_name(call) in _DECORATORS for call in calls):
                yield inner


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
