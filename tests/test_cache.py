"""The cache: what was proved is not proved again, and nothing is believed that was not.

Stands for: under a second when nothing changed; what an obligation depends on is hashed; a stale
or damaged entry is recomputed, never believed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import z3

from checkers import possible, tasks, verify
from checkers.cache import Ledger, Store, prints, whole
from checkers.cache.store import FOLDER, GENERATIONS
from checkers.given import Given
from checkers.induction import Obligation, Prover
from checkers.possible import Possible
from checkers.questions import INITIAL, Question, Questions
from checkers.solving import Limits, Portfolio
from checkers.verdict import Finding, Report, Result, Verdict
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.load import load
from model.lang.sorts import AtomSort, OrderSort, SumSort
from model.lang.spec import Transition, drop_clause
from tests import evaluate_toy
from tests.patience import PATIENCE
from tests.test_imports import ROOT, imports, module_of

LOCK = str(ROOT / "docs" / "tutorial_lock.py")
OLD, OTHER = "0" * 32, "f" * 32
FACTS: dict[str, dict[str, Any]] = {"a" * 32: {"says": "yes", "n": 1}, "b" * 32: {"says": "no"}}


@cache
def lock() -> Spec:
    return load(LOCK)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "cache", OLD)
    made.add("group", FACTS)
    return made


def the_file(store: Store) -> Path:
    (path,) = (store.folder / OLD).iterdir()
    return path


# ---------------------------------------------------------------- files


def test_what_is_kept_is_read_again(store: Store) -> None:
    assert store.read("group") == FACTS
    assert store.read("another") == {}
    store.add("group", {"c" * 32: {}})
    assert store.read("group") == {**FACTS, "c" * 32: {}}


def test_a_flipped_bit_is_never_believed(store: Store) -> None:
    path = the_file(store)
    good = path.read_bytes()
    for at in range(len(good)):
        for bit in (0x01, 0x20):
            path.write_bytes(good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :])
            found = store.read("group")
            assert found.items() <= FACTS.items(), f"byte {at}"
            assert len(found) < len(FACTS), f"byte {at} is not covered"


def test_a_truncated_file_is_never_believed(store: Store) -> None:
    path = the_file(store)
    good = path.read_bytes()
    for end in range(len(good) - 1):
        path.write_bytes(good[:end])
        assert store.read("group").items() <= FACTS.items()
    path.write_bytes(b"")
    assert store.read("group") == {}


@pytest.mark.parametrize("junk", [b"\x00" * 400, b"\xff\xfe junk\n", b"[" * 100_000, b"{}\n" * 9])
def test_junk_is_never_believed(junk: bytes, store: Store) -> None:
    path = the_file(store)
    heading = path.read_bytes().split(b"\n")[0]
    for content in (junk, heading + b"\n" + junk):
        path.write_bytes(content)
        assert store.read("group") == {}


def test_a_line_is_believed_only_where_it_was_written(store: Store, tmp_path: Path) -> None:
    """Not in another group's file, nor under another generation, nor under another's name."""
    store.add("another", {"d" * 32: {"says": "else"}})
    first, second = (store._path(g) for g in ("group", "another"))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert store.read("group") == store.read("another") == {}
    lines, others = one.split(b"\n"), other.split(b"\n")
    first.write_bytes(b"\n".join([lines[0], *others[1:]]))
    assert store.read("group") == {}
    first.write_bytes(one)
    later = Store(store.folder, OTHER)
    (store.folder / OTHER).mkdir()
    later._path("group").write_bytes(one)
    assert later.read("group") == {}


def test_keys_and_facts_of_two_lines_cannot_be_exchanged(store: Store) -> None:
    path = the_file(store)
    text = path.read_text()
    a, b = FACTS
    path.write_text(text.replace(a, "x").replace(b, a).replace("x", b))
    assert store.read("group") == {}


def test_an_interrupted_write_leaves_what_was_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.add("group", {"e" * 32: {}})
    assert store.read("group") == FACTS
    assert len(list((store.folder / OLD).iterdir())) == 1


def test_writers_at_once_leave_a_file_that_checks(store: Store) -> None:
    def write(n: int) -> None:
        for i in range(10):
            store.add("group", {f"{n:016x}{i:016x}": {"n": n, "i": i}})

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for w in writers:
        w.start()
    for w in writers:
        w.join()
    found = store.read("group")
    assert found
    for key, fact in found.items():
        assert key in FACTS or key == f"{fact['n']:016x}{fact['i']:016x}"
    assert len(list((store.folder / OLD).iterdir())) == 1


def test_a_folder_that_cannot_be_is_told_and_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    made = Store(tmp_path / "file" / "cache", OLD)
    made.add("group", FACTS)
    assert "cannot be written" in made.trouble
    assert made.read("group") == {}


def test_old_generations_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for n in range(GENERATIONS + 3):
        Store(tmp_path, f"{n:032x}").add("group", FACTS)
        os.utime(tmp_path / f"{n:032x}", (n, n))
    left = {p.name for p in tmp_path.iterdir()}
    assert "mine" in left
    assert f"{GENERATIONS + 2:032x}" in left
    assert len(left) <= GENERATIONS + 2


# ---------------------------------------------------------------- what a fingerprint covers


def questions_of(spec: Spec) -> dict[tuple[str, str], Question]:
    found: dict[tuple[str, str], Question] = {}
    for name in task_names(spec):
        for q in tasks.questions(spec, name, frozenset()):
            if isinstance(q, Question):
                found[(q.property, q.transition)] = q
    return found


def task_names(spec: Spec) -> list[str]:
    return [tasks.EVENTS, INITIAL, *(tasks.RULE + t.label for t in spec.transitions)]


def keys_of(spec: Spec) -> dict[tuple[str, str], str]:
    made = prints.Prints(spec)
    return {name: made.question(q) for name, q in questions_of(spec).items()}


def changed(before: Spec, after: Spec) -> set[tuple[str, str]]:
    one, other = keys_of(before), keys_of(after)
    return {name for name in one if one[name] != other.get(name)}


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    """Neither the order of sets nor any address may be in it."""
    code = (
        "from tests.test_cache import keys_of, lock, prints;"
        "print(sorted(keys_of(lock()).values()), prints.generation())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {f"{sorted(keys_of(lock()).values())} {prints.generation()}\n"}


MUTANTS = [(t.label, i) for t in lock().transitions for i in range(len(t.clauses))]


def texts_of(spec: Spec) -> dict[tuple[str, str], str]:
    """Every obligation as text, with the numbers of made names left out."""
    prover, found = Prover(spec), {}
    for o in prover.obligations(questions_of(spec).values()):
        assert isinstance(o, Obligation)
        formulas = [*o.assumptions, *(f for _, f in o.guards), o.goal]
        told = "\n".join([*(name for name, _ in o.guards), *(f.sexpr() for f in formulas)])
        found[(o.property, o.transition)] = re.sub(r"[!. ]\d+", "!", told)
    return found


@cache
def lock_texts() -> dict[tuple[str, str], str]:
    return texts_of(lock())


@pytest.mark.parametrize(("label", "index"), MUTANTS)
def test_no_two_obligations_with_one_fingerprint_differ(label: str, index: int) -> None:
    """Whatever a dropped clause changes in the formulas changes the fingerprint."""
    mutant = drop_clause(lock(), label, index)
    same = changed_not(lock(), mutant)
    before, after = lock_texts(), texts_of(mutant)
    different = {name for name in before if before[name] != after[name]}
    assert different, "dropping a clause changes some obligation"
    assert not different & same
    assert same, "what does not depend on the clause keeps its fingerprint"


def changed_not(before: Spec, after: Spec) -> set[tuple[str, str]]:
    return set(keys_of(before)) - changed(before, after)


def with_transition(spec: Spec, label: str, change: Callable[[Transition], Transition]) -> Spec:
    made = tuple(change(t) if t.label == label else t for t in spec.transitions)
    return replace(spec, transitions=made)


def of_rule(names: set[tuple[str, str]], label: str) -> set[tuple[str, str]]:
    return {n for n in names if n[1] == label}


def test_every_part_of_a_transition_is_covered() -> None:
    spec = lock()
    t = next(t for t in spec.transitions if t.updates and t.sends and t.reply is not None)
    variable, value = next(iter(t.updates.items()))
    old = Expr(Kind.VAR, value.sort, (Expr(Kind.ME, spec.process.sort),), variable)
    parts: dict[str, Callable[[Transition], Transition]] = {
        "an update's value": lambda t: replace(t, updates={**t.updates, variable: old}),
        "an update": lambda t: replace(
            t, updates={n: e for n, e in t.updates.items() if n != variable}
        ),
        "a message": lambda t: replace(t, sends=t.sends[1:]),
        "a clause's text": lambda t: replace(
            t, clauses=(replace(t.clauses[0], text="else"), *t.clauses[1:])
        ),
        "its kind": lambda t: replace(t, kind="environment"),
        "its event": lambda t: replace(t, event=None),
    }
    whole_rule = of_rule(set(keys_of(spec)), t.label)
    prints_of = prints.Prints(spec)
    q = next(q for n, q in questions_of(spec).items() if n in whole_rule)
    for what, change in parts.items():
        after = with_transition(spec, t.label, change)
        other = replace_of(q, after.by_label[t.label])
        assert prints.Prints(after).question(other) != prints_of.question(q), what


def replace_of(q: Question, t: Transition) -> Question:
    return Question(q.property, q.transition, q.when, (t,), q.goal, q.offered)


def test_ghosts_and_what_is_sent_with_them_are_covered() -> None:
    spec = evaluate_toy.toy()
    t = next(t for t in spec.transitions if t.ghosts)
    q = Question("p", t.label, "after", (t,), Expr(Kind.CONST, spec_bool(), (), True), frozenset())
    without = replace(t, ghosts=t.ghosts[1:])
    made = prints.Prints(spec)
    after = prints.Prints(with_transition(spec, t.label, lambda _: without))
    assert made.question(q) != after.question(replace_of(q, without))


def spec_bool() -> Any:
    return next(
        c.expr.sort for t in lock().transitions for c in t.clauses if c.expr.sort.name == "Bool"
    )


def test_one_fresh_value_and_two_are_told_apart() -> None:
    order = OrderSort("Number", owned=False)
    zero = Expr(Kind.CONST, order, (), "zero")
    one, other = (Expr(Kind.FRESH, order, (zero,)) for _ in range(2))
    made = prints.Prints(lock())
    bool_sort = spec_bool()
    same = Expr(Kind.EQ, bool_sort, (one, one))
    two = Expr(Kind.EQ, bool_sort, (one, other))
    assert made.form(same, {}) != made.form(two, {})
    assert made.form(two, {}) == made.form(Expr(Kind.EQ, bool_sort, (other, one)), {})
    # and a goal that speaks of the transition's fresh value is not one of another fresh value
    assert made.form(one, {id(one): 0}) != made.form(other, {id(one): 0})


def test_sorts_of_one_name_are_told_apart() -> None:
    made = prints.Prints(lock())
    kinds = [AtomSort("X"), OrderSort("X", owned=True), OrderSort("X", owned=False)]
    assert len({made.form(Expr(Kind.BOUND, k, (), "x"), {}) for k in kinds}) == len(kinds)


def test_what_has_no_canonical_form_is_not_kept(tmp_path: Path) -> None:
    spec = lock()
    ledger = Ledger(spec, tmp_path)
    odd = Expr(Kind.CONST, spec_bool(), (), object())
    q = Question("p", "t", "after", (), odd, frozenset())
    assert ledger.key(q) is None
    assert ledger.split("t", [q]).asked == {("p", "t")}


def test_the_code_that_proves_is_all_in_the_fingerprint() -> None:
    """Every module that making and discharging an obligation imports is among those hashed."""
    hashed = set(prints.sources(prints.PROVING))
    modules = {module_of(p): p for p in prints.sources(prints.EVERYTHING)}
    ahead = [ROOT / "checkers" / "induction.py", ROOT / "checkers" / "cache" / "ledger.py"]
    ahead += [ROOT / "checkers" / "possible.py", *(ROOT / "checkers" / "solving").glob("*.py")]
    ahead += [ROOT / "checkers" / "translation" / "proving.py"]
    seen: set[Path] = set()
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        is_package = path.name == "__init__.py"
        for _, name in imports(path.read_text(), module_of(path), is_package):
            while name:
                ahead += [modules[name]] if name in modules else []
                name = name.rpartition(".")[0]
    assert len(seen) > 20
    left_out = seen - hashed
    assert not left_out, f"add to PROVING: {sorted(p.name for p in left_out)}"


def test_a_changed_source_is_another_generation(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    before = prints.of_files(prints.sources(["a.py"], tmp_path), tmp_path)
    (tmp_path / "a.py").write_text("x = 2\n")
    assert prints.of_files(prints.sources(["a.py"], tmp_path), tmp_path) != before


def test_another_solver_is_another_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    before = prints.generation()
    monkeypatch.setattr(prints, "solvers", lambda: {"z3": "9.9.9"})
    assert prints.generation() != before


# ---------------------------------------------------------------- believing


def prove_all(spec: Spec, ledger: Ledger) -> tuple[list[Result], set[tuple[str, str]]]:
    """Answer all questions of a spec, and tell which ones a solver was asked."""
    prover, portfolio = Prover(spec), Portfolio(Limits(PATIENCE), ways=())
    results: list[Result] = []
    asked: set[tuple[str, str]] = set()
    for name in task_names(spec):
        split = ledger.split(name, tasks.questions(spec, name, frozenset()))
        wanted = [q for n, q in split.questions.items() if n in split.asked]
        portfolio.forget()
        new = [
            o if isinstance(o, Result) else o.discharge(portfolio)
            for o in prover.obligations(wanted)
        ]
        ledger.learn(name, split, new)
        asked |= split.asked
        results += [*split.known, *new]
    return results, asked


def verdicts(results: list[Result]) -> dict[tuple[str, str], Verdict]:
    return {(r.property, r.transition): r.verdict for r in results}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with everything of the lock service in it."""
    folder = tmp_path_factory.mktemp("cache")
    results, asked = prove_all(lock(), Ledger(lock(), folder))
    assert asked
    assert set(verdicts(results).values()) == {Verdict.PROVED}
    return folder


