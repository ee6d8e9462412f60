"""Solver-made tests (issue 5): every clause of every guard decides by itself, both ways.

"They are stored as a readable, regenerable data file and run against the implementation in
milliseconds. Report modified condition/decision coverage of the spec; 100 %, or the clause is named
as impossible with its proof."
"""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from checkers.conformance import exhaustive
from checkers.conformance.compiled_model import CompiledModel
from checkers.mcdc import cases, file
from checkers.mcdc.cases import Case
from checkers.mcdc.check import check
from checkers.mcdc.coverage import coverage, facts
from checkers.mcdc.file import Stored
from checkers.mcdc.goal import (
    BEHIND,
    CHOICE,
    CONDITION,
    FIRST,
    VALUE,
    Goal,
    part_at,
    with_part,
)
from checkers.mcdc.goals import conditions, goals_of, plain
from checkers.mcdc.impossible import Impossible, Proof
from checkers.mcdc.make import Made, Maker
from model.evaluate.terms import Frame, TermCompiler
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL
from model.lang.spec import Transition, drop_clause
from model.smt.bounded import Scope
from tests.generated_nodes import order_spec
from tests.stored_cases import ROOT, node_of, small, stored, told

SMALL = ("raft_election", "two_phase_commit")
"""Two specs unlike the order, whose cases are made here."""


# ---------------------------------------------------------------- the order's cases


def test_the_node_of_the_order_does_what_every_stored_case_says() -> None:
    node = importlib.import_module("impl.order.node")
    assert cases.run(node) == []
    assert cases.run_spec(order_spec()) == []


def test_the_file_is_what_it_says_by_evaluator_and_solver() -> None:
    """Each case shows its goals and is answered as told; each proof holds with what it names."""
    found = coverage(order_spec(), check(order_spec(), file.ORDER))
    print(dict(facts(found)))
    assert found.goals.complete and found.unknown == {}
    assert found.conditions.share == "100 %" and found.clauses.share == "100 %"


def test_each_clause_of_each_rule_has_a_case_or_a_proof() -> None:
    """True with all others, and alone false: counted from the spec, not from the goals."""
    shown = {name for case in stored().cases for name in case.shows}
    for t in order_spec().transitions:
        if t.kind != "environment" and f"{t.label} answers" not in stored().impossible:
            assert f"{t.label} answers" in shown
        for clause in t.clauses:
            name = f"{t.label}: only {clause.text} is false"
            assert name in shown or stored().impossible[name].used, name


def test_what_is_impossible_is_told_and_is_little() -> None:
    """A role is declared and asked for again; a refusal stands behind others that take all."""
    more = (BEHIND, FIRST, ": where ")
    told = [n for n in stored().impossible if not any(text in n for text in more)]
    rules = {t.label for t in order_spec().transitions if t.kind == "rule"}
    ours = [n for n in told if n.split(":")[0].split(" ")[0] in rules]
    redundant = [n for n in ours if n.endswith(": only me.role.is_(RADIANT, HERALD) is false")]
    assert len(redundant) == 14
    for name in redundant:
        role, *others = stored().impossible[name].used[::-1]
        assert role == "not me.role.is_(RADIANT, HERALD)"
        assert others in (["me.role == RADIANT"], ["me.role == HERALD"])
    assert sum(": only " in n for n in ours) == 14
    assert not any(proof.lemmas for proof in stored().impossible.values())


def test_what_only_a_lemma_excludes_is_covered_and_told() -> None:
    """No run leads a controller into a vote; a node that is in one is tested all the same."""
    name = "win: only me.role.is_(RADIANT, HERALD) is false"
    (case,) = [c for c in stored().cases if name in c.shows]
    assert case.situation.before["role"] == "CONTROLLER" and case.breaks
    lemmas = stored().unlikely[name].lemmas
    assert lemmas == ("controllers_by_configuration", "controllers_stay_out")
    likely = [c for c in stored().cases if not c.breaks]
    assert len(likely) > 1500


def test_cases_are_small_and_stand_at_the_border() -> None:
    """Least values; of a comparison the case in which both sides are equal, where that can be."""
    (case,) = [c for c in stored().cases if "grant_vote answers" in c.shows]
    before, event = case.situation.before, case.situation.event
    assert before["accepted_at"] == event.fields["accepted_at"] == ((0, ""), 0)
    assert len({n for c in stored().cases for n in c.situation.config["members"]}) == 2
    terms = {c.situation.before["term"] for c in stored().cases}
    assert max(terms)[0] <= 2


def test_the_figures_in_the_docs_are_those_of_the_file() -> None:
    lines = (ROOT / "docs" / "mcdc.md").read_text(encoding="utf-8").splitlines()
    told_ = [" ".join(line.split()) for line in lines]
    for name, value_ in facts(coverage(order_spec(), stored())):
        assert f"{name} {value_}" in told_


