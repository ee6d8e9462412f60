"""`oathbound explore`: every reachable state within bounds.

Stands for: "Exact counts (distinct, generated, depth) of several scopes of each spec are pinned in
tests, and agree with the plain evaluator's breadth-first search on small scopes and with published
counts"; "safety violations come out as shortest runs"; "deadlocks, unreachable rules, never-sent
messages, never-given replies are reported".
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from checkers.cli import main
from checkers.explore import Options, ScopeError, explore, figure, read_setting, symmetry
from checkers.explore.disk import Disk
from checkers.explore.explore import chosen
from checkers.explore.packing import Full
from checkers.explore.plot import ACROSS, svg
from checkers.explore.progress import expected_rest
from checkers.explore.search import Limits, Search
from checkers.explore.store import VACANT, Recent, Store, Table, mixed
from checkers.instances import read_instance
from checkers.verdict import Verdict
from model.lang import Spec
from model.lang.load import load
from model.lang.spec import drop_clause
from tests.plain_search import search as plain_search
from tests.protocol_faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parent.parent
FILES = {file.stem: str(file) for file in (ROOT / "docs" / "protocols").glob("*.py")}
FILES |= {"tutorial_lock": str(ROOT / "docs" / "tutorial_lock.py"), "order": "order"}
TEXTBOOK = FILES["two_phase_textbook"]


@functools.cache
def spec_of(name: str) -> Spec:
    return load(FILES[name])


def searched(name: str, scope: str, ghosts: bool = False, jobs: int = 1, **limits: Any) -> Search:
    spec = spec_of(name)
    setting = read_setting(spec, scope)
    held = frozenset(spec.ghosts) if ghosts else frozenset()
    search = Search(spec, setting.config, setting.bounds, Limits(**limits), jobs, held)
    search.run()
    return search


# ---------------------------------------------------------------- counts

PUBLISHED = {3: (288, 1_146), 4: (1_568, 8_258), 5: (8_832, 58_146), 7: (296_448, 2_744_706)}
"""Of L. Lamport's TwoPhase.tla, by number of resource managers: distinct states, and steps with the
first state, as TLC counts them."""


@pytest.mark.parametrize("managers", PUBLISHED)
def test_two_phase_commit_has_as_many_states_as_published(managers: int) -> None:
    search = searched("two_phase_textbook", f"peers={managers}", crashes=0)
    assert (search.distinct, search.generated) == PUBLISHED[managers]
    assert search.depth == 3 * managers + 1
    assert not search.tally.cut


@pytest.mark.slow
def test_two_phase_commit_with_eight_resource_managers() -> None:
    search = searched("two_phase_textbook", "peers=8", crashes=0, jobs=2)
    assert (search.distinct, search.generated) == (1_745_408, 18_507_778)
    assert search.store.nbytes <= 16 * search.distinct


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_two_phase_commit_with_nine_resource_managers(jobs: int) -> None:
    """As TLC, Spin and Stateright count it."""
    search = searched("two_phase_textbook", "peers=9", crashes=0, jobs=jobs)
    assert (search.distinct, search.generated) == (10_340_352, 123_558_402)
    assert search.depth == 28
    assert search.store.nbytes <= 16 * search.distinct


PINNED: list[tuple[str, str, dict[str, Any], tuple[int, int, int, int]]] = [
    ("tutorial_lock", "peers=2,tickets=2", {}, (153, 1_266, 12, 36)),
    ("tutorial_lock", "peers=2,tickets=2", {"crashes": 0}, (80, 417, 12, 28)),
    ("tutorial_lock", "peers=2,tickets=2", {"crashes": 1, "messages": 5}, (165, 971, 11, 60)),
    ("lock_service", "hosts=2,epochs=3", {"crashes": 1}, (79, 796, 6, 81)),
    ("lock_service", "hosts=3,epochs=2", {"crashes": 0}, (41, 261, 4, 64)),
    ("lock_service", "hosts=2,epochs=2", {}, (25, 196, 4, 27)),
    ("two_phase_commit", "peers=2", {}, (63, 420, 8, 0)),
    ("two_phase_commit", "peers=3", {"crashes": 0}, (295, 1_441, 10, 0)),
    ("two_phase_commit", "peers=3", {"crashes": 1}, (566, 3_949, 12, 0)),
    ("two_phase_textbook", "peers=2", {}, (56, 322, 7, 0)),
    ("paxos", "peers=1,ballots=2", {"crashes": 1}, (98, 329, 11, 86)),
    ("paxos", "peers=2,ballots=1", {"crashes": 0, "messages": 6}, (52, 267, 6, 138)),
    ("raft_election", "servers=2,terms=1", {"crashes": 0}, (10, 23, 4, 12)),
    ("raft_election", "servers=3,terms=1", {"crashes": 0}, (95, 421, 6, 183)),
    ("raft_election", "servers=2,terms=2", {"crashes": 1}, (184, 547, 9, 230)),
    ("ring_election", "peers=4", {"crashes": 1, "messages": 6}, (314, 2_608, 8, 216)),
    ("ring_election", "peers=4", {"crashes": 0}, (108, 1_081, 12, 0)),
    ("sharded_store", "stores=1,numbers=2", {"crashes": 1}, (248, 2_602, 13, 248)),
    ("sharded_store", "stores=1,numbers=1", {}, (20, 134, 7, 20)),
    ("sharded_store", "stores=2,numbers=1", {"crashes": 0}, (119, 793, 10, 198)),
    ("order", "radiants=1", {"crashes": 1, "messages": 2}, (14, 90, 6, 10)),
    ("order", "radiants=1", {"crashes": 0, "messages": 2}, (8, 41, 4, 5)),
]
"""Spec, scope, limits; distinct states, steps, depth, and steps cut at a bound."""


@pytest.mark.parametrize(("name", "scope", "limits", "counts"), PINNED)
def test_the_arrays_count_what_the_evaluator_counts(
    name: str, scope: str, limits: dict[str, Any], counts: tuple[int, int, int, int]
) -> None:
    """Two readings that share the expression tree alone; with the ghosts, and without."""
    spec = spec_of(name)
    for ghosts in (False, True) if spec.ghosts and name != "order" else (False,):
        search = searched(name, scope, ghosts, **limits)
        by_hand = plain_search(spec, read_instance(spec, scope, ghosts=ghosts, **limits))
        assert search.levels == by_hand.levels
        assert search.generated == by_hand.generated
        assert sum(search.tally.cut.values()) == by_hand.cut
        assert search.tally.ends == by_hand.ends
        if not ghosts:
            cut = sum(search.tally.cut.values())
            assert (search.distinct, search.generated, search.depth, cut) == counts


def test_of_every_shipped_spec_several_scopes_are_counted() -> None:
    pinned = [name for name, *_ in (*PINNED, *LARGER)] + ["two_phase_textbook"] * len(PUBLISHED)
    assert set(pinned) == set(FILES)
    assert min(pinned.count(name) for name in FILES) >= 3


LARGER: list[tuple[str, str, dict[str, Any], tuple[int, int, int]]] = [
    ("paxos", "peers=2,ballots=1", {"crashes": 0}, (3_481, 35_481, 22)),
    ("ring_election", "peers=4", {}, (6_497, 110_441, 18)),
    ("order", "radiants=1", {"crashes": 0, "messages": 4}, (572, 3_901, 19)),
    ("order", "radiants=1", {"crashes": 0}, (88_234, 653_567, 32)),
]


@pytest.mark.parametrize(("name", "scope", "limits", "counts"), LARGER)
def test_counts_of_larger_scopes(
    name: str, scope: str, limits: dict[str, Any], counts: tuple[int, int, int]
) -> None:
    search = searched(name, scope, **limits)
    assert (search.distinct, search.generated, search.depth) == counts


def test_threads_find_the_same_states(monkeypatch: pytest.MonkeyPatch) -> None:
    from checkers.explore import search as module

    monkeypatch.setattr(module, "CHUNK", 500)
    one = searched("two_phase_textbook", "peers=6", crashes=0)
    two = searched("two_phase_textbook", "peers=6", crashes=0, jobs=3)
    assert one.levels == two.levels
    assert one.generated == two.generated
    assert one.tally.ends == two.tally.ends


# ---------------------------------------------------------------- what is stated


@pytest.mark.parametrize("name", [n for n in FILES if n != "order"])
def test_nothing_that_is_proved_is_broken_within_bounds(name: str) -> None:
    spec = spec_of(name)
    scopes = {n: (s, limits) for n, s, limits, _ in PINNED}
    scope, limits = scopes[name]
    found = explore(spec, read_setting(spec, scope), Options(statements=chosen(spec), **limits))
    stated = [a for a in found.asked if a.kind != "sometimes"]
    assert {a.verdict for a in stated} == {Verdict.BOUND_REACHED}
    assert found.exit_status() == 0
    assert len(found.asked) == len(spec.of_kind("safety", "lemma", "step", "sometimes"))


def test_the_order_keeps_its_oaths_within_bounds() -> None:
    """All of them, ghosts included; one radiant and its controller."""
    spec = spec_of("order")
    options = Options(crashes=0, messages=5, statements=chosen(spec))
    found = explore(spec, read_setting(spec, "radiants=1"), options)
    assert {a.verdict for a in found.asked if a.kind != "sometimes"} == {Verdict.BOUND_REACHED}
    assert "messages=5" in found.bound()
    assert "cut at the bound of scope" in found.bound()


BEYOND = {
    "one promise is enough",
    "the lowest vote counts",
    "a parcel is forgotten before it is taken",
}
"""Faults that no scope shows in which the search takes less than seconds; of the last, what is
reached first is an event that two rules answer."""
REFUTABLE = [f for f in FAULTS if f.run and f.name not in BEYOND]
SCOPES = {
    "lock_service": "hosts=2,epochs=2",
    "paxos": "peers=2,ballots=1,values=2",
    "raft_election": "servers=3,terms=2",
    "ring_election": "peers=4",
    "sharded_store": "stores=2,numbers=2",
    "two_phase_commit": "peers=2",
    "two_phase_textbook": "peers=2",
}


@pytest.mark.parametrize("fault", REFUTABLE, ids=str)
def test_a_seeded_fault_comes_out_as_a_shortest_run(fault: Fault, tmp_path: Path) -> None:
    """It is replayed by the evaluator, which finds nothing broken in any shorter run."""
    spec = fault.spec(tmp_path)
    scope = SCOPES[fault.protocol]
    setting = read_setting(spec, "servers=4" if fault.name == "its own vote is enough" else scope)
    statement = spec.statements[fault.run]
    limits: dict[str, Any] = {"crashes": 1, "states": 400_000}
    found = explore(spec, setting, Options(statements=[statement], **limits))
    (asked,) = found.asked
    assert asked.verdict is Verdict.REFUTED, asked.reason
    assert asked.run is not None
    assert asked.run.chart
    assert asked.run.svg
    assert found.exit_status() == 1
    shorter = Search(
        spec,
        setting.config,
        setting.bounds,
        Limits(crashes=1, depth=len(asked.run.steps) - 1),
    )
    shorter.run()
    assert shorter.distinct > 0


def test_no_shorter_run_breaks_what_a_shortest_run_breaks() -> None:
    """The plain search, asked the same, breaks it at the same depth."""
    spec = drop_clause(spec_of("two_phase_textbook"), "decide", 2)
    setting = read_setting(spec, "peers=2")
    statement = spec.statements["consistent"]
    found = explore(spec, setting, Options(crashes=0, statements=[statement]))
    assert found.asked[0].run is not None
    by_hand = plain_search(spec, read_instance(spec, "peers=2", crashes=0), [statement])
    assert len(found.asked[0].run.steps) == by_hand.broken["consistent"] - 1


def test_a_step_that_breaks_a_step_property_is_found(tmp_path: Path) -> None:
    """S8 of the order: no rule leaves UNRECOVERABLE."""
    spec = spec_of("order")
    label = next(
        t.label
        for t in spec.transitions
        if t.kind == "rule" and t.event is not None and t.event.__name__ == "Beacon"
    )
    broken = drop_all_updates_to(spec, label)
    setting = read_setting(broken, "radiants=1")
    statement = broken.statements["S3"]
    options = Options(crashes=0, messages=3, statements=[statement])
    found = explore(broken, setting, options)
    assert found.asked[0].verdict is Verdict.REFUTED, found.asked[0].reason
    assert found.asked[0].run is not None


def drop_all_updates_to(spec: Spec, label: str) -> Spec:
    """Return the spec with a row that sets the state to ACTIVE, whatever it was."""
    from dataclasses import replace

    from model.lang.expr import Expr, Kind

    sort = spec.variables["state"].sort
    active = Expr(Kind.CONST, sort, (), "ACTIVE")
    changed = tuple(
        replace(t, updates={**t.updates, "state": active}) if t.label == label else t
        for t in spec.transitions
    )
    return replace(spec, transitions=changed)


# ---------------------------------------------------------------- symmetry


def orbits(search: Search) -> int:
    """Return how many orbits the states of a whole search have, by trying every arrangement."""
    made, _ = symmetry.find(search.world, dict(search.config))
    assert made is not None
    made.sorts_nodes = False
    while True:
        assert search.level_words is not None
        words = np.concatenate(search.level_words)
        try:
            return len(np.unique(made.canonical(words, search.packing)))
        except Full:
            search._repack()


@pytest.mark.parametrize("sorting", [False, True])
@pytest.mark.parametrize(
    ("name", "scope", "limits", "star"),
    [
        ("two_phase_textbook", "peers=4", {"crashes": 0}, True),
        ("two_phase_commit", "peers=3", {}, True),
        ("tutorial_lock", "peers=3,tickets=2", {}, True),
        ("raft_election", "servers=3,terms=1", {"crashes": 0}, True),
        ("lock_service", "hosts=3,epochs=2", {}, False),
        ("paxos", "peers=1,ballots=1,values=3", {"crashes": 0}, True),
        ("sharded_store", "stores=1,numbers=1,values=2", {"messages": 3}, True),
    ],
)
def test_one_state_of_each_orbit_is_visited(
    name: str,
    scope: str,
    limits: dict[str, Any],
    star: bool,
    sorting: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many as brute force counts; where nodes speak of each other, sorting may visit more."""
    spec, setting = spec_of(name), read_setting(spec_of(name), scope)
    whole = Search(spec, setting.config, setting.bounds, Limits(**limits))
    whole.level_words = []
    whole.run()
    if sorting:
        monkeypatch.setattr(symmetry, "MOST_TRIED", 1)
    reduced = Search(spec, setting.config, setting.bounds, Limits(**limits), symmetry=True)
    reduced.run()
    assert reduced.symmetry is not None
    count = orbits(whole)
    assert count < whole.distinct
    only_nodes = all(str(sort) == "Node" for sort, _ in reduced.symmetry.blocks)
    if not sorting or (star and only_nodes):
        assert reduced.distinct == count
    else:
        assert count <= reduced.distinct <= whole.distinct
    assert reduced.depth == whole.depth


