"""A search whose pieces are expanded elsewhere, through joblib: the seam that proofs use, too.

Stands for: "`--backend` runs the partitions on a cluster through the same seam as the proofs"; what
is counted and what is found is the same, whoever expands.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from click.testing import CliRunner
from joblib import register_parallel_backend
from joblib.parallel import BACKENDS, SequentialBackend, ThreadingBackend

from checkers.cli import main
from checkers.explore import CannotExplore, Options, explore, read_setting, spread
from checkers.explore.disk import Level, written
from checkers.explore.ghosts import spoken_of
from checkers.explore.search import Interrupted, Limits, Search
from checkers.explore.tables import Sent
from checkers.verdict import Verdict
from checkers.workers import ADDRESS, DASK, join
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.spec import Statement, drop_clause
from tests import climbing_toy
from tests.test_explore import PUBLISHED, TEXTBOOK, drop_all_updates_to, spec_of

FORK = pytest.param(
    "fork", marks=pytest.mark.skipif(sys.platform != "linux", reason="copies are for Linux")
)


@pytest.fixture(autouse=True)
def everything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "SMALL", 0)


def searched(
    spec: Spec, scope: str, backend: str = "", symmetry: bool = False, **limits: Any
) -> Search:
    setting = read_setting(spec, scope)
    ghosts = spoken_of(spec, spec.of_kind("safety"))
    made = Search(
        *(spec, setting.config, setting.bounds, Limits(**limits), 2, ghosts, symmetry),
        backend=backend,
    )
    made.run()
    return made


def told(made: Search) -> dict[str, Any]:
    """Return what is counted, with the numbers of steps by what they are."""
    world = made.world
    kinds = {world.kinds[number]: count for number, count in made.tally.kinds.items()}
    counted = made.tally
    return {
        "levels": made.levels,
        "steps": counted.steps,
        "cut": dict(counted.cut),
        "kinds": kinds,
        "ends": counted.ends,
        "never given": sorted(world.replies_wanted),
        "complete": made.complete,
    }


class Toy(ThreadingBackend):  # type: ignore[misc]  # joblib has no types
    """Somebody's own workers: here it says how often it was asked."""

    asked = 0

    def submit(self, func: Any, callback: Any = None) -> Any:
        Toy.asked += 1
        return super().submit(func, callback)

    def apply_async(self, func: Any, callback: Any = None) -> Any:
        Toy.asked += 1
        return super().apply_async(func, callback)


class Late(SequentialBackend):  # type: ignore[misc]
    """Workers that give all results at once."""

    supports_retrieve_callback = False
    supports_return_generator = False


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky", FORK])
def test_workers_elsewhere_count_the_same(backend: str) -> None:
    made = searched(spec_of("two_phase_textbook"), "peers=5", backend, crashes=0)
    assert (made.distinct, made.generated) == PUBLISHED[5]
    assert told(made) == told(searched(spec_of("two_phase_textbook"), "peers=5", crashes=0))


def test_workers_of_ones_own_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a cluster registers it with joblib, and names it."""
    monkeypatch.setattr(Toy, "asked", 0)
    for backend in (Toy, Late):
        register_parallel_backend("tests", backend)
        try:
            made = searched(spec_of("two_phase_textbook"), "peers=4", "tests", crashes=0)
        finally:
            del BACKENDS["tests"]
        assert (made.distinct, made.generated) == PUBLISHED[4]
    assert Toy.asked > 13


@pytest.mark.parametrize(
    ("name", "scope", "limits"),
    [
        ("paxos", "peers=2,ballots=1", {"crashes": 1, "messages": 7}),
        ("two_phase_commit", "peers=2", {"crashes": 1}),
        ("tutorial_lock", "peers=2,tickets=2", {"crashes": 1}),
        ("order", "radiants=1,terms=1", {"crashes": 0, "messages": 4}),
    ],
)
def test_crashes_messages_and_ghosts_are_counted_there_too(
    name: str, scope: str, limits: dict[str, Any]
) -> None:
    spec = spec_of(name)
    assert told(searched(spec, scope, "threading", **limits)) == told(
        searched(spec, scope, **limits)
    )


@pytest.mark.parametrize("backend", ["", "sequential"])
def test_a_refusal_that_no_later_state_can_meet_ends_no_search(backend: str) -> None:
    """The table of who gives it grows with the states, though nothing is to be set in it."""
    made = searched(climbing_toy.spec(), "nodes=1", backend, crashes=0)
    top = climbing_toy.TOP
    # Any height with the bell heard or not, but on the ground, where there is no bell.
    assert (made.distinct, made.complete) == (2 * top + 1, True)
    assert made.world.replies_wanted == {"Refused"}


def test_orbits_are_found_by_whoever_asked() -> None:
    spec = spec_of("two_phase_textbook")
    for scope in ("peers=4", "peers=7"):
        here = searched(spec, scope, symmetry=True, crashes=0)
        there = searched(spec, scope, "threading", symmetry=True, crashes=0)
        assert told(there) == told(here)


def denied(statement: Statement) -> Statement:
    """Return what says of every step the contrary: it reads as much, and is broken."""
    steps = statement.per_transition
    contrary = {k: Expr(Kind.NOT, e.sort, (e,), None, e.span) for k, e in steps.items()}
    return replace(statement, per_transition=contrary)


@pytest.mark.parametrize("backend", ["threading", FORK])
def test_what_is_broken_is_found_there_too(backend: str) -> None:
    """Statements of states; of steps; and of steps that read whole states."""
    textbook = drop_clause(spec_of("two_phase_textbook"), "decide", 2)
    order = drop_all_updates_to(spec_of("order"), "beacon")
    stated = order.statements | {"S9": denied(order.statements["S9"])}
    order = replace(order, statements=stated)
    steps = [stated["S3"], stated["S8"], stated["S9"]]
    states = textbook.of_kind("safety")
    cases = [(textbook, "peers=2", None, states), (order, "radiants=1", 2, steps)]
    for spec, scope, messages, asked in cases:
        setting = read_setting(spec, scope)
        found = []
        for who in ("", backend):
            options = Options(0, messages, statements=asked, jobs=2, backend=who, stop=False)
            result = explore(spec, setting, options)
            found.append({a.name: (a.verdict, a.run and len(a.run.steps)) for a in result.asked})
        assert found[0] == found[1]
        broken = {name for name, (verdict, _) in found[0].items() if verdict is Verdict.REFUTED}
        assert broken == ({"consistent"} if spec is textbook else {"S3", "S9"})


def test_no_search_is_taken_for_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers keep what they were sent by its name; a new search may stand where an old one did."""
    names: list[str] = []
    real = spread.expand

    def named(name: str, *rest: Any) -> spread.Piece:
        names.append(name)
        return real(name, *rest)

    monkeypatch.setattr(spread, "expand", named)
    spec = spec_of("two_phase_textbook")
    for _ in range(20):
        searched(spec, "peers=1", "sequential", crashes=0)
        gc.collect(0)  # the young alone: a search is, and a long run of tests is not
    rounds = [name for i, name in enumerate(names) if not i or name != names[i - 1]]
    assert len(set(rounds)) == len(rounds) > 40


