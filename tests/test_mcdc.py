"""Solver-made tests (issue 5): every clause of every guard decides by itself, both ways.

"They are stored as a readable, regenerable data file and run against the implementation in
milliseconds. Report modified condition/decision coverage of the spec; 100 %, or the clause is named
as impossible with its proof."
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from checkers import tasks
from checkers.counterexamples.rerun import package_of
from checkers.mcdc import cases, file
from checkers.mcdc.cases import Case
from checkers.mcdc.check import check
from checkers.mcdc.coverage import coverage, facts
from checkers.mcdc.file import BadFile, Stored
from checkers.mcdc.goals import (
    BEHIND,
    CHOICE,
    CLAUSE,
    CONDITION,
    FIRST,
    Goal,
    conditions,
    goals_of,
    part_at,
    plain,
    with_part,
)
from checkers.mcdc.impossible import Impossible, Proof
from checkers.mcdc.make import Made, Maker
from checkers.mcdc.values import from_json, to_json
from model.evaluate.terms import Frame, TermCompiler
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.load import load
from model.lang.sorts import BOOL, NODE, MapSort, MaybeSort, OrderSort, SetSort, StructSort
from model.lang.spec import drop_clause
from model.smt.bounded import Scope
from tests.generated_nodes import order_spec

ROOT = Path(__file__).resolve().parent.parent
PROTOCOLS = ROOT / "docs" / "protocols"
TRAPS = ROOT / "tests" / "soundness_traps"
SMALL = ("raft_election", "two_phase_commit")
"""Two specs unlike the order, whose cases are made here."""


@functools.cache
def stored() -> Stored:
    return file.read(order_spec(), file.ORDER)


@functools.cache
def small(name: str) -> tuple[Spec, Made]:
    spec = load(str(PROTOCOLS / f"{name}.py"))
    return spec, Maker(spec).make()


@contextmanager
def node_of(spec: Spec) -> Iterator[ModuleType]:
    """Give the node that a spec generates, and forget it afterwards."""
    finders = list(sys.meta_path)
    package = package_of(spec)
    try:
        yield importlib.import_module(f"{package}.node")
    finally:
        sys.meta_path[:] = finders
        if package.startswith("generated_"):
            for name in [m for m in sys.modules if m.split(".")[0] == package]:
                del sys.modules[name]


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
    told = [n for n in stored().impossible if BEHIND not in n and not n.endswith(FIRST)]
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
    assert len(likely) > 700


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


def told(stored_: Stored | Made) -> set[str]:
    return {name for case in stored_.cases for name in case.shows}


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


def stuck(spec: Spec, goal: Goal) -> Spec:
    """Return the event's part of the spec in which a condition never has the value of the goal."""
    t = spec.by_label[goal.row]
    assert goal.clause is not None and t.event is not None
    clause = t.clauses[goal.clause]
    constant = Expr(Kind.CONST, BOOL, (), not goal.value)
    fixed = replace(clause, expr=with_part(plain(clause.expr), goal.path, constant))
    kept = (*t.clauses[: goal.clause], fixed, *t.clauses[goal.clause + 1 :])
    rows = [replace(r, clauses=kept) if r is t else r for r in spec.transitions]
    events = {t.event.__name__: t.event}  # the others are as they were, and need not be read
    return replace(spec, transitions=tuple(rows), events=events)


def stuck_goals(spec: Spec, known: Stored | Made) -> list[Goal]:
    shown = told(known)
    goals = [g for e in spec.events.values() for g in goals_of(spec, e)]
    return [g for g in goals if g.what == CONDITION and g.name in shown]


def test_every_condition_that_is_stuck_is_noticed() -> None:
    """Where a condition decides and has the other value, the answer is another: masking MC/DC."""
    spec = order_spec()
    goals = stuck_goals(spec, stored())
    assert len(goals) > 180
    unnoticed = []
    for goal in goals:
        changed = stuck(spec, goal)
        if not cases.run_spec(changed, stored=stored().cases, events=changed.events, stop=True):
            unnoticed.append(goal.name)
    assert unnoticed == []


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


