"""Which nodes and values there are: reading `--scope radiants=3,terms=2`, and a configuration.

Belongs here: from words to bounds. Never here: what a bound means to the search.

`nodes`, or the process's name, says how many nodes are alike: the members of the configuration's
first set of nodes, or, where it has none, simply so many nodes. A configuration that names single
nodes or further sets of nodes gets one node more for each, as in `reach.standard_config`. Where
that contradicts what the spec assumes of its configuration, the configuration and the nodes of the
spec's first scenario are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.bounds import Bounds
from model.evaluate import Evaluator
from model.evaluate.values import default_of, occurring
from model.lang import Spec
from model.lang.sorts import (
    NODE,
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)

MOST_NODES = 60


class ScopeError(Exception):
    """A scope that cannot be read or used; the text says where, why and what to write."""


@dataclass(frozen=True)
class Setting:
    """A configuration and bounds; `text` is the scope in words."""

    config: dict[str, Any]
    bounds: Bounds
    text: str


def read_setting(spec: Spec, text: str) -> Setting:
    """Return what `--scope` asks for; what it does not name has a small default.

    Raises `ScopeError` where it cannot be read.
    """
    process = spec.process.__name__.lower()
    sorts = _sorts(spec)
    atoms = {s.name.lower(): s for s in sorts if isinstance(s, AtomSort) and s != NODE}
    orders = {s.name.lower(): s for s in sorts if isinstance(s, OrderSort)}
    known = [process, "node", *atoms, *orders]
    count: int | None = None
    given = {name: 1 for name in (*atoms, *orders)}
    told: set[str] = set()
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, number = (x.strip() for x in part.partition("="))
        singular = name.lower() if name.lower() in known else name.lower().removesuffix("s")
        if not equals or not number.isdecimal() or len(number) > 6:
            raise ScopeError(
                f"--scope {part}: a part is NAME=NUMBER; write for example {process}s=3"
            )
        singular = "node" if singular == process else singular
        if singular in told:
            raise ScopeError(f"--scope {part}: {name} is bounded twice; say it once")
        told.add(singular)
        if singular == "node":
            count = int(number)
        elif singular in given:
            given[singular] = int(number)
        else:
            raise ScopeError(
                f"--scope {part}: the spec has no {name!r}; use one of:"
                f" {', '.join(f'{k}s' for k in known)}"
            )
    if count is not None and not 1 <= count <= MOST_NODES:
        raise ScopeError(f"--scope {process}s={count}: write a number from 1 to {MOST_NODES}")
    config, nodes = _configuration(spec, count)
    names = {s.name: _names(s, given[n]) for n, s in atoms.items()}
    tops = {s.name: given[n] for n, s in orders.items()}
    _widen(spec, config, names, tops)
    bounds = Bounds(tuple(sorted(nodes)), names, tops)
    words = [f"{len(bounds.nodes)} nodes"]
    words += [f"{n.lower()}s={len(v)}" for n, v in names.items()]
    words += [f"{n.lower()}s={v}" for n, v in tops.items()]
    return Setting(config, bounds, ", ".join(words))


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
            for inner in _inside(sort):
                found.setdefault(inner)
    return list(found)


def _inside(sort: Sort) -> Iterator[Sort]:
    yield sort
    match sort:
        case StructSort():
            for _, part in sort.parts:
                yield from _inside(part)
        case SetSort() | MaybeSort():
            yield from _inside(sort.of)
        case MapSort():
            yield from _inside(sort.key)
            yield from _inside(sort.to)


def _configuration(spec: Spec, count: int | None) -> tuple[dict[str, Any], list[str]]:
    made = _members(spec, 3 if count is None else count)
    if _suits(spec, *made):
        return made
    for scenario in spec.scenarios:
        config, nodes = dict(scenario.config), list(scenario.nodes)
        if count in (None, len(nodes)) and _suits(spec, config, nodes):
            return config, nodes
    sizes = sorted({len(s.nodes) for s in spec.scenarios})
    process = spec.process.__name__.lower()
    fix = f"; its scenarios have {', '.join(map(str, sizes))}" if sizes else ""
    raise ScopeError(
        f"--scope {process}s={count or 3}: what the spec assumes of a configuration does not hold"
        f" of the one made for so many nodes, and no scenario has one{fix}"
    )


def _members(spec: Spec, count: int) -> tuple[dict[str, Any], list[str]]:
    width = len(str(count))
    names = [f"n{i + 1:0{width}}" for i in range(count)]
    nodes = list(names)
    config: dict[str, Any] = {}
    sets = [n for n, d in spec.config.parts.items() if d.sort == SetSort(d.sort.name, NODE)]
    for at, (name, decl) in enumerate(spec.config.parts.items()):
        if name in sets:
            chosen = names if name == sets[0] else [f"c{at}"]
            config[name] = frozenset(chosen)
        elif decl.sort == NODE:
            chosen = [f"c{at}"]
            config[name] = chosen[0]
        else:
            chosen = []
            config[name] = _plain(decl.sort)
        nodes += [n for n in chosen if n not in nodes]
    return config, nodes


def _plain(sort: Sort) -> Any:
    if isinstance(sort, SumSort):
        return sort.leaves[0]
    if isinstance(sort, MapSort):
        return frozenset()
    if isinstance(sort, AtomSort):
        return _names(sort, 1)[0]
    return default_of(sort)


def _suits(spec: Spec, config: dict[str, Any], nodes: list[str]) -> bool:
    evaluator = Evaluator(spec)
    state = evaluator.initial_state(config, nodes)
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