def test_a_worker_needs_no_spec_and_says_what_is_missing(tmp_path: Path) -> None:
    """What is sent can be read anywhere; where tables lack something nothing is told of a piece."""
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=3")
    made = Search(spec, setting.config, setting.bounds, Limits(crashes=0))
    made.start()
    for node in made.world.nodes:
        node.prepare()
    first = [written(str(tmp_path), "frontier", made.frontier[:])]
    sent = pickle.dumps(Sent(made.tables(), None, frozenset()))
    piece = spread.expand("first", sent, str(tmp_path), first, "found", 3)
    assert piece.lacking
    assert not piece.found
    assert not piece.tally.steps
    made.learn(piece.needed)
    again = spread.expand("first", sent, str(tmp_path), first, "found", 3)
    assert again.lacking  # of that name it has these
    sent = pickle.dumps(Sent(made.tables(), None, frozenset()))
    piece = spread.expand("second", sent, str(tmp_path), first, "found", 3)
    assert not piece.lacking
    words = Level(str(tmp_path), piece.found)[:]
    assert len(np.unique(words)) == len(words) == piece.tally.steps == 7
    assert len(piece.found) == 3 and not len(piece.words)


@pytest.mark.filterwarnings("error::UserWarning")  # as joblib's are, and no other's
def test_an_interrupt_is_heeded_between_pieces() -> None:
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=5")
    made = Search(spec, setting.config, setting.bounds, Limits(crashes=0), 2, backend="threading")
    made.after_level.append(lambda s: setattr(s, "interrupted", s.depth == 6))
    with pytest.raises(Interrupted):
        made.run()
    assert made.depth == 6
    assert made.seen.count == made.distinct  # of the level that was begun nothing is left


def killed(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="copies are for Linux")
def test_a_killed_worker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "expanded", killed)
    spec = spec_of("two_phase_textbook")
    with pytest.raises(CannotExplore, match=r"a worker ended(.|\n)*fix: see that there is memory"):
        explore(spec, read_setting(spec, "peers=3"), Options(0, jobs=2, backend="fork"))


def test_the_command_names_the_workers() -> None:
    command = ["explore", TEXTBOOK, "--scope", "peers=3", "--crashes", "0", "--jobs", "2"]
    found = CliRunner().invoke(main, [*command, "--backend", "threading"])
    assert found.exit_code == 0, found.output
    assert "288" in found.output
    wrong = CliRunner().invoke(main, [*command, "--backend", "nobody"])
    assert wrong.exit_code == 2
    assert "--backend nobody: joblib knows no such workers\n  fix: write one of: " in wrong.output
    assert "loky" in wrong.output


class Cluster:
    """What stands for dask's own module: it knows of no client, and reaches one scheduler."""

    joined: ClassVar[list[str]] = []
    workers: ClassVar[dict[str, str]] = {}

    @staticmethod
    def default_client() -> None:
        raise ValueError("no client")

    class Client:
        """A client of a scheduler."""

        def __init__(self, address: str, timeout: int) -> None:
            if address != "tcp://here:1":
                raise OSError(f"nobody at {address} in {timeout} s")
            Cluster.joined.append(address)

        def scheduler_info(self) -> dict[str, dict[str, str]]:
            return {"workers": Cluster.workers}


@pytest.mark.parametrize(
    ("module", "address", "workers", "why"),
    [
        (None, "tcp://here:1", {}, "dask cannot be loaded"),
        (Cluster, "", {}, "no cluster is named"),
        (Cluster, "tcp://there:2", {}, "DASK_SCHEDULER_ADDRESS=tcp://there:2: nobody at"),
        (Cluster, "tcp://here:1", {}, "has no workers"),
        (Cluster, "tcp://here:1", {"a": "b"}, ""),
    ],
)
def test_a_cluster_is_joined_where_its_scheduler_is_named(
    module: Any, address: str, workers: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", module)
    monkeypatch.setenv(ADDRESS, address)
    monkeypatch.setattr(Cluster, "workers", workers)
    if not why:
        join(DASK)
        assert Cluster.joined[-1] == address
        return
    arguments = ["explore", TEXTBOOK, "--scope", "peers=3", "--backend", DASK]
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 2
    assert why in ended.output and "fix: " in ended.output