def test_ten_participants_under_symmetry() -> None:
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=10")
    search = Search(spec, setting.config, setting.bounds, Limits(crashes=0), symmetry=True)
    search.run()
    assert (search.distinct, search.depth) == (3_300, 31)


@pytest.mark.slow
def test_twenty_participants_under_symmetry() -> None:
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=20")
    search = Search(spec, setting.config, setting.bounds, Limits(crashes=0), symmetry=True)
    search.run()
    assert (search.distinct, search.depth) == (54_922, 61)


def test_owners_and_maps_tell_nodes_apart() -> None:
    """Terms of the order are compared by owner, and the ring's configuration places its nodes."""
    for name, scope, why in (
        ("order", "radiants=2,keys=1", "compared as owners"),
        ("ring_election", "peers=4", "a map of the configuration"),
    ):
        spec, setting = spec_of(name), read_setting(spec_of(name), scope)
        search = Search(spec, setting.config, setting.bounds, Limits(), symmetry=True)
        assert search.symmetry is None
        assert why in search.symmetry_told


@pytest.mark.parametrize("peers", [3, 7])
def test_under_symmetry_a_run_has_real_names(peers: int) -> None:
    """Shortest, and replayed by the evaluator, although states were visited under other names."""
    spec = drop_clause(spec_of("two_phase_textbook"), "decide", 2)
    setting = read_setting(spec, f"peers={peers}")
    options = Options(crashes=0, symmetry=True, statements=[spec.statements["consistent"]])
    (asked,) = explore(spec, setting, options).asked
    assert asked.run is not None, asked.reason
    assert len(asked.run.steps) == 3


