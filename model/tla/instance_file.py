"""A finite instance of a module, as TLC wants it: a module with the constants, and a configuration.

Belongs here: the constants' values, what is checked. Never here: anything of the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.instance import Instance
from model.lang.sorts import (
    NODE,
    AtomSort,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Spec
from model.tla import layout
from model.tla.layout import Group, Tree, Word
from model.tla.module_file import Module


def instance_files(spec: Spec, instance: Instance, module: Module, check: str) -> tuple[str, str]:
    """Return the text of the module with the constants, and of TLC's configuration.

    `check` says which statements TLC checks: `none`, `safety` (with step properties), or `all`
    (lemmas as well).
    """
    name = f"MC{module.name}"
    values = _constants(spec, instance, module)
    dashes = (layout.WIDTH - len(f" MODULE {name} ")) // 2
    head = "-" * dashes + f" MODULE {name} "
    atoms = list(
        dict.fromkeys([*instance.nodes, *(a for of in instance.atoms.values() for a in of)])
    )
    lines = [head.ljust(layout.WIDTH, "-")]
    lines += layout.comment(f"{module.name}, small enough for TLC: {_size(instance)}.")
    lines += [
        "",
        f"EXTENDS {module.name}, TLC",
        "",
        *layout.behind("CONSTANTS ", layout.fill(atoms, 70)),
    ]
    defined = {key: tree for key, tree in values.items() if isinstance(tree, Tree)}
    for key, tree in defined.items():
        lines += ["", *layout.definition(f"MC{key}", tree)]
    alike = _alike(spec, instance)
    if alike:
        sets = ["{" + ", ".join(group) + "}" for group in alike]
        body = " \\cup ".join(f"Permutations({one})" for one in sets)
        told = "Nodes that may be exchanged for each other: name it as SYMMETRY to search less."
        lines += ["", *layout.comment(told), *layout.definition("Alike", Word(body))]
    lines += ["", "=" * layout.WIDTH]
    config = ["SPECIFICATION Spec", "", "CONSTANTS"]
    config += [f"    {atom} = {atom}" for atom in atoms]
    for key, value in values.items():
        config.append(
            f"    {key} <- MC{key}" if isinstance(value, Tree) else f"    {key} = {value}"
        )
    checked = {"none": [], "safety": module.invariants, "all": module.invariants + module.lemmas}
    if checked[check]:
        config += ["", "INVARIANTS", *(f"    {name}" for name in checked[check])]
    if check != "none" and module.properties:
        config += ["", "PROPERTIES", *(f"    {name}" for name in module.properties)]
    if alike:
        config += ["", "\\* SYMMETRY Alike"]
    config += ["", "CHECK_DEADLOCK FALSE"]
    return "\n".join(lines) + "\n", "\n".join(config) + "\n"


def _size(instance: Instance) -> str:
    told = [f"{len(instance.nodes)} nodes"]
    told += [f"{len(values)} of {name}" for name, values in instance.atoms.items()]
    told += [f"{name} up to {top}" for name, top in instance.tops.items()]
    if instance.messages is not None:
        told.append(f"at most {instance.messages} messages")
    crashes = {None: "any number of crashes", 0: "no crash", 1: "one crash"}
    told.append(crashes.get(instance.crashes, f"{instance.crashes} crashes"))
    return ", ".join(told)


def _constants(spec: Spec, instance: Instance, module: Module) -> dict[str, Tree | str]:
    """Return the value of each constant: a tree that is to be defined, or a plain word."""
    found: dict[str, Tree | str] = {}
    words = module.words
    sorts: dict[str, Sort] = {words.names.of("sort", s, s.name): s for s in _unbounded(spec)}
    rounds = {
        words.names.of("rounds", name, ""): s
        for name, s in sorts.items()
        if isinstance(s, OrderSort) and s.owned
    }
    configs = {words.names.of("config", n, n): (n, d.sort) for n, d in spec.config.parts.items()}
    for name in words.constants:
        if name in configs:
            key, sort = configs[name]
            found[name] = _value(sort, instance.config[key], instance)
        elif name == "Rank":
            places = {node: Word(str(at)) for at, node in enumerate(sorted(instance.nodes), 1)}
            found[name] = _function(places)
        elif name in ("None", "Nobody"):
            found[name] = name
        elif name in rounds:
            found[name] = Word(f"0..{instance.tops[rounds[name].name]}")
        elif isinstance(sorts[name], OrderSort):
            found[name] = Word(f"0..{instance.tops[sorts[name].name]}")
        else:
            sort = sorts[name]
            atoms = instance.nodes if sort == NODE else instance.atoms[sort.name]
            found[name] = Group("{", tuple(Word(atom) for atom in atoms), "}")
    if instance.crashes:
        found["MaxCrashes"] = str(instance.crashes)
    if instance.messages is not None:
        found["MaxMessages"] = str(instance.messages)
    return found


def _unbounded(spec: Spec) -> list[Sort]:
    declared = [getattr(d, "sort", None) for d in spec.sorts.values()]
    return [NODE, *(s for s in declared if isinstance(s, AtomSort | OrderSort) and s != NODE)]


def _value(sort: Sort, value: Any, instance: Instance) -> Tree:
    """Return a constant's value."""
    match sort:
        case BoolSort():
            return Word("TRUE" if value else "FALSE")
        case SumSort():
            return Word(f'"{value}"')
        case SetSort():
            return Group("{", tuple(_value(sort.of, v, instance) for v in sorted(value)), "}")
        case MaybeSort():
            return Word("None") if value is None else _value(sort.of, value, instance)
        case StructSort():
            named = zip(sort.parts, value, strict=True)
            parts = tuple(_value(of, v, instance) for (_, of), v in named)
            return Group("[", parts, "]", tuple(f"{name} |-> " for name, _ in sort.parts))
        case MapSort():
            given = dict(value)
            default = _default(sort.to)
            rows = {
                _value(sort.key, key, instance).flat(): _value(
                    sort.to, given.get(key, default), instance
                )
                for key in instance.values(sort.key)
            }
            return _function(rows)
        case OrderSort(owned=True):
            return Word(f"<<{value[0]}, {value[1] or 'Nobody'}>>")
    return Word(str(value))


