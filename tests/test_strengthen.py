"""`oathbound strengthen` (issue 3, finding lemmas): what it must find and must not claim."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import z3

from checkers.induction import Prover
from checkers.solving import Portfolio
from checkers.strengthen import houdini, search
from checkers.strengthen.asker import A_SECOND, Asker, Reply, bounded, check
from checkers.strengthen.command import told
from checkers.strengthen.mine import Candidate, Miner
from checkers.strengthen.pdr import Pdr
from checkers.strengthen.samples import sample
from checkers.strengthen.search import Found, Options, Search, confirm, only
from checkers.strengthen.source import Lemma, Writer, slug
from checkers.verdict import Result, Verdict
from model.evaluate import Evaluator
from model.lang import Spec
from model.lang.expr import Expr, Kind, show
from model.lang.load import load
from model.lang.sorts import BOOL
from model.lang.spec import Statement, drop_clause
from tests.patience import PATIENCE
from tests.strengthen_specs import once as once_module
from tests.strengthen_specs import raft as raft_module

ROOT = Path(__file__).resolve().parent.parent
RAFT = ROOT / "tests" / "strengthen_specs" / "raft.py"
LOCK = ROOT / "docs" / "tutorial_lock.py"
FEW = 60
"""Episodes of random runs: enough for small specs."""


def quiet(_: str) -> None:
    pass


def find(spec: Spec, *goals: str, alone: bool = True, pdr: bool = True) -> Found:
    return Search(spec, Options(goals, alone, PATIENCE, episodes=FEW, pdr=pdr), quiet).run()


def pasted(path: Path, found: Found, folder: Path) -> Spec:
    """Return the spec of a file with the found lemmas pasted before its last function."""
    writer = Writer(found.spec)
    text = path.read_text(encoding="utf-8")
    at = text.index("def spec() -> Spec:")
    parts = [*writer.names(found.lemmas), *(writer.lemma(x) for x in found.lemmas)]
    target = folder / path.name
    target.write_text(text[:at] + "\n\n\n".join([*parts, text[at:]]), encoding="utf-8")
    return load(str(target))


def proves_by_itself(spec: Spec) -> bool:
    """Tell whether the ordinary prover proves every statement of a spec."""
    prover = Prover(spec)
    names = frozenset(s.name for s in spec.of_kind("safety", "lemma"))
    found = [*prover.of_initial_state(names)]
    found += [o for t in spec.transitions for o in prover.of_transition(t, names)]
    with Portfolio() as portfolio:
        results = [o if isinstance(o, Result) else o.discharge(portfolio) for o in found]
    return all(r.verdict is Verdict.PROVED for r in results)


# ---------------------------------------------------------------- what it must find


def test_one_vote_per_term_needs_that_votes_are_remembered() -> None:
    found = find(raft_module.spec(), "one-vote")
    assert found.verdict is Verdict.PROVED and found.exit_status() == 0
    texts = " ".join(show(x.formula) for x in found.lemmas)
    assert "term <= a.term" in texts and "n.vote == v" in texts
    assert set(found.needed) == {x.name for x in found.lemmas}


def test_rafts_election_lemmas_with_the_quorum_argument(tmp_path: Path) -> None:
    """One leader per term, where anybody may stand in any term (Ongaro and Ousterhout, 2014)."""
    found = find(raft_module.spec(), "one-leader")
    assert found.verdict is Verdict.PROVED
    texts = [show(x.formula) for x in found.lemmas]
    assert any("majority(" in t for t in texts), "a leader has a majority"
    assert any("sent(Vote, a, " in t and "term <= a.term" in t for t in texts), "votes are old"
    assert any("n.votes.has(v)" in t and "sent(Vote, v, n" in t for t in texts), "votes were sent"
    assert proves_by_itself(pasted(RAFT, found, tmp_path))


@pytest.fixture(scope="module")
def lock() -> Found:
    """What is found for the lock service's property alone."""
    return find(load(str(LOCK)), "one-holder")


