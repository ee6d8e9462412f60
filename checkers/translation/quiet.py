"""Code that is not read for what it gives: that it can change nothing but what it makes itself.

Belongs here: what the functions of a node's modules, an error's methods, and the way of a node to
plain data and back may be written with. Never here: what they give (`execute` and `around` read
what they are called for; bytes are tested).

Python lets any function put another in the place of a handler, or clear a table. So these may name
what is listed here and no more, whether anything is raised or not, and also where nothing leads to
it when they are given what they ought to be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType

from checkers.translation.package import AROUND, BUILTINS, Class, Library, Module, Package
from checkers.translation.subset import OutsideSubset, outside

_STATEMENTS = (
    *(ast.Expr, ast.If, ast.Return, ast.Raise, ast.Assign, ast.AnnAssign, ast.For, ast.Try),
    *(ast.ExceptHandler, ast.Pass),
)
_EXPRESSIONS = (
    *(ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.Dict, ast.Set),
    *(ast.DictComp, ast.GeneratorExp, ast.ListComp, ast.comprehension, ast.IfExp, ast.JoinedStr),
    *(ast.FormattedValue, ast.Lambda, ast.Name, ast.Slice, ast.Starred, ast.Subscript, ast.Tuple),
    *(ast.UnaryOp, ast.keyword, ast.arguments, ast.arg, ast.expr_context, ast.operator),
    *(ast.unaryop, ast.boolop, ast.cmpop, ast.List),
)
_PYTHON_S = frozenset(
    (
        *("bool", "bytearray", "bytes", "dict", "enumerate", "frozenset", "getattr", "int"),
        *("isinstance", "len", "list", "map", "max", "min", "next", "object", "set", "sorted"),
        *("str", "super", "tuple", "type", "zip", "Exception", "RecursionError", "TypeError"),
        *("ValueError", "UnicodeDecodeError", "UnicodeEncodeError"),
    )
)
"""The names of Python's own that may be used."""
_ATTRIBUTES = frozenset(
    (
        *("JSONDecodeError", "__name__", "count", "decode", "dumps", "encode", "fix", "get"),
        *("items", "join", "loads", "lstrip", "msg", "name", "place", "pos", "reason", "repr"),
        *("start", "startswith", "value", "within"),
    )
)
"""The attributes that may be asked for: none of them changes what it is asked of."""
_OF_VALUES = frozenset(
    ("index", "union", "difference", "intersection", "issubset", "issuperset", "keys", "values")
)
"""Those that may be asked for where handlers are served, beside what values have."""
_KEPT = (str, tuple, frozenset, MappingProxyType)
_CHANGE = frozenset(
    name
    for one in (dict, list, set, bytearray)
    for name in dir(one)
    if not any(hasattr(other, name) for other in _KEPT)
)
"""What changes a dictionary, a list or a set, by name."""

WAYS = ("snapshot", "restore")
"""The methods of a node that are read for values of their sorts, and take others, too."""
ALL_OR_NOTHING = "for attribute, value in found.items(): setattr(self, attribute, value)"


def touches_nothing(package: Package) -> None:
    """Raise `OutsideSubset` where code around the node could change something beside itself."""
    for module, tree in package.trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                _Function(package, module, node, "").check(node.body)
            elif isinstance(node, ast.ClassDef) and module in AROUND:
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        _Function(package, module, inner, node.name).check(inner.body)
    for name, method in package.process.methods.items():
        if name in WAYS:
            one = _Function(package, "node", method.node, "")
            one.check(one.before_it_sets() if name == "restore" else method.node.body)


