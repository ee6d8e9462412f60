"""What specs promise to happen is kept, and each promise has a fault that breaks it.

Stands for: "L1 to L4 of domain.md, and any `eventually` in a spec, checked on the explored graph
under declared weak and strong fairness", "a lasso as counterexample (stem and loop, marked in the
sequence diagram, with why each fair action is not enough)", "each liveness property has a mutant
that breaks it (drop a timer, drop a retry) and must be caught".
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from checkers.cli import main
from checkers.instances import ScopeError
from checkers.liveness.check import Outcome, check
from checkers.liveness.explored import STOP, Bounds, Explored, inert_messages, only_ghosts
from checkers.liveness.fair import Condition
from checkers.liveness.lasso import Lasso, lasso
from checkers.liveness.meaning import Promises, conditions
from checkers.liveness.setting import read_setting
from checkers.liveness.telling import Replayed, tell_lasso
from checkers.showing import run_lines
from checkers.verdict import Verdict
from model import order
from model.evaluate import Evaluator, Event, GlobalState
from model.lang import Spec
from model.lang.load import load
from model.lang.promises import EVENTUALLY

ROOT = Path(__file__).resolve().parent.parent
ORDER = order.spec()
PROTOCOLS = {
    path.stem: path
    for path in (*sorted((ROOT / "docs/protocols").glob("*.py")), ROOT / "docs/tutorial_lock.py")
    if "@eventually(" in path.read_text(encoding="utf-8")
}
# Scope, crashes, stops.
SCOPES: dict[str, tuple[str, int, int]] = {
    "lock_service": ("epochs=3", 1, 0),
    "paxos": ("", 0, 0),
    "raft_election": ("nodes=3", 0, 1),
    "ring_election": ("", 1, 0),
    "sharded_store": ("", 1, 0),
    "tutorial_lock": ("tickets=3", 1, 0),
    "two_phase_commit": ("nodes=3", 1, 2),
}


@cache
def spec_of(name: str) -> Spec:
    return load(str(PROTOCOLS[name]))


def without(spec: Spec, *rules: str) -> Spec:
    """Return the spec without these rules: their events are then refused where they answered."""
    assert set(rules) <= set(spec.by_label)
    return replace(spec, transitions=tuple(t for t in spec.transitions if t.label not in rules))


def checked(spec: Spec, scope: str = "", crashes: int = 0, stops: int = 0, **more: Any) -> Outcome:
    setting = read_setting(spec, scope, crashes=crashes, stops=stops, **more)
    return check(spec, setting.config, setting.nodes, setting.bounds, bound=setting.words)


def verdicts(found: Outcome) -> dict[str, Verdict]:
    return {c.name: c.verdict for c in found.checked}


# ---------------------------------------------------------------- the protocols


def test_seven_protocols_promise_something() -> None:
    assert set(SCOPES) == set(PROTOCOLS)
    assert all(spec_of(name).of_kind(EVENTUALLY) for name in SCOPES)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_protocol_keeps_what_it_promises_in_a_scope(name: str) -> None:
    spec = spec_of(name)
    found = checked(spec, *SCOPES[name])
    assert set(verdicts(found).values()) == {Verdict.BOUND_REACHED}
    assert found.unexplored == 0
    assert found.exit_status() == 0


# What is taken out, and the promise that is broken without it: timers, and what sends again.
FAULTS = [
    ("lock_service", ("send_again",), "held"),
    ("paxos", ("ask_again",), "answered"),
    ("paxos", ("propose_again",), "answered"),
    ("raft_election", ("stand",), "led-again"),
    ("ring_election", ("start",), "elected"),
    ("ring_election", ("tell_again",), "told"),
    ("sharded_store", ("send_again",), "arrived"),
    ("sharded_store", ("take_no_more",), "arrived"),
    ("tutorial_lock", ("ask_again",), "granted"),
    ("tutorial_lock", ("remind",), "freed"),
    ("tutorial_lock", ("remind",), "granted"),
    ("tutorial_lock", ("return_unwanted",), "granted"),
    ("two_phase_commit", ("tell_commit",), "decided"),
    ("two_phase_commit", ("tell_abort",), "decided"),
    ("two_phase_commit", ("call_off",), "decided"),
]


@pytest.mark.parametrize(("name", "rules", "promise"), FAULTS)
def test_a_retry_or_a_timer_that_is_dropped_breaks_a_promise(
    name: str, rules: tuple[str, ...], promise: str
) -> None:
    found = checked(without(spec_of(name), *rules), *SCOPES[name])
    assert verdicts(found)[promise] is Verdict.REFUTED
    assert found.exit_status() == 1


def test_every_promise_of_a_protocol_has_a_fault_that_breaks_it() -> None:
    promised = {(n, s.name) for n in PROTOCOLS for s in spec_of(n).of_kind(EVENTUALLY)}
    assert promised == {(name, promise) for name, _, promise in FAULTS}


def test_where_the_manager_may_stop_two_phase_commit_blocks() -> None:
    """So the assumption that it stays up is needed, and not just said."""
    spec = spec_of("two_phase_commit")
    kept = {n: s for n, s in spec.statements.items() if s.prop.kind != "alive"}
    found = checked(replace(spec, statements=kept), "", 0, 1)
    assert verdicts(found) == {"decided": Verdict.REFUTED}
    (one,) = found.checked
    assert one.run is not None
    assert any(s.kind == STOP and s.node == "c1" for s in one.run.steps)
    assert "c1 stops for ever" in "\n".join(run_lines(one.run))


# ---------------------------------------------------------------- the order

SMALL: dict[str, Any] = {"requests": ("none",)}


def test_the_order_keeps_l1_to_l4_with_two_radiants_in_one_term() -> None:
    """All 31,396 states: one term, one version, no crash, no requests."""
    found = checked(ORDER, **SMALL)
    assert (found.states, found.edges, found.unexplored) == (31_396, 1_212_712, 0)
    assert verdicts(found) == dict.fromkeys(PROMISED, Verdict.BOUND_REACHED)
    assert found.exit_status() == 0


PROMISED = (
    *("L1.herald", "L1.active", "L2", "L2.steady"),
    *("L3.reset", "L3.active", "L3.steady", "L4", "L4.steady"),
)
# Rules that a timer, a retry or a crash's aftermath needs, and what is broken without them.
ORDER_FAULTS: dict[tuple[str, ...], set[str]] = {
    ("stand",): {"L1.herald", "L1.active"},
    ("beacon",): {"L1.herald", "L1.active"},
    ("recover_as_herald",): set(PROMISED) - {"L1.herald"},
    ("resend_commit",): {"L2.steady", "L3.steady", "L4.steady"},
    ("resend_proposal",): {"L2.steady", "L3.steady"},
    ("accept_again@Propose", "accept_again@Rollback"): {"L2.steady", "L3.steady"},
}


QUICK = [("stand",), ("beacon",), ("resend_commit",)]


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(rules, marks=() if rules in QUICK else (pytest.mark.slow,))
        for rules in ORDER_FAULTS
    ],
)
def test_a_rule_of_the_order_that_is_dropped_breaks_promises(rules: tuple[str, ...]) -> None:
    found = checked(without(ORDER, *rules), **SMALL)
    broken = {n for n, v in verdicts(found).items() if v is Verdict.REFUTED}
    assert broken == ORDER_FAULTS[rules]
    for one in found.checked:
        assert (one.run is not None) == (one.name in broken)


def test_each_of_l1_to_l4_has_a_fault_that_breaks_it() -> None:
    assert set().union(*ORDER_FAULTS.values()) == set(PROMISED)


def test_known_hole_without_heartbeats_l1_to_l4_break_only_beyond_the_bound_of_terms() -> None:
    """A term never comes back, so a run with ever new elections is no lasso of a bounded scope.

    Without `resend_commit` members stand again and again, each time in a newer term: L1.active is
    broken by a run that no bound holds. Within the bound L1 to L4 are kept, and only what is
    promised without timeouts breaks.
    """
    assert not ORDER_FAULTS["resend_commit",] & {"L1.active", "L2", "L4"}


# ---------------------------------------------------------------- exploring


def by_hand(spec: Spec, config: dict[str, Any], nodes: tuple[str, ...], bound: int) -> set[str]:
    """Return the reachable states, as words, by the evaluator's own steps and no tables."""
    evaluator = Evaluator(only_ghosts(spec, frozenset()))

    def key(state: GlobalState) -> str:
        nodes_told = sorted((n, sorted(v.items(), key=str)) for n, v in state.nodes.items())
        return repr((nodes_told, sorted(map(str, state.packets))))

    def events(state: GlobalState) -> Iterator[Event]:
        for node in nodes:
            yield from (Event("timer", n, node) for n in spec.timers)
            yield from (Event("request", n, node) for n in spec.requests)
        yield from map(evaluator.delivery, list(state.packets))

    first = evaluator.initial_state(config, nodes)
    seen, waiting = {key(first)}, deque([first])
    while waiting:
        state = waiting.popleft()
        for event in events(state):
            after, _ = evaluator.step(state, event)
            numbers = [n["ticket"] for n in after.nodes.values()]
            if max(numbers) <= bound and key(after) not in seen:
                seen.add(key(after))
                waiting.append(after)
    return seen


def test_the_explored_states_are_those_of_the_evaluator() -> None:
    spec = spec_of("tutorial_lock")
    setting = read_setting(spec, "tickets=2")
    explored = Explored(spec, setting.config, setting.nodes, setting.bounds)
    assert explored.graph.count == len(by_hand(spec, setting.config, setting.nodes, 2))


def test_every_edge_is_a_step_of_the_evaluator() -> None:
    spec = spec_of("tutorial_lock")
    setting = read_setting(spec, "tickets=2", crashes=1)
    explored = Explored(spec, setting.config, setting.nodes, setting.bounds)
    graph = explored.graph
    evaluator = Evaluator(spec)
    for edge in range(0, graph.edges, 7):
        action = explored.actions.things[int(graph.action[edge])]
        before = explored.state(int(graph.source[edge]))
        after, outcome = evaluator.step(before, action.event)
        assert outcome.transition == action.label
        assert after == explored.state(int(graph.target[edge]))


def test_what_leads_out_of_the_bounds_is_cut_and_said() -> None:
    spec = spec_of("tutorial_lock")
    small = checked(spec, "tickets=1")
    assert small.cut > 0
    explored = Explored(spec, {"server": "s"}, ("s", "a"), Bounds({"Ticket": 1}))
    graph = explored.graph
    labels = {explored.actions.things[int(a)].label for a in graph.cut_action}
    assert labels == {"hand_out"}