def test_a_proof_with_too_little_does_not_hold() -> None:
    spec = order_spec()
    known = Impossible(spec, Maker(spec).given)
    name, proof = next((n, p) for n, p in stored().impossible.items() if len(p.used) > 1)
    goal = next(g for e in spec.events.values() for g in goals_of(spec, e) if g.name == name)
    assert known.holds(goal, proof)
    for at in range(len(proof.used)):
        assert not known.holds(goal, Proof(proof.used[:at] + proof.used[at + 1 :]))
    assert not known.holds(goal, Proof((*proof.used, "something else")))


# ---------------------------------------------------------------- the file


def rewritten(text: str, line: int, old: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "".join(lines)


def checked_again(text: str) -> str:
    """Return the file as one who edits it on purpose would write it, checks and all."""
    lines, before = [], ""
    for one in text.splitlines():
        entry = json.loads(one)
        entry.pop("check")
        body = json.dumps(entry, ensure_ascii=False)[:-1]
        before = file._check(before, body)
        lines.append(f'{body}, "check": "{before}"}}\n')
    return "".join(lines)


@pytest.fixture(scope="module")
def raft_text() -> str:
    spec, made = small("raft_election")
    return file.text_of(spec, made)


def reason(name: str, text: str, tmp_path: Path) -> str:
    path = tmp_path / "cases.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        check(small(name)[0], path)
    return str(caught.value)


def test_what_is_written_is_read_again(raft_text: str, tmp_path: Path) -> None:
    spec, made = small("raft_election")
    path = tmp_path / "cases.jsonl"
    path.write_text(raft_text, encoding="utf-8")
    found = check(spec, path)
    assert found.cases == made.cases and found.impossible == made.impossible
    assert file.why_stale(spec, path) == ""
    assert checked_again(raft_text) == raft_text


@pytest.mark.parametrize(
    ("line", "old", "new", "told_"),
    [
        (2, '"me": "n1"', '"me": "n2"', "line 2: its check does not fit: it was changed by hand"),
        (5, ', "check": "', ', "cheque": "', "line 5: it does not end with its check"),
        (1, '"schema": 1', '"schema": 2', "line 1: its check does not fit"),
        (3, "\n", "", "line 3: its check does not fit"),  # two lines have become one
    ],
)
def test_a_line_changed_by_hand_is_told(
    raft_text: str, tmp_path: Path, line: int, old: str, new: str, told_: str
) -> None:
    text = rewritten(raft_text, line, old, new)
    assert reason("raft_election", text, tmp_path).startswith(told_)
    assert file.why_stale(small("raft_election")[0], tmp_path / "cases.jsonl")


def test_lines_lost_or_moved_are_told(raft_text: str, tmp_path: Path) -> None:
    lines = raft_text.splitlines(keepends=True)
    lost = "".join(lines[:6] + lines[7:])
    assert reason("raft_election", lost, tmp_path).startswith("line 7: its check does not fit")
    moved = "".join([*lines[:3], lines[4], lines[3], *lines[5:]])
    assert reason("raft_election", moved, tmp_path).startswith("line 4: its check does not fit")
    ended = "".join(lines[:-2])
    assert "the header says" in reason("raft_election", ended, tmp_path)
    assert "cut off" in reason("raft_election", raft_text[:-20], tmp_path)
    assert reason("raft_election", "", tmp_path) == "line 1: the file is empty"


@pytest.mark.parametrize(
    ("old", "new", "told_"),
    [
        ('"print": "', '"print": "0', "it was before it was changed"),
        ('"schema": 1', '"schema": 99', "its schema is 99; this program reads 1"),
        ('"spec": "raft_election"', '"spec": "order"', "its cases are of the spec 'order'"),
        ('"oathbound": "cases"', '"oathbound": "recipes"', "no header of a file of cases"),
        ('"lines": {', '"rows": {', "it does not say how many lines follow"),
    ],
)
def test_a_header_of_something_else_is_told(
    raft_text: str, tmp_path: Path, old: str, new: str, told_: str
) -> None:
    text = checked_again(rewritten(raft_text, 1, old, new))
    assert told_ in reason("raft_election", text, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "told_"),
    [
        ('"row": "', '"row": "no_such_', "something is missing or misplaced"),
        ('"reply": "', '"reply": "Strange', "something is missing or misplaced"),
        ('"event": "RequestVote"', '"event": 7', "something is missing or misplaced"),
        ('"sets": {', '"sets": {"votes": [1], ', "votes"),
        ('"sender": "', '"bender": "', "a message has one, and nothing else"),
        ('"case": 1', '"face": 1', "it is none of: case, unlikely, impossible, unknown"),
        ('"shows": ["', '"shows": ["what nobody asked for", "', "asks for no such thing"),
        ('"state": {', '"state": {"rank": 1, ', "something is missing or misplaced"),
        (
            '"row": "vote_in_this_term"',
            '"row": "RequestVote/stale"',
            "the evaluator answers otherwise",
        ),
        ('"me": "n1"', '"me": ""', "me"),
    ],
)
def test_a_case_that_is_not_true_is_told(
    raft_text: str, tmp_path: Path, old: str, new: str, told_: str
) -> None:
    """Even with checks that fit: everything is judged again."""
    at = next(i for i, one in enumerate(raft_text.splitlines(), 1) if i > 1 and old in one)
    text = rewritten(raft_text, at, old, new)
    said = reason("raft_election", checked_again(text), tmp_path)
    assert told_ in said and said.startswith(f"line {at}: ")


