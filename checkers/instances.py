"""Reading an instance: `--scope radiants=3,terms=2,keys=1`, and constants given one by one.

Belongs here: from words to `model.instance.Instance`. Never here: what an instance means.

`nodes`, or the process's name, says how many nodes are in the configuration's first set of nodes
(or simply how many, where it has none); each other constant that is a node or a set of nodes gets
one node more. `--constant` says otherwise. Where what is made so contradicts the spec's
assumptions, the first scenario's configuration is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.evaluate import Evaluator
from model.evaluate.values import EvaluationError, default_of, occurring
from model.instance import Instance
from model.lang import Spec
from model.lang.sorts import NODE, AtomSort, MapSort, OrderSort, SetSort, Sort, SumSort

MOST_NODES = 60
MOST = 1000


class InstanceError(Exception):
    """An instance that cannot be read; the text says where, why and what to write."""


def read_instance(
    spec: Spec,
    scope: str,
    constants: Sequence[str] = (),
    *,
    messages: int | None = None,
    crashes: int | None = None,
    ghosts: bool = False,
) -> Instance:
    """Return the instance that a command line asks for; what is not named has a small default.

    Raises `InstanceError` where it cannot be read.
    """
    process = spec.process.__name__.lower()
    sorts = {n: getattr(d, "sort", None) for n, d in spec.sorts.items()}
    atoms = {n.lower(): s for n, s in sorts.items() if isinstance(s, AtomSort) and s != NODE}
    orders = {n.lower(): s for n, s in sorts.items() if isinstance(s, OrderSort)}
    given: dict[str, int] = {}
    for part in filter(None, (p.strip() for p in scope.split(","))):
        name, equals, number = (x.strip() for x in part.partition("="))
        known = [process, "node", *atoms, *orders]
        word = name.lower() if name.lower() in known else name.lower().removesuffix("s")
        if not equals or not number.isdecimal() or len(number) > 6 or int(number) > MOST:
            raise InstanceError(
                f"--scope {part}: a part is NAME=NUMBER, at most {MOST}; write for example"
                f" {process}s=3"
            )
        if word not in known:
            raise InstanceError(
                f"--scope {part}: the spec has no {name!r}; use one of:"
                f" {', '.join(f'{k}s' for k in known)}"
            )
        word = "node" if word == process else word
        if word in given:
            raise InstanceError(f"--scope {part}: {name} is bounded twice; say it once")
        given[word] = int(number)
    count = given.get("node")
    if count is not None and not 1 <= count <= MOST_NODES:
        raise InstanceError(f"--scope nodes={count}: write a number from 1 to {MOST_NODES}")
    config, nodes = _configuration(spec, count, constants)
    names = {
        sort.name: tuple(f"{sort.name[0].lower()}{i + 1}" for i in range(given.get(word, 1)))
        for word, sort in atoms.items()
    }
    tops = {sort.name: given.get(word, 1) for word, sort in orders.items()}
    for name, decl in spec.config.parts.items():
        for sort, value in occurring(config[name], decl.sort):
            if isinstance(sort, OrderSort):
                tops[sort.name] = max(tops[sort.name], value[0] if sort.owned else value)
            elif isinstance(sort, AtomSort) and sort != NODE and value not in names[sort.name]:
                names[sort.name] = (*names[sort.name], value)
    return Instance(tuple(sorted(nodes)), config, names, tops, messages, crashes, ghosts)


def _configuration(
    spec: Spec, count: int | None, constants: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    made = _members(spec, 3 if count is None else count, _given(spec, constants))
    if _suits(spec, *made):
        return made
    for scenario in [] if constants else spec.scenarios:
        if count in (None, len(scenario.nodes)) and _suits(spec, scenario.config, scenario.nodes):
            return dict(scenario.config), list(scenario.nodes)
    sizes = sorted({len(s.nodes) for s in spec.scenarios})
    told = f", or so many nodes as a scenario has ({', '.join(map(str, sizes))})" if sizes else ""
    raise InstanceError(
        "--scope: what the spec assumes of a configuration does not hold of this one; give"
        f" --constant NAME=VALUE{told}"
    )


def _given(spec: Spec, constants: Sequence[str]) -> dict[str, Any]:
    """Return the constants that were given: a node's name, or names with commas between."""
    found: dict[str, Any] = {}
    for text in constants:
        name, equals, value = (x.strip() for x in text.partition("="))
        decl = spec.config.parts.get(name)
        if decl is None or not equals:
            known = ", ".join(spec.config.parts) or "none"
            raise InstanceError(
                f"--constant {text}: write NAME=VALUE, with a constant of the spec ({known})"
            )
        if name in found:
            raise InstanceError(f"--constant {text}: {name} is given twice; say it once")
        words = [word.strip() for word in value.split(",") if word.strip()]
        if bad := [word for word in words if not (word.isidentifier() and word.isascii())]:
            raise InstanceError(f"--constant {text}: {bad[0]!r} is no name of letters and digits")
        if _is_nodes(decl.sort):
            found[name] = frozenset(words)
        elif decl.sort == NODE and len(words) == 1:
            found[name] = words[0]
        else:
            raise InstanceError(
                f"--constant {text}: only a node (one name) or a set of nodes (names with commas"
                " between) can be given; write a scenario for anything else"
            )
    return found


def _members(spec: Spec, count: int, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    width = len(str(count))
    names = [f"n{i + 1:0{width}}" for i in range(count)]
    first = next((n for n, d in spec.config.parts.items() if _is_nodes(d.sort)), None)
    config: dict[str, Any] = {}
    nodes: list[str] = [] if first in given else list(names)
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
    if isinstance(sort, SumSort):
        return sort.leaves[0]
    if isinstance(sort, MapSort):
        return frozenset()
    if isinstance(sort, AtomSort):
        return f"{sort.name[0].lower()}1"
    return default_of(sort)


def _suits(spec: Spec, config: dict[str, Any], nodes: Sequence[str]) -> bool:
    if not nodes:
        return False
    evaluator = Evaluator(spec)
    try:
        state = evaluator.initial_state(config, nodes)
    except EvaluationError:
        return False
    return all(evaluator.holds(state, s) for s in spec.of_kind("assumption"))