# ---------------------------------------------------------------- reports


def test_what_never_happens_is_reported() -> None:
    """Without a manager's decision nobody commits, and no Commit is sent."""
    spec = spec_of("two_phase_textbook")
    label = "decide"
    at = len(spec.by_label[label].clauses)
    never = drop_clause(spec, label, at)  # nothing dropped
    found = explore(never, read_setting(never, "peers=2"), Options(crashes=0, depth=3))
    assert not found.complete
    assert found.stopped == "depth=3"
    assert found.exit_status() == 3
    assert "commit" in found.unreached
    assert "Commit" in found.unsent
    whole = explore(spec, read_setting(spec, "peers=2"), Options(crashes=0))
    assert whole.unreached == whole.unsent == whole.ungiven == []
    assert sum(whole.rules.values()) == whole.generated - 1
    assert whole.ends == 10


def test_the_order_of_one_radiant_does_not_use_everything() -> None:
    spec = spec_of("order")
    found = explore(spec, read_setting(spec, "radiants=1"), Options(crashes=0, messages=4))
    assert found.unreached
    assert found.unsent
    assert found.edges


def test_the_figure_draws_what_was_taken_and_counts_the_rest() -> None:
    """Of the order most declared edges are not taken by one radiant: they would hide the others."""
    spec = spec_of("order")
    found = explore(spec, read_setting(spec, "radiants=1"), Options(crashes=0, messages=4))
    text = figure.dot(spec, found)
    declared = spec.edges[0].allowed()
    never = declared - found.edges.keys()
    assert len(never) > figure.MOST_DASHED
    assert f"of the {len(declared)} edges declared, {len(never)} were not taken" in text.replace(
        "\\n", " "
    )
    assert text.count(" -> ") == len(found.edges) and "dashed" not in text
    for leaf in spec.variables["state"].sort.leaves:  # type: ignore[attr-defined]
        assert f'"{leaf}" [label="' in text
    spec = spec_of("two_phase_textbook")
    found = explore(spec, read_setting(spec, "peers=2"), Options(crashes=0, depth=1))
    assert "style=dashed" in figure.dot(spec, found)