def test_a_proof_that_is_not_true_is_told(raft_text: str, tmp_path: Path) -> None:
    lines = raft_text.splitlines()
    at = next(i for i, one in enumerate(lines, 1) if one.startswith('{"impossible": '))
    entry = json.loads(lines[at - 1])
    entry["since"] = entry["since"][:1]
    lines[at - 1] = json.dumps(entry, ensure_ascii=False)
    text = checked_again("\n".join(lines) + "\n")
    assert reason("raft_election", text, tmp_path).startswith(f"line {at}: its proof does not hold")


def test_a_goal_that_no_line_tells_of_is_told(raft_text: str, tmp_path: Path) -> None:
    lines = raft_text.splitlines()
    at = next(i for i, one in enumerate(lines) if one.startswith('{"impossible": '))
    header = json.loads(lines[0])
    header["lines"]["impossible"] -= 1
    lines = [json.dumps(header, ensure_ascii=False), *lines[1:at], *lines[at + 1 :]]
    told_ = reason("raft_election", checked_again("\n".join(lines) + "\n"), tmp_path)
    assert "no line tells whether this can be shown" in told_


@pytest.mark.parametrize(
    ("body", "told_"),
    [
        ('{"case": ', "line 2: it is no JSON"),
        ("[" * 100_000, "line 2: it is no JSON"),
        ('["case"', "line 2: it is no JSON"),
    ],
)
def test_a_line_that_is_no_json_is_told(
    raft_text: str, tmp_path: Path, body: str, told_: str
) -> None:
    header = raft_text.splitlines(keepends=True)[0]
    check_ = file._check(header.rstrip()[-10:-2], body)
    text = f'{header}{body}, "check": "{check_}"}}\n'
    assert reason("raft_election", text, tmp_path).startswith(told_)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"{}\n\xff\xfe\n")
    assert file.why_stale(order_spec(), path) == "line 2: it is no text in UTF-8"
    assert file.why_stale(order_spec(), tmp_path / "none.jsonl") == "missing"


