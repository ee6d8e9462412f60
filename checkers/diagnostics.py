"""Mistakes in a spec that need a solver to be seen, told like any other: code, place, reason, fix.

Belongs here: findings as `SpecError` texts. Never here: finding them.
"""

from __future__ import annotations

from checkers.verdict import Result
from model.figures import Step
from model.lang import Spec, SpecError
from model.lang.sorts import SumSort


def overlap(spec: Spec, result: Result) -> str:
    """Return ORD111 for two rules that can both answer one event."""
    first, second = (spec.by_label[name] for name in result.transition.split(" / "))
    assert first.event is not None
    notes = [f"the other rule is {first.label}, at {first.span.shown_file()}:{first.span.line}"]
    if result.counterexample is not None:
        facts = ("".join(part.text for part in line) for line in result.counterexample.before)
        notes += ["both answer in this state:", *facts]
        notes.append(f"at this event: {result.counterexample.event or first.event.__name__}")
    return SpecError(
        "ORD111",
        f"{first.label} and {second.label}",
        f"the guards of both can hold at one {first.event.__name__}",
        span=second.span,
        notes=notes,
    ).render()


def unanswered(spec: Spec, result: Result) -> str:
    """Return ORD112 for an event that some state does not answer."""
    event = spec.events[result.transition]
    return SpecError(
        "ORD112",
        event.__name__,
        "in some state no rule and no fallback answers it",
        span=event.span,
    ).render()


def edges_beyond(spec: Spec, steps: dict[str, list[Step]]) -> list[str]:
    """Return ORD114 for each rule that can take a state variable along an edge not in its table.

    `steps`: by tabled variable, every step that a rule can take it.
    """
    found = []
    for table in spec.edges:
        allowed = table.allowed()
        beyond: dict[str, list[str]] = {}
        for step in steps[table.variable]:
            if (step.before, step.after) not in allowed:
                edges = beyond.setdefault(step.label, [])
                if (edge := f"{step.before} -> {step.after}") not in edges:
                    edges.append(edge)
        for label, edges in beyond.items():
            rule = spec.by_label[label]
            found.append(
                SpecError(
                    "ORD114",
                    edges[0],
                    f"rule {label!r} can take {table.variable} along it",
                    span=rule.span,
                    notes=[f"it also takes {edge}" for edge in edges[1:4]],
                ).render()
            )
    return found


def unreached(spec: Spec, steps: dict[str, list[Step]]) -> list[str]:
    """Return ORD113 for each leaf that no step of any rule leads to."""
    found = []
    for table in spec.edges:
        decl = spec.variables[table.variable]
        assert isinstance(decl.sort, SumSort)
        reached = {step.after for step in steps[table.variable]}
        reached.add(str(decl.init.data))
        for leaf in decl.sort.leaves:
            if leaf not in reached:
                found.append(
                    SpecError(
                        "ORD113",
                        f"{table.variable} = {leaf}",
                        "every rule that sets it has a guard that cannot hold",
                        span=table.span,
                    ).render()
                )
    return found
