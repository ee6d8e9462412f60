"""Maps, and specs without roles, mean the same in every reading; and what tells them is told well.

A map is an uninterpreted element to the unbounded reading, a value for each key to the bounded one,
a set of pairs to the evaluator and a dictionary to the generated node. A disagreement between them
could hide a false proof, so the same questions are put to each.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import z3

from checkers import artefacts, counterexamples, structure, verify
from checkers.conformance import exhaustive
from checkers.conformance.setting import Setting
from checkers.induction import INITIAL, Obligation, Prover
from checkers.reach import reach, standard_config
from checkers.solving import Limits, Portfolio
from checkers.story import plain
from checkers.verdict import Verdict
from model.evaluate import EvaluationError, check_value, terms
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.load import load
from model.smt import SystemStep, Translator, Vocabulary
from model.smt.bounded import BoundedVocabulary, Scope
from tests.generated_nodes import compare
from tests.generated_nodes import load as generated
from tests.map_toy import Counts, Held, toy
from tests.patience import PATIENCE
from tests.test_verify import oathbound

ROOT = Path(__file__).resolve().parent.parent
TRUE = ("put-there", "swapped", "visited", "begins-as-given", "defaults")
FALSE = ("false-others", "false-relation", "false-start", "false-order", "false-set")


@pytest.fixture(scope="module")
def spec() -> Spec:
    return toy()


def stating(spec: Spec, *names: str) -> Spec:
    """Return the spec with these statements alone: what is false would prove anything."""
    return replace(spec, statements={name: spec.statements[name] for name in names})


def obligations(prover: Prover, name: str) -> list[Obligation]:
    made = itertools.chain.from_iterable(
        prover.of_transition(t, frozenset({name})) for t in prover.spec.transitions
    )
    found = [o for o in [*made, *prover.of_initial_state(frozenset({name}))]]
    return [o for o in found if isinstance(o, Obligation) and o.property == name]


def within(seconds: float) -> Portfolio:
    """Ask in this process alone."""
    return Portfolio(Limits(seconds), ways=())


# ---------------------------------------------------------------- true and false


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_proved_in_both_readings(spec: Spec, name: str) -> None:
    def bounded(one: Spec) -> Vocabulary:
        return BoundedVocabulary(one, Scope(2, 2, 2, 1))

    spec = stating(spec, *TRUE)
    for prover in (Prover(spec), Prover(spec, bounded)):
        results = [o.discharge(within(PATIENCE)) for o in obligations(prover, name)]
        assert results and all(r.verdict is Verdict.PROVED for r in results)


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refuted_and_replayed(spec: Spec, name: str) -> None:
    spec = stating(spec, name)
    failed = [
        r
        for r in (o.discharge(within(1)) for o in obligations(Prover(spec), name))
        if r.verdict is not Verdict.PROVED
    ]
    told = []
    for result in failed:
        found = counterexamples.find(spec, name, result.transition)
        if found is not None:
            told.append(counterexamples.explain(spec, found))
    assert told and all(one.replayed for one in told)


def test_a_counterexample_shows_the_entries_of_a_map(spec: Spec) -> None:
    spec = stating(spec, "false-start")
    found = counterexamples.find(spec, "false-start", INITIAL)
    assert found is not None
    home = found.config["home"]
    assert home and all(isinstance(entry, tuple) and entry[1] for entry in home)
    before = [plain(line) for line in counterexamples.explain(spec, found).before]
    assert any("config home = {(k1, n" in line for line in before)


def test_random_runs_agree_with_the_proofs(spec: Spec) -> None:
    config, nodes = standard_config(spec)
    found = reach(spec, 1, 6_000, 3_000, config, nodes)
    assert not found.missing_rules
    assert set(found.broken) <= set(FALSE)
    assert {"false-others", "false-order", "false-set"} <= set(found.broken)


# ---------------------------------------------------------------- the generated node


def test_the_generated_node_keeps_maps_as_the_evaluator_does(spec: Spec, tmp_path: Path) -> None:
    module = generated(spec, tmp_path)
    config = {"seen": frozenset(), "home": frozenset({("k1", "a")})}
    answered = compare(spec, module, config, 3_000)
    assert {"hold", "swap", "visit"} <= set(answered)
    pools: dict[str, tuple[Any, ...]] = {
        "Node": ("a", "b"),
        "Key": ("k1", "k2"),
        "Count": (0, 1),
        "Held": (frozenset(), frozenset({("k1", "a")}), frozenset({("k1", "b"), ("k2", "a")})),
        "Seen": (frozenset(), frozenset({(("k1", "a"), True)})),
        "Counts": (frozenset(), frozenset({("a", 1)})),
        "Groups": (frozenset(), frozenset({(1, frozenset("ab"))})),
        "Pairs": (frozenset(), frozenset({("k2", (1, None))})),
    }
    values = Setting(lambda: spec, "a", config, pools)
    report = exhaustive.run(spec, values=values, package=module.__name__)
    assert report.ok, str(report)


def test_a_default_is_not_kept(spec: Spec, tmp_path: Path) -> None:
    module = generated(spec, tmp_path)
    put = module.types.put
    assert put({"a": 1}, "a", 0, 0) == {} and put({}, "b", 2, 0) == {"b": 2}
    kept = {"a": 1}
    put(kept, "a", 3, 0)
    assert kept == {"a": 1}


@pytest.mark.parametrize(
    ("value", "sort"),
    [
        (frozenset({("k", None)}), Held.sort),
        (frozenset({("k", "a"), ("k", "b")}), Held.sort),
        (frozenset({"k"}), Held.sort),
        (frozenset({("a", -1)}), Counts.sort),
        ({"k": "a"}, Held.sort),
    ],
)
def test_what_is_no_map_is_told(value: Any, sort: Any) -> None:
    with pytest.raises(EvaluationError):
        check_value(value, sort, "here")


# ---------------------------------------------------------------- soundness


def test_obligations_do_not_depend_on_what_was_translated_before() -> None:
    """The axioms are of all symbols of the spec, not of those that happened to be met so far."""
    paxos = load(str(ROOT / "docs/protocols/paxos.py"))
    fresh, used = Vocabulary(paxos), Vocabulary(paxos)
    for transition in paxos.transitions:
        SystemStep(paxos, transition, used)
    assert [name for name, _ in fresh.axioms()] == [name for name, _ in used.axioms()]
    assert [f.sexpr() for _, f in fresh.axioms()] == [f.sexpr() for _, f in used.axioms()]


def test_a_relation_cannot_tell_one_nothing_from_another() -> None:
    """Else `sent(Promise, value=None)` would be several messages to the solver."""
    paxos = load(str(ROOT / "docs/protocols/paxos.py"))
    v = Vocabulary(paxos)
    ballot = z3.Const("b", v.sort(paxos.sorts["Ballot"].sort))
    one, other = (z3.Const(n, v.sort(paxos.sorts["Value"].sort)) for n in "xy")
    nothing = z3.BoolVal(False)
    solver = z3.Solver()
    solver.add(*(f for _, f in v.axioms()))
    solver.add(v.ghost("proposal", [ballot, (nothing, one)]))
    solver.push()
    solver.add(z3.Not(v.ghost("proposal", [ballot, (nothing, other)])))
    assert solver.check() == z3.unsat
    solver.pop()
    solver.add(z3.Not(v.ghost("proposal", [ballot, (z3.BoolVal(True), one)])))
    assert solver.check() != z3.unsat


# ---------------------------------------------------------------- configurations


def test_runs_begin_with_a_configuration_that_is_assumed() -> None:
    """A ring is none of the standard configurations; the scenario tells one."""
    ring = load(str(ROOT / "docs/protocols/ring_election.py"))
    config, nodes = standard_config(ring)
    assert nodes == ["a", "b", "c", "d"] and config == ring.scenarios[0].config


def test_without_a_configuration_nothing_is_reached(tmp_path: Path) -> None:
    text = (ROOT / "docs/protocols/ring_election.py").read_text(encoding="utf-8")
    start, end = text.index("ELECTION = "), text.index("def spec()")
    file = tmp_path / "ring_election.py"
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    bare = load(str(file))
    found = reach(bare, 1, 100)
    assert found.steps == 0 and not found.complete()
    options = verify.Options(jobs=1, run_steps=100)
    report = verify.Verification(bare, options, lambda *_: None).run()
    (possible,) = (f for f in report.findings if f.name == structure.POSSIBLE)
    assert possible.verdict is Verdict.UNKNOWN and report.exit_status() == 3
    assert "no configuration is known that satisfies the assumptions" in possible.reason


# ---------------------------------------------------------------- where derived files lie


def test_derived_files_of_another_spec_leave_those_of_the_order_alone(tmp_path: Path) -> None:
    file = tmp_path / "lock_service.py"
    file.write_bytes((ROOT / "docs/protocols/lock_service.py").read_bytes())
    before = {p: p.read_bytes() for p in (ROOT / "docs/reference").rglob("*.md")}
    made = oathbound("generate", str(file))
    assert made.returncode == 0, made.stderr
    home = tmp_path / "lock_service.derived"
    assert (home / "lock_service" / "node.py").is_file()
    assert (home / "reference" / "index.md").is_file()
    assert {p: p.read_bytes() for p in (ROOT / "docs/reference").rglob("*.md")} == before
    assert not (ROOT / "impl" / "lock_service").exists()
    assert oathbound("generate", str(file), "--check").returncode == 0
    (home / "reference" / "rules.md").write_text("by hand")
    stale = oathbound("generate", str(file), "--check")
    assert stale.returncode == 1 and "rules.md: not what the spec gives now" in stale.stdout
    assert f"fix: run `oathbound generate {file}`" in stale.stderr


def test_derived_files_go_where_they_are_told_to(tmp_path: Path) -> None:
    spec = load(str(ROOT / "docs/protocols/paxos.py"))
    home = artefacts.home_of(spec, "docs/protocols/paxos.py", tmp_path / "out")
    written = artefacts.write_figures(spec, home)
    assert "paxos_states.svg" in written
    assert (tmp_path / "out" / "paxos_states.svg").is_file()
    assert not artefacts.stale_figures(spec, home)
    _, pages = artefacts.generated_texts(spec, home)
    assert "(../paxos_states.svg)" in pages["reference/states.md"]
    assert "All nodes are alike" in pages["reference/permissions.md"]
    assert "``" not in pages["reference/permissions.md"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    out = str(tmp_path / "taken" / "below")
    told = oathbound("generate", "docs/protocols/lock_service.py", "--out", out)
    assert told.returncode == 2 and "error: cannot write below" in told.stderr
    assert "Traceback" not in told.stderr


# ---------------------------------------------------------------- wrong readings are found


def unproved(spec: Spec, bounded: bool) -> set[str]:
    def scoped(one: Spec) -> Vocabulary:
        return BoundedVocabulary(one, Scope(2, 2, 2, 1))

    stated = stating(spec, *TRUE)
    prover = Prover(stated, scoped) if bounded else Prover(stated)
    return {
        name
        for name in TRUE
        for o in obligations(prover, name)
        if o.discharge(within(1)).verdict is not Verdict.PROVED
    }


def test_a_wrong_unbounded_reading_is_found(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Translator.value_at

    def nothing_is_put(self: Translator, whole: Expr, key: Any) -> Any:
        return right(self, whole.args[0] if whole.kind is Kind.PUT else whole, key)

    def put_everywhere(self: Translator, whole: Expr, key: Any) -> Any:
        return self.value(whole.args[2]) if whole.kind is Kind.PUT else right(self, whole, key)

    monkeypatch.setattr(Translator, "value_at", nothing_is_put)
    assert {"put-there", "swapped", "visited"} <= unproved(spec, bounded=False)
    monkeypatch.setattr(Translator, "value_at", put_everywhere)
    assert {"put-there", "swapped"} <= unproved(spec, bounded=False)


def test_a_wrong_bounded_reading_is_found(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedVocabulary, "value_at", lambda self, sort, whole, key: whole[0])
    assert {"put-there", "visited"} <= unproved(spec, bounded=True)


def test_a_wrong_evaluator_does_not_confirm(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_none(_: Expr, args: list[Any]) -> Any:
        return lambda f: None

    false = stating(spec, "false-others")
    found = counterexamples.find(false, "false-others", "swap")
    assert found is not None and counterexamples.explain(false, found).replayed
    monkeypatch.setitem(terms._MAKERS, Kind.AT, at_none)
    assert not counterexamples.explain(false, found).replayed
