"""The quantifier-alternation graph of an obligation, and what leaves the decidable fragment.

Stands for: the graph is computed and reported, and any obligation outside the fragment is named.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
import z3
from click.testing import CliRunner

from checkers import alternation, alternation_text, cli, report, verify
from checkers.alternation import Alternations, Asked
from checkers.fragment import Graphs, cycle, union
from checkers.verdict import Alternation, Report
from model.lang.load import load
from tests.patience import PATIENCE

A, B, C = (z3.DeclareSort(name) for name in "ABC")
COLOUR, (RED, GREEN) = z3.EnumSort("Colour", ["red", "green"])
BOOL = z3.BoolSort()
a, a2 = z3.Consts("a a2", A)
b, b2 = z3.Consts("b b2", B)
c = z3.Const("c", C)
k = z3.Const("k", COLOUR)
f, back = z3.Function("f", A, B), z3.Function("back", B, A)
loop = z3.Function("loop", A, A)
two = z3.Function("two", A, B, C)
colour, of_colour = z3.Function("colour", A, COLOUR), z3.Function("of_colour", COLOUR, A)
p, q = z3.Function("p", A, BOOL), z3.Function("q", B, BOOL)
r = z3.Function("r", A, B, BOOL)
lift = z3.Function("lift", BOOL, BOOL)
one, other = z3.Const("one", A), z3.Const("other", B)
n = z3.Int("n")
ForAll, Exists, Not, Implies, And, Or, If = (
    z3.ForAll, z3.Exists, z3.Not, z3.Implies, z3.And, z3.Or, z3.If
)  # fmt: skip

some_b = Exists([b], r(a, b))

CASES: dict[str, tuple[z3.BoolRef, str]] = {
    # universal quantifiers alone
    "no function": (ForAll([a, b], r(a, b)), ""),
    "a function of a variable": (ForAll([a], q(f(a))), "A>B"),
    "a function of a constant": (And(q(f(one)), ForAll([a], p(a))), ""),
    "a function of a function": (ForAll([a], p(back(f(a)))), "A>A A>B"),
    "a function to its own sort": (ForAll([a], p(loop(a))), "A>A"),
    "a function of both": (ForAll([a, b], two(a, b) == c), "A>C B>C"),
    "a function of a variable and a constant": (ForAll([a], two(a, other) == c), "A>C"),
    "an equality of made terms": (ForAll([a, a2], Implies(f(a) == f(a2), a == a2)), "A>B"),
    "a choice between variables": (ForAll([a, a2], p(If(p(a), a, a2))), ""),
    "a function of a choice": (ForAll([a], q(f(If(p(a), a, one)))), "A>B"),
    "a function in a condition": (ForAll([a, a2], p(If(q(f(a)), a, a2))), "A>B"),
    # existential ones
    "for all exists": (ForAll([a], some_b), "A>B"),
    "exists for all": (Exists([b], ForAll([a], r(a, b))), ""),
    "exists of nothing around": (ForAll([a], Or(p(a), Exists([b], q(b)))), ""),
    "exists of one of two around": (ForAll([a, c], Or(two(a, b) == c, some_b)), "A>B A>C"),
    "what is not used is not made": (ForAll([a], Exists([b], p(a))), ""),
    "exists in exists": (ForAll([a], Exists([b], Exists([c], two(a, b) == c))), "A>B A>C"),
    "a function of what exists": (ForAll([a], Exists([b], p(back(b)))), ""),
    "a function of what exists for each": (
        ForAll([a], Exists([b], And(r(a, b), p(back(b))))),
        "A>A A>B",
    ),
    "for all below what exists for each": (
        ForAll([a], Exists([b], ForAll([c], two(a, b) == c))),
        "A>B A>C",
    ),
    # polarity
    "negated for all exists": (Not(ForAll([a], some_b)), ""),
    "negated exists for all": (Not(Exists([b], ForAll([a], r(a, b)))), "B>A"),
    "negated twice": (Not(Not(ForAll([a], some_b))), "A>B"),
    "left of an implication": (Implies(ForAll([a], some_b), p(one)), ""),
    "right of an implication": (Implies(p(one), ForAll([a], some_b)), "A>B"),
    "left of left": (Implies(Implies(ForAll([a], some_b), p(one)), p(one)), "A>B"),
    "one side of an equivalence": (ForAll([a], some_b) == p(one), "A>B"),
    "an equivalence below for all": (ForAll([a], p(a) == Exists([b], r(a, b))), "A>B"),
    "a negated equivalence": (Not(Exists([b], ForAll([a], r(a, b))) == p(one)), "B>A"),
    "an exclusive or": (z3.Xor(ForAll([a], some_b), p(one)), "A>B"),
    "a condition": (If(Exists([b], ForAll([a], r(a, b))), p(one), q(other)), "B>A"),
    "a branch": (If(p(one), ForAll([a], some_b), q(other)), "A>B"),
    "a truth value given to a function": (lift(Not(ForAll([a], some_b))), "A>B"),
    "different formulas": (z3.Distinct(ForAll([a], some_b), p(one)), "A>B"),
    # sorts
    "a finite sort": (ForAll([a], colour(a) == RED), ""),
    "of a finite sort": (ForAll([k], p(of_colour(k))), ""),
    "through a finite sort": (ForAll([a], p(of_colour(colour(a)))), "A>A"),
    "exists of a finite sort": (ForAll([a], Exists([k], And(colour(a) == k, p(a)))), ""),
    "an array": (z3.Lambda([n], p(one))[3] == p(one), "Int>Int Array>Array"),
    "integers": (ForAll([a], p(a)) == (n > 2), "Int>Int"),
    "a variable that is an integer": (ForAll([n], n + 1 > n), "Int>Int"),
}


def edges(*formulas: z3.BoolRef, negated: bool = False) -> set[str]:
    found = Graphs()
    return {f"{e.source}>{e.target}" for x in formulas for e in found.of(x, negated=negated)}


@pytest.mark.parametrize("name", CASES)
def test_the_graph_of_a_formula(name: str) -> None:
    formula, expected = CASES[name]
    assert edges(formula) == set(expected.split())


@pytest.mark.parametrize("name", CASES)
def test_a_goal_is_asserted_negated(name: str) -> None:
    formula = CASES[name][0]
    assert edges(formula, negated=True) == edges(Not(formula))


@pytest.mark.parametrize("name", CASES)
def test_the_solvers_own_normal_form_has_no_other_edge(name: str) -> None:
    """Skolemised by the solver: every edge that is left there is one that was foreseen."""
    formula, _ = CASES[name]
    normal = z3.Then(z3.Tactic("snf"), z3.Tactic("skip"))(formula)[0]
    left = {x for x in edges(*normal) if x not in ("Int>Int", "Array>Array")}
    assert left <= edges(formula)


def test_a_deep_formula_is_read_without_running_out_of_stack() -> None:
    deep = f(a)
    for _ in range(5_000):
        deep = If(q(deep), deep, other)
    assert edges(ForAll([a], q(deep))) == {"A>B"}


# ---------------------------------------------------------------- several formulas


def test_a_cycle_over_two_formulas_is_told_with_both() -> None:
    found = Graphs()
    parts = {
        "there": ForAll([a], q(f(a))),
        "and back": ForAll([b], Exists([a], r(a, b))),
        "aside": ForAll([a, b], two(a, b) == c),
    }
    graph = union((name, found.of(x)) for name, x in parts.items())
    assert [str(reason) for reason in cycle(graph)] == [
        "A -> B (f, in there)",
        "B -> A (some A, in and back)",
    ]
    without = union((name, found.of(x)) for name, x in parts.items() if name != "and back")
    assert cycle(without) == ()


def test_the_shortest_cycle_is_told() -> None:
    found = Graphs()
    graph = union(
        [("long", found.of(ForAll([a], p(back(f(a)))))), ("x", found.of(ForAll([b], p(back(b)))))]
    )
    assert [str(reason) for reason in cycle(graph)] == ["A -> A (back, in long)"]


def test_what_is_known_of_a_formula_goes_with_it() -> None:
    """The solver reuses the place of a formula that is gone."""
    found = Graphs()
    for i in itertools.count():
        x = z3.Const(f"x{i}", A)
        looping = i % 2
        formula = ForAll([x], p(loop(x)) if looping else p(x))
        assert bool(found.of(formula)) == bool(looping)
        found.forget()
        del formula, x
        if i == 50:
            break


# ---------------------------------------------------------------- the fragment decides


def test_what_is_inside_is_decided_both_ways() -> None:
    """Satisfiable or not, the solver says which: that is what the fragment is for."""
    total = ForAll([a], Exists([b], r(a, b)))
    single = ForAll([a, b, b2], Implies(And(r(a, b), r(a, b2)), b == b2))
    assert not cycle(union([("total", Graphs().of(total)), ("single", Graphs().of(single))]))
    for extra, answer in (
        (ForAll([a, a2, b], Implies(And(r(a, b), r(a2, b)), a == a2)), z3.sat),
        (ForAll([b], Not(r(one, b))), z3.unsat),
    ):
        solver = z3.Solver()
        solver.set("timeout", int(1000 * PATIENCE))
        solver.add(total, single, extra)
        assert solver.check() == answer


# ---------------------------------------------------------------- the obligations of a spec

PALS = "tests/fragment_specs/pals.py"
FRIEND = "Node -> Node (friend.value, in friend)"


def asked(only: str | None = None) -> list[Asked]:
    names = frozenset({only}) if only else None
    return [
        one for found in alternation.of_spec(load(PALS), Alternations(), names) for one in found
    ]


def test_who_assumes_what_leaves_the_fragment_is_outside() -> None:
    found = {(o.property, o.transition): o.alternation for o in asked()}
    assert found["friend", "befriend"].cycle == (FRIEND,)
    assert found["known", "befriend"].cycle == (FRIEND,)
    assert found["known", "befriend"].edges == (("Node", "Node"),)


def test_who_names_what_its_proof_uses_is_inside() -> None:
    found = {o.transition: o.alternation for o in asked("glad")}
    assert set(found) == {"initial state", "befriend", "crash"}
    assert all(one == Alternation(()) for one in found.values())


def test_what_holds_at_first_assumes_nothing() -> None:
    first = [o.alternation for o in asked() if o.transition == "initial state"]
    assert len(first) == 3 and not any(one.cycle for one in first)


def test_verify_tells_who_is_outside_as_asked_and_as_proved(tmp_path: Path) -> None:
    told = verify.Verification(load(PALS), verify.Options(jobs=1), lambda *_: None).run()
    assert told.exit_status() == 0
    data = told.details["fragment"]
    outside = {one["property"]: one["transitions"] for one in data["outside"]}
    assert outside == {"friend": ["befriend", "crash", "greet"]}
    by_graph = {tuple(g["edges"]): g["of"] for g in data["graphs"]}
    assert by_graph[("Node -> Node",)]["known"] == ["befriend", "crash"]
    assert by_graph[()]["glad"] == ["befriend", "crash", "initial state"]
    assert data["inside"] < data["inside_as_proved"] == data["obligations"] - 3
    assert "outside: friend (3)" in "\n".join(report.sums(told))
    report.write_html(told, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<summary>3</summary>befriend, crash, greet</details>" in page
    assert "Node -&gt; Node (friend.value, in friend)" in page


def test_the_command_shows_the_graph_and_who_is_outside(tmp_path: Path) -> None:
    args = [
        "fragment",
        PALS,
        "--names",
        "--dot",
        f"{tmp_path}/g.dot",
        "--json",
        f"{tmp_path}/g.json",
    ]
    done = CliRunner().invoke(cli.main, args)
    assert done.exit_code == 0, done.output
    assert f"outside by {FRIEND}:" in done.output
    assert (
        "  known: befriend, crash" in done.output
        and "glad" not in done.output.split("outside by")[1]
    )
    assert "  friend: Node -> Node (friend.value)" in done.output
    assert '"Node" -> "Node" [style=bold];' in (tmp_path / "g.dot").read_text(encoding="utf-8")
    data = json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))
    assert data["inside"] == data["inside_as_proved"] < data["obligations"]


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert alternation_text.line(alternation.as_data([])) == ""
    assert alternation_text.page(alternation.as_data([])) == ""
    assert len(report.sums(Report("s", [], 0.0, 1, {}))) == 1
