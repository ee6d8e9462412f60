"""The solver layer: no single solver's mood is a verdict, and none can claim what is not so.

Stands for: each obligation runs a small portfolio, bounded in time and memory; a second solver
confirms through SMT-LIB; obligations can be written as files.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import select
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import z3
from click.testing import CliRunner, Result

from checkers import cli, tasks, verify
from checkers.induction import INITIAL, Obligation, Prover
from checkers.solving import Answer, Cause, Limits, Portfolio, Query, cause_of, files, outside
from checkers.solving import portfolio as portfolios
from checkers.solving.confirm import Confirmer
from checkers.solving.inside import Inside, Stage
from checkers.solving.outside import Outside
from checkers.solving.smtlib import script
from checkers.solving.ways import WAYS, Way
from checkers.structure import AGREE
from checkers.verdict import Verdict
from model.lang.load import load
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
LOCK = str(ROOT / "docs" / "tutorial_lock.py")
HAS_CVC5 = importlib.util.find_spec("cvc5") is not None
needs_cvc5 = pytest.mark.skipif(not HAS_CVC5, reason="cvc5 is not installed")
Z3_ALONE = tuple(w for w in WAYS if w.engine == "z3")

THING = z3.DeclareSort("Thing")
A, B, X = z3.Consts("a b x", THING)
GOOD = z3.Function("good", THING, z3.BoolSort())
BEST = z3.Function("best", THING, z3.BoolSort())
ALL_GOOD = z3.ForAll([X], z3.Implies(BEST(X), GOOD(X)))


def query(goal: z3.BoolRef, *guards: z3.BoolRef, **hypotheses: z3.BoolRef) -> Query:
    given = (tuple(hypotheses.items()), ())
    return Query((), tuple((f"guard {i}: g", g) for i, g in enumerate(guards)), lambda: given, goal)


FOLLOWS = query(GOOD(A), BEST(A), BEST(B), known=ALL_GOOD, other=BEST(B))
FOLLOWS_NOT = query(GOOD(A), BEST(B), known=ALL_GOOD, other=BEST(B))


def pigeons(count: int) -> Query:
    """One pigeon more than holes: true, and out of reach of any search."""
    sits = [[z3.Bool(f"{p} sits in {h}") for h in range(count - 1)] for p in range(count)]
    given = tuple(z3.Or(row) for row in sits)
    shared = [
        z3.And(sits[p][h], sits[q][h])
        for h in range(count - 1)
        for p in range(count)
        for q in range(p)
    ]
    return Query(given, (), lambda: ((), ()), z3.Or(shared))


def glutton() -> Query:
    """A product of two wide numbers: its circuit alone takes gigabytes."""
    a, b = z3.BitVecs("a b", 2048)
    other = z3.And(a * b == z3.BitVecVal((1 << 2000) + 977, 2048), z3.UDiv(a, b) == 3)
    return Query((), (), lambda: ((), ()), z3.Not(other))


@pytest.fixture(scope="module")
def own_process() -> Iterator[Outside]:
    found = Outside(512)
    yield found
    found.close()


# ---------------------------------------------------------------- the portfolio


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no first try be over before its answer comes."""
    monkeypatch.setattr(portfolios, "FIRST", tuple((stage, PATIENCE) for stage in Stage))


@pytest.mark.usefixtures("patient")
def test_a_goal_that_follows_is_proved_and_the_proof_says_from_what() -> None:
    with Portfolio(Limits(PATIENCE)) as portfolio:
        answer = portfolio.ask(FOLLOWS)
    assert answer.follows
    assert answer.hypotheses == ("known",)
    assert answer.guards == ("guard 0: g",)
    assert answer.by == f"z3, {Stage.ALL.value}"


@pytest.mark.usefixtures("patient")
def test_a_goal_that_does_not_follow_is_no_proof() -> None:
    with Portfolio(Limits(PATIENCE)) as portfolio:
        assert portfolio.ask(FOLLOWS_NOT).follows is False