def test_what_is_proved_is_not_asked_again(filled: Path) -> None:
    results, asked = prove_all(lock(), Ledger(lock(), filled))
    assert not asked
    fresh, _ = prove_all(lock(), Ledger(lock(), filled / "nowhere"))
    assert verdicts(results) == verdicts(fresh)
    assert any(r.uses for r in results)
    assert all(r.by and r.kept for r in results if r.how == "solver")


@pytest.mark.parametrize(("label", "index"), MUTANTS)
def test_no_kept_proof_answers_for_a_broken_rule(label: str, index: int, filled: Path) -> None:
    """With the good spec's proofs at hand, a broken one gets the verdicts that it gets without."""
    mutant = drop_clause(lock(), label, index)
    ledger = Ledger(mutant, filled)
    prover, portfolio = Prover(mutant), Portfolio(Limits(PATIENCE), ways=())
    for name in task_names(mutant):
        split = ledger.split(name, tasks.questions(mutant, name, frozenset()))
        believed = {(r.property, r.transition) for r in split.known if r.how == "solver"}
        again = [q for n, q in split.questions.items() if n in believed and n[1] == label]
        for o in prover.obligations(again):
            assert isinstance(o, Obligation)
            assert o.discharge(portfolio).verdict is Verdict.PROVED, (o.property, o.transition)