def test_the_command(tmp_path: Path) -> None:
    files = {n: str(tmp_path / n) for n in ("e.json", "p.svg", "f.dot")}
    told = CliRunner().invoke(
        main,
        [
            *("explore", TEXTBOOK, "--scope", "peers=3", "--crashes", "0", "--jobs", "1"),
            *("--json", files["e.json"], "--plot", files["p.svg"], "--figure", files["f.dot"]),
        ],
    )
    assert told.exit_code == 0, told.output
    assert "288" in told.output
    assert "BOUND_REACHED" in told.output
    assert "PROVED" not in told.output
    data = json.loads(Path(files["e.json"]).read_text(encoding="utf-8"))
    assert data["schema"] == 1
    assert data["distinct"] == sum(data["levels"]) == 288
    assert data["generated"] == 1_146
    assert Path(files["p.svg"]).read_text(encoding="utf-8").count("<rect") == 12
    assert '"WORKING" -> "PREPARED" [label=' in Path(files["f.dot"]).read_text(encoding="utf-8")


def test_the_command_tells_a_shortest_run(tmp_path: Path) -> None:
    text = Path(TEXTBOOK).read_text(encoding="utf-8")
    broken = tmp_path / "broken.py"
    guard = ", config.resources.subset(me.prepared)"
    assert guard in text
    broken.write_text(text.replace(guard, ""), encoding="utf-8")
    out = tmp_path / "runs"
    asked = [
        *("explore", str(broken), "--scope", "peers=2", "--only", "consistent"),
        *("--counterexamples", str(out), "--jobs", "1"),
    ]
    told = CliRunner().invoke(main, asked)
    assert told.exit_code == 1, told.output
    assert "a run of 3 steps breaks it; no shorter one does" in told.output
    assert {p.suffix for p in out.iterdir()} == {".txt", ".svg", ".py"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scope", "peers"], "a part is NAME=NUMBER"),
        (["--scope", "cats=3"], "the spec has no 'cats'"),
        (["--scope", "peers=900"], "write a number from 1"),
        (["--scope", "peers=2,nodes=3"], "nodes is bounded twice"),
        (["--scope", "peers=" + "9" * 5000], "a part is NAME=NUMBER"),
        (["--crashes", "-1"], "it is no bound"),
        (["--jobs", "0"], "too few or too many"),
        (["--only", "nothing"], "the spec states no such thing"),
        (["--figure", "x.jpg"], "no known kind of file"),
    ],
)
def test_mistakes_are_told_with_a_fix(arguments: list[str], message: str) -> None:
    told = CliRunner().invoke(main, ["explore", TEXTBOOK, *arguments])
    assert told.exit_code == 2
    assert message in told.output


