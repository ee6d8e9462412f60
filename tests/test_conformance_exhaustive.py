"""The exhaustive comparison of the three readings of the order's spec, and the tools it rests on.

"A message from the wrong role is answered with a refusal and changes nothing" is tried here for
every state, role and event; so is every other guard.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import z3

from checkers.conformance import exhaustive
from checkers.conformance.cases import CRASH, Case, EventCases
from checkers.conformance.comparison import Readings
from checkers.conformance.compiled_model import CompiledModel, CompiledRow
from checkers.conformance.setting import ORDER, Setting, setting
from checkers.conformance.z3_text import Terms, UnsupportedFormula, Writer, compile_function
from model.evaluate.node import NodeEvaluator
from model.evaluate.terms import Frame, TermCompiler
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.expr import walk
from model.lang.sorts import NODE, SetSort
from model.lang.spec import drop_clause
from model.smt import LocalRelation, SystemStep, Vocabulary
from tests.generated_nodes import load, order_spec
from tests.generator_toy import library_spec
from tests.ground_facts import GroundFacts, decide, facts_of_step


@pytest.fixture(scope="module")
def spec() -> Spec:
    return order_spec()


@pytest.fixture(scope="module")
def model(spec: Spec) -> CompiledModel:
    return CompiledModel(spec)


# ---------------------------------------------------------------- all three agree


def test_the_readings_of_the_order_agree_in_every_state_role_and_event(spec: Spec) -> None:
    """The checked-in node of the order is what is compared."""
    report = exhaustive.run(spec)
    print(report)
    assert report.ok, str(report)
    assert len(report.coverage.places) == 15 * 3 * (len(spec.events) + 1)


def test_only_redundant_role_clauses_and_rows_behind_others_are_impossible(spec: Spec) -> None:
    """Where a rule asks for the role again, the declared role is never alone to refuse."""
    report = exhaustive.run(spec, events=["Elected", "GetStatus"])
    assert report.ok, str(report)
    assert sorted(map(str, report.impossible)) == [
        "GetStatus/in_error answers",
        "GetStatus/locked answers",
        "GetStatus/refused answers",
        "heartbeat: me.role.is_(RADIANT, HERALD) is false while all others are true",
        "heartbeat_in_error: me.role.is_(RADIANT, HERALD) is false while all others are true",
    ]


SHELF = frozenset({(("t1", "a"), True), (("t2", "b"), True)})
LIBRARY = Setting(
    load=library_spec,
    me="a",
    config={"desks": frozenset({"a", "b", "c"}), "main": "b", "strict": True, "shelf": SHELF},
    pools={
        "Node": ("a", "b", "c", "z"),
        "Turn": ((0, ""), (1, "a"), (1, "b"), (2, "z")),
        "Count": (0, 1),
        "Slip": ((0, (1, "a"), 1), (1, (1, "b"), 0), (2, (0, ""), 1), (2, (2, "z"), 1)),
        "Title": ("t1", "t2"),
        "Titles": (frozenset(), frozenset({"t1"}), frozenset({"t1", "t2"})),
        "Desks": (frozenset(), frozenset({"a", "b"}), frozenset({"c", "z"})),
        "Loans": (frozenset(), frozenset({("t1", "a")}), frozenset({("t1", "b"), ("t2", "a")})),
        "Turns": (frozenset(), frozenset({("a", (1, "a")), ("b", (1, "b"))})),
        "Shelf": (frozenset(), SHELF, frozenset({(("t2", "a"), True)})),
    },
)


def test_a_spec_unlike_the_order_agrees_too(tmp_path: Path) -> None:
    """Nothing here knows the order: another spec needs a setting, and no more."""
    spec = library_spec()
    module = load(spec, tmp_path)
    report = exhaustive.run(spec, values=LIBRARY, package=module.__name__)
    assert report.ok, str(report)
    assert report.counts["rules fired"] == report.counts["rules"]


# ---------------------------------------------------------------- faults are found


def test_a_wrong_node_is_found_and_explained(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    node = importlib.import_module("impl.order.node")
    types = importlib.import_module("impl.order.types")
    right = node._ON_MESSAGE[types.Vote]

    def forgetful(self: Any, m: Any, sender: str) -> Any:
        outcome = right(self, m, sender)
        if outcome[0].label == "win":
            self.standing = True
        return outcome

    monkeypatch.setitem(node._ON_MESSAGE, types.Vote, forgetful)
    report = exhaustive.run(spec, events=["Vote"], stop=True)
    assert report.differing == 1 and not report.ok
    told = str(report.mismatches[0])
    assert told.startswith("n1: Vote(term=")
    assert "  before: term=" in told and "state=LOCKED(VOTING)" in told
    assert "  the variable standing after\n    node:      True\n    evaluator: False\n" in told, (
        told
    )
    assert "  the variables after\n" in told and "model: not in the relation" in told


def test_a_node_that_stores_too_little_is_found(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vote is on disk before it is told: else a restarted radiant votes twice (S10)."""
    rules = importlib.import_module("impl.order.rules")
    node = importlib.import_module("impl.order.node")
    types = importlib.import_module("impl.order.types")
    right = node._ON_MESSAGE[types.RequestVote]
    lazy = replace(rules.GRANT_VOTE, persists=("term",))

    def unsafe(self: Any, m: Any, sender: str) -> Any:
        rule, *rest = right(self, m, sender)
        return (lazy if rule is rules.GRANT_VOTE else rule, *rest)

    monkeypatch.setitem(node._ON_MESSAGE, types.RequestVote, unsafe)
    report = exhaustive.run(spec, events=["RequestVote"], stop=True)
    assert "what is stored before sending" in str(report.mismatches[0])


