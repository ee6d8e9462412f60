"""What is to be shown of a node's code beside its handlers: that nothing in it goes unread.

Belongs here: what is told by looking, without a solver. Never here: what a handler does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import z3

from checkers.translation.obligations import Reading
from checkers.translation.package import Class, Constant, Function, is_utf8
from checkers.translation.quiet import touches_nothing
from checkers.translation.subset import OutsideSubset
from checkers.translation.things import Exit, Failure, Node, Stranger
from checkers.translation.values import (
    Leaf,
    Name,
    Number,
    Other,
    Record,
    Row,
    Table,
    Text,
    Truth,
    Value,
    is_true,
)
from model.lang.declare import Case
from model.lang.tables import Table as SpecTable

_REFUSAL = ("rule", "clause", "kind")
"""The fields of a reply that tells what refused."""
OUTSIDE_HANDLERS = ("__init__", "restart", "durable", "snapshot", "restore", "handle")
"""The methods of a node that are no handlers."""


def of_the_whole(reading: Reading, above: str) -> Iterator[tuple[str, str]]:
    """Yield what was looked at, with what is wrong with it, or nothing.

    Raises `OutsideSubset` for code that nothing calls, or that nothing of the spec stands for.
    """
    _nothing_above(above)
    _classes_are_known(reading)
    _methods_are_called(reading)
    _methods_take_what_they_are_given(reading)
    touches_nothing(reading.package)
    _each_row_has_one_constant(reading)
    _the_package_offers(reading)
    yield "the parts of the package", ""
    yield "an event that is none", _strangers(reading)
    for table in reading.spec.tables.values():
        yield f"the table {table.name}", _table(reading, table)


def _nothing_above(above: str) -> None:
    """Refuse code in the package that the node's package lies in."""
    file, why, fix = "impl/__init__.py", "Python runs it before the node", "leave the file empty"
    if not is_utf8(above):
        raise OutsideSubset(file, 1, "the file", "it is not to be read as UTF-8", fix)
    try:
        body = ast.parse(above).body
    except (SyntaxError, ValueError, RecursionError):
        raise OutsideSubset(file, 1, "the file", "it is no Python", fix) from None
    for at, node in enumerate(body):
        if at or not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            raise OutsideSubset(file, node.lineno, "a statement", why, fix)


def _classes_are_known(reading: Reading) -> None:
    """Refuse a class that nothing in the spec stands for, and replies with other fields."""
    spec = reading.spec
    for name, reply in spec.replies.items():
        reading.record(name, dict.fromkeys(_REFUSAL) if reply.refusal else reply.parts)
    known = {spec.config.__name__, *spec.events, *spec.replies}
    for module, scope in reading.package.scopes.items():
        for found in scope.values():
            if not isinstance(found, Class) or found.module != module or found.kind == "process":
                continue
            if found.kind == "enum":
                reading.machine.members(found)
            elif found.kind == "data" and found.name not in known and found.name != "Rule":
                raise reading.error(module, "nothing in the spec is called so", found.node)
            elif found.kind == "data" and found.methods:
                _methods_of_data(reading, found)
            if found.kind == "data" and found.name == "Rule" and found.equality:
                why = "rows are compared by identity, and held in sets: give it eq=False"
                raise reading.error(module, why, found.node)


def _methods_of_data(reading: Reading, cls: Class) -> None:
    for method in cls.methods.values():
        if method.how == "property" and method.name in _rows_told(reading, cls.name):
            continue  # `_table` looks at these
        if method.how == "__str__" and cls.name == "Rule" and _is_its_label(method):
            continue  # what it is shown as
        raise reading.error(cls.module, "it would change what the class's values do", method.node)


def _rows_told(reading: Reading, name: str) -> set[str]:
    """Return by which names a reply tells of rows of tables."""
    reply = reading.spec.replies.get(name)
    if reply is None or reply.refusal:
        return set()
    tables = reading.spec.tables
    return {*tables, *(f"{table}_of_{part}" for table in tables for part in reply.parts)}