@pytest.mark.parametrize("seed", ["1", "4711"])
def test_the_bytes_do_not_depend_on_hashes_or_on_the_solvers_chance(seed: str) -> None:
    """The least case is one, whatever the solver tries first."""
    program = (
        "import sys, z3\n"
        f"z3.set_param('sat.random_seed', {seed}); z3.set_param('smt.random_seed', {seed})\n"
        f"z3.set_param('sat.phase', 'random')\n"
        "from checkers.mcdc import file\n"
        "from checkers.mcdc.make import Maker\n"
        "from model.lang.load import load\n"
        f"spec = load({str(PROTOCOLS / 'raft_election.py')!r})\n"
        "sys.stdout.buffer.write(file.text_of(spec, Maker(spec).make()).encode())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    spec, made = small("raft_election")
    assert ran.stdout.decode() == file.text_of(spec, made)


def test_verify_tells_that_the_file_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tasks._stale_cases(order_spec()) == []
    text = file.ORDER.read_text(encoding="utf-8")
    path = ROOT / "tests" / "cases" / "order.jsonl"
    assert path == file.ORDER
    t = order_spec().by_label["win"]
    changed = drop_clause(order_spec(), t.label, 2)
    (stale,) = tasks._stale_cases(changed)
    assert stale.path == "tests/cases/order.jsonl"
    assert stale.why == (
        "line 1: its cases were made from the spec as it was before it was changed; run `make cases`"
    )
    monkeypatch.setattr(file, "ORDER", tmp_path / "order.jsonl")
    file.ORDER.write_text(rewritten(text, 40, '"config"', '"konfig"'), encoding="utf-8")
    assert file.why_stale(order_spec(), file.ORDER).startswith("line 40: its check does not fit")


# ---------------------------------------------------------------- values and odd names


@pytest.mark.parametrize(
    ("sort", "given"),
    [
        (OrderSort("T", owned=True), (2, "n1")),
        (OrderSort("T", owned=True), (0, "")),
        (OrderSort("N", owned=False), 3),
        (MaybeSort("M", NODE), None),
        (MaybeSort("M", NODE), "n2"),
        (SetSort("S", NODE), frozenset({"n2", "n1"})),
        (StructSort("P", (("term", OrderSort("T", owned=True)), ("on", BOOL))), ((1, "a"), True)),
        (MapSort("F", NODE, BOOL), frozenset({("n1", True), ("n2", True)})),
    ],
)
def test_a_value_is_read_as_it_was_written(sort: object, given: object) -> None:
    data = json.loads(json.dumps(to_json(given, sort)))  # type: ignore[arg-type]
    assert from_json(data, sort, "here") == given  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [7, [1], [1, 2, 3], "x", {"a": 1}, [[], {}], None, True, ["n1", 1]]
)
def test_what_is_no_value_is_told(data: object) -> None:
    with pytest.raises(EvaluationError, match="here"):
        from_json(data, OrderSort("T", owned=True), "here")


@pytest.mark.parametrize(
    "name",
    ["constant_named_like_the_least", "field_named_like_the_least", "set_of_another_state"],
)
def test_nodes_of_specs_with_odd_names_or_one_variable_run(name: str) -> None:
    """A sort may be called `config` or `event`, as what a generated reader reads."""
    spec = load(str(TRAPS / f"{name}.py"))
    made = Maker(spec).make()
    with node_of(spec) as node:
        assert made.cases and cases.run(node, stored=made.cases, spec=spec) == []


def test_a_node_that_raises_is_a_finding() -> None:
    spec, made = small("raft_election")
    with node_of(spec) as node:
        node._ON_OTHER.clear()
        wrong = cases.run(node, stored=made.cases, spec=spec, events={"BeatDue"})
    assert wrong and "raises" in str(wrong[0]) and "case " in str(wrong[0])
    assert all(isinstance(f.case, Case) for f in wrong)


# ---------------------------------------------------------------- the command


def oathbound(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "checkers", "mcdc", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_makes_checks_and_tells(tmp_path: Path) -> None:
    spec, out = str(PROTOCOLS / "lock_service.py"), str(tmp_path / "cases.jsonl")
    missing = oathbound(spec, "--check", "--out", out)
    assert missing.returncode == 1 and "missing" in missing.stdout
    assert f"fix: run `oathbound mcdc {spec} --out {out}`" in missing.stderr
    data = tmp_path / "found.json"
    made = oathbound(spec, "--out", out, "--json", str(data))
    assert made.returncode == 0, made.stdout + made.stderr
    assert "100 % of the conditions" in made.stdout and "it differs on 0" in made.stdout
    found = json.loads(data.read_text())
    assert found["exit_status"] == 0 and found["conditions"]["covered"] == 3
    assert found["goals"][CLAUSE]["covered"] == 3
    assert oathbound(spec, "--check", "--out", out).returncode == 0
    text = Path(out).read_text()
    Path(out).write_text(text.replace('"n1"', '"n2"', 1))
    damaged = oathbound(spec, "--check", "--out", out)
    assert damaged.returncode == 1 and "line 2: its check does not fit" in damaged.stdout
    assert Path(out).read_text() != text, "with --check nothing is written"


def test_the_command_line_is_refused_with_a_fix(tmp_path: Path) -> None:
    spec = str(PROTOCOLS / "lock_service.py")
    for args in ((spec, "--out", str(tmp_path)), ("no/such.py",)):
        refused = oathbound(*args)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr
