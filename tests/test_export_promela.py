"""Instances exported to Promela: Spin stores the states that we count, and finds the same faults.

Stands for: "the order's own model exported to them as text (`oathbound export ... --promela`)".
What needs no peer is checked always; Spin itself where it is installed.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from checkers.cli import main
from checkers.instances import read_instance
from model.instance import Instance, is_step
from model.lang import Spec
from model.lang.sorts import MapSort, is_ordered
from model.promela import TooLarge, Unsupported, write_promela
from model.promela.values import Numbers
from tests.export_cases import (
    CASES,
    FAULTY,
    LOCK,
    LONG,
    RAFT,
    ROOT,
    TWO_PHASE,
    Case,
    Faulty,
    quick_first,
    searched,
    spin,
    without_history,
)
from tests.plain_search import search

WITHOUT_HISTORY = [case for case in (*CASES, *LONG) if not case.ghosts]


@functools.cache
def written(case: Case) -> str:
    spec = case.spec()
    return write_promela(spec, case.instance(spec)).text


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("case", quick_first(WITHOUT_HISTORY), ids=str)
def test_spin_stores_as_many_states(case: Case, tmp_path: Path) -> None:
    """And takes as many steps, where no message is picked in several moves."""
    spec = case.spec()
    model = write_promela(spec, case.instance(spec))
    told = spin(tmp_path, model.text, model.vector)
    assert not told.violated, told.text
    assert told.distinct == case.counts[0]
    if case.spelled_out:
        assert told.generated == case.counts[1]


@pytest.mark.parametrize("fault", quick_first(FAULTY), ids=str)
def test_spin_finds_the_faults_that_we_find_by_as_short_a_run(
    fault: Faulty, tmp_path: Path
) -> None:
    """Its search in breadth tells the depth of the first state that breaks something."""
    spec = fault.spec(tmp_path)
    instance = fault.instance(spec)
    found = search(spec, instance, without_history(spec))
    model = write_promela(spec, instance)
    told = spin(tmp_path, model.text, model.vector, "-DBFS")
    assert told.violated == "assertion violated", told.text
    shortest = min(found.broken[name] for name in model.checked if name in found.broken)
    assert told.run == shortest


def test_where_picking_begins_the_states_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other way to deliver a message, on an instance that does not need it."""
    monkeypatch.setattr("model.promela.model_file.MOST_SPELLED_OUT", 0)
    spec = LOCK.spec()
    model = write_promela(spec, LOCK.instance(spec))
    assert ":: atomic {" in model.text
    told = spin(tmp_path, model.text, model.vector)
    assert told.distinct == LOCK.counts[0]


# ---------------------------------------------------------------- values


def _by_meaning(instance: Instance, spec: Spec) -> list[Any]:
    sorts = [d.sort for d in spec.variables.values()]
    sorts += [p.sort for event in spec.events.values() for p in event.parts.values()]
    return [s for s in dict.fromkeys(sorts) if not isinstance(s, MapSort)]


@pytest.mark.parametrize("case", WITHOUT_HISTORY, ids=str)
def test_every_value_has_a_number_of_its_own(case: Case) -> None:
    spec = case.spec()
    instance = case.instance(spec)
    numbers = Numbers(instance)
    for sort in _by_meaning(instance, spec):
        values = instance.values(sort)
        got = {numbers.number(sort, value) for value in values}
        assert got == set(range(numbers.count(sort))), sort
        assert len(got) == len(values)


@pytest.mark.parametrize("case", WITHOUT_HISTORY, ids=str)
def test_the_order_of_numbers_is_the_order_of_values(case: Case) -> None:
    spec = case.spec()
    instance = case.instance(spec)
    numbers = Numbers(instance)
    for sort in _by_meaning(instance, spec):
        if is_ordered(sort):
            values = sorted(instance.values(sort))
            assert [numbers.number(sort, v) for v in values] == list(range(len(values)))


# ---------------------------------------------------------------- the text


@pytest.mark.parametrize("case", WITHOUT_HISTORY, ids=str)
def test_every_row_that_can_step_is_there(case: Case) -> None:
    """With its words; a row whose guard is plainly false in the instance is not."""
    spec = case.spec()
    text = written(case)
    found = searched(case)
    for t in spec.transitions:
        if t.kind != "environment" and found.fired[t.label]:
            assert f"/* {t.name} at " in text, t.label
        if not is_step(t):
            assert f"  /* {t.label}: " not in text


def test_braces_and_parentheses_match() -> None:
    for case in WITHOUT_HISTORY:
        text = re.sub(r"/\*.*?\*/", "", written(case), flags=re.S)
        assert text.count("(") == text.count(")")
        assert text.count("{") == text.count("}")
        assert "!!" not in text


def test_no_line_begins_with_an_operator() -> None:
    """Spin may end a statement at the end of a line."""
    for case in WITHOUT_HISTORY:
        code = re.sub(r"/\*.*?\*/", "", written(case), flags=re.S)
        assert not re.search(r"^\s*(&&|\|\||->|[+*/%<>=])", code, re.M), case


def test_what_spin_cannot_check_is_named() -> None:
    spec = RAFT.spec()
    model = write_promela(spec, RAFT.instance(spec))
    assert model.checked == ["election-safety", "one-view"]
    assert list(model.left_out) == ["one-winner"]
    assert "Not checked: one-winner" in model.text


def test_history_is_refused() -> None:
    spec = RAFT.spec()
    with pytest.raises(Unsupported, match="relations of the proof"):
        write_promela(spec, read_instance(spec, "servers=2", ghosts=True))


def test_an_instance_that_is_too_large_is_refused() -> None:
    spec = TWO_PHASE.spec()
    with pytest.raises(TooLarge):
        write_promela(spec, read_instance(spec, "peers=40", crashes=0))


def test_the_command_writes_a_model(tmp_path: Path) -> None:
    file = tmp_path / "raft.pml"
    source = str(ROOT / RAFT.source)
    done = CliRunner().invoke(main, ["export", source, "--promela", str(file)])
    assert done.exit_code == 0
    assert "active proctype Steps()" in file.read_text()
    assert "Spin does not check one-winner" in done.output


def test_the_command_refuses_what_is_too_large(tmp_path: Path) -> None:
    options = ["--promela", str(tmp_path / "x.pml"), "--scope", "peers=40"]
    done = CliRunner().invoke(main, ["export", str(ROOT / TWO_PHASE.source), *options])
    assert done.exit_code == 2
    assert "choose a smaller --scope" in done.output