def test_a_changed_lemma_asks_again_whatever_was_offered_it(filled: Path) -> None:
    spec = lock()
    lemma = next(n for n, s in spec.statements.items() if s.prop.kind == "lemma")
    weaker = replace(spec.statements[lemma], formula=Expr(Kind.CONST, spec_bool(), (), True))
    after = replace(spec, statements={**spec.statements, lemma: weaker})
    ledger = Ledger(after, filled)
    offered = untouched = 0
    for name in task_names(after):
        split = ledger.split(name, tasks.questions(after, name, frozenset()))
        for one, q in split.questions.items():
            if lemma in (*q.offered, one[0]):
                offered += 1
                assert one in split.asked
            else:
                untouched += 1
                assert one not in split.asked
    assert offered
    assert untouched


def test_a_proof_whose_hypothesis_says_something_else_is_not_believed(filled: Path) -> None:
    """Even where the fingerprint of the question were the same."""
    spec = lock()
    ledger = Ledger(spec, filled)
    (name, q), fact = next(
        (one, f)
        for n in task_names(spec)
        for one in ledger.split(n, tasks.questions(spec, n, frozenset())).questions.items()
        if (f := ledger.store.read(n)[str(ledger.key(one[1]))])["uses"]
    )
    assert ledger._answer(q, fact) is not None, name
    for wrong in ({n: OTHER for n in fact["uses"]}, {**fact["uses"], "nobody": OTHER}):
        assert ledger._answer(q, {**fact, "uses": wrong}) is None
    assert ledger._answer(q, {**fact, "property": "another"}) is None
    assert ledger._answer(q, {k: v for k, v in fact.items() if k != "alternation"}) is None


