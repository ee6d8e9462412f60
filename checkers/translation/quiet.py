"""Code that is not read for what it gives: that it can change nothing but what it makes itself.

Belongs here: what the functions of `plain` and `wire`, and an error's methods, may be written with.
Never here: what they give (`around` reads most of `plain`; bytes are tested).

Python lets any function put another in the place of a handler, or clear a table. So these may name
what is listed here and no more, whether anything is raised or not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checkers.translation.package import AROUND, BUILTINS, Package
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
        *("isinstance", "len", "list", "map", "next", "object", "set", "sorted", "str", "super"),
        *("tuple", "type", "zip", "Exception", "RecursionError", "TypeError", "ValueError"),
        *("UnicodeDecodeError", "UnicodeEncodeError"),
    )
)
"""The names of Python's own that may be used."""
_ATTRIBUTES = frozenset(
    (
        *("JSONDecodeError", "__init__", "__name__", "count", "decode", "dumps", "encode", "fix"),
        *("get", "items", "join", "loads", "lstrip", "msg", "name", "place", "pos", "reason"),
        *("repr", "start", "startswith", "value", "within"),
    )
)
"""The attributes that may be asked for: none of them changes what it is asked of."""


def touches_nothing(package: Package) -> None:
    """Raise `OutsideSubset` where code around the node could change something beside itself."""
    for module in AROUND:
        for node in package.trees[module].body:
            if isinstance(node, ast.FunctionDef):
                _Function(package, module, node, "").check()
            elif isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        _Function(package, module, inner, node.name).check()


class _Function:
    """One function, or a method of the error `of`."""

    def __init__(self, package: Package, module: str, node: ast.FunctionDef, of: str) -> None:
        self.package, self.module, self.node, self.of = package, module, node, of
        self.names = {
            one.arg
            for n in ast.walk(node)
            if isinstance(n, ast.arguments)
            for one in (*n.args, *([n.vararg] if n.vararg else []))
        }
        for inner in self._inside():
            match inner:
                case ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str(name)):
                    self.names.add(name)

    def _inside(self) -> Iterator[ast.AST]:
        return (inner for one in self.node.body for inner in ast.walk(one))

    def error(self, node: ast.AST, why: str) -> OutsideSubset:
        at = node if hasattr(node, "lineno") else self.node
        return outside(self.package.file(self.module), at, why)

    def check(self) -> None:
        for node in self._inside():
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    known = name in self.names or self.package.find(self.module, name) is not None
                    if not known and (name not in _PYTHON_S or name not in BUILTINS):
                        raise self.error(node, "it is not known to change nothing")
                case ast.Attribute(ctx=ast.Load()) if node.attr not in _ATTRIBUTES:
                    raise self.error(node, f"{node.attr} is not known to change nothing")
                case ast.Attribute(ctx=ast.Store()) if not self._is_own(node):
                    raise self.error(node, "it is not its own to change")
                case ast.Subscript(ctx=ast.Store()) if not self._is_made_here(node.value):
                    raise self.error(node, "it is not its own to change")
                case ast.Call(func=ast.Name(id="getattr")) if not (
                    len(node.args) == 2
                    and isinstance(node.args[1], ast.Attribute)
                    and node.args[1].attr == "name"
                ):
                    raise self.error(node, "it asks for the fields of a dataclass alone")
                case _ if not isinstance(node, (*_STATEMENTS, *_EXPRESSIONS)):
                    raise self.error(node, "there is no such thing in the code around a node")

    def _is_own(self, node: ast.Attribute) -> bool:
        """Tell whether an attribute is set of the error that is being made."""
        first = self.node.args.args[:1]
        of_self = isinstance(node.value, ast.Name) and [a.arg for a in first] == [node.value.id]
        return bool(self.of) and self.node.name == "__init__" and of_self and node.attr[0] != "_"

    def _is_made_here(self, node: ast.expr) -> bool:
        """Tell whether something is a dictionary that this function has made."""
        if not isinstance(node, ast.Name):
            return False
        given: list[ast.expr | None] = []
        for inner in self._inside():
            match inner:
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ) if name == node.id:
                    given.append(inner.value)
        stores = [
            n
            for n in self._inside()
            if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Store)
        ]
        made = all(isinstance(one, ast.Dict) and not one.keys for one in given)
        return bool(given) and made and len(stores) == len(given)
