"""What of a node's source bears on one handler, for keeping answers.

Belongs here: which definitions a definition names, over all modules. Never here: what they mean.

More may be named than is used: a name is taken for everything that is called so in any module. What
stands at the top of a module by a name that is not met cannot be used. The tables by which `handle`
finds the handler of an event name all handlers; of these only the event's own is followed, unless
somebody else looks into such a table, too: then everything bears on everything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

HANDLE = "handle"


@dataclass
class _Definition:
    """A definition: its source, the names in it, and of a table of handlers those by event."""

    text: str
    names: set[str] = field(default_factory=set)
    handlers: dict[str, set[str]] = field(default_factory=dict)


class Source:
    """The definitions of a node's modules, by their names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Read the modules; raises `SyntaxError` or `ValueError` where one is no Python."""
        self._texts = dict(sorted(texts.items()))
        self._found: dict[str, list[_Definition]] = {}
        for module, text in self._texts.items():
            for node in ast.parse(text).body:
                for name, one in _parts(node):
                    self._found.setdefault(name, []).append(_definition(module, one))

    def text(self, event: str, *roots: str) -> list[str]:
        """Return the source that bears on an event (or on none, "") and on what is called so."""
        ahead, seen = [*roots, ""], set()
        tables: set[str] = set()
        while ahead:
            name = ahead.pop()
            if name in seen or name not in self._found:
                continue
            seen.add(name)
            for one in self._found[name]:
                ahead += sorted(one.names)
                if one.handlers:
                    tables.add(name)
                    ahead += sorted(one.handlers.get(event, ()))
        for name in seen - {HANDLE} if tables else ():
            if any(one.names & tables for one in self._found[name]):
                return [f"{module} {text}" for module, text in self._texts.items()]
        return [one.text for name in sorted(seen) for one in self._found[name]]


def _parts(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield the definitions in a statement: of a class with methods these one by one."""
    match node:
        case ast.ClassDef() if any(isinstance(n, ast.FunctionDef) for n in node.body):
            rest = [n for n in node.body if not isinstance(n, ast.FunctionDef)]
            marks = [ast.Expr(mark) for mark in (*node.decorator_list, *node.bases)]
            yield node.name, ast.Module([*rest, *marks], [])
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield inner.name, inner
        case ast.ClassDef() | ast.FunctionDef():
            yield node.name, node
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name, node
        case _:
            yield "", node  # whatever else stands there bears on everything


def _definition(module: str, node: ast.AST) -> _Definition:
    found = _Definition(f"{module} {ast.dump(node)}")
    match node:
        case ast.AnnAssign(value=ast.Dict(keys=keys, values=values)) if module == "node" and all(
            isinstance(k, ast.Name) and isinstance(v, ast.Attribute)
            for k, v in zip(keys, values, strict=True)
        ):
            for key, value in zip(keys, values, strict=True):
                assert isinstance(key, ast.Name)
                found.handlers.setdefault(key.id, set()).update(_mentioned(value))
        case _:
            found.names = set(_mentioned(node))
    return found


def _mentioned(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