def _is_its_label(method: Function) -> bool:
    """Tell whether a method returns its object's label, and does nothing else."""
    match method.node.body:
        case [
            ast.Expr(value=ast.Constant()),
            ast.Return(value=ast.Attribute(value=ast.Name(id=me), attr="label")),
        ]:
            return [a.arg for a in method.node.args.args] == [me]
    return False


def _methods_are_called(reading: Reading) -> None:
    """Refuse a method or a function of the node that nothing leads to, from outside."""
    package = reading.package
    own = [f for f in package.functions() if f.module == "node"]
    left = {f.name: f for f in own if f.name not in OUTSIDE_HANDLERS}
    new: list[ast.AST] = [package.trees["nearest"]]
    for one in package.trees["node"].body:
        if not isinstance(one, ast.FunctionDef | ast.ClassDef | ast.ImportFrom):
            new.append(one)
    new += [f.node for f in own if f.name in OUTSIDE_HANDLERS]
    while new:
        named: set[str] = set()
        for inner in (n for tree in new for n in ast.walk(tree)):
            match inner:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    named.add(name)
        new = [left.pop(name).node for name in named & set(left)]
    for function in left.values():
        raise reading.error("node", "nothing calls it, so that nobody has read it", function.node)


# What is called from outside, beside `handle`: a caller may give a parameter by its name.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "__init__": ("me", "config", "durable"),
    "restart": ("me", "config", "durable"),
    "durable": (),
    "snapshot": (),
    "restore": ("values",),
    "handle": ("event", "sender"),
}
OPTIONAL = {"__init__", "handle"}
"""Of these the last parameter is `None` where it is not given."""


def _methods_take_what_they_are_given(reading: Reading) -> None:
    """Refuse other parameters, or other defaults, of what is called from outside."""
    cls = reading.package.process
    for name, wanted in PARAMETERS.items():
        method = cls.methods.get(name)
        if method is None:
            raise reading.error("node", f"the node's class has no {name}(...)")
        args = method.node.args
        defaults = [d.value for d in args.defaults if isinstance(d, ast.Constant)]
        called = tuple(a.arg for a in args.args[1:])
        right = called == wanted and args.vararg is None and len(args.args) > len(called)
        if not right or defaults != ([None] if name in OPTIONAL else []):
            told = ", ".join(wanted)
            last = f", and {wanted[-1]} is None by default" if name in OPTIONAL else ""
            why = f"{name} takes ({told}), by these names{last}"
            raise reading.error("node", why, method.node)
        if (method.how == "classmethod") != (name == "restart"):
            raise reading.error("node", f"{name} is called in another way", method.node)


def _each_row_has_one_constant(reading: Reading) -> None:
    """Refuse two constants for one row: rows are compared by identity."""
    found: dict[str, str] = {}
    for module, scope in reading.package.scopes.items():
        for name, what in scope.items():
            if not isinstance(what, Constant) or what.module != module:
                continue
            match what.value:
                case ast.Call(func=ast.Name(id="Rule")):
                    row = reading.machine.constant(module, name)
                    label = row.fields.get("label") if isinstance(row, Record) else None
                    text = label.text if isinstance(label, Text) else ""
                    if module != "rules" or text in found:
                        why = f"the row {text} is {found.get(text, 'a constant of rules')}"
                        raise reading.error(module, f"{name}: {why}", what.value)
                    found[text] = name


def _the_package_offers(reading: Reading) -> None:
    """Refuse a package that does not offer its node, by the names that everybody uses."""
    spec, package = reading.spec, reading.package
    process, config = spec.process.__name__, spec.config.__name__
    if package.find("__init__", process) is not package.process:
        raise reading.error("__init__", f"it is to offer the node's class as {process}")
    for name in (config, "Durable", "Outcome"):
        found = package.find("types", name)
        if found is None or package.find("__init__", name) is not found:
            raise reading.error("__init__", f"it is to offer {name} of the module types")
    called = reading.machine.constant("__init__", "SPEC")
    if not isinstance(called, Text) or called.text != spec.name:
        raise reading.error("__init__", f"SPEC is to be {spec.name!r}")


# ---------------------------------------------------------------- what is no event


