"""The order of radiants under the reference evaluator: its protocol played by hand, and at random.

Every step of every run here is checked against every statement of the spec.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from model.evaluate import (
    Checker,
    Evaluator,
    Event,
    Mix,
    Packet,
    Simulation,
    random_run,
    replay_events,
    seek,
    shorten,
)
from model.evaluate.simulate import checkable
from model.lang.spec import Spec, drop_clause
from model.order import spec

ORDER = spec()
EVALUATOR = Evaluator(ORDER)
MEMBERS = ("n1", "n2", "n3")
CONFIG = {"members": frozenset(MEMBERS), "controllers": frozenset({"c1"})}
NODES = (*MEMBERS, "n4", "c1")


def without(label: str, text: str, order: Spec = ORDER) -> Spec:
    """Return the order with one clause of one rule dropped."""
    clauses = [c.text for c in order.by_label[label].clauses]
    return drop_clause(order, label, clauses.index(text))


class Play:
    """A run by hand: messages wait in a queue until they are delivered or lost."""

    def __init__(
        self,
        evaluator: Evaluator = EVALUATOR,
        members: tuple[str, ...] = MEMBERS,
        joiner: str = "n4",
    ) -> None:
        config = {"members": frozenset(members), "controllers": frozenset({"c1"})}
        self.evaluator = evaluator
        self.state = evaluator.initial_state(config, (*members, joiner, "c1"))
        self.checker = Checker(evaluator, checkable(evaluator.spec))
        assert not self.checker.start(self.state)
        self.queue: deque[Packet] = deque()
        self.events: list[Event] = []
        self.broken: set[str] = set()
        self.may_break = False

    def happen(self, event: Event) -> str:
        """Let `event` happen; return the label of the row that answers."""
        outcome, broken = self.checker.advance(self.state, event)
        assert self.may_break or not broken, (event, [str(v) for v in broken])
        self.broken |= {v.statement.name for v in broken}
        self.queue.extend(outcome.sends)
        self.events.append(event)
        return outcome.transition

    def timer(self, name: str, *nodes: str) -> None:
        """Let a timer fire at each of `nodes`, and all messages arrive."""
        for node in nodes:
            self.happen(Event("timer", name, node))
        self.settle()

    def request(self, at: str, name: str, **fields: Any) -> str:
        """Make a request; return the label of the row that answers, and let all messages arrive."""
        label = self.happen(Event("request", name, at, fields))
        self.settle()
        return label

    def settle(self, lose: tuple[str, ...] = ()) -> None:
        """Deliver what waits, in order, and what comes of it; what goes to `lose` is lost."""
        while self.queue:
            packet = self.queue.popleft()
            if packet.dst not in lose:
                self.happen(self.evaluator.delivery(packet))

    def within(self, nodes: str, event: Event) -> None:
        """Let `event` happen; of what it leads to, all arrives that is within `nodes`."""
        self.queue.clear()
        self.happen(event)
        self.settle(lose=tuple(n for n in self.state.nodes if n not in nodes.split()))

    def get(self, name: str, *nodes: str) -> list[Any]:
        """Return a variable's values at `nodes`, the members if none are named."""
        return [self.state.nodes[node][name] for node in nodes or MEMBERS]


@pytest.fixture
def elected() -> Play:
    """Three members up, n1 their herald."""
    play = Play()
    play.timer("BeaconDue", *MEMBERS)
    assert play.get("state") == ["RESET"] * 3
    play.timer("ElectionTimeout", "n1")
    return play


@pytest.fixture
def established(elected: Play) -> Play:
    """The herald has a commit in its own term."""
    elected.timer("ResendDue", "n1")
    return elected


def test_a_herald_is_elected(elected: Play) -> None:
    """Winning: LOCKED(VOTING) to ACTIVE, and an announcement that takes the voters along."""
    assert elected.get("state") == ["ACTIVE"] * 3
    assert elected.get("role") == ["HERALD", "RADIANT", "RADIANT"]
    assert elected.get("herald") == ["n1"] * 3
    assert elected.get("term") == [(1, "n1")] * 3
    assert elected.state.ghosts["elected"].rows == {("n1", (1, "n1"))}


def test_it_serves_only_once_established(elected: Play) -> None:
    """Only when its accepted record is committed at its own position does it serve requests."""
    assert elected.request("n1", "AddShard", key="k") == "AddShard/refused"
    elected.timer("ResendDue", "n1")
    assert elected.get("watermark_at") == [((1, "n1"), 1)] * 3
    assert elected.request("n1", "AddShard", key="k") == "add_shard"
    assert elected.get("watermark_keys") == [frozenset({"k"})] * 3
    assert elected.get("watermark_at") == [((1, "n1"), 2)] * 3
    assert elected.request("n2", "AddShard", key="l") == "AddShard/not_herald"


