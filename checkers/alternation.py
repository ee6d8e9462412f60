"""Which obligations of a spec lie in a decidable fragment, and what leads the others out of it.

Belongs here: an obligation's formulas and their names, and what all obligations add up to. Never
here: the graph of a formula (`fragment`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import z3

from checkers.fragment import Edge, Graph, Graphs, Reason, cycle, union
from checkers.induction import Obligation, Prover
from checkers.verdict import Alternation, Result, Verdict
from model.lang import Spec

AXIOM, GOAL = "an axiom", "the goal"


class Alternations:
    """The graphs of the obligations of one spec; hypotheses, which they share, are read once."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._graphs = Graphs()
        self._hypotheses: dict[str, tuple[z3.BoolRef, frozenset[Edge]]] = {}
        self._shared: dict[tuple[str, ...], Graph] = {}

    def forget(self) -> None:
        """Forget the formulas that belong to one transition alone."""
        self._graphs.forget()

    def of(self, obligation: Obligation, result: Result | None = None) -> Alternation:
        """Return the alternations of an obligation, and of its proof where it has one."""
        given, definitions = obligation.given()
        own = self._own(obligation, definitions)
        graph = dict(self._of_hypotheses(given))
        for pair, reason in own.items():
            graph.setdefault(pair, reason)
        found = _told(cycle(graph))
        left = found
        if found and result is not None and result.verdict is Verdict.PROVED:
            used = self._of_hypotheses(tuple((n, f) for n, f in given if n in result.uses))
            left = _told(cycle({**own, **used}))
        return Alternation(tuple(sorted(graph)), found, left)

    def hypotheses(self) -> dict[str, list[str]]:
        """Return the edges of each hypothesis seen so far; those without any are left out."""
        return {
            name: [_plain(f"{e.source} -> {e.target} ({e.by})") for e in sorted(edges)]
            for name, (_, edges) in self._hypotheses.items()
            if edges
        }

    def _own(self, obligation: Obligation, definitions: Iterable[z3.BoolRef]) -> Graph:
        """Return the graph of everything but the hypotheses."""
        edges = self._graphs.of
        return union(
            [
                *((AXIOM, edges(f)) for f in (*obligation.assumptions, *definitions)),
                *((f"the guard {text}", edges(f)) for text, f in obligation.guards),
                (GOAL, edges(obligation.goal, negated=True)),
            ]
        )

    def _of_hypotheses(self, given: Iterable[tuple[str, z3.BoolRef]]) -> Graph:
        parts = [(name, self._of_hypothesis(name, f)) for name, f in given]
        key = tuple(name for name, edges in parts if edges)
        if key not in self._shared:
            self._shared[key] = union(parts)
        return self._shared[key]

    def _of_hypothesis(self, name: str, formula: z3.BoolRef) -> frozenset[Edge]:
        known = self._hypotheses.get(name)
        if known is None or not known[0].eq(formula):
            self._hypotheses[name] = known = (formula, self._graphs.of(formula))
            self._shared.clear()
        return known[1]


def _told(found: Iterable[Reason]) -> tuple[str, ...]:
    return tuple(_plain(str(reason)) for reason in found)


def _plain(text: str) -> str:
    """Return a text with the variables of a node named as in the spec."""
    return text.replace("(var ", "(")


# ---------------------------------------------------------------- all obligations of a spec


@dataclass(frozen=True, slots=True)
class Asked:
    """An obligation by its names, and its alternations."""

    property: str
    transition: str
    alternation: Alternation


def of_results(results: Iterable[Result]) -> list[Asked]:
    """Return what was asked of the solver in the unbounded reading."""
    return [
        Asked(r.property, r.transition, r.alternation) for r in results if r.alternation is not None
    ]


def of_spec(
    spec: Spec, seen: Alternations, only: frozenset[str] | None = None
) -> Iterator[list[Asked]]:
    """Yield the obligations of each transition, without discharging them."""
    prover = Prover(spec)
    sources = [prover.of_events(only), prover.of_initial_state(only)]
    for source in (*sources, *(prover.of_transition(t, only) for t in spec.transitions)):
        yield [
            Asked(o.property, o.transition, seen.of(o)) for o in source if isinstance(o, Obligation)
        ]
        seen.forget()


def as_data(asked: Iterable[Asked]) -> dict[str, object]:
    """Return plain data: how many are in the fragment, the graphs, and who is outside, and why.

    `inside`: with all hypotheses they were asked with; `inside_as_proved`: with those that their
    proofs used. `outside` are the rest, by property and cycle.
    """
    every = list(asked)
    graphs: dict[tuple[tuple[str, str], ...], list[Asked]] = defaultdict(list)
    outside: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for one in every:
        graphs[one.alternation.edges].append(one)
        if one.alternation.proof_cycle:
            outside[one.property, one.alternation.proof_cycle].append(one.transition)
    return {
        "obligations": len(every),
        "inside": sum(not one.alternation.cycle for one in every),
        "inside_as_proved": sum(not one.alternation.proof_cycle for one in every),
        "graphs": [
            {
                "edges": [f"{source} -> {target}" for source, target in edges],
                "cycle": list(ones[0].alternation.cycle),
                "obligations": len(ones),
                "of": _by_property(ones),
            }
            for edges, ones in sorted(graphs.items(), key=lambda item: -len(item[1]))
        ],
        "outside": [
            {"property": name, "cycle": list(told), "transitions": sorted(transitions)}
            for (name, told), transitions in sorted(outside.items())
        ],
    }


def _by_property(asked: Iterable[Asked]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in asked:
        found[one.property].append(one.transition)
    return {name: sorted(transitions) for name, transitions in sorted(found.items())}