def test_a_hypothesis_that_is_no_longer_offered_proves_nothing(filled: Path) -> None:
    spec = lock()
    ledger = Ledger(spec, filled)
    for name in task_names(spec):
        questions = list(tasks.questions(spec, name, frozenset()))
        split = ledger.split(name, questions)
        using = {(r.property, r.transition) for r in split.known if r.uses}
        bare = [
            Question(q.property, q.transition, q.when, q.of, q.goal, frozenset())
            for q in questions
            if isinstance(q, Question)
        ]
        assert using <= ledger.split(name, bare).asked


def test_only_proofs_are_kept(tmp_path: Path) -> None:
    ledger = Ledger(lock(), tmp_path)
    name = next(n for n in task_names(lock()) if n.startswith(tasks.RULE))
    split = ledger.split(name, tasks.questions(lock(), name, frozenset()))
    property, transition = next(iter(split.asked))
    for verdict in Verdict:
        if verdict is not Verdict.PROVED:
            ledger.learn(name, split, [Result(property, transition, verdict, "solver", by="z3, x")])
    for how, by in (("run", "z3, x"), ("solver", ""), ("solver", "nobody")):
        ledger.learn(name, split, [Result(property, transition, Verdict.PROVED, how, by=by)])
    assert not tmp_path.exists() or not any(tmp_path.rglob("*"))