def test_a_constant_is_given_as_to_export() -> None:
    """The configuration is the one that is asked for."""
    told = CliRunner().invoke(
        main,
        ["explore", TEXTBOOK, "--scope", "peers=3", "--constant", "manager=boss", "--crashes", "0"],
    )
    assert told.exit_code == 0, told.output
    assert "288" in told.output
    broken = wrong_consensus()
    setting = read_setting(broken, "peers=2", ["manager=boss"])
    statements = [broken.statements["consistent"]]
    (asked,) = explore(broken, setting, Options(crashes=0, statements=statements)).asked
    assert asked.run is not None and ("manager", "boss") in asked.run.config


def test_a_scope_that_no_configuration_fits_is_refused() -> None:
    with pytest.raises(ScopeError, match="scenarios have"):
        read_setting(spec_of("ring_election"), "peers=7")


def test_the_plot_names_the_spec_and_its_bounds_in_a_line_each() -> None:
    """A title may have a comma."""
    drawn = svg([1, 5, 2], "Two-phase commit, textbook", "8 states, 3 nodes, no crashes")
    assert ">Two-phase commit, textbook</text>" in drawn
    assert ">8 states, 3 nodes, no crashes</text>" in drawn


def test_long_bounds_are_told_within_the_pictures() -> None:
    """In several lines, and the plot below them: none of what is said is cut off at the edge."""
    spec = spec_of("order")
    found = explore(spec, read_setting(spec, "radiants=1"), Options(crashes=0, messages=4))
    label = figure.dot(spec, found).split('label="')[1].split('"]')[0]
    assert label.count("\\n") >= 1 and max(map(len, label.split("\\n"))) <= figure.ACROSS
    bounds = "; ".join(["98 steps cut at the bound of messages"] * 7)
    drawn = svg([1, 5, 2], "The order", bounds)
    lines = re.findall(r'y="(\d+)" font-size="10">([^<]*)<', drawn)
    assert " ".join(text for _, text in lines) == bounds and len(lines) > 1
    assert max(len(text) for _, text in lines) <= ACROSS
    tops = [float(y) for y in re.findall(r'<rect x=[^>]* y="([\d.]+)"', drawn)]
    assert min(tops) > max(int(y) for y, _ in lines)


def test_the_end_is_expected_only_where_levels_shrink() -> None:
    assert expected_rest([1, 2, 4]) is None
    assert expected_rest([1, 8, 4, 2]) == 2