def test_a_record_reaches_every_member_though_messages_are_lost(established: Play) -> None:
    """A commit carries operation and record, and is sent again until acknowledged."""
    established.happen(Event("request", "AddShard", "n1", {"key": "k"}))
    established.settle(lose=("n3",))
    assert established.get("keys") == [{"k"}, {"k"}, set()]
    established.timer("ResendDue", "n1")  # n3 accepts the record that it missed
    established.timer("ResendDue", "n1")  # n3 learns of its commit
    assert established.get("watermark_keys") == [{"k"}] * 3


def test_a_member_joins_and_leaves(established: Play) -> None:
    """A joiner without a watermark waits in RESET; a removed member goes to ERROR(MEMBERSHIP)."""
    established.timer("BeaconDue", "n4")
    assert established.get("state", "n4") == ["RESET"]
    assert established.request("n1", "AddMember", node="n4") == "add_member"
    established.timer("ResendDue", "n1")
    established.timer("ResendDue", "n1")
    assert established.get("state", *MEMBERS, "n4") == ["ACTIVE"] * 4
    assert established.request("n1", "RemoveMember", node="n1") == "RemoveMember/refused"
    assert established.request("n1", "RemoveMember", node="n4") == "remove_member"
    assert established.get("state", "n4") == ["ERROR(RECOVERABLE(MEMBERSHIP))"]
    assert established.get("members") == [frozenset(MEMBERS)] * 3


def test_a_crash_spares_only_the_durable(established: Play) -> None:
    """It comes back with term, vote, accepted, watermark, severity; its state in BOOTSTRAP."""
    established.request("n1", "AddShard", key="k")
    before = established.state.nodes["n2"]
    established.happen(Event("crash", "crash", "n2"))
    after = established.state.nodes["n2"]
    for name, decl in ORDER.variables.items():
        if decl.durable:
            assert after[name] == before[name]
    assert (after["state"], after["herald"]) == ("BOOTSTRAP", None)
    established.timer("BeaconDue", "n2")
    established.timer("ResendDue", "n1")
    established.timer("ResendDue", "n1")
    assert established.get("state") == ["ACTIVE"] * 3


def test_a_silent_controller_makes_it_unrecoverable(established: Play) -> None:
    """SYSTEM_RESET: n askings unanswered: UNRECOVERABLE, which survives a crash."""
    assert established.request("n1", "SystemReset") == "system_reset"
    assert established.get("state") == ["ERROR(SYSTEM_RESET)"] * 3
    for asking in range(1, 4):
        established.happen(Event("timer", "ResendDue", "n1"))
        assert established.get("asks", "n1") == [asking]
        established.settle(lose=("c1",))
    established.timer("ResendDue", "n1")
    assert established.get("state") == ["ERROR(UNRECOVERABLE)"] * 3
    established.happen(Event("crash", "crash", "n2"))
    established.timer("BeaconDue", "n2")
    assert established.get("state", "n2") == ["BOOTSTRAP"], "the others keep silent"


def test_the_controller_grants_a_system_reset(established: Play) -> None:
    """The controller's grant reaches all members; the herald then restores the record."""
    established.request("n1", "AddShard", key="k")
    established.request("n1", "SystemReset")
    assert established.request("c1", "GrantSystemReset") == "GrantSystemReset/refused"
    established.timer("ResendDue", "n1")
    assert established.request("c1", "GrantSystemReset") == "grant_system_reset"
    assert established.get("state") == ["RESET"] * 3
    established.timer("ResendDue", "n1")
    assert established.get("state") == ["ACTIVE"] * 3
    assert established.get("watermark_keys") == [{"k"}] * 3
    assert [p.message for p in established.state.packets].count("Rollback") == 2


def test_the_ladder_is_climbed_rung_by_rung(established: Play) -> None:
    """The same error again before a clean probe: the next rung of the ladder."""
    for state in ("ERROR(RECOVERABLE(SHARD))", "ERROR(RECOVERABLE(SHARD))"):
        established.request("n1", "ReportFault", error="SHARD")
        assert established.get("state", "n1") == [state]
        established.timer("RecoverDue", "n1")
        established.timer("ResendDue", "n1")
    assert established.get("state") == ["RESET"] * 3, "the second time it is RECOVER_RESET"
    established.timer("ResendDue", "n1")
    assert established.get("state") == ["ACTIVE"] * 3
    established.request("n1", "ReportFault", error="SHARD")
    established.timer("RecoverDue", "n1")
    assert established.get("state") == ["ERROR(SYSTEM_RESET)"] * 3


# ---------------------------------------------------------------- the known fault