def test_the_word_of_a_solver_that_is_not_installed_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(lock(), tmp_path)
    name = next(n for n in task_names(lock()) if n.startswith(tasks.RULE))
    split = ledger.split(name, tasks.questions(lock(), name, frozenset()))
    one = next(iter(split.asked))
    ledger.learn(name, split, [Result(*one, Verdict.PROVED, "solver", by="z3, x")])
    again = ledger.split(name, split.questions.values())
    assert one not in again.asked
    ledger._installed = {"z3 0.0.1"}
    assert one in ledger.split(name, split.questions.values()).asked


# ---------------------------------------------------------------- an edit during a run


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Path]:
    """A spec in a file, to be edited after it was read here and before a worker reads it."""
    path = tmp_path / "edited_lock.py"
    path.write_text(Path(LOCK).read_text())
    yield path
    tasks._loaded.cache_clear()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    tasks._loaded.cache_clear()  # as in a worker, which has read nothing yet


def test_a_worker_that_reads_another_spec_proves_nothing(edited: Path) -> None:
    source = tasks.reading(str(edited))
    assert tasks.spec_of(source) is tasks.spec_of(source)
    edit(edited, "import sys\n", "import sys  # A remark changes nothing.\n")
    tasks.spec_of(source)
    edit(edited, "when=~me.holder.known", "when=me.holder.known")
    with pytest.raises(tasks.Changed):
        tasks.spec_of(source)
    with pytest.raises(tasks.Changed):
        tasks.prove(source, INITIAL, tasks.Work(frozenset(), Limits()))