@pytest.mark.parametrize("kept", [1, 1_000])
@pytest.mark.parametrize("symmetry", [False, True])
def test_two_answers_are_told_with_a_shortest_run(
    symmetry: bool, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search cannot go on from there, and counts nothing beyond; its levels kept or not."""
    monkeypatch.setattr(importlib.import_module("checkers.explore.explore"), "KEPT", kept)
    spec = drop_clause(spec_of("two_phase_commit"), "tell_abort", 1)
    options = Options(crashes=0, symmetry=symmetry, statements=chosen(spec))
    found = explore(spec, read_setting(spec, "peers=2"), options)
    two, *rest = found.asked
    assert (two.name, two.verdict, two.kind) == ("one answer", Verdict.REFUTED, "structural")
    assert two.run is not None and "tell_abort both answer" in two.run.broken
    assert len(two.run.steps) == found.depth + 1
    assert "both" in found.stopped and not found.complete
    assert {a.verdict for a in rest} <= {Verdict.UNKNOWN, Verdict.SHOWN}
    assert found.exit_status() == 1
    assert found.data()["statements"][0]["run"]["steps"]


def test_a_set_that_occurs_nowhere_is_a_set(tmp_path: Path) -> None:
    """A majority with nobody who promised is no value of the state, and breaks the lemma."""
    (fault,) = (f for f in FAULTS if str(f) == "paxos: one promise is enough")
    spec = fault.spec(tmp_path)
    statements = [spec.statements["majority_has_promised"]]
    options = Options(crashes=0, statements=statements)
    (asked,) = explore(spec, read_setting(spec, "peers=3"), options).asked
    assert asked.verdict is Verdict.REFUTED, asked.reason
    assert asked.run is not None and len(asked.run.steps) == 3


# ---------------------------------------------------------------- memory, interrupts


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_outgrows_its_memory_goes_to_disk_and_counts_the_same(
    jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checkers.explore import search as module

    monkeypatch.setattr(module, "CHUNK", 500)
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=5")
    search = Search(spec, setting.config, setting.bounds, Limits(crashes=0), jobs)
    search.memory = 1
    search.level_words = []
    search.run()
    assert len(search.disk.runs) > 3
    assert (search.distinct, search.generated) == PUBLISHED[5]
    assert len(np.unique(np.concatenate(search.level_words))) == search.distinct


def test_an_interrupted_search_goes_on_where_it_was(tmp_path: Path) -> None:
    """Interrupted again and again, it counts and finds the same; afterwards the file is gone."""
    spec = spec_of("paxos")
    setting = read_setting(spec, "peers=2,ballots=1")
    file = tmp_path / "kept"
    options = Options(crashes=0, messages=9, statements=chosen(spec), resume=file)
    whole = explore(spec, setting, Options(crashes=0, messages=9, statements=chosen(spec)))
    turns = 0
    while turns < 100:
        turns += 1

        def stop(search: Search) -> None:
            search.after_level.append(lambda s: setattr(s, "interrupted", True))

        options.on_start = stop
        found = explore(spec, setting, options)
        if found.complete:
            break
        assert found.stopped == "interrupted"
        assert found.exit_status() == 3
        assert file.exists()
    assert turns >= 5
    assert not file.exists()
    assert found.levels == whole.levels
    assert found.generated == whole.generated
    assert found.rules == whole.rules
    assert found.cut == whole.cut
    assert [a.verdict for a in found.asked] == [a.verdict for a in whole.asked]


def wrong_consensus() -> Spec:
    """One in which a manager commits though not all have prepared."""
    return drop_clause(spec_of("two_phase_textbook"), "decide", 2)


def test_what_is_broken_is_kept_with_a_search_that_is_not_over(tmp_path: Path) -> None:
    """`--all --resume`, stopped beyond the break, goes on and still tells the run."""
    spec, file = wrong_consensus(), tmp_path / "kept"
    setting = read_setting(spec, "peers=3")
    asked: dict[str, Any] = {"crashes": 0, "stop": False, "statements": chosen(spec)}
    whole = explore(spec, setting, Options(**asked))
    early = explore(spec, setting, Options(**asked, resume=file, depth=whole.depth - 2))
    assert early.exit_status() == 1 and file.exists()
    rest = explore(spec, setting, Options(**asked, resume=file))
    assert rest.complete and not file.exists()
    assert rest.levels == whole.levels
    assert [(a.name, a.verdict, a.reason) for a in rest.asked] == [
        (a.name, a.verdict, a.reason) for a in whole.asked
    ]
    explore(spec, setting, Options(**asked, resume=file, depth=whole.depth - 2))
    first = explore(spec, setting, Options(**{**asked, "stop": True}, resume=file))
    assert first.depth == whole.depth - 2, "what is broken already ends the search at once"
    assert not file.exists()


@pytest.mark.parametrize("symmetry", [False, True])
def test_a_run_that_is_looked_for_again_is_looked_for_as_the_first_time(
    symmetry: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the levels were too many to keep: with the same memory, workers, names and time."""
    from checkers.explore import result

    made: list[Search] = []
    real = result._again

    def again(*given: Any) -> Search:
        made.append(real(*given))
        return made[-1]

    monkeypatch.setattr(importlib.import_module("checkers.explore.explore"), "KEPT", 1)
    monkeypatch.setattr(result, "_again", again)
    spec = wrong_consensus()
    setting, memory = read_setting(spec, "peers=3"), 1 << 20
    asked: dict[str, Any] = {"crashes": 0, "statements": [spec.statements["consistent"]]}
    options = Options(**asked, symmetry=symmetry, jobs=2, memory=memory)
    (found,) = explore(spec, setting, options).asked
    assert found.run is not None and len(found.run.steps) == 3, found.reason
    (search,) = made
    assert (search.jobs, search.memory) == (2, memory)
    assert (search.symmetry is not None) is symmetry
    options = Options(**asked, timeout=1e9)
    stop = iter([False, True])
    options.on_start = lambda search: setattr(search, "interrupted", next(stop))
    (found,) = explore(spec, setting, options).asked
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == "the search for its run ended early: interrupted"
    assert len(made[-1].after_level) == 2, "its time is bounded, too"


def test_what_is_broken_is_found_again_in_a_wider_packing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state's word changes when parts become more than there was room for."""
    from checkers.explore.packing import Packing

    made = []

    def tight(counts: list[int], extra: int = 0) -> Packing:
        made.append(Packing([n + 2 for n in counts], extra))
        return made[-1]

    monkeypatch.setattr(Packing, "roomy", tight)
    spec = wrong_consensus()
    options = Options(crashes=0, stop=False, statements=[spec.statements["consistent"]])
    (found,) = explore(spec, read_setting(spec, "peers=3"), options).asked
    assert len(made) > 3
    assert found.run is not None and len(found.run.steps) == 3, found.reason


def test_another_process_goes_on() -> None:
    """Sets print differently in each process; the file is of the same search all the same."""
    program = (
        "from checkers.explore import checkpoint, read_setting\n"
        "from checkers.explore.properties import Properties\n"
        "from checkers.explore.search import Search\n"
        "from model.lang.load import load\n"
        "spec = load('order')\n"
        "setting = read_setting(spec, 'radiants=3')\n"
        "search = Search(spec, setting.config, setting.bounds)\n"
        "properties = Properties(search.world, spec.of_kind('safety'))\n"
        "print(checkpoint.fingerprint(search, properties))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1


def test_a_file_of_another_search_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    first = ["explore", TEXTBOOK, "--crashes", "0", "--depth", "2", "--resume", str(file)]
    assert CliRunner().invoke(main, [*first, "--scope", "peers=3"]).exit_code == 3
    assert file.exists()
    told = CliRunner().invoke(main, [*first, "--scope", "peers=4"])
    assert told.exit_code == 2
    assert "other bounds" in told.output
    np.save(tmp_path / "array.npy", np.zeros(3))
    for damaged in (b"damaged", b"", (tmp_path / "array.npy").read_bytes()):
        file.write_bytes(damaged)
        told = CliRunner().invoke(main, [*first, "--scope", "peers=3"])
        assert told.exit_code == 2, told.output
        assert "cannot be read" in told.output


def _swapped(text: str, first: str, second: str, after: str) -> str:
    """Return a text in which the part from `first` and the one from `second` change places."""
    i, j, k = (text.index(part) for part in (first, second, after))
    return text[:i] + text[j:k] + text[i:j] + text[k:]


@pytest.mark.parametrize(
    ("first", "second", "after"),
    [
        ("    WAITING = case(", "    HOLDING = case(", "\n\nIDLE, WAITING"),
        ("class Grant(", "class Release(", "class Acquire("),
    ],
    ids=["leaves", "messages"],
)
def test_what_is_declared_in_another_order_is_another_search(
    tmp_path: Path, first: str, second: str, after: str
) -> None:
    """The kept codes would mean other values, and all that follows be wrong."""
    spec, file = tmp_path / "lock.py", tmp_path / "kept"
    text = (ROOT / "docs" / "tutorial_lock.py").read_text(encoding="utf-8")
    spec.write_text(text, encoding="utf-8")
    options = ["explore", str(spec), "--scope", "peers=2", "--crashes", "0", "--depth", "3"]
    options += ["--resume", str(file)]
    assert CliRunner().invoke(main, options).exit_code == 3
    spec.write_text(_swapped(text, first, second, after), encoding="utf-8")
    told = CliRunner().invoke(main, options)
    assert told.exit_code == 2, told.output
    assert "another spec" in told.output


@pytest.mark.parametrize("factor", [1, 3, 1 << 13, 1 << 40, 0x9E3779B97F4A7C15])
def test_no_state_is_lost_or_told_twice_while_the_table_grows(factor: int) -> None:
    """Held against a set of Python's own, on keys that hash well and badly."""
    draw = np.random.default_rng(factor % 1000)
    keys = np.arange(20_000, dtype=np.uint64) * np.uint64(factor)
    keys = keys[keys != VACANT]
    table = Table(64)
    seen: set[int] = set()
    for _ in range(60):
        batch = keys[draw.integers(0, len(keys), size=int(draw.integers(1, 2_000)))]
        fresh = table.add(batch, mixed(batch)).tolist()
        assert len(set(fresh)) == len(fresh)
        assert set(fresh) == set(batch.tolist()) - seen
        seen |= set(fresh)
        assert table.count == len(seen)
    assert set(table.keys().tolist()) == seen
    assert np.count_nonzero(table.contains(keys)) == len(seen)


def test_what_was_met_lately_is_never_what_was_not() -> None:
    """A memory with few slots forgets; all that it keeps back has been let through before."""
    rng = np.random.default_rng(4)
    recent, through = Recent(bits=6), set()
    held_back = 0
    for _ in range(30):
        arrays = [rng.integers(0, 900, n, np.uint64) for n in rng.integers(0, 200, 4)]
        new, hashes = recent.sift(arrays)
        assert np.array_equal(hashes, mixed(new))
        through |= set(new.tolist())
        came = {key for array in arrays for key in array.tolist()}
        assert came <= through
        held_back += sum(map(len, arrays)) - len(new)
    assert held_back > 500


def test_the_states_of_a_store_are_added_to_another_in_few_looks() -> None:
    """They come in the order of their hashes, which must not crowd one end of the table."""
    first = Store(4)
    keys = np.arange(300_000, dtype=np.uint64) * np.uint64(12_345)
    first.add(keys)
    again = Store(4, first.count)
    steps = 0
    for table in again.tables:
        plain_next = table._next

        def counted(at: Any, plain_next: Any = plain_next) -> Any:
            nonlocal steps
            steps += 1
            return plain_next(at)

        table._next = counted  # type: ignore[method-assign]
    again.add(first.keys())
    assert again.count == len(keys)
    assert steps < 1_000


def test_states_on_disk_are_told_from_new_ones() -> None:
    disk = Disk(block=7)
    draw = np.random.default_rng(3)
    kept = [draw.integers(0, 500, size=n).astype(np.uint64) for n in (40, 1, 90)]
    for run in kept:
        disk.add(run)
    asked = np.unique(draw.integers(0, 500, size=300).astype(np.uint64))
    known = set(np.concatenate(kept).tolist())
    assert disk.without(asked).tolist() == [k for k in asked.tolist() if k not in known]


LONG = "9" * 5_000
"""More digits than Python reads as a number."""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["explore", "--scope", f"peers={LONG}"], "a part is NAME=NUMBER"),
        (["liveness", "--scope", f"peers={LONG}"], "a part is NAME=NUMBER"),
        (["export", "--tla", "{}/out", "--scope", f"peers={LONG}"], "a part is NAME=NUMBER"),
        (["explore", "--scope", "peers=2,nodes=3"], "bounded twice"),
        (["explore", "--constant", "manager=n1", "--constant", "manager=n2"], "given twice"),
        (["explore", "--scope", "peers=60"], "choose a smaller --scope"),
        (["export", "--promela", "{}/out", "--scope", "peers=60"], "choose a smaller --scope"),
        (["export", "--tla", "{}/out", "--scope", "peers=2,peers=3"], "bounded twice"),
        (
            ["export", "--tla", "{}/out", "--constant", "manager=n1", "--constant", "manager=n2"],
            "given twice",
        ),
        (["explore", "--scope", "peers=2", "--resume", "{}/file/x"], "is no folder"),
        (["explore", "--scope", "peers=2", "--counterexamples", "{}/file/x"], "is no folder"),
        (["liveness", "--scope", "peers=2", "--svg", "{}/file/x"], "is no folder"),
        (["export", "--tla", "{}/q.tla", "--promela", "{}/q.tla"], "written there, too"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_done(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    command, *options = [a.format(tmp_path) for a in arguments]
    spec = str(ROOT / "docs" / "protocols" / "two_phase_commit.py")
    found = CliRunner().invoke(main, [command, spec, *options])
    assert found.exit_code == 2, found.output
    assert told in found.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_a_refusal_that_changes_nothing_is_not_said_to_keep_what_it_breaks(tmp_path: Path) -> None:
    """It is no step of the search, and the proof asks of it all the same."""
    text = (ROOT / "docs" / "tutorial_lock.py").read_text(encoding="utf-8")
    text = text.replace(
        "    safety,\n", "    StepEvent,\n    conjunction,\n    safety,\n    step,\n", 1
    )
    stated = """@step("no-refusal", "No release is refused")
def no_refusal(before: Peer, after: Peer, event: StepEvent) -> Expr:
    if event.is_rule or not event.is_a(Release):
        return conjunction()
    return WHAT


def spec("""
    for what, status in (("before.role != before.role", 3), ("before.state == after.state", 0)):
        spec = tmp_path / "lock.py"
        spec.write_text(text.replace("def spec(", stated.replace("WHAT", what)), encoding="utf-8")
        options = ["explore", str(spec), "--scope", "peers=2,tickets=2", "--only", "no-refusal"]
        found = CliRunner().invoke(main, options)
        assert found.exit_code == status, found.output
        assert ("Release/refused" in found.output) is (status == 3)