def test_a_scope_that_is_not_explored_whole_decides_nothing_but_a_refutation() -> None:
    spec = spec_of("tutorial_lock")
    part = checked(spec, "tickets=3", states=50)
    assert part.states == 50 and part.unexplored > 0
    assert set(verdicts(part).values()) == {Verdict.UNKNOWN}
    assert part.exit_status() == 3
    broken = checked(without(spec, "ask_again"), "tickets=3", states=50)
    assert verdicts(broken)["granted"] is Verdict.REFUTED


def test_a_promise_that_is_never_due_is_not_kept_but_unknown() -> None:
    """Without `acquire` nobody ever waits: that would be an idle success."""
    found = checked(without(spec_of("tutorial_lock"), "acquire"))
    assert verdicts(found)["granted"] is Verdict.UNKNOWN
    assert found.exit_status() == 3


def test_messages_that_change_nothing_are_left_out_and_others_are_not() -> None:
    assert inert_messages(spec_of("lock_service")) == {"Locked"}
    assert inert_messages(spec_of("tutorial_lock")) == frozenset()


def test_only_the_ghosts_that_are_asked_about_are_kept() -> None:
    assert set(only_ghosts(ORDER, frozenset()).ghosts) == set()
    assert set(only_ghosts(ORDER, frozenset({"committed"})).ghosts) == {"committed"}
    # `late` is told from who was elected.
    assert set(only_ghosts(ORDER, frozenset({"late"})).ghosts) == {"late", "elected"}


# ---------------------------------------------------------------- lassos


@cache
def broken_lock() -> tuple[Explored, tuple[Condition, ...], Lasso, dict[str, Any]]:
    """A lock whose server does not remind: the release may be lost."""
    spec = without(spec_of("tutorial_lock"), "remind")
    setting = read_setting(spec, "tickets=2")
    explored = Explored(spec, setting.config, setting.nodes, setting.bounds)
    fair = tuple(conditions(explored))
    statement = spec.statements["granted"]
    for instance in Promises(explored).instances(statement, lambda at, count: None):
        found = lasso(explored.graph, fair, "leads to", instance.when, instance.then)
        if found is not None:
            return explored, fair, found, instance.values
    raise AssertionError("no lasso")