def test_a_worker_that_reads_half_a_spec_proves_nothing(edited: Path) -> None:
    source = tasks.reading(str(edited))
    edit(edited, "def spec(", "def half_a_spec(")
    with pytest.raises(tasks.Changed):
        tasks.spec_of(source)


def test_a_worker_with_other_code_proves_nothing() -> None:
    with pytest.raises(tasks.Changed):
        tasks.spec_of(tasks.reading(LOCK, OTHER))


def test_the_fingerprint_of_a_spec_tells_what_it_states() -> None:
    """Whatever a statement says of itself or a rule does is told."""
    spec = lock()
    whole_form = prints.Prints(spec).whole()
    for name, one in spec.statements.items():
        for change in ({"open": "later"}, {"uses": ("none",)}, {"by_name": True}):
            prop = replace(one.prop, **change)
            stated = {**spec.statements, name: replace(one, prop=prop)}
            assert prints.Prints(replace(spec, statements=stated)).whole() != whole_form
    for t in spec.transitions:
        for i in range(len(t.clauses)):
            assert prints.Prints(drop_clause(spec, t.label, i)).whole() != whole_form


def test_all_work_is_told_what_the_spec_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever reads the spec in a worker would notice that it is another one."""
    told: list[object] = []
    plain = tasks.spec_of

    def note(source: tasks.Source) -> Spec:
        told.append(source)
        return plain(source)

    monkeypatch.setattr(tasks, "spec_of", note)
    verification(None)
    first, *others = told
    assert first == LOCK
    assert others
    assert all(isinstance(source, tasks.Reading) for source in others)


# ---------------------------------------------------------------- whole runs


def verification(cache_folder: Path | None, source: str | Spec = LOCK) -> Report:
    options = verify.Options(jobs=1, run_steps=200, cache=cache_folder)
    return verify.Verification(source, options, lambda *_: None).run()


def test_a_second_run_asks_no_solver_for_a_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = verification(tmp_path)
    assert first.details["answers"]["kept"] == 0
    monkeypatch.setattr(Portfolio, "ask", lambda *_: pytest.fail("a solver was asked"))
    second = verification(tmp_path)
    assert [(f.name, f.verdict, f.rests_on) for f in first.findings] == [
        (f.name, f.verdict, f.rests_on) for f in second.findings
    ]
    assert second.details["answers"]["by"] == first.details["answers"]["by"]
    assert second.details["answers"]["kept"] > 0


def test_without_a_cache_nothing_is_read_or_written(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "read", lambda *_: pytest.fail("it was read"))
    monkeypatch.setattr(Store, "add", lambda *_: pytest.fail("it was written"))
    assert verification(None).details["answers"]["kept"] == 0


def test_a_bounded_check_keeps_and_believes_nothing(tmp_path: Path) -> None:
    from model.smt.bounded import Scope

    options = verify.Options(
        jobs=1, only=frozenset({"one-holder"}), cache=tmp_path, scope=Scope(2, 1, 1, 1)
    )
    verify.Verification(LOCK, options, lambda *_: None).run()
    assert not any(tmp_path.rglob("*"))


def report(*verdicts: Verdict, failures: list[Result] | None = None) -> Report:
    findings = [
        Finding(f"p{i}", "title", "safety", v, 3, 1, 0.5, rests_on=("q",), failures=failures or [])
        for i, v in enumerate(verdicts)
    ]
    return Report("order", findings, 1.0, 2, {"z3": "4"}, {"runs": [{"seed": 1}]})


def test_the_report_of_an_unchanged_built_in_spec_is_shown_again(tmp_path: Path) -> None:
    kept = report(Verdict.PROVED, Verdict.OPEN, Verdict.SHOWN, Verdict.CHECKED)
    whole.Whole("order", "all", tmp_path).keep(kept)
    found = whole.Whole("order", "all", tmp_path).report()
    assert found is not None
    assert found.findings == kept.findings
    assert found.details == kept.details
    assert whole.Whole("order", "other", tmp_path).report() is None


@pytest.mark.parametrize(
    "verdict", [v for v in Verdict if not v.holds and v is not Verdict.OPEN], ids=lambda v: v.name
)
def test_a_report_with_a_failure_is_not_kept(verdict: Verdict, tmp_path: Path) -> None:
    whole.Whole("order", "all", tmp_path).keep(report(Verdict.PROVED, verdict))
    assert whole.Whole("order", "all", tmp_path).report() is None


def test_a_report_is_not_shown_again_after_any_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    for name in ("model/a.py", "checkers/b.py", "impl/c.py", "docs/d.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    monkeypatch.setattr(whole, "ROOT", root)
    monkeypatch.setattr(whole, "sources", lambda parts: prints.sources(parts, root))
    monkeypatch.setattr(whole, "of_files", lambda files: prints.of_files(files, root))
    folder = tmp_path / "cache"

    def known() -> bool:
        return whole.Whole("order", "all", folder).report() is not None

    whole.Whole("order", "all", folder).keep(report(Verdict.PROVED))
    assert known()
    for name in ("model/a.py", "checkers/b.py", "impl/c.py", "docs/d.md"):
        (root / name).write_text("x = 2\n")
        assert not known(), name
        (root / name).write_text("x = 1\n")
        assert known()
    (root / "docs/new.md").write_text("")
    assert not known()
    # what was edited while the run went on is not kept under either state
    late = whole.Whole("order", "late", folder)
    (root / "docs/newer.md").write_text("")
    late.keep(report(Verdict.PROVED))
    assert whole.Whole("order", "late", folder).report() is None


def test_a_damaged_report_is_not_shown(tmp_path: Path) -> None:
    made = whole.Whole("order", "all", tmp_path)
    made.keep(report(Verdict.PROVED))
    assert made.store is not None
    path = made.store._path("whole")
    text = path.read_text()
    for broken in (text.replace("PROVED", "SHOWN"), text[:-9], "", text.replace('"p0"', '"p1"')):
        path.write_text(broken)
        assert whole.Whole("order", "all", tmp_path).report() is None


def test_somebody_elses_spec_is_always_read(tmp_path: Path) -> None:
    """It may read anything while it is read; its questions are compared one by one."""
    whole.Whole(LOCK, "all", tmp_path).keep(report(Verdict.PROVED))
    assert whole.Whole(LOCK, "all", tmp_path).report() is None
    assert not any(tmp_path.rglob("*"))


# ---------------------------------------------------------------- what transitions can do


def asked_of(spec: Spec, can: Possible) -> dict[str, list[bool]]:
    """Ask of every transition, in each role, from each leaf, and to each leaf that it may set."""
    (table,) = spec.edges
    sort = spec.variables[table.variable].sort
    assert isinstance(sort, SumSort) and spec.role_sort is not None
    return {
        t.label: [
            can(t, role, table.variable, before, after)
            for role in spec.role_sort.leaves
            for before in sort.leaves
            for after in ("", *(sort.leaves if table.variable in t.updates else ()))
        ]
        for t in spec.transitions
        if t.event is not None
    }


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with what each transition of the lock service can do."""
    folder = tmp_path_factory.mktemp("possible")
    can = Possible(lock())
    asked_of(lock(), can)
    Ledger(lock(), folder).learn_possible(can.new)
    return folder


