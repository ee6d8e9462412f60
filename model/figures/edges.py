"""The edges of a figure: which rules lead from which state to which, and at whose doing.

Belongs here: the edge type, and how facts about single rules become edges. Never here: how the
facts are found (a solver finds them exactly, `may_steps` too many) or how they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model.lang.declare import EdgeTable, Message
from model.lang.sorts import SumSort
from model.lang.spec import Spec, Transition
from model.partial import Partial, followed


@dataclass(frozen=True, slots=True)
class Edge:
    """Rules that lead from one leaf of a state variable to another, all set off by `who`.

    `rules` are names without the event (`adopt@Commit` is `adopt`). `who` are roles: the senders of
    a message, or for a request or a timer the role of the node that takes the step; none in a spec
    without roles. Two leaves may have several edges, one for each `who`.
    """

    before: str
    after: str
    rules: tuple[str, ...]
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A fact: rule `label` can take a node in role `role` from leaf `before` to leaf `after`."""

    label: str
    role: str
    before: str
    after: str


def state_table(spec: Spec) -> EdgeTable:
    """Return the edge table that the figure is about: the spec's first.

    Raises `ValueError` where the spec has none.
    """
    if not spec.edges:
        raise ValueError(
            f"spec {spec.name!r} has no edge table, so there is no figure to draw; "
            "declare EdgeTable(variable, edges)"
        )
    return spec.edges[0]


def leaves_of(spec: Spec) -> tuple[str, ...]:
    """Return the leaves of the state variable, in declaration order."""
    sort = spec.variables[state_table(spec).variable].sort
    assert isinstance(sort, SumSort)
    return sort.leaves


def top(leaf: str) -> str:
    """Return the outermost case of a leaf: `LOCKED` of `LOCKED(VOTING)`."""
    return leaf.split("(")[0]


def collapse(edges: Iterable[Edge], spec: Spec) -> set[tuple[str, str]]:
    """Return the edges between the outermost cases.

    Raises `ValueError` for an edge at something that is no leaf of the state variable.
    """
    leaves = set(leaves_of(spec))
    found = set()
    for edge in edges:
        for leaf in (edge.before, edge.after):
            if leaf not in leaves:
                raise ValueError(f"{leaf!r} is no leaf of {spec.name!r}'s state; see {edge}")
        found.add((top(edge.before), top(edge.after)))
    return found


def published(spec: Spec) -> set[tuple[str, str]]:
    """Return the edge table's own edges between the outermost cases."""
    return {(top(a), top(b)) for a, b in state_table(spec).allowed()}


def set_off_by(transition: Transition, role: str) -> tuple[str, ...]:
    """Return whose doing a step of `transition` is that a node in role `role` takes."""
    event = transition.event
    if event is not None and issubclass(event, Message):
        return tuple(sender.name for sender in event.senders)
    return (role,) if role else ()


def assemble(spec: Spec, steps: Iterable[Step]) -> tuple[Edge, ...]:
    """Return the edges that `steps` make, in a fixed order; a step that stays put makes none."""
    order = {t.label: i for i, t in enumerate(spec.transitions)}
    rank = {leaf: i for i, leaf in enumerate(leaves_of(spec))}
    found: dict[tuple[str, str, tuple[str, ...]], dict[str, int]] = {}
    for step in steps:
        if step.before == step.after:
            continue
        transition = spec.by_label[step.label]
        at = (step.before, step.after, set_off_by(transition, step.role))
        name = rule_name(transition)
        rules = found.setdefault(at, {})
        rules[name] = min(order[step.label], rules.get(name, order[step.label]))
    made = [
        Edge(before, after, tuple(sorted(rules, key=lambda r: rules[r])), who)
        for (before, after, who), rules in found.items()
    ]
    return tuple(sorted(made, key=lambda e: (rank[e.before], rank[e.after], e.who)))


def rule_name(transition: Transition) -> str:
    """Return the rule's name without the event that tells its rows apart."""
    return transition.name.split("@")[0]


def may_steps(spec: Spec, partial: Partial | None = None) -> list[Step]:
    """Return the steps that may be possible, by partial evaluation: some may be too many.

    What is followed beside role and state are the durable variables of finite sorts.
    """
    partial = partial or Partial(spec)
    variable = state_table(spec).variable
    names = followed(spec)
    at = names.index(variable)
    found: set[Step] = set()
    rules = [t for t in spec.transitions if t.kind == "rule" and variable in t.updates]
    for values in partial.reachable(names):
        known = dict(zip(names, values, strict=True))
        for rule in rules:
            for after in partial.outcomes(rule, known, names):
                role = str(known[spec.role_variable]) if spec.role_variable is not None else ""
                found.add(Step(rule.label, role, str(values[at]), str(after[at])))
    return sorted(found)


def may_edges(spec: Spec, partial: Partial | None = None) -> tuple[Edge, ...]:
    """Return the edges that may be possible, by partial evaluation."""
    return assemble(spec, may_steps(spec, partial))
