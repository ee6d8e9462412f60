"""Reading a scope for liveness: which nodes, which bounds.

Belongs here: from words to a configuration and `Bounds`. Never here: exploring them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from checkers.instances import ScopeError, read_numbers
from checkers.liveness.explored import Bounds
from checkers.reach import standard_config
from model.evaluate import Evaluator
from model.evaluate.values import occurring
from model.lang import Spec
from model.lang.errors import suggest
from model.lang.sorts import AtomSort, OrderSort

MOST_NODES, MOST_VALUES, MOST_FAULTS = 8, 1000, 8


@dataclass(frozen=True)
class Setting:
    """A scope: the nodes with their configuration, the bounds, and both in words."""

    config: dict[str, Any]
    nodes: tuple[str, ...]
    bounds: Bounds
    words: str


def read_setting(
    spec: Spec,
    text: str,
    *,
    crashes: int = 0,
    stops: int = 0,
    requests: tuple[str, ...] = (),
    states: int = 600_000,
) -> Setting:
    """Return the scope that `text` names, as in `nodes=3,terms=2,keys=1,propose=2`.

    `nodes` or the process's name counts the members, beside which come the nodes that the
    configuration names singly; an order's name bounds its values (of an owned one, the rounds);
    another sort's name counts its elements; a message's name bounds how many different ones may be
    sent, and `messages` does so for every kind. What is not named has a small default, and messages
    have no bound.

    Raises `ScopeError` for anything else.
    """
    orders = {n: s for n, d in spec.sorts.items() if isinstance(s := _sort(d), OrderSort)}
    atoms = [
        n for n, d in spec.sorts.items() if isinstance(_sort(d), AtomSort) and d.__name__ != "Node"
    ]
    names = ["message", *orders, *atoms, *spec.messages]
    given = read_numbers(spec, text, names, 1, MOST_VALUES)
    count = given.pop("node", 2)
    if count > MOST_NODES:
        what = f"--scope nodes={count}: more than can be explored"
        raise ScopeError(what, f"write at most {MOST_NODES}, and begin with 2 or 3")
    config, nodes = _system(spec, count)
    state = Evaluator(spec).initial_state(config, nodes)
    for s in spec.of_kind("assumption"):
        if not Evaluator(spec).holds(state, s):
            what = f"no configuration is known of which {s.name} ({s.prop.title}) holds"
            raise ScopeError(what, "tell one in a Scenario")
    low = {n.lower(): n for n in orders}
    bounds = {n: max(given.get(n.lower(), 1), _largest(spec, config, s)) for n, s in orders.items()}
    elements = max([given.get(n.lower(), 1) for n in atoms], default=1)
    every = given.get("message")
    by_name = {n.lower(): n for n in spec.messages}
    messages = {} if every is None else dict.fromkeys(spec.messages, every)
    messages |= {by_name[n]: most for n, most in given.items() if n in by_name and n not in low}
    for name in requests:
        if name not in spec.requests and name != "none":
            what = f"--request {name}: the spec has no such request"
            raise ScopeError(what, suggest(name, [*spec.requests, "none"]))
    asked = frozenset(requests) - {"none"} if requests else None
    made = Bounds(bounds, messages, elements, crashes, stops, asked, states)
    return Setting(config, tuple(nodes), made, _words(spec, nodes, made, bool(atoms)))


def _sort(declared: object) -> object:
    return getattr(declared, "sort", None)


def _system(spec: Spec, count: int) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration for so many members, without the stranger that runs by chance have."""
    config, nodes = standard_config(spec, count)
    if spec.scenarios and (config, nodes) == standard_config(spec, count + 1):
        if count != len(nodes) and count != 2:  # a scenario's, whatever the count
            what = f"--scope nodes={count}: the only configuration known has {len(nodes)} nodes"
            raise ScopeError(what, "leave it out, or write a Scenario with another one")
        return config, nodes
    stranger = f"n{count + 1}"
    return config, [n for n in nodes if n != stranger]


def _largest(spec: Spec, config: dict[str, Any], sort: OrderSort) -> int:
    """Return the largest value of an order in the configuration."""
    values = [
        value
        for name, decl in spec.config.parts.items()
        for inner, value in occurring(config[name], decl.sort)
        if inner == sort
    ]
    return max((v[0] if sort.owned else v for v in values), default=0)


def _words(spec: Spec, nodes: list[str], bounds: Bounds, has_atoms: bool) -> str:
    parts = [f"nodes {', '.join(nodes)}"]
    parts += [f"{name} up to {most}" for name, most in bounds.orders.items()]
    if has_atoms:
        parts.append(f"{bounds.atoms} of each other sort")
    parts += [f"at most {most} {name}" for name, most in bounds.messages.items()]
    parts.append(f"at most {bounds.crashes} crashes" if bounds.crashes else "no crash")
    parts.append(f"at most {bounds.stops} stops for ever" if bounds.stops else "no node stops")
    if bounds.requests is not None:
        parts.append(f"requests {', '.join(sorted(bounds.requests)) or 'none'}")
    return "; ".join(parts)