def _strangers(reading: Reading) -> str:
    """Return what is wrong with the answer to what is no event: it is to raise `TypeError`."""
    handle = reading.package.process.methods.get("handle")
    if handle is None:
        raise reading.error("node", "the node's class has no handle(...)")
    spec, package = reading.spec, reading.package
    attributes = reading.attributes(reading.before)
    others = [Stranger()]
    classes = {
        id(c): c for s in package.scopes.values() for c in s.values() if isinstance(c, Class)
    }
    for found in classes.values():
        if found.name not in spec.events:
            others.append(Stranger(found))
    for other in others:
        for sender in ([], [Name(reading.v.sender)]):
            out = reading.machine.run(handle, [Node(), other, *sender], attributes)
            called = "anything else" if other.cls is None else other.cls.name
            if not _always_raises(*out):
                return f"handle(...) does not raise TypeError for {called}"
            if any(f.attributes.get(n) is not v for f in out[1] for n, v in attributes.items()):
                return f"handle(...) changes the node before it raises TypeError for {called}"
    return ""


def _always_raises(exits: list[Exit], failures: list[Failure]) -> bool:
    if exits or any(f.what != "TypeError" for f in failures):
        return False
    return any(is_true(f.when) for f in failures)


# ---------------------------------------------------------------- tables


def _table(reading: Reading, table: SpecTable) -> str:
    """Return what is wrong with what replies tell of a table: a row for each of its keys."""
    for name, reply in reading.spec.replies.items():
        keyed = [n for n, part in reply.parts.items() if part.sort == table.key.sort]
        if reply.refusal or not keyed:
            continue
        cls = reading.record(name, reply.parts)
        found = {m.name: m for m in cls.methods.values()}
        for part in keyed:
            own = table.name if len(keyed) == 1 else f"{table.name}_of_{part}"
            method = found.get(own)
            if method is None:
                return f"{name} has no {own}"
            wrong = _row_of(reading, cls, method, part, table)
            if wrong:
                return wrong
    return ""


def _row_of(reading: Reading, cls: Class, method: Function, part: str, table: SpecTable) -> str:
    body = method.node.body
    match body[-1]:
        case ast.Return(
            value=ast.Subscript(
                value=ast.Name(id=constant),
                slice=ast.Attribute(value=ast.Name(id=me), attr=field),
            )
        ) if len(body) == 2 and isinstance(body[0], ast.Expr) and field == part:
            if [a.arg for a in method.node.args.args] == [me]:
                rows = reading.machine.constant(cls.module, constant)
                return _same_rows(rows, constant, table)
    raise reading.error(cls.module, f"it is to be the row of {table.name} for its {part}", body[-1])


def _same_rows(rows: Value, constant: str, table: SpecTable) -> str:
    held: dict[str, Value] = {}
    if isinstance(rows, Table):
        for key, row in rows.entries:
            if isinstance(key, Leaf):
                held[_leaf(key)] = row
    if set(held) != set(table.rows):
        return f"{constant} has other keys than the table {table.name}"
    for leaf, values in table.rows.items():
        row = held[leaf]
        if not isinstance(row, Row) or list(row.names) != list(table.columns):
            return f"{constant}: the row of {leaf} has other columns"
        for name, item, value in zip(table.columns, row.items, values, strict=True):
            if not _is(item, value):
                return f"{constant}: {name} of {leaf} is not {value}"
    return ""


def _leaf(value: Leaf) -> str:
    """Return the text of a leaf: its term is called by sort and text."""
    return str(value.term).partition(".")[2]


def _is(item: Value, value: Any) -> bool:
    match item:
        case Leaf():
            return isinstance(value, Case) and {_leaf(item)} == set(value.leaves)
        case Text():
            return isinstance(value, str) and item.text == value
        case Truth():
            return isinstance(value, bool) and is_true(item.term) is value
        case Number():
            whole = isinstance(value, int) and not isinstance(value, bool)
            return whole and z3.is_int_value(item.term) and item.term.as_long() == value
        case Other():
            return type(value) is type(item.value) and value == item.value
    return False