def test_the_lock_service_is_proved_from_its_property_alone(lock: Found, tmp_path: Path) -> None:
    assert lock.verdict is Verdict.PROVED
    assert proves_by_itself(pasted(LOCK, lock, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("goal", "lemmas"),
    [
        ("S2", {"owner(t) == n", "owner(n.term) == n"}),
        ("S2.votes", {"n.votes.has(v) & n.standing"}),
        ("S10", set()),
        ("S12", set()),
        ("S1.Elected", {"elected(n, n.term)"}),
    ],
)
def test_the_orders_election_lemmas(goal: str, lemmas: set[str]) -> None:
    """Issue 3: it must recover the election lemmas of the order from S2 alone."""
    options = Options((goal,), True, 10 * PATIENCE)
    found = Search(load("order"), options, quiet).run()
    assert found.verdict is Verdict.PROVED, told(found)
    texts = " ".join(show(x.formula) for x in found.lemmas)
    assert all(part in texts for part in lemmas), texts


def test_declared_lemmas_are_used_before_new_ones() -> None:
    found = find(load(str(LOCK)), "one-holder", alone=False)
    assert found.verdict is Verdict.PROVED and not found.lemmas
    assert {"holder_is_known", "open_grant_is_the_last"} <= set(found.declared)


def test_each_found_lemma_has_an_obligation_that_fails_without_it(lock: Found) -> None:
    spec, found = lock.spec, lock
    asker = Asker(only(spec, [spec.statements["one-holder"]]), 5 * A_SECOND)
    known = {x.name: x.statement() for x in found.lemmas}
    known["one-holder"] = spec.statements["one-holder"]
    assert set(found.needed) == set(known) - {"one-holder"}
    for lemma, (what, step) in found.needed.items():
        rest = [s for n, s in known.items() if n != lemma]
        assert not asker.ask(step, known[what], rest).holds
        assert asker.ask(step, known[what], list(known.values())).holds


# ---------------------------------------------------------------- what it must not claim


def test_a_broken_protocol_is_refuted_by_a_run() -> None:
    """A voter that forgets the term it voted in: two candidates get its vote."""
    spec = raft_module.spec()
    grant = spec.by_label["grant"]
    at = next(i for i, c in enumerate(grant.clauses) if "m.term" in c.text)
    found = find(drop_clause(spec, "grant", at), "one-vote")
    assert found.verdict is Verdict.REFUTED and found.exit_status() == 1
    lines = told(found)
    assert lines[0] == "REFUTED one-vote: a run from the first state breaks it"
    assert any("breaks one-vote" in line for line in lines)


def test_what_cannot_be_found_is_told_with_its_smallest_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Miner, "candidates", lambda *_: [])
    found = find(raft_module.spec(), "one-vote", pdr=False)
    assert found.verdict is Verdict.UNKNOWN and found.exit_status() == 3
    assert {(r.property, r.transition) for r in found.failed} == {
        ("one-vote", "stand"),
        ("one-vote", "grant"),
    }
    example = found.failed[0].counterexample
    assert example is not None and example.replayed
    text = "\n".join(told(found))
    assert "still fails: one-vote at grant" in text and "broken: " in text
    assert "INDUCTIVE" not in text


def test_nothing_is_inductive_on_the_searchs_word_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the search to believe a false lemma, the prover would not."""
    monkeypatch.setattr(Asker, "ask", lambda *_: Reply(True))
    monkeypatch.setattr(Asker, "initial", lambda *_: Reply(True))
    found = find(raft_module.spec(), "one-vote")
    assert found.verdict is Verdict.UNKNOWN and found.exit_status() == 3
    assert found.failed


def test_a_candidate_that_some_step_breaks_is_dropped() -> None:
    """Everything a run showed may be chance: `nobody ever votes twice` is put among candidates."""
    spec = raft_module.spec()
    goal = spec.statements["one-vote"]
    alone = only(spec, [goal])
    node = Expr(Kind.BOUND, goal.formula.data[0][1], (), "n")  # type: ignore[union-attr]
    standing = Expr(Kind.VAR, BOOL, (node,), "standing")
    never = Expr(Kind.FORALL, BOOL, (Expr(Kind.NOT, BOOL, (standing,)),), (("n", node.sort),))
    false = Lemma("nobody_stands", never)
    asker = Asker(alone)
    miner = Miner(alone, sample(alone, [goal], episodes=4).states)
    pruned = houdini.Houdini(asker, miner, [goal], [], quiet)
    pruned.lemmas[false.name] = false
    pruned.standing["one-vote"].proofs["stand"] = (false.name,)  # as if a core had named it
    outcome = pruned.run([false])
    assert false.name in pruned.dead
    assert false.name not in {x.name for x in outcome.kept}


def test_confirm_refuses_a_lemma_that_does_not_hold() -> None:
    spec = raft_module.spec()
    goal = spec.statements["one-leader"]
    wrong = Lemma("wrong", goal.formula)  # type: ignore[arg-type]
    results = confirm(spec, [wrong], [goal], quiet)
    assert any(r.verdict is not Verdict.PROVED for r in results)


def test_no_candidate_contradicts_a_run() -> None:
    spec = raft_module.spec()
    samples = sample(spec, spec.of_kind("safety"), episodes=20)
    miner = Miner(spec, samples.states[:60])
    asker = Asker(spec)
    goal = spec.statements["one-leader"]
    pool: list[Candidate] = miner.candidates(
        asker.around("win", goal), asker.core("win", goal), asker.guard("win"), asker.added("win")
    )
    assert len(pool) > 50
    evaluator = Evaluator(spec)
    few = [c for i, c in enumerate(pool) if i % 5 == 0]
    rows = [s for s in samples.states[:60] if len(s.packets) <= 4][:10]
    assert rows
    for c in few:
        assert all(evaluator.holds(s, c.lemma.statement()) for s in rows), show(c.lemma.formula)


# ---------------------------------------------------------------- clauses from counterexamples


def test_property_directed_reachability_finds_an_inductive_set() -> None:
    """From failed steps alone, with no template (Karbyshev et al., 2015)."""
    spec = only(once_module.spec(), once_module.spec().of_kind("safety"))
    goals = list(spec.of_kind("safety"))
    miner = Miner(spec, sample(spec, goals, episodes=30).states)
    asker = Asker(spec)
    result = Pdr(spec, asker, miner, goals, [], quiet).run()
    assert not result.why and not result.trace and result.lemmas
    assert all(x.origin == "counterexample" for x in result.lemmas)
    confirmed = confirm(spec, result.lemmas, goals, quiet)
    assert all(r.verdict is Verdict.PROVED for r in confirmed)


def test_property_directed_reachability_does_not_prove_what_is_false() -> None:
    """Given to anybody who asks: the cubes lead back to the first state."""
    spec = once_module.spec()
    give = spec.by_label["give"]
    at = next(i for i, c in enumerate(give.clauses) if "given" in c.text)
    broken = only(drop_clause(spec, "give", at), spec.of_kind("safety"))
    goals = list(broken.of_kind("safety"))
    miner = Miner(broken, [])
    asker = Asker(broken)
    result = Pdr(broken, asker, miner, goals, [], quiet).run()
    assert result.trace and not result.lemmas
    assert result.trace[-1] == "take breaks one-owner"


# ---------------------------------------------------------------- the command


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "checkers", "strengthen", *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_an_unknown_property_is_a_mistake_on_the_command_line() -> None:
    run = command(str(RAFT), "--only", "one-voter")
    assert run.returncode == 2
    assert "the spec states no such property" in run.stderr
    assert "one-vote" in run.stderr and "Traceback" not in run.stderr


def test_time_that_is_up_is_told_and_is_no_proof() -> None:
    run = command(str(RAFT), "--only", "one-leader", "--alone", "--timeout", "0.1")
    assert run.returncode == 3
    assert "NOT FOUND one-leader: time is up" in run.stdout
    assert "INDUCTIVE" not in run.stdout


def test_names_are_names() -> None:
    assert slug("sent(Vote, a) == 3") == "sent_vote_a_3"
    assert slug("3 votes").isidentifier()


def test_a_goal_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A property that the spec declares open is what one wants lemmas for."""
    spec = raft_module.spec()
    goal = spec.statements["one-vote"]
    shut = replace(goal, prop=replace(goal.prop, open="not proved yet"))
    changed = replace(spec, statements={**spec.statements, "one-vote": shut})
    found = find(changed, "one-vote")
    assert found.verdict is Verdict.PROVED
    assert search.Search(changed, Options(), quiet).goals[0].name == "one-leader"