@pytest.mark.parametrize("way", WAYS, ids=[w.name for w in WAYS])
def test_no_way_to_ask_claims_what_is_not_so(way: Way, own_process: Outside) -> None:
    if way.engine == "cvc5" and not HAS_CVC5:
        pytest.skip("cvc5 is not installed")
    proved = own_process.ask(way.engine, way.options, script(FOLLOWS), PATIENCE, way.name)
    assert proved.follows is not False
    assert not proved.follows or set(proved.core) == {"guard 0: g", "given known"}
    refuted = own_process.ask(way.engine, way.options, script(FOLLOWS_NOT), PATIENCE, way.name)
    assert refuted.follows is not True
    assert "error" not in proved.reason + refuted.reason


def test_what_the_first_ways_leave_open_goes_round_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portfolios, "FIRST", ())
    monkeypatch.setattr(portfolios, "ROUNDS", (PATIENCE,))
    with Portfolio(Limits(PATIENCE), Z3_ALONE) as portfolio:
        answer = portfolio.ask(FOLLOWS)
    assert answer.follows
    assert answer.by == Z3_ALONE[0].name
    assert answer.hypotheses == ("known",)


@pytest.mark.usefixtures("patient")
def test_what_helped_once_is_tried_first_on_the_same_topic() -> None:
    given = ((("known", ALL_GOOD), ("other", BEST(B))), ())

    def about(thing: z3.ExprRef) -> Query:
        named = (("guard 0: g", BEST(thing)),)
        return Query((), named, lambda: given, GOOD(thing), topic="t")

    with Portfolio(Limits(PATIENCE)) as portfolio:
        assert portfolio.ask(about(A)).by == f"z3, {Stage.ALL.value}"
        assert portfolio.ask(about(B)).by == f"z3, {Stage.FIRST.value}"


# ---------------------------------------------------------------- nothing leaks between queries


def test_what_one_query_was_given_is_not_given_to_the_next() -> None:
    """The solvers that are kept are kept for the same formulas and no others."""
    inside = Inside(512)
    guards = (("guard 0: g", BEST(A)),)
    for stage in (Stage.FIRST, Stage.ALL):
        with_axiom = Query((ALL_GOOD,), guards, lambda: ((), ()), GOOD(A))
        without = Query((BEST(B),), guards, lambda: ((), ()), GOOD(A))
        assert inside.ask(with_axiom, stage, PATIENCE).follows is True
        assert inside.ask(without, stage, PATIENCE).follows is False
        assert inside.ask(with_axiom, stage, PATIENCE).follows is True


def test_hypotheses_of_one_name_are_told_apart() -> None:
    inside = Inside(512)
    guards, background = (("guard 0: g", BEST(A)),), (BEST(B),)
    strong, weak = ((("h", ALL_GOOD),), ()), ((("h", BEST(B)),), ())
    assert inside.ask(
        Query(background, guards, lambda: strong, GOOD(A)), Stage.ALL, PATIENCE
    ).follows
    weaker = Query(background, guards, lambda: weak, GOOD(A))
    assert inside.ask(weaker, Stage.ALL, PATIENCE).follows is False


def test_the_goal_before_is_taken_off_again() -> None:
    inside = Inside(512)
    guards = (("guard 0: g", BEST(A)),)
    impossible = Query((), guards, lambda: ((), ()), z3.BoolVal(True))
    assert inside.ask(impossible, Stage.GUARDS, PATIENCE).follows is True
    goal = Query((), guards, lambda: ((), ()), GOOD(A))
    assert inside.ask(goal, Stage.GUARDS, PATIENCE).follows is False