def test_a_node_that_fails_is_found(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    node = importlib.import_module("impl.order.node")
    types = importlib.import_module("impl.order.types")
    monkeypatch.delitem(node._ON_OTHER, types.RecoverDue)
    report = exhaustive.run(spec, events=["RecoverDue"], stop=True)
    assert "raises TypeError: RecoverDue(): not an event" in str(report.mismatches[0])


def test_a_wrong_model_is_found(spec: Spec) -> None:
    """Evaluator and node agree; the Z3 relation is that of a spec without one clause."""
    readings = Readings(spec)
    readings.model = CompiledModel(drop_clause(spec, "learn", 4))
    report = exhaustive.ConformanceReport(spec.name)
    bench = exhaustive.Bench(readings, setting("order"), report)
    for case in EventCases(spec, ORDER, "Commit").cases():
        bench.run(case, ["state"])
        if report.differing:
            break
    whats = {d.what for d in report.mismatches[0].differences}
    assert "the clauses of learn" in whats
    assert all("model" in d.says for d in report.mismatches[0].differences)


def dropped(spec: Spec) -> list[tuple[str, int]]:
    rules = [t for t in spec.transitions if t.kind == "rule"]
    return [(t.label, at) for t in rules for at in range(len(t.clauses))]


def check_dropped(spec: Spec, label: str, at: int) -> None:
    event = spec.by_label[label].event
    assert event is not None
    report = exhaustive.run(drop_clause(spec, label, at), events=[event.__name__], stop=True)
    assert report.differing, f"nothing tells that clause {at} of {label} is gone"


def test_dropped_clauses_are_found(spec: Spec) -> None:
    for label, at in random.Random(1).sample(dropped(spec), 8):
        check_dropped(spec, label, at)


@pytest.mark.slow
def test_every_dropped_clause_is_found(spec: Spec) -> None:
    """The spec lacks one clause of one rule, the node has it: some case must tell."""
    for label, at in dropped(spec):
        check_dropped(spec, label, at)


def test_what_no_value_decides_is_told(spec: Spec) -> None:
    """With no position but the first, nobody holds more than a candidate."""
    first = (((0, ""), 0),)
    poor = replace(ORDER, pools={**ORDER.pools, "Position": first})
    report = exhaustive.run(spec, events=["RequestVote"], values=poor)
    assert not report.differing and not report.ok
    assert "withhold_vote answers" in map(str, report.undecided)
    assert "grant_vote: m.accepted_at >= me.accepted_at is false" in map(str, report.undecided)
    assert "No case decides, though one could:" in str(report)


def test_a_sort_without_values_is_told(spec: Spec) -> None:
    poor = replace(ORDER, pools={n: p for n, p in ORDER.pools.items() if n != "Keys"})
    with pytest.raises(KeyError, match=r"me\.keys: no values to try; add a pool for 'Keys'"):
        exhaustive.run(spec, values=poor)


# ---------------------------------------------------------------- the compiled Z3 model


def sample(spec: Spec, size: int, seed: int) -> Iterator[tuple[str, Case]]:
    """Yield a few cases of every event that are answered by different rows, with their rows."""
    chance = random.Random(seed)
    evaluator = NodeEvaluator(spec)
    for name in (*spec.events, CRASH):
        cases = list(EventCases(spec, ORDER, name).cases())
        rows: dict[str, int] = {}
        for case in chance.sample(cases, min(size, len(cases))):
            try:
                outcome = evaluator.answer(ORDER.config, ORDER.me, case.before, case.event)
            except EvaluationError:  # two rules answer, where an oath excludes it
                continue
            rows[outcome.transition] = rows.get(outcome.transition, 0) + 1
            if rows[outcome.transition] == 1:
                yield outcome.transition, case


def test_z3_decides_every_transition_as_the_compiled_model_does(
    spec: Spec, model: CompiledModel
) -> None:
    """What is proved is what is run: the solver, given the values as facts, says the same."""
    chance = random.Random(2)
    evaluator = NodeEvaluator(spec)
    checked = set()
    left_out = {t.label for t in spec.transitions if t.kind == "refusal"}
    left_out -= set(sorted(left_out)[::4])
    for label, case in sample(spec, 300, seed=1):
        if label in left_out:
            continue  # they differ in nothing but their event
        event, before = case.event, case.before
        outcome = evaluator.answer(ORDER.config, ORDER.me, before, event)
        right = {**before, **outcome.updates}
        wrong = dict(right)
        name = chance.choice(list(outcome.updates) or list(spec.variables))
        sort = spec.variables[name].sort
        wrong[name] = chance.choice([v for v in ORDER.pool(sort) if v != right[name]])
        for after, expected in ((right, True), (wrong, False)):
            agree(spec, model, label, case, after, expected)
        checked.add(label)
    assert len(checked) > 100


def effects_as_formulas(row: CompiledRow, case: Case, ground: GroundFacts) -> Iterator[z3.BoolRef]:
    """Yield that every destination and field of what is sent and replied is what was computed."""
    event, relation = case.event, row.relation
    sends, reply = row.values_sent(case.before, event.fields, ORDER.me, event.sender, ORDER.config)
    for (_, to, to_sort, terms), (receivers, values), out in zip(
        relation.sends, sends, row.transition.sends, strict=True
    ):
        yield ground.equals(to_sort, to, receivers)
        for term, value, part in zip(terms, values, out.message.parts.values(), strict=True):
            yield ground.equals(part.sort, term, value)
    for (_, sort, term), value in zip(relation.reply, reply, strict=True):
        yield ground.equals(sort, term, value)


def agree(
    spec: Spec, model: CompiledModel, label: str, case: Case, after: Any, expected: bool
) -> None:
    event, before, relation = case.event, case.before, model.relation(label)
    given = (ORDER.me, event.sender, ORDER.config)
    row = model.crash if event.kind == CRASH else model.event(event.name)[label]
    assert row.holds(before, event.fields, after, *given) is expected, (label, case)
    ground = facts_of_step(spec, model.vocabulary, relation, (before, event.fields, after), *given)
    for constant, (expr, base) in relation.fresh.items():
        fresh = z3.Const(constant, base.sort())
        frame = Frame(ORDER.config, ORDER.me, before, event.fields, event.sender)
        value = TermCompiler().compile(expr, {})(frame)
        ground.facts.append(ground.equals(expr.sort, fresh, value))
    formula = relation.formula()
    wanted = [formula == expected]
    if event.kind != CRASH:
        guards = model.event(event.name).guards(before, event.fields, *given)
        values = guards.clauses.get(label, ())
        wanted += [c == x for c, x in zip(relation.clauses, values, strict=False)]
        wanted += effects_as_formulas(row, case, ground)
    assert decide(ground.about(wanted), z3.And(wanted)), (label, case, after, expected)


# ---------------------------------------------------------------- what is proved is what is run


def parts_at_me(v: Vocabulary, spec: Spec) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    """Return each variable of `me` in a whole system, and its constant in a local relation."""
    pairs = []
    for name, decl in spec.variables.items():
        everywhere = v.flat(v.variable(name, v.me))
        here = v.flat(v.constants(f"before.{name}", decl.sort))
        pairs += list(zip(everywhere, here, strict=True))
    return pairs


def membership(v: Vocabulary, term: z3.ExprRef, x: z3.ExprRef) -> Iterator[z3.BoolRef]:
    """Yield what it means for `x` to be in a composite set, and in every set it is made of."""
    if not z3.is_app(term):
        return
    for child in term.children():
        yield from membership(v, child, x)
    family, _, name = term.decl().name().partition(".")
    if family not in ("add", "remove", "union", "empty"):
        return
    is_in = v.function(f"in.{name}", [x.sort(), term.sort()], z3.BoolSort())
    parts = term.children()
    yield (
        is_in(x, term)
        == {
            "empty": lambda: z3.BoolVal(False),
            "add": lambda: z3.Or(is_in(x, parts[0]), x == parts[1]),
            "remove": lambda: z3.And(is_in(x, parts[0]), x != parts[1]),
            "union": lambda: z3.Or(is_in(x, parts[0]), is_in(x, parts[1])),
        }[family]()
    )


def test_the_local_relation_is_the_step_that_is_proved(spec: Spec) -> None:
    """Induction asks about steps of a whole system; at `me` they say what is compared here."""
    v = Vocabulary(spec)
    x = z3.Const("somebody", v.sort(NODE))
    compared = 0
    for transition in spec.transitions:
        step, local = SystemStep(spec, transition, v), LocalRelation(spec, transition, v)
        same = parts_at_me(v, spec)
        for expr in {id(n): n for e in transition.expressions() for n in walk(e)}.values():
            for key in (("set", step.before.form_of(expr)), ("fresh", id(expr))):
                if key in step.before.made:
                    made = step.before.made[key]
                    one = made[0] if isinstance(made, tuple) else made
                    same.append((one, local.t.value(expr)))
        pairs = list(zip(step.clauses, local.clauses, strict=True))
        assert list(step.next) == list(local.next)
        for name, value in step.next.items():
            pairs += zip(v.flat(value), v.flat(local.next[name]), strict=True)
        solver = z3.Solver()
        for out, (_, to, sort, values) in zip(transition.sends, local.sends, strict=True):
            for expr, value in zip(out.fields.values(), values, strict=True):
                pairs += zip(v.flat(step.before.value(expr)), v.flat(value), strict=True)
            if isinstance(sort, SetSort):
                solver.add(*membership(v, to, x))
                pairs.append((step.before.addressed(out.to, x), v.contains(sort, to, x)))
        for everywhere, here in pairs:
            there = z3.substitute(everywhere, *same)
            compared += 1
            if not there.eq(here):
                assert solver.check(there != here) == z3.unsat, (transition.label, there, here)
    assert compared > 1000


# ---------------------------------------------------------------- Z3 terms as text


def text_of(term: z3.ExprRef, **symbols: str) -> str:
    """Return the text of a term, with no local variable."""
    writer = Writer(Terms(), symbols, {})
    (text,) = writer.write([term])
    assert not writer.lines
    return text


THING = z3.DeclareSort("Thing")
THINGS = z3.DeclareSort("Things")
IN = z3.Function("in.Things", THING, THINGS, z3.BoolSort())
X, Y = z3.Const("x", THING), z3.Const("y", THING)
A, B = z3.Const("a", THINGS), z3.Const("b", THINGS)


@pytest.mark.parametrize(
    ("premise", "a", "b", "y", "expected"),
    [
        (IN(X, A), {1, 2}, {1, 2, 3}, 9, True),
        (IN(X, A), {1, 2}, {1}, 9, False),
        (z3.Or(IN(X, A), X == Y), {1}, {1}, 2, False),
        (z3.Or(IN(X, A), X == Y), {1}, {1, 2}, 2, True),
        (z3.And(IN(X, A), X != Y), {1, 2}, {1}, 2, True),
        (z3.And(X != Y, IN(X, A)), {1, 2}, {1}, 1, False),
        (z3.If(Y == Y, IN(X, A), IN(X, B)), {1}, set(), 9, False),
        (z3.BoolVal(False), {1}, set(), 9, True),
    ],
)
def test_a_subset_runs_through_what_its_premise_can_hold_of(
    premise: z3.BoolRef, a: set[int], b: set[int], y: int, expected: bool
) -> None:
    subset = z3.ForAll([X], z3.Implies(premise, IN(X, B)))
    text = text_of(subset, a="a", b="b", y="y")
    assert compile_function("subset", "a, b, y", [], text)(a, b, y) is expected


@pytest.mark.parametrize(
    ("term", "reason"),
    [
        (z3.Exists([X], IN(X, A)), "not of the form forall x"),
        (z3.ForAll([X, Y], z3.Implies(X == Y, IN(X, A))), "not of the form forall x"),
        (z3.ForAll([X], IN(X, A)), "its body is no implication"),
        (z3.ForAll([X], z3.Implies(z3.Not(IN(X, A)), IN(X, B))), "nothing says which elements"),
        (z3.ForAll([X], z3.Implies(IN(X, B), IN(X, A)) == IN(Y, A)), "its body is no implication"),
        (IN(z3.Const("stranger", THING), A), "nobody says what it stands for"),
        (z3.Int("n") + 1 > 2, "has no reading"),
        (z3.Function("beside.Things", THING, z3.BoolSort())(Y), "has no reading"),
    ],
)
def test_a_term_without_a_reading_is_refused(term: z3.ExprRef, reason: str) -> None:
    with pytest.raises(UnsupportedFormula, match=reason):
        text_of(term, a="a", b="b", y="y", n="n")


def test_a_shared_term_is_computed_once() -> None:
    shared = IN(Y, A)
    writer = Writer(Terms(), {"a": "a", "b": "b", "y": "y"}, {})
    (text,) = writer.write([z3.And(shared, z3.Or(shared, IN(Y, B)))])
    assert writer.lines == ["t0 = (y in a)"]
    assert text == "(t0 and (t0 or (y in b)))"