def _default(sort: Sort) -> Any:
    match sort:
        case BoolSort():
            return False
        case SetSort() | MapSort():
            return frozenset()
        case MaybeSort():
            return None
        case StructSort():
            return tuple(_default(part) for _, part in sort.parts)
        case OrderSort(owned=True):
            return (0, "")
    return 0


def _function(rows: Mapping[str, Tree]) -> Tree:
    """Return a function given value by value."""
    values: dict[str, list[str]] = {}
    for key, tree in rows.items():
        values.setdefault(tree.flat(), []).append(key)
    return Listing(tuple(f"{key} :> {tree.flat()}" for key, tree in rows.items()))


class Listing(Tree):
    """A function, one value a line where there are many."""

    def __init__(self, rows: tuple[str, ...]) -> None:
        self.rows = rows

    def flat(self) -> str:
        """Return it on one line."""
        return " @@ ".join(self.rows)

    def broken(self, width: int) -> list[str]:
        """Return one value a line."""
        return [self.rows[0].join(("   ", "")), *(f"@@ {row}" for row in self.rows[1:])]


def _alike(spec: Spec, instance: Instance) -> list[list[str]]:
    """Return the groups of nodes that the configuration does not tell apart; none with an order."""
    declared = [getattr(d, "sort", None) for d in spec.sorts.values()]
    if any(isinstance(s, OrderSort) and s.owned for s in declared):
        return []
    if any(isinstance(d.sort, MapSort) for d in spec.config.parts.values()):
        return []
    groups: dict[tuple[bool, ...], list[str]] = {}
    for node in instance.nodes:
        values = instance.config.values()
        seen = tuple(node in v if isinstance(v, frozenset) else node == v for v in values)
        groups.setdefault(seen, []).append(node)
    return [group for group in groups.values() if len(group) > 1]