def test_a_lasso_is_told_with_its_loop_and_why_it_is_fair() -> None:
    explored, fair, found, values = broken_lock()
    told = tell_lasso(explored, fair, explored.spec.statements["granted"], found, values)
    assert not isinstance(told, str)
    run, why = told, told.fair
    assert run.loop == len(found.stem) + 1 and len(run.steps) == len(found.stem) + len(found.loop)
    text = "\n".join(run_lines(run))
    assert "-- the loop:" in text and f"and so on from step {run.loop}, for ever" in text
    chart = run.chart.splitlines()
    (begins,) = (i for i, line in enumerate(chart) if "== the loop begins" in line)
    assert chart[begins + 1].split()[0] == str(run.loop)
    assert f"and so on from step {run.loop}" in chart[-1]
    narrow = [line for line in run_lines(run, width=60) if line not in chart]
    assert max(map(len, narrow)) <= 60
    drawn = ElementTree.fromstring(run.svg)
    assert [e.get("class") for e in drawn.iter() if e.get("class") == "loop"] == ["loop"]
    assert any("for ever" in (e.text or "") for e in drawn.iter())
    # Of each action that is declared fair one line says why it does not end the run.
    waiting = values["n"]
    assert any(re.match(rf"`Retry` of {waiting}: served by step \d+", line) for line in why)
    assert any(line.startswith("`GiveBack` of n") and ": disabled" in line for line in why)
    assert any("it is not sent again, so it may be lost" in line for line in why)


@pytest.mark.parametrize(
    "fault", ["another step", "another loop", "a step too few", "unfair", "not due"]
)
def test_a_lasso_that_is_none_is_not_told(fault: str) -> None:
    """The evaluator has the last word: what it does not confirm is no counterexample."""
    explored, fair, found, values = broken_lock()
    graph = explored.graph
    wrong = found
    if fault == "another step":
        first = int(graph.source[found.stem[1]])
        others = np.flatnonzero(
            (graph.source == first) & (graph.target != graph.target[found.stem[1]])
        )
        wrong = replace(found, stem=(found.stem[0], int(others[0]), *found.stem[2:]))
    elif fault == "another loop":
        entry = found.states(graph)[-1]
        (away, *_) = np.flatnonzero((graph.source == entry) & (graph.target != entry))
        wrong = replace(found, loop=(int(away),))
    elif fault == "a step too few":
        wrong = replace(found, stem=found.stem[:-2])
    elif fault == "unfair":
        wrong = replace(found, loop=())
    else:
        wrong = replace(found, begins=0)
    told = tell_lasso(explored, fair, explored.spec.statements["granted"], wrong, values)
    assert isinstance(told, str) and told


def test_the_state_after_the_loop_is_the_state_before_it() -> None:
    explored, _, found, _ = broken_lock()
    replayed = Replayed(explored, found)
    assert not replayed.problem
    assert replayed.states[-1] == replayed.states[replayed.loop - 1]


# ---------------------------------------------------------------- the command


def run(*args: str) -> Any:
    return CliRunner().invoke(main, ["liveness", *args])


def test_the_command_says_what_holds_in_which_scope() -> None:
    found = run("docs/tutorial_lock.py", "--scope", "tickets=2", "--crashes", "1")
    assert found.exit_code == 0, found.output
    assert "Ticket up to 2; at most 1 crashes; no node stops" in found.output
    assert re.search(r"^granted +BOUND_REACHED", found.output, re.MULTILINE)
    assert "BOUND_REACHED is no proof" in found.output
    assert "something leads out of the scope" in found.output


def test_the_command_writes_what_it_found(tmp_path: Path) -> None:
    text = PROTOCOLS["lock_service"].read_text(encoding="utf-8")
    (tmp_path / "broken.py").write_text(text.replace("weak(Retry)", "weak(PassOn)"))
    json_file, folder = tmp_path / "found.json", tmp_path / "drawn"
    found = run(str(tmp_path / "broken.py"), "--json", str(json_file), "--svg", str(folder))
    assert found.exit_code == 1, found.output
    data = json.loads(json_file.read_text(encoding="utf-8"))
    assert (data["schema"], data["exit_status"]) == (1, 1)
    (promise,) = data["promises"]
    assert promise["name"] == "held" and promise["verdict"] == "REFUTED"
    assert promise["run"]["loop"] is not None and promise["fair"]
    ElementTree.parse(folder / "held.svg")