@pytest.mark.slow
def test_the_file_is_what_is_made_now() -> None:
    spec = order_spec()
    assert file.text_of(spec, Maker(spec).make()) == file.ORDER.read_text(encoding="utf-8")


# ---------------------------------------------------------------- teeth: faults in the node


def survivors(spec: Spec, known: Stored | Made, faults: list[tuple[str, int]]) -> list[str]:
    """Return what is not found of rules that lack a clause, where that is not proved impossible.

    A node tries rules in their order. So it may do without a clause that holds wherever no rule
    before answers: that is proved, too, and such a node does nothing else.
    """
    found = []
    for label, at in faults:
        event = spec.by_label[label].event
        assert event is not None
        with node_of(drop_clause(spec, label, at)) as node:
            wrong = cases.run(
                node, stored=known.cases, spec=spec, events={event.__name__}, stop=True
            )
        goal = f"{label}: only {spec.by_label[label].clauses[at].text} is false"
        if not wrong and not {goal, goal + FIRST} & set(known.impossible):
            found.append(f"{label} without clause {at}")
    return found


def clauses(spec: Spec) -> list[tuple[str, int]]:
    return [(t.label, at) for t in spec.transitions for at in range(len(t.clauses))]


def test_a_dropped_clause_is_found_by_the_cases_alone() -> None:
    assert survivors(order_spec(), stored(), clauses(order_spec())[::67]) == []


@pytest.mark.slow
def test_every_dropped_clause_of_the_order_is_found_by_the_cases_alone() -> None:
    assert len(clauses(order_spec())) > 500
    assert survivors(order_spec(), stored(), clauses(order_spec())) == []


@pytest.mark.parametrize("name", SMALL)
def test_every_dropped_clause_of_another_spec_is_found(name: str) -> None:
    spec, made = small(name)
    assert made.unknown == {} and coverage(spec, made).goals.complete
    with node_of(spec) as node:
        assert cases.run(node, stored=made.cases, spec=spec) == []
    assert survivors(spec, made, clauses(spec)) == []


def test_without_its_case_a_dropped_clause_is_not_found() -> None:
    """The cases are needed: each finds what it was made for, others do not."""
    spec, made = small("raft_election")
    goal = "vote_in_this_term: only m.term == me.term is false"
    fewer = [c for c in made.cases if goal not in c.shows]
    assert len(fewer) < len(made.cases)
    at = [c.text for c in spec.by_label["vote_in_this_term"].clauses].index("m.term == me.term")
    with node_of(drop_clause(spec, "vote_in_this_term", at)) as node:
        wrong = cases.run(node, stored=made.cases, spec=spec)
        assert goal in wrong[0].case.shows and "which row answers" in str(wrong[0])
        assert len(cases.run(node, stored=fewer, spec=spec)) < len(wrong)


def of_event(spec: Spec, t: Transition, **changed: object) -> Spec:
    """Return the event's part of the spec with one row changed; nothing else need be read."""
    assert t.event is not None
    rows = [replace(r, **changed) if r is t else r for r in spec.transitions]  # type: ignore[arg-type]
    return replace(spec, transitions=tuple(rows), events={t.event.__name__: t.event})


def noticed(changed: Spec) -> bool:
    known = stored().cases
    return bool(cases.run_spec(changed, stored=known, events=changed.events, stop=True))


def stuck(spec: Spec, goal: Goal) -> Spec:
    """Return the event's part of the spec in which a condition never has the value of the goal."""
    t = spec.by_label[goal.row]
    assert goal.clause is not None
    clause = t.clauses[goal.clause]
    constant = Expr(Kind.CONST, BOOL, (), not goal.value)
    fixed = replace(clause, expr=with_part(plain(clause.expr), goal.path, constant))
    kept = (*t.clauses[: goal.clause], fixed, *t.clauses[goal.clause + 1 :])
    return of_event(spec, t, clauses=kept)


def stuck_goals(spec: Spec, known: Stored | Made) -> list[Goal]:
    shown = told(known)
    goals = [g for e in spec.events.values() for g in goals_of(spec, e)]
    return [g for g in goals if g.what == CONDITION and g.name in shown]


def test_every_condition_that_is_stuck_is_noticed() -> None:
    """Where a condition decides and has the other value, the answer is another: masking MC/DC."""
    spec = order_spec()
    goals = stuck_goals(spec, stored())
    assert len(goals) > 180
    assert [goal.name for goal in goals if not noticed(stuck(spec, goal))] == []