class _Function:
    """One function, or a method of the error `of`."""

    def __init__(self, package: Package, module: str, node: ast.FunctionDef, of: str) -> None:
        self.package, self.module, self.node, self.of = package, module, node, of
        self.given = {
            one.arg
            for n in ast.walk(node)
            if isinstance(n, ast.arguments)
            for one in (*n.args, *([n.vararg] if n.vararg else []))
        }
        self.stored: list[str] = []
        for inner in self._inside():
            match inner:
                case ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str(name)):
                    self.stored.append(name)
        self.names = {*self.given, *self.stored}
        self.called = {id(n.func) for n in self._inside() if isinstance(n, ast.Call)}
        self.parts = frozenset() if module in AROUND else _parts(package)

    def _inside(self) -> Iterator[ast.AST]:
        return (inner for one in self.node.body for inner in ast.walk(one))

    def error(self, node: ast.AST, why: str) -> OutsideSubset:
        at = node if hasattr(node, "lineno") else self.node
        return outside(self.package.file(self.module), at, why)

    def check(self, body: list[ast.stmt]) -> None:
        for node in (inner for one in body for inner in ast.walk(one)):
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    known = name in self.names or self.package.find(self.module, name) is not None
                    if not known and (name not in _PYTHON_S or name not in BUILTINS):
                        raise self.error(node, "it is not known to change nothing")
                    if name == "getattr" and not self._asks_for_a_field(node):
                        raise self.error(node, "it asks for the fields of a dataclass alone")
                case ast.Attribute(ctx=ast.Load()) if not self._may_be_asked(node):
                    raise self.error(node, f"{node.attr} is not known to change nothing")
                case ast.Attribute(ctx=ast.Store()) if not self._is_own(node):
                    raise self.error(node, "it is not its own to change")
                case ast.Subscript(ctx=ast.Store()) if not self._is_made_here(node.value):
                    raise self.error(node, "it is not its own to change")
                case _ if not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS)):
                    raise self.error(node, "there is no such thing in the code around a node")

    def _may_be_asked(self, node: ast.Attribute) -> bool:
        """Tell whether asking for an attribute, and calling it, changes nothing."""
        match node:
            case ast.Attribute(
                value=ast.Call(func=ast.Name(id="super"), args=[], keywords=[]), attr="__init__"
            ):  # what an error is made of, by its own
                return bool(self.of) and self.node.name == "__init__" and "super" not in self.names
            case ast.Attribute(value=ast.Name(id=name)) if name not in self.names:
                found = self.package.find(self.module, name)
                if isinstance(found, Module):
                    return self.package.find(found.name, node.attr) is not None
        if node.attr in _ATTRIBUTES:
            return True
        if node.attr in self.parts and node.attr in _CHANGE:
            of = node.value.id if isinstance(node.value, ast.Name) else ""
            return of in self.given - set(self.stored) and id(node) not in self.called
        return node.attr in self.parts

    def _asks_for_a_field(self, name: ast.Name) -> bool:
        """Tell whether `getattr` is asked for what one of a dataclass's fields is called.

        Or a node for one of its variables, which `snapshot` does.
        """
        for node in self._inside():
            match node:
                case ast.Call(func=func, args=[_, asked], keywords=[]) if func is name:
                    return "getattr" not in self.names and (
                        self._goes_over(asked, "fields") or self._goes_over(asked, "VARIABLES")
                    )
        return False

    def _goes_over(self, asked: ast.expr, what: str) -> bool:
        """Tell whether a text is from a comprehension over fields, or over the node's variables."""
        for made in (n for n in self._inside() if isinstance(n, ast.comprehension)):
            match made, asked, what:
                case (
                    ast.comprehension(
                        target=ast.Name(id=one), iter=ast.Call(func=ast.Name(id="fields"))
                    ),
                    ast.Attribute(value=ast.Name(id=of), attr="name"),
                    "fields",
                ) if one == of:
                    library = isinstance(self.package.find(self.module, "fields"), Library)
                    once = self.stored.count(one) == 1 and one not in self.given
                    return library and "fields" not in self.names and once
                case (
                    ast.comprehension(
                        target=ast.Tuple(elts=[_, ast.Tuple(elts=[ast.Name(id=one), _])]),
                        iter=ast.Call(
                            func=ast.Attribute(
                                value=ast.Attribute(value=ast.Name(id="plain"), attr="VARIABLES"),
                                attr="items",
                            )
                        ),
                    ),
                    ast.Name(id=of),
                    "VARIABLES",
                ) if one == of:
                    once = self.stored.count(one) == 1 and one not in self.given
                    return once and "plain" not in self.names
        return False

    def _is_own(self, node: ast.Attribute) -> bool:
        """Tell whether an attribute is set of the error that is being made."""
        first = [a.arg for a in self.node.args.args[:1]]
        of_self = isinstance(node.value, ast.Name) and first == [node.value.id]
        its_own = of_self and first[0] not in self.stored
        return bool(self.of) and self.node.name == "__init__" and its_own and node.attr[0] != "_"

    def _is_made_here(self, node: ast.expr) -> bool:
        """Tell whether something is a dictionary that this function has made."""
        if not isinstance(node, ast.Name) or node.id in self.given:
            return False
        values: list[ast.expr | None] = []
        for inner in self._inside():
            match inner:
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ) if name == node.id:
                    values.append(inner.value)
        made = all(isinstance(one, ast.Dict | ast.DictComp) for one in values)
        return bool(values) and made and self.stored.count(node.id) == len(values)

    def before_it_sets(self) -> list[ast.stmt]:
        """Return what `restore` does before it sets anything: what may raise.

        It takes over all variables or none, whatever it is given; so that it ends in a loop that
        only sets what there is by then.
        """
        *before, last = self.node.body
        me = [a.arg for a in self.node.args.args[:1]]
        match last:
            case ast.For(
                target=ast.Tuple(elts=[ast.Name(id=attribute), ast.Name(id=value)]),
                iter=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=found), attr="items"),
                    args=[],
                    keywords=[],
                ),
                body=[
                    ast.Expr(
                        ast.Call(
                            func=ast.Name(id="setattr"),
                            args=[ast.Name(id=of), ast.Name(id=a), ast.Name(id=v)],
                            keywords=[],
                        )
                    )
                ],
                orelse=[],
            ) if (a, v, [of]) == (attribute, value, me) and self._is_made_here(ast.Name(found)):
                if "setattr" not in self.names and a != v and self.stored.count(found) == 1:
                    return before
        why = f"all is taken over, or nothing: so that it ends in `{ALL_OR_NOTHING}`"
        raise self.error(last, why)


def _parts(package: Package) -> frozenset[str]:
    """Return the names of what values, rows and the node have, and of what handlers ask of them."""
    found = set(_OF_VALUES)
    for scope in package.scopes.values():
        for one in scope.values():
            if isinstance(one, Class):
                found |= {*one.parts, *one.members}
    for node in ast.walk(package.process.node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return frozenset(found)
