"""What names and calls come to while code is read, beside Python's own values.

Belongs here: what a name may stand for, a way out of a function, an exception, a call under way.
Never here: what a statement or an expression means.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from checkers.translation.package import Class, Function
from checkers.translation.values import Bool, Entries, Map, Unset, Value, merge

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
    """A thing of a class that the node does not know, or of `cls`, which no event is of."""

    cls: Class | None = None


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
    """An exception: when it is raised, which, where, and what the attributes are then."""

    when: Bool
    what: str
    file: str
    line: int
    attributes: Mapping[str, Value] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it is raised."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Frame:
    """A call: the module of its function, the names that are local to it, and their values."""

    module: str
    own: frozenset[str]
    locals: dict[str, Value] = field(default_factory=dict)
    exits: list[Exit] = field(default_factory=list)
    depth: int = 0


# ---------------------------------------------------------------- locals and attributes


def shared(value: Value) -> Value:
    """Return a value as something else has it, too: then a map is not changed any more."""
    if isinstance(value, Map) and value.own:
        return Map(value.form, value.arrays, value.default)
    if isinstance(value, Entries) and value.own:
        return Entries(value.entries)
    return value


def merged(
    condition: Bool, ours: Mapping[str, Value], theirs: Mapping[str, Value]
) -> dict[str, Value]:
    """Return locals or attributes as they are where the condition holds, and elsewhere."""
    found = {}
    for name in dict.fromkeys((*ours, *theirs)):
        a, b = ours.get(name, Unset()), theirs.get(name, Unset())
        found[name] = a if a is b else merge(condition, a, b)
    return found


def assigned(node: ast.FunctionDef) -> frozenset[str]:
    """Return the names that are local to a function: its parameters, and what it assigns.

    What a `try` calls the exception is one, too, where none is raised: it hides another's name.
    """
    a = node.args
    names = {one.arg for one in (*a.args, *([a.vararg] if a.vararg is not None else []))}
    within = [n for n in ast.walk(node) if isinstance(n, ast.comprehension)]
    inner = {id(n) for c in within for n in ast.walk(c.target)}
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and id(one) not in inner:
            names.add(one.id)
        elif isinstance(one, ast.ExceptHandler) and one.name is not None:
            names.add(one.name)
    return frozenset(names)