def test_a_spec_in_which_two_rules_answer_is_told_without_a_traceback(tmp_path: Path) -> None:
    text = PROTOCOLS["lock_service"].read_text(encoding="utf-8")
    guard = "when=me.heir.known, send=Transfer"
    assert guard in text
    twice = text.replace(
        "@on(Retry)",
        "@on(Retry)\ndef idle(me: Host, m: EventProxy) -> Row:\n"
        '    """Also an answer."""\n    return Row(reply=Done())\n\n\n@on(Retry)',
    )
    (tmp_path / "twice.py").write_text(twice, encoding="utf-8")
    found = run(str(tmp_path / "twice.py"))
    assert found.exit_code == 2, found.output
    assert "ORD111" in found.output and "Traceback" not in found.output


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("docs/tutorial_lock.py", "--scope", "tickets"), "a part is NAME=NUMBER"),
        (("docs/tutorial_lock.py", "--scope", "tickets=0"), "from 1 to"),
        (("docs/tutorial_lock.py", "--scope", "tickts=2"), "did you mean 'ticket'?"),
        (("docs/tutorial_lock.py", "--scope", "ticket=1,tickets=2"), "bounded twice"),
        (("docs/tutorial_lock.py", "--scope", "nodes=99"), "more than can be explored"),
        (("docs/protocols/ring_election.py", "--scope", "nodes=3"), "has 4 nodes"),
        (("docs/tutorial_lock.py", "--crashes", "-1"), "no number of faults"),
        (("docs/tutorial_lock.py", "--stops", "9"), "no number of faults"),
        (("docs/tutorial_lock.py", "--states", "0"), "too few or too many"),
        (("docs/tutorial_lock.py", "--request", "Aquire"), "did you mean 'Acquire'?"),
        (("docs/tutorial_lock.py", "--only", "grant"), "did you mean 'granted'?"),
        (("docs/tutorial_lock.py", "--only", "one-holder"), "oathbound verify"),
        (("tests/bad_specs/base.py",), "promises nothing that is to happen"),
        (("docs/tutorial_lock.py", "--json", "docs"), "it is a folder"),
        (("docs/no_such.py",), "ORD117"),
    ],
)
def test_a_wrong_command_line_is_told_with_its_fix(args: tuple[str, ...], said: str) -> None:
    found = run(*args)
    assert found.exit_code == 2, found.output
    assert said in found.output and "fix:" in found.output
    assert "Traceback" not in found.output


def test_help_names_every_option_and_status() -> None:
    text = run("--help").output
    for word in ("--only", "--scope", "--crashes", "--stops", "--request", "--states", "--json"):
        assert word in text
    assert re.findall(r"^ +([0-3])  [a-z]", text, re.MULTILINE) == ["0", "1", "2", "3"]


def test_a_scope_names_orders_atoms_and_messages() -> None:
    found = read_setting(ORDER, "radiants=3,terms=2,numbers=2,keys=2,propose=4,messages=9")
    assert found.nodes == ("n1", "n2", "n3", "c1")
    assert found.bounds.orders == {"Term": 2, "Number": 2}
    assert found.bounds.atoms == 2
    assert found.bounds.messages["Propose"] == 4 and found.bounds.messages["Commit"] == 9
    with pytest.raises(ScopeError):
        read_setting(ORDER, "terms=two")


def test_bounded_messages_are_cut() -> None:
    spec = spec_of("two_phase_commit")
    found = checked(spec, "prepared=1")
    assert found.cut > 0 and "at most 1 Prepared" in found.bound


def test_verify_names_the_promises_that_it_leaves_out() -> None:
    """A promise is no obligation: it is told by name, and asked for by name it is refused."""
    found = CliRunner().invoke(main, ["verify", "docs/tutorial_lock.py", "--only", "granted"])
    assert found.exit_code == 2 and "oathbound liveness --only granted" in found.output
    whole = CliRunner().invoke(
        main,
        ["verify", "docs/tutorial_lock.py", "--no-cache", "--jobs", "1", "--backend", "sequential"],
    )
    assert whole.exit_code == 0, whole.output
    flat = " ".join(whole.output.split())
    assert "not looked at here, since no induction decides it: granted, freed" in flat