def test_what_a_transition_can_do_is_asked_once(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = asked_of(lock(), Possible(lock()))
    assert {True, False} == {a for answers in fresh.values() for a in answers}
    kept = Possible(lock(), Ledger(lock(), known).possible())
    monkeypatch.setattr(possible, "Question", lambda *_: pytest.fail("it was asked again"))
    assert asked_of(lock(), kept) == fresh
    assert not kept.new


@pytest.mark.parametrize(("label", "index"), MUTANTS)
def test_no_kept_answer_is_one_about_another_rule(label: str, index: int, known: Path) -> None:
    """What a dropped clause changes is asked anew, also of the refusals behind the rule."""
    mutant = drop_clause(lock(), label, index)
    fresh = asked_of(mutant, Possible(mutant))
    assert asked_of(mutant, Possible(mutant, Ledger(mutant, known).possible())) == fresh
    event = lock().by_label[label].event
    assert event is not None
    after = {t.label for t in mutant.refusals_of(event)} | {label}
    told = Ledger(mutant, known).possible()
    assert not after & set(told)
    assert told, "what does not depend on the rule is known"


def test_another_rule_can_change_what_a_refusal_does(known: Path) -> None:
    """The fault that a fingerprint of the refusal alone would hide, in some mutant at least."""
    before = asked_of(lock(), Possible(lock()))
    hidden = 0
    for label, index in MUTANTS:
        mutant = drop_clause(lock(), label, index)
        after = asked_of(mutant, Possible(mutant))
        hidden += any(after[other] != before[other] for other in before if other != label)
    assert hidden


def test_what_is_stated_of_a_node_is_in_the_fingerprint(known: Path) -> None:
    """A statement that says less excludes less: everything that was given it is asked anew."""
    spec = lock()
    given = Given(spec)
    name = given.of_the_node[0][0]
    sort = spec_bool()
    changes: list[dict[str, Any]] = [
        {"formula": Expr(Kind.CONST, sort, (), True)},
        {"prop": replace(spec.statements[name].prop, open="not proved")},
    ]
    for change in changes:
        weaker = replace(spec.statements[name], **change)
        after = replace(spec, statements={**spec.statements, name: weaker})
        told = Ledger(after, known).possible()
        assert not {t.label for t in spec.transitions if name in given.names(t)} & set(told)


def test_an_undecided_question_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as possible for now; asked with more time it may not be."""
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "timeout")
    can = Possible(lock())
    assert all(all(answers) for answers in asked_of(lock(), can).values())
    assert not can.new


def test_an_odd_answer_about_a_transition_is_not_believed(known: Path) -> None:
    ledger = Ledger(lock(), known)
    facts = ledger.store.read("possible")
    key, fact = next(iter(facts.items()))
    label = str(fact["of"])
    for odd in (
        {**fact, "of": "another"},
        {"of": label},
        {**fact, "can": {"SERVER|||": 1}},
        {**fact, "can": {"SERVER|||": "no"}},
        {**fact, "can": [True]},
    ):
        ledger.store.add("possible", {key: odd})
        assert label not in Ledger(lock(), known).possible()
    ledger.store.add("possible", {key: fact})
    assert Ledger(lock(), known).possible()[label] == fact["can"]


# ---------------------------------------------------------------- the command


def oathbound(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "checkers", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_command_keeps_what_it_proves_and_says_so(tmp_path: Path) -> None:
    asked = ("verify", LOCK, "--jobs", "1", "--only", "one-holder", "--json", "r.json")
    assert oathbound(*asked, "--no-cache", cwd=tmp_path).returncode == 0
    assert not (tmp_path / FOLDER).exists()
    assert oathbound(*asked, cwd=tmp_path).returncode == 0
    assert (tmp_path / FOLDER).is_dir()
    again = oathbound(*asked, cwd=tmp_path)
    assert again.returncode == 0
    assert "of the answers are kept from earlier runs; --no-cache asks again" in again.stdout
    told = json.loads((tmp_path / "r.json").read_text())
    assert told["answers"]["kept"] > 0
    assert any(by.startswith("z3, ") for by in told["answers"]["by"])


def test_the_command_line_loads_no_solver_before_it_has_to() -> None:
    code = (
        "import sys, checkers.cli;"
        "print([m for m in ('z3', 'cvc5', 'joblib', 'networkx', 'pygraphviz') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_questions_are_counted_as_the_obligations_that_they_become() -> None:
    asked = Questions(lock())
    prover = Prover(lock())
    for t in lock().transitions:
        made = list(prover.of_transition(t))
        assert len(made) == len(list(asked.of_transition(t)))
