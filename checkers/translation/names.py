"""What the names at the top of a node's modules stand for.

Belongs here: constants, the members of enums, and where an error or an exception is noted. Never
here: expressions (`expressions`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NoReturn

from checkers.translation import operations
from checkers.translation.package import Alias, Class, Constant, Function, Library, Module, Package
from checkers.translation.subset import OutsideSubset, outside
from checkers.translation.things import (
    Builtin,
    Callee,
    ClassValue,
    Failure,
    Frame,
    ModuleValue,
)
from checkers.translation.values import (
    TRUE,
    Bool,
    Leaf,
    Record,
    Term,
    Value,
    is_false,
)

Enums = Callable[[str, tuple[str, ...]], tuple[Term, ...] | None]
"""Return the term of each value of an enum, by its class and the texts of its members."""
Count = Callable[[Term], Term]
"""Return how many are in a set."""


class Names:
    """The names of one package, and what is noted while it is read."""

    def __init__(self, package: Package, enums: Enums, count: Count) -> None:
        """Prepare; `enums` gives the values of enums, `count` the number of a set's elements."""
        self.package, self.enums, self.count = package, enums, count
        self.attributes: dict[str, Value] = {}
        self.failures: list[Failure] = []
        self._constants: dict[tuple[str, str], Value] = {}
        self._leaves: dict[str, dict[str, Value]] = {}

    def _value(self, node: ast.expr, path: Bool, frame: Frame) -> Value:
        """Return the value of an expression."""
        raise NotImplementedError

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
                    frame = Frame(found.module, frozenset())
                    value = self._value(found.value, TRUE, frame)
            if isinstance(value, Record):
                named = ".".join(key)
                value = Record(value.kind, value.fields, named, value.by_identity)
            self._constants[key] = value
        return self._constants[key]

    # ------------------------------------------------------------ errors

    def _outside(self, frame: Frame, node: ast.AST, why: str) -> OutsideSubset:
        return outside(self.package.file(frame.module), node, why)

    def _refuse(self, frame: Frame, node: ast.AST, why: str) -> NoReturn:
        raise self._outside(frame, node, why)

    def _fail(self, frame: Frame, node: ast.AST) -> operations.Fail:
        def fail(when: Bool, what: str) -> None:
            if not is_false(when):
                file, line = self.package.file(frame.module), getattr(node, "lineno", 1)
                held = dict(self.attributes)
                self.failures.append(Failure(when, what, file, line, held))

        return fail