def test_a_membership_change_before_an_own_commit_loses_a_commit() -> None:
    """The known fault of single-server changes otherwise, run on the order without that guard.

    n1, alone with the joiner, adds n5; n2, elected by those who did not hear of it, removes n1, and
    two of three commit that; the enlarged membership elects n1, who does not hold the commit.
    """
    own_commit = "me.watermark_at.term == me.term"
    faulty = without("add_member", own_commit)
    faulty = without("remove_member", own_commit, faulty)
    play = Play(Evaluator(faulty), ("n1", "n2", "n3", "n4"), "n5")
    play.may_break = True
    everybody = "n1 n2 n3 n4 n5"
    for node in everybody.split():
        play.within(everybody, Event("timer", "BeaconDue", node))
    play.within("n1 n2 n3", Event("timer", "ElectionTimeout", "n1"))
    play.within("n1 n5", Event("request", "AddMember", "n1", {"node": "n5"}))
    play.within("n1 n5", Event("timer", "ResendDue", "n1"))
    play.within("n2 n3 n4", Event("timer", "ElectionTimeout", "n2"))
    play.within("n2 n3", Event("request", "RemoveMember", "n2", {"node": "n1"}))
    play.within("", Event("timer", "ElectionTimeout", "n5"))
    play.within("", Event("timer", "ElectionTimeout", "n1"))
    play.within("n1 n4", Event("timer", "ResendDue", "n1"))
    assert "S5.start" not in play.broken
    play.within("n1 n4 n5", Event("timer", "ElectionTimeout", "n1"))
    assert play.get("role", "n1", "n2") == ["HERALD", "HERALD"]
    assert "S5.start" in play.broken
    config = play.state.config
    start = EVALUATOR.initial_state(config, play.state.nodes)
    whole = replay_events(EVALUATOR, start, play.events, checkable(ORDER))
    assert not whole.violations, "with the guard, the same events do no harm"
    assert whole.transitions["AddMember/refused"] == whole.transitions["RemoveMember/refused"] == 1


# ---------------------------------------------------------------- at random


def test_random_runs_break_nothing() -> None:
    run = random_run(
        EVALUATOR, CONFIG, NODES, seed=1, steps=4000, mix=Mix(tries=4, phase=40, orderly=0.5)
    )
    assert not run.violations, str(run)
    assert len(run.transitions) > 100


def test_a_seed_gives_one_run() -> None:
    mix = Mix(tries=3, phase=20, orderly=0.5)
    runs = [random_run(ORDER, CONFIG, NODES, 7, 300, mix, statements=[]) for _ in range(2)]
    assert str(runs[0]) == str(runs[1])
    assert str(runs[0]) != str(random_run(ORDER, CONFIG, NODES, 8, 300, mix, statements=[]))


def test_the_checker_agrees_with_looking_at_everything() -> None:
    """The order's own statements, whole, along a run."""
    state = EVALUATOR.initial_state(CONFIG, NODES)
    statements = checkable(ORDER)
    mix = Mix(phase=30, orderly=0.7)
    simulation = Simulation(EVALUATOR, state, 3, Checker(EVALUATOR, statements), mix)
    for _ in range(40):
        run = simulation.steps(25)
        assert not run.violations
        for statement in statements:
            if statement.formula is not None:
                assert EVALUATOR.holds(state, statement), statement.name


def test_seeking_reaches_deep_rules() -> None:
    """Rules that need an election, a commit and an error first."""
    found = seek(EVALUATOR, CONFIG, NODES, seed=4, steps=12_000)
    assert not found.broken
    fired = {t.label for t in ORDER.transitions if t.kind == "rule" and found.fired[t.label]}
    assert {"win", "commit", "learn", "restore", "request_reset", "reset", "escalate"} <= fired


@pytest.mark.parametrize(
    ("label", "clause", "broken"),
    [
        ("establish", "me.role == HERALD", "S1.Propose"),
        ("win", "m.term == me.term", "S2.votes"),
        ("hear_plea", "m.episode.term == m.term", None),
    ],
)
def test_a_dropped_guard_is_found(label: str, clause: str, broken: str | None) -> None:
    """Remove a guard, and a short run to a broken property is found and replayed."""
    mutant = Evaluator(without(label, clause))
    statements = [ORDER.statements[broken]] if broken else checkable(ORDER)
    steps = 10_000 if broken else 2000
    found = seek(mutant, CONFIG, NODES, seed=1, steps=steps, statements=statements, stop=True)
    assert set(found.broken) == ({broken} if broken else set())
    if broken is None:
        return
    statement = ORDER.statements[broken]
    start = mutant.initial_state(CONFIG, NODES)
    run = shorten(mutant, start, found.broken[broken], statement)
    assert run.violations and len(run.steps) <= len(found.broken[broken])
    assert label in [transition for _, transition in run.steps]
    assert f"breaks {broken}" in str(run)
    events = [event for event, _ in run.steps]
    assert not replay_events(EVALUATOR, start, events, [statement]).violations