@pytest.mark.parametrize("stage", list(Stage))
def test_an_interrupted_question_proves_nothing_afterwards(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Ctrl-C its goal stays in the solver, which would prove the next goal from it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    inside = Inside(512)
    first = query(BEST(A), BEST(A), known=ALL_GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(z3.Solver, "check", interrupt)
        with pytest.raises(KeyboardInterrupt):
            inside.ask(first, stage, PATIENCE)
    second = Query(first.background, first.guards, first.given, GOOD(B))
    assert not inside.ask(second, stage, PATIENCE).follows


def test_the_answer_to_an_interrupted_question_is_not_the_next_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    own = Outside(512)
    with monkeypatch.context() as patch:
        patch.setattr(select, "select", interrupt)
        with pytest.raises(KeyboardInterrupt):
            own.ask("z3", {}, script(FOLLOWS), PATIENCE, "z3")
    assert own.ask("z3", {}, script(FOLLOWS_NOT), PATIENCE, "z3").follows is False
    own.close()


def test_the_obligations_of_a_transition_share_what_a_solver_has_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[z3.Solver] = []
    real = z3.SimpleSolver

    def counted() -> z3.Solver:
        made.append(real())
        return made[-1]

    monkeypatch.setattr(z3, "SimpleSolver", counted)
    spec = load(LOCK)
    prover, portfolio = Prover(spec), Portfolio(Limits(PATIENCE), ())
    for t in spec.transitions:
        portfolio.forget()
        made.clear()
        obligations = [o for o in prover.of_transition(t) if isinstance(o, Obligation)]
        for o in obligations:
            assert portfolio.ask(o.query()).follows
        assert len(made) <= 4  # one for each stage, and one for what has no hypotheses


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize("ways", [(), Z3_ALONE], ids=["inside", "outside too"])
def test_time_is_bounded_and_named(ways: tuple[Way, ...]) -> None:
    with Portfolio(Limits(1.5), ways) as portfolio:
        answer = portfolio.ask(pigeons(14))
    assert answer.follows is None
    assert answer.cause is Cause.TIMEOUT
    assert "1.5 s" in answer.reason


def in_a_process_of_its_own(code: str) -> str:
    """Return what a program says: Z3 numbers its terms, and a glutton leaves high numbers behind.

    Each later solver of a process makes tables as long as the highest number that it meets.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("ways", ["()", "Z3_ALONE[1:2]"], ids=["inside", "outside too"])
def test_memory_is_bounded_and_named_and_the_next_query_is_answered(ways: str) -> None:
    """The times are such that the memory is over first, however slow the machine."""
    told = in_a_process_of_its_own(f"""
        from checkers.solving import Limits, Portfolio, portfolio
        from tests.test_solving import FOLLOWS, PATIENCE, Stage, Z3_ALONE, glutton
        ways = {ways}
        portfolio.FIRST = ((Stage.ALL, 0.01 if ways else PATIENCE),)
        portfolio.ROUNDS = (PATIENCE,)
        with Portfolio(Limits(PATIENCE, megabytes=200), ways) as asked:
            answer = asked.ask(glutton())
            print(answer.follows, answer.cause.name, answer.reason)
            portfolio.FIRST = ((Stage.ALL, PATIENCE),)
            print(asked.ask(FOLLOWS).follows)
    """)
    first, then = told.splitlines()
    assert first.startswith("None MEMORY") and "out of memory (200 MB)" in first
    assert then == "True", "what ran out of memory took the rest with it"


def test_after_a_glutton_nothing_is_asked_where_it_was() -> None:
    """Each later solver of that process would take fifty times as long."""
    told = in_a_process_of_its_own("""
        from checkers.solving import Limits, Portfolio, portfolio
        from tests.test_solving import FOLLOWS, FOLLOWS_NOT, PATIENCE, Stage, Z3_ALONE, glutton
        portfolio.FIRST = ((Stage.ALL, PATIENCE),)
        portfolio.ROUNDS = (PATIENCE,)
        with Portfolio(Limits(PATIENCE, megabytes=200), Z3_ALONE[:1]) as asked:
            print(asked.ask(FOLLOWS).by)
            print(asked.ask(glutton()).cause.name)
            asked.forget()
            again = asked.ask(FOLLOWS)
            print(again.by, again.hypotheses)
            print(asked.ask(FOLLOWS_NOT).follows)
    """)
    first, glutted, then, last = told.splitlines()
    assert first == f"z3, {Stage.ALL.value}" and glutted == "MEMORY"
    assert then == f"{Z3_ALONE[0].name} ('known',)"
    assert last in ("None", "False"), "never a proof"


def test_a_process_that_eats_memory_takes_nothing_with_it(own_process: Outside) -> None:
    small = Outside(100)
    answer = small.ask("z3", {"max_memory": 100_000}, script(glutton()), PATIENCE, "z3")
    assert answer.cause is Cause.MEMORY, answer.reason
    assert small.ask("z3", {}, script(FOLLOWS), PATIENCE, "z3").follows
    small.close()


CHILDREN = {
    "never answers": ("import time; time.sleep(600)", Cause.TIMEOUT),
    "aborts": ("import os; os.abort()", Cause.MEMORY),
    "ends": ("pass", Cause.INCOMPLETE),
    "raves": ("print('no json'); import time; time.sleep(600)", Cause.INCOMPLETE),
}


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_process_that_goes_wrong_is_no_answer(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, cause = CHILDREN[kind]
    child = tmp_path / "child.py"
    child.write_text(text)
    monkeypatch.setattr(outside, "_CHILD", child)
    monkeypatch.setattr(outside, "START", 0.5 if kind == "never answers" else PATIENCE)
    bad = Outside(512)
    answer = bad.ask("z3", {}, script(FOLLOWS), 0.5, "z3")
    bad.close()
    assert answer.follows is None
    assert answer.cause is cause


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("timeout", Cause.TIMEOUT),
        ("canceled", Cause.TIMEOUT),
        ("UnknownExplanation.TIMEOUT", Cause.TIMEOUT),
        ("max. memory exceeded", Cause.MEMORY),
        ("out of memory", Cause.MEMORY),
        ("(incomplete quantifiers)", Cause.INCOMPLETE),
        ("", Cause.INCOMPLETE),
    ],
)
def test_what_a_solver_means_by_its_reason(reason: str, cause: Cause) -> None:
    assert cause_of(reason) is cause


# ---------------------------------------------------------------- as text


def test_odd_names_stay_two_names_in_text(own_process: Outside) -> None:
    """Bars and backslashes are forbidden in a symbol; renaming must not make two symbols one."""
    names = ["a|b", "a\\b", "a!b", "a b", "a!b ~1", "a\nb"]
    constants = [z3.Const(n, THING) for n in names]
    one = Query((), (), lambda: ((), ()), constants[0] == constants[0])
    assert own_process.ask("z3", {}, script(one), PATIENCE, "z3").follows
    for i, c in enumerate(constants):
        for d in constants[i + 1 :]:
            equal = Query((), (), lambda: ((), ()), c == d)
            assert own_process.ask("z3", {}, script(equal), PATIENCE, "z3").follows is False, (c, d)


def lock_obligations() -> list[Obligation]:
    spec = load(LOCK)
    prover = Prover(spec)
    found = [*prover.of_initial_state(), *prover.of_events()]
    for t in spec.transitions:
        found += prover.of_transition(t)
    return [o for o in found if isinstance(o, Obligation)]


def test_the_text_of_an_obligation_says_the_same_to_z3(own_process: Outside) -> None:
    obligations = lock_obligations()
    assert len(obligations) >= 50
    for o in obligations:
        answer = own_process.ask("z3", {}, script(o.query()), PATIENCE, "z3")
        assert answer.follows, f"{o.property}, {o.transition}: {answer.reason}"


def test_the_text_of_a_false_obligation_is_not_proved(own_process: Outside) -> None:
    told = [o for o in lock_obligations() if o.property == "one-holder"]
    for o in told:
        false = Query(o.assumptions, (), lambda: ((), ()), z3.Not(o.goal))
        assert own_process.ask("z3", {}, script(false), 2, "z3").follows is not True


# ---------------------------------------------------------------- sets, as the standard has them

_SETS = [z3.Const(name, z3.ArraySort(z3.IntSort(), z3.BoolSort())) for name in ("place", "set 0")]


def _random_set(draw: random.Random, depth: int) -> z3.ExprRef:
    """Return a set; its names are those that the definitions would like to have."""
    if depth == 0 or draw.random() < 0.2:
        return draw.choice([*_SETS, z3.EmptySet(z3.IntSort()), z3.FullSet(z3.IntSort())])
    one, other = _random_set(draw, depth - 1), _random_set(draw, depth - 1)
    made: list[z3.ExprRef] = [
        z3.SetUnion(one, other),
        z3.SetIntersect(one, other),
        z3.SetDifference(one, other),
        z3.SetComplement(one),
        z3.SetAdd(one, z3.Int("at")),
        z3.If(z3.IsSubset(one, other), one, other),
    ]
    return draw.choice(made)


@needs_cvc5
def test_what_is_said_of_sets_is_the_same_to_a_solver_that_reads_the_standard(
    own_process: Outside,
) -> None:
    """Two random sets, equal or not, one in the other or not: to Z3 as they are, and as text."""
    draw, seen = random.Random(7), set()
    for _ in range(40):
        one, other = _random_set(draw, 2), _random_set(draw, 2)
        goal = draw.choice([one == other, z3.IsSubset(one, other)])
        solver = z3.Solver()
        solver.add(z3.Not(goal))
        holds = solver.check() == z3.unsat
        text = script(Query((), (), lambda: ((), ()), goal))
        assert not re.search(
            r"\b(union|intersection|setminus|subset|complement|const)\b", text.text()
        )
        for engine in ("z3", "cvc5"):
            # what does not follow may be looked for without end: no answer is right there, too
            seconds = PATIENCE if holds else 0.3
            found = own_process.ask(engine, {}, text, seconds, engine).follows
            assert found is holds or (found is None and not holds), (engine, goal)
            seen.add((engine, holds, found))
    assert {("z3", True, True), ("cvc5", True, True)} <= seen


# ---------------------------------------------------------------- a second solver


@needs_cvc5
def test_cvc5_confirms_every_proof_of_the_lock() -> None:
    portfolio, confirmer = Portfolio(Limits(PATIENCE)), Confirmer(Limits(PATIENCE))
    for o in lock_obligations():
        answer = portfolio.ask(o.query())
        assert answer.follows
        confirmed = confirmer.ask(o.query(), frozenset(answer.core))
        assert confirmed.follows, f"{o.property}, {o.transition}: {confirmed.reason}"
    confirmer.close()


@needs_cvc5
def test_cvc5_does_not_confirm_what_is_not_so() -> None:
    confirmer = Confirmer(Limits(PATIENCE))
    assert confirmer.ask(FOLLOWS_NOT, frozenset({"guard 0: g", "given known"})).follows is False
    # and not either what Z3 would claim with a core that does not suffice
    assert confirmer.ask(FOLLOWS, frozenset({"given known"})).follows is False
    confirmer.close()


def without(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.fixture
def broken_lock(tmp_path: Path) -> Path:
    """The lock service whose server hands out a lock that is not back."""
    path = tmp_path / "broken.py"
    spec = (ROOT / "docs" / "tutorial_lock.py").read_text()
    path.write_text(without(spec, "~me.holder.known", "me.holder.known | ~me.holder.known"))
    return path


def lying(self: Portfolio, _: Query) -> Answer:
    return Answer(True, "z3, liar", 0.0)


@needs_cvc5
def test_a_solver_that_proves_anything_is_caught_by_the_other(
    broken_lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Portfolio, "ask", lying)
    options = verify.Options(jobs=1, only=frozenset({"one-holder"}), confirm=True)
    report = verify.Verification(str(broken_lock), options, lambda *_: None).run()
    verdicts = {f.name: f.verdict for f in report.findings}
    assert verdicts[AGREE] is Verdict.REFUTED
    assert report.exit_status() == 1


def test_what_the_second_solver_does_not_confirm_is_named_and_no_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = Answer(None, "cvc5", 0.1, cause=Cause.TIMEOUT, reason="out of time")
    monkeypatch.setattr(Confirmer, "ask", lambda *_: silent)
    options = verify.Options(jobs=1, only=frozenset({"released_was_seen"}), confirm=True)
    report = verify.Verification(LOCK, options, lambda *_: None).run()
    found = next(f for f in report.findings if f.name == AGREE)
    assert found.verdict is Verdict.TIMED_OUT
    assert "released_was_seen" in found.reason
    assert report.exit_status() == 3
    tasks._confirmer.cache_clear()


# ---------------------------------------------------------------- the command line


def oathbound(*args: str) -> Result:
    return CliRunner().invoke(cli.main, args)


def test_confirm_without_cvc5_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "cvc5" else real(name)
    )
    found = oathbound("verify", LOCK, "--confirm", "cvc5")
    assert found.exit_code == 2
    assert found.output == (
        "error: --confirm cvc5: cvc5 is not installed\n"
        "  fix: run `pip install cvc5`, or install the project with its extra `confirm`\n"
    )


@pytest.mark.parametrize("option", [("--confirm", "cvc5"), ("--smt2", "somewhere")])
def test_a_bounded_check_is_neither_confirmed_nor_written(option: tuple[str, str]) -> None:
    found = oathbound("verify", LOCK, "--engine", "bounded", *option)
    assert found.exit_code == 2
    assert "leave --engine bounded out" in found.output


def test_memory_that_is_no_bound_is_refused() -> None:
    found = oathbound("verify", LOCK, "--memory", "1")
    assert found.exit_code == 2
    assert "--memory 1" in found.output


@pytest.mark.parametrize("kind", ["a file", "not empty", "below a file"])
def test_a_folder_for_files_that_cannot_be_is_refused(kind: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    if kind == "not empty":
        there.mkdir()
        (there / "mine.txt").write_text("kept")
    else:
        there.write_text("kept")
    asked = there / "below" if kind == "below a file" else there
    found = oathbound("verify", LOCK, "--smt2", str(asked))
    assert found.exit_code == 2
    assert str(asked) in found.output
    assert "fix: name a" in found.output
    assert "Traceback" not in found.output


def test_obligations_are_written_as_files_that_any_solver_reads(tmp_path: Path) -> None:
    there = tmp_path / "made" / "here"
    names = [tasks.EVENTS, INITIAL, f"{tasks.RULE}acquire"]
    there.mkdir(parents=True)
    for name in names:
        tasks.write_texts(LOCK, name, frozenset(), there)
    written = sorted(there.iterdir())
    assert len(written) > 15
    for path in written[::3]:
        text = path.read_text()
        assert text.startswith("; A lock service")
        solver = z3.Solver()
        solver.set("timeout", int(1000 * PATIENCE))
        solver.from_string(text)
        assert solver.check() == z3.unsat, path.name
        if HAS_CVC5:
            assert "unsat" in run_by_cvc5(text), path.name
    assert len({p.name.lower() for p in written}) == len(written)


def run_by_cvc5(text: str) -> list[str]:
    """Run a file as the command line of cvc5 does, command by command."""
    import cvc5

    solver = cvc5.Solver()
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "file")
    told = []
    while not (command := parser.nextCommand()).isNull():
        told.append(str(command.invoke(solver, parser.getSymbolManager())).strip())
    return told


def test_no_two_obligations_share_a_file() -> None:
    odd = [("a b", "c"), ("a_b", "c"), ("a", "b c"), ("a@b", "c"), ("a", "b@c"), ("a/", "c")]
    assert len({files.file_name(*names) for names in odd}) == len(odd)
    long = [files.file_name("p" * 300, f"{'t' * 300}{i}") for i in range(3)]
    assert len(set(long)) == 3
    assert all(len(name) < 255 for name in long)