def test_a_key_within_a_question_is_not_lost() -> None:
    """Z3 would take the signal for itself, and say `unknown`."""
    sits = [[z3.Bool(f"{p} sits in {h}") for h in range(11)] for p in range(12)]
    solver = bounded(A_SECOND // 10)  # far too few for so many pigeons
    solver.add(*map(z3.Or, sits))
    solver.add(*(z3.AtMost(*column, 1) for column in zip(*sits, strict=True)))
    key = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    key.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(100):
            assert check(solver) == z3.unknown
        key.join()


def test_a_key_ends_the_search_with_what_is_there() -> None:
    started = (
        "from checkers.cli import main; from checkers import progress; progress.PLAIN = 0;"
        "main(['strengthen', 'order', '--alone', '--only', 'S11'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", started],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "running" not in (told := process.stderr.readline()):
        assert told, "it ended before a key could end it"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3 and "Traceback" not in err
    assert "interrupted" in out + err and "INDUCTIVE" not in out


def test_what_is_inductive_as_declared_is_not_looked_for() -> None:
    """A proof may name what it uses, and what it assumes of the state after the step."""
    spec = load(str(LOCK))
    goal = spec.statements["one-holder"]
    named = tuple(s.name for s in spec.of_kind("lemma"))
    prop = replace(goal.prop, uses=named, after=("holder_is_known",))
    changed = {**spec.statements, "one-holder": Statement(prop, goal.formula)}
    found = find(replace(spec, statements=changed), "one-holder", alone=False)
    assert found.verdict is Verdict.PROVED and not found.lemmas
    assert {"holder_is_known", "released_was_seen"} <= set(found.declared)
    assert "nothing was looked for" in found.tried[0]


@pytest.mark.slow
def test_what_the_order_proves_is_not_looked_for() -> None:
    found = find(load("order"), "S6", alone=False)
    assert found.verdict is Verdict.PROVED and not found.lemmas
    assert {"watermark_was_committed", "proposed_once"} <= set(found.declared)
    assert "nothing was looked for" in found.tried[0]


def test_what_is_not_stated_any_more_is_not_named() -> None:
    spec = load("order")
    kept = [spec.statements[n] for n in ("S13", "S5.start", "near_majorities_cross")]
    rest = only(spec, kept).statements
    assert set(rest["S13"].prop.after) == {"S5.start", "near_majorities_cross"} & set(
        spec.statements["S13"].prop.after
    )
    assert rest["S13"].prop.uses == ()
    assert only(spec, kept, afresh=True).statements["S13"].prop.uses is None
