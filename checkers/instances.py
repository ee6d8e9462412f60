"""Reading `--scope radiants=3,terms=2,keys=1`, and constants given one by one: a finite reading.

Belongs here: from words to bounds and a configuration, for every command that has a scope. Never
here: what a bound means to whoever searches within it.

`nodes`, or the process's name, says how many nodes are alike: the members of the configuration's
first set of nodes, or, where it has none, simply so many nodes. Each other constant that is a node
or a set of nodes gets one node more. `--constant` says otherwise. Where what is made so contradicts
the spec's assumptions, the configuration and the nodes of the first scenario are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.bounds import Bounds
from model.evaluate import Evaluator
from model.evaluate.values import EvaluationError, default_of, occurring
from model.instance import Instance
from model.lang import Spec
from model.lang.errors import suggest
from model.lang.sorts import (
    NODE,
    AtomSort,
    MapSort,
    OrderSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
    parts_of,
)

MOST_NODES = 60
MOST = 10_000


class ScopeError(Exception):
    """A scope that cannot be read or used: `what` is wrong with it, and the `fix`."""

    def __init__(self, what: str, fix: str) -> None:
        self.what, self.fix = what, fix
        super().__init__(f"{what}: {fix}")


@dataclass(frozen=True)
class Setting:
    """A configuration and bounds; `text` is the scope in words."""

    config: dict[str, Any]
    bounds: Bounds
    text: str


def read_numbers(
    spec: Spec, text: str, names: Iterable[str], least: int = 0, most: int = MOST
) -> dict[str, int]:
    """Return the numbers of a scope by what they count, in small letters: nodes by `node`.

    `names` are what may be counted beside nodes; a plural's s is left out.
    """
    process = spec.process.__name__.lower()
    known = {"node", process, *(name.lower() for name in names)}
    found: dict[str, int] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, number = (x.strip() for x in part.partition("="))
        called = name.lower() if name.lower() in known else name.lower().removesuffix("s")
        # A number of many digits is not even read: that alone would take long.
        is_number = number.isdecimal() and len(number) < 10
        if not equals or not is_number or not least <= int(number) <= most:
            what = f"--scope {part}: a part is NAME=NUMBER, from {least} to {most}"
            raise ScopeError(what, f"write for example {process}s=3")
        if called not in known:
            what = f"--scope {part}: the spec has no {name!r}"
            raise ScopeError(what, suggest(name, sorted(known)))
        called = "node" if called == process else called
        if called in found:
            raise ScopeError(f"--scope {part}: {name} is bounded twice", "say it once")
        found[called] = int(number)
    return found


def read_setting(spec: Spec, text: str, constants: Sequence[str] | None = None) -> Setting:
    """Return what a command line asks for; what it does not name has a small default.

    `constants` are what `--constant` gives, None where the command has no such option. Raises
    `ScopeError` where it cannot be read.
    """
    sorts = _sorts(spec)
    atoms = {s.name.lower(): s for s in sorts if isinstance(s, AtomSort) and s != NODE}
    orders = {s.name.lower(): s for s in sorts if isinstance(s, OrderSort)}
    given = read_numbers(spec, text, [*atoms, *orders])
    count = given.get("node")
    if count is not None and not 1 <= count <= MOST_NODES:
        what = f"--scope {spec.process.__name__.lower()}s={count}: so many nodes cannot be searched"
        raise ScopeError(what, f"write a number from 1 to {MOST_NODES}")
    config, nodes = _configuration(spec, count, constants)
    names = {s.name: _names(s, given.get(n, 1)) for n, s in atoms.items()}
    tops = {s.name: given.get(n, 1) for n, s in orders.items()}
    _widen(spec, config, names, tops)
    bounds = Bounds(tuple(sorted(nodes)), names, tops)
    told = [f"{len(bounds.nodes)} nodes"]
    told += [f"{n.lower()}s={len(v)}" for n, v in names.items()]
    told += [f"{n.lower()}s={v}" for n, v in tops.items()]
    return Setting(config, bounds, ", ".join(told))


def read_instance(
    spec: Spec,
    scope: str,
    constants: Sequence[str] = (),
    *,
    messages: int | None = None,
    crashes: int | None = None,
    ghosts: bool = False,
) -> Instance:
    """Return the instance that a command line asks for, as `read_setting` reads it."""
    read = read_setting(spec, scope, constants)
    return Instance(
        read.bounds.nodes,
        read.bounds.atoms,
        read.bounds.tops,
        config=read.config,
        messages=messages,
        crashes=crashes,
        ghosts=ghosts,
    )


def _names(sort: AtomSort, count: int) -> tuple[str, ...]:
    letter = sort.name[0].lower()
    return tuple(f"{letter}{i + 1}" for i in range(count))


def _sorts(spec: Spec) -> list[Sort]:
    """Return every sort that the spec speaks of, each once."""
    found: dict[Sort, None] = {}
    told = [getattr(d, "sort", None) for d in spec.sorts.values()]
    told += [d.sort for d in spec.variables.values()]
    told += [d.sort for d in spec.config.parts.values()]
    told += [d.sort for e in spec.events.values() for d in e.parts.values()]
    told += [s for g in spec.ghosts.values() for s in g.columns]
    for sort in told:
        if sort is not None:
            for inner in parts_of(sort):
                found.setdefault(inner)
    return list(found)


def _configuration(
    spec: Spec, count: int | None, constants: Sequence[str] | None
) -> tuple[dict[str, Any], list[str]]:
    given = _given(spec, constants or ())
    made = members_config(spec, 3 if count is None else count, given=given)
    if suits(spec, *made):
        return made
    for scenario in [] if constants else spec.scenarios:
        if count in (None, len(scenario.nodes)) and suits(spec, scenario.config, scenario.nodes):
            return dict(scenario.config), list(scenario.nodes)
    sizes = sorted({len(s.nodes) for s in spec.scenarios})
    ways = [] if constants is None else ["give --constant NAME=VALUE"]
    if sizes:
        ways.append(f"ask for as many nodes as its scenarios have ({', '.join(map(str, sizes))})")
    raise ScopeError(
        "--scope: what the spec assumes of a configuration does not hold of this one",
        ", or ".join(ways) or "write a Scenario with one",
    )


def _given(spec: Spec, constants: Sequence[str]) -> dict[str, Any]:
    """Return the constants that were given: a node's name, or names with commas between."""
    found: dict[str, Any] = {}
    for text in constants:
        name, equals, value = (x.strip() for x in text.partition("="))
        decl = spec.config.parts.get(name)
        if decl is None or not equals:
            known = ", ".join(spec.config.parts) or "none"
            what = f"--constant {text}: the spec has no such constant, or there is no value"
            raise ScopeError(what, f"write NAME=VALUE, with a constant of the spec ({known})")
        if name in found:
            raise ScopeError(f"--constant {text}: {name} is given twice", "say it once")
        words = [word.strip() for word in value.split(",") if word.strip()]
        if bad := [word for word in words if not (word.isidentifier() and word.isascii())]:
            what = f"--constant {text}: {bad[0]!r} is no name of letters and digits"
            raise ScopeError(what, "write for example n1")
        if _is_nodes(decl.sort):
            found[name] = frozenset(words)
        elif decl.sort == NODE and len(words) == 1:
            found[name] = words[0]
        else:
            what = (
                f"--constant {text}: only a node (one name) or a set of nodes (names with commas"
                " between) can be given"
            )
            raise ScopeError(what, "write a Scenario for anything else")
    return found