def test_a_comparison_that_is_off_by_one_is_noticed() -> None:
    """Each `<` of a rule's guard made `<=`, and each `<=` made `<`."""
    spec, tried = order_spec(), 0
    for t in (t for t in spec.transitions if t.kind == "rule"):
        for at, clause in enumerate(t.clauses):
            whole = plain(clause.expr)
            for path, _ in conditions(whole):
                one = part_at(whole, path)
                if one.kind in (Kind.LT, Kind.LE):
                    kind = Kind.LE if one.kind is Kind.LT else Kind.LT
                    other = with_part(whole, path, Expr(kind, one.sort, one.args))
                    kept = list(t.clauses)
                    kept[at] = replace(clause, expr=other)
                    assert noticed(of_event(spec, t, clauses=tuple(kept))), (t.label, clause.text)
                    tried += 1
    assert tried > 25


def less(spec: Spec, goal: Goal) -> Spec:
    """Return the event's part of the spec in which an equation holds also where a goal has `<`."""
    t = spec.by_label[goal.row]
    assert goal.clause is not None
    clause = t.clauses[goal.clause]
    (asked, _) = goal.wanted[-1]
    wider = Expr(Kind.LE, BOOL, asked.args)
    fixed = replace(clause, expr=with_part(plain(clause.expr), goal.path, wider))
    return of_event(
        spec, t, clauses=(*t.clauses[: goal.clause], fixed, *t.clauses[goal.clause + 1 :])
    )


def test_an_equation_that_becomes_a_comparison_is_noticed_on_either_side() -> None:
    """Each `==` of a rule's guard made `<=` and `>=`, wherever that is not proved impossible."""
    spec, shown = order_spec(), told(stored())
    goals = [g for e in spec.events.values() for g in goals_of(spec, e) if g.what == VALUE]
    sides = [g for g in goals if g.clause is not None and g.wanted[-1][0].kind is Kind.LT]
    assert len(sides) > 80
    assert all(g.name in shown or g.name in stored().impossible for g in sides)
    tried = [g for g in sides if g.name in shown]
    assert len(tried) > 60
    assert [g.name for g in tried if not noticed(less(spec, g))] == []
    for name in ("dirty_probe", "hear_severe_error", "learn_again", "removed_again"):
        assert any(g.row == name for g in tried)


def effects(spec: Spec) -> list[tuple[Transition, dict[str, object]]]:
    """Return every row that can answer without one of its updates, and without one message."""
    rows = [t for t in spec.transitions if t.kind != "environment"]
    rows = [t for t in rows if f"{t.label} answers" not in stored().impossible]
    fewer: list[tuple[Transition, dict[str, object]]] = []
    for t in rows:
        fewer += [
            (t, {"updates": {n: e for n, e in t.updates.items() if n != u}}) for u in t.updates
        ]
        fewer += [(t, {"sends": t.sends[:at] + t.sends[at + 1 :]}) for at in range(len(t.sends))]
    return fewer


def test_what_a_row_forgets_to_do_is_noticed() -> None:
    """Where a row answers, each variable that it sets changes, and each message goes somewhere."""
    for t, changed in effects(order_spec())[::5]:
        assert noticed(of_event(order_spec(), t, **changed)), (t.label, changed)


@pytest.mark.slow
def test_whatever_a_row_forgets_to_do_is_noticed() -> None:
    found = effects(order_spec())
    assert len(found) > 350
    for t, changed in found:
        assert noticed(of_event(order_spec(), t, **changed)), (t.label, changed)


# ---------------------------------------------------------------- the definition


def value(e: Expr, truths: dict[int, bool]) -> bool:
    """Return the truth of a clause from that of its conditions, by their identity."""
    if id(e) in truths:
        return truths[id(e)]
    inner = [value(a, truths) for a in e.args]
    match e.kind:
        case Kind.NOT:
            return not inner[0]
        case Kind.AND:
            return all(inner)
        case Kind.OR:
            return any(inner)
        case Kind.IMPLIES:
            return not inner[0] or inner[1]
    raise AssertionError(e)


def test_each_pair_of_cases_is_modified_condition_decision_coverage() -> None:
    """Computed again by toggling truth values: in both cases the decision hangs on the condition.

    All other clauses are true, so what is toggled is whether the rule answers.
    """
    spec = order_spec()
    by_goal = {name: case for case in stored().cases for name in case.shows}
    pairs = 0
    for t in (t for t in spec.transitions if t.kind == "rule"):
        assert t.event is not None
        goals = [g for g in goals_of(spec, t.event) if g.row == t.label and g.what == CONDITION]
        for goal in goals:
            if goal.name not in by_goal:
                continue
            s = by_goal[goal.name].situation
            f = Frame(s.config, s.me, s.before, s.event.fields, s.event.sender)
            compiler = TermCompiler()
            held = [bool(compiler.compile(c.expr, {})(f)) for c in t.clauses]
            assert goal.clause is not None
            assert all(v for at, v in enumerate(held) if at != goal.clause)
            whole = plain(t.clauses[goal.clause].expr)
            parts = [part_at(whole, path) for path, _ in conditions(whole)]
            truths = {id(p): bool(compiler.compile(p, {})(f)) for p in parts}
            mine = part_at(whole, goal.path)
            assert truths[id(mine)] is goal.value
            assert value(whole, truths) is held[goal.clause]
            toggled = {**truths, id(mine): not truths[id(mine)]}
            assert value(whole, toggled) is not value(whole, truths), goal.name
            pairs += 1
    assert pairs > 100


def test_a_choice_in_what_a_rule_does_is_tried_both_ways() -> None:
    shown = told(stored())
    for severity in (2, 3):
        for side in ("true", "false"):
            assert f"awake_in_error chooses by me.severity == {severity}, {side}" in shown
    # What a message says is seen by somebody, whatever the variables of the same choice show.
    for side in ("true", "false"):
        text = "me.tried.has(m.error) in (m.error == RECOVER_RESET) & me.tried.has(m.error)"
        assert f"hear_severe_error chooses by {text} in DeclareError, {side}" in shown
    goals = [g for e in order_spec().events.values() for g in goals_of(order_spec(), e)]
    assert sum(g.what == CHOICE for g in goals) > 80
    assert len({g.name for g in goals}) == len(goals)


# ---------------------------------------------------------------- verdicts


def test_what_no_scope_shows_and_nothing_excludes_is_unknown() -> None:
    """With one node alone nobody else's vote is counted: that is no proof of anything."""
    spec, _ = small("raft_election")
    made = Maker(spec, [Scope(nodes=1, atoms=1, bits=1)]).make()
    assert made.unknown and not set(made.unknown) & (set(made.impossible) | told(made))
    assert not coverage(spec, made).goals.complete
    assert coverage(spec, made).conditions.share != "100 %"
    for why in made.unknown.values():
        assert why.startswith("no case with 1 node, ")


def test_a_clause_that_another_implies_is_impossible_with_its_proof() -> None:
    spec, _ = small("raft_election")
    t = spec.by_label["vote_in_this_term"]
    doubled = (*t.clauses, replace(t.clauses[1], text="the same again"))
    rows = [replace(r, clauses=doubled) if r is t else r for r in spec.transitions]
    changed = replace(spec, transitions=tuple(rows))
    made = Made()
    assert t.event is not None
    Maker(changed).add(made, t.event)
    name = f"{t.label}: only the same again is false"
    assert made.impossible[name] == Proof((t.clauses[1].text, "not the same again"))
    assert name not in told(made)


def test_no_case_shows_what_is_said_to_be_impossible() -> None:
    spec = order_spec()
    judge = Maker(spec).judge
    goals = {g.name: g for e in spec.events.values() for g in goals_of(spec, e)}
    by_event: dict[str, list[Goal]] = {}
    for name in stored().impossible:
        event = spec.by_label[goals[name].row].event
        assert event is not None
        by_event.setdefault(event.__name__, []).append(goals[name])
    for case in stored().cases:
        for goal in by_event.get(case.situation.event.name, ()):
            assert not judge.shows(case.situation, goal), goal.name


def test_another_reading_of_the_rules_excludes_the_same_clauses() -> None:
    """The comparison on all values asks whether a clause can decide of other formulas."""
    spec = order_spec()
    model = CompiledModel(spec)
    for label in ("heartbeat", "hear_elected", "win", "dirty_probe", "detect", "learn"):
        for asked in exhaustive.goals(spec.by_label[label]):
            if asked.alone:
                name = f"{label}: only {asked.text} is false"
                excluded = exhaustive.is_possible(model, asked) is False
                assert excluded is (name in stored().impossible), name


def test_a_proof_with_too_little_does_not_hold() -> None:
    spec = order_spec()
    known = Impossible(spec, Maker(spec).given)
    name, proof = next((n, p) for n, p in stored().impossible.items() if len(p.used) > 1)
    goal = next(g for e in spec.events.values() for g in goals_of(spec, e) if g.name == name)
    assert known.holds(goal, proof)
    for at in range(len(proof.used)):
        assert not known.holds(goal, Proof(proof.used[:at] + proof.used[at + 1 :]))
    assert not known.holds(goal, Proof((*proof.used, "something else")))


# ---------------------------------------------------------------- a node that fails


def test_a_node_that_raises_is_a_finding() -> None:
    spec, made = small("raft_election")
    with node_of(spec) as node:
        node._ON_OTHER.clear()
        wrong = cases.run(node, stored=made.cases, spec=spec, events={"BeatDue"})
    assert wrong and "raises" in str(wrong[0]) and "case " in str(wrong[0])
    assert all(isinstance(f.case, Case) for f in wrong)