def members_config(
    spec: Spec, count: int, *, spare: int = 0, given: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration whose first set of nodes has `count` members, and its nodes.

    Each other constant has a node of its own, or the value that is `given`; `spare` nodes more are
    in none.
    """
    given = given if given is not None else {}
    width = len(str(count + spare))
    every = [f"n{i + 1:0{width}}" for i in range(count + spare)]
    names = every[:count]
    first = next((n for n, d in spec.config.parts.items() if _is_nodes(d.sort)), None)
    config: dict[str, Any] = {}
    nodes: list[str] = [] if first in given else list(every)
    for at, (name, decl) in enumerate(spec.config.parts.items()):
        if name in given:
            config[name] = given[name]
        elif _is_nodes(decl.sort):
            config[name] = frozenset(names if name == first else [f"c{at}"])
        elif decl.sort == NODE:
            config[name] = f"c{at}"
        else:
            config[name] = _plain(decl.sort)
        if decl.sort == NODE:
            nodes.append(config[name])
        elif _is_nodes(decl.sort):
            nodes += sorted(config[name])
    return config, list(dict.fromkeys(nodes))


def _is_nodes(sort: Sort) -> bool:
    return isinstance(sort, SetSort) and sort.of == NODE


def _plain(sort: Sort) -> Any:
    """Return the simplest value of a sort."""
    match sort:
        case SumSort():
            return sort.leaves[0]
        case MapSort():
            return frozenset()
        case AtomSort():
            return _names(sort, 1)[0]
        case StructSort():
            return tuple(_plain(part) for _, part in sort.parts)
        case _:
            return default_of(sort)


def suits(spec: Spec, config: Mapping[str, Any], nodes: Sequence[str]) -> bool:
    """Tell whether a configuration satisfies what the spec assumes of it."""
    if not nodes:
        return False
    evaluator = Evaluator(spec)
    try:
        state = evaluator.initial_state(config, nodes)
    except EvaluationError:
        return False
    return all(evaluator.holds(state, s) for s in spec.of_kind("assumption"))


def _widen(
    spec: Spec, config: dict[str, Any], names: dict[str, tuple[str, ...]], tops: dict[str, int]
) -> None:
    """Make room for what the configuration itself holds."""
    for name, decl in spec.config.parts.items():
        for sort, value in occurring(config[name], decl.sort):
            if isinstance(sort, OrderSort):
                top = value[0] if sort.owned else value
                tops[sort.name] = max(tops[sort.name], top)
            elif isinstance(sort, AtomSort) and sort != NODE and value not in names[sort.name]:
                names[sort.name] = (*names[sort.name], value)
