"""The generated node of the order: one run by hand, what it answers, and what a crash leaves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

import pytest

import impl.order.node
import impl.order.plain
import impl.order.rules
import impl.order.types as t
import impl.order.wire
from impl.order import Durable, OrderConfig, Outcome, Radiant
from model.order.tables import ERROR_LADDER, RETRY_HINTS
from tests.generated_nodes import compare, order_spec

CONFIG = OrderConfig(frozenset({"a", "b", "c"}), frozenset({"z"}))
MEMBERS = ("a", "b", "c")


@dataclass
class Order:
    """A few radiants and what is on its way between them."""

    radiants: dict[str, Radiant] = field(
        default_factory=lambda: {name: Radiant(name, CONFIG) for name in (*MEMBERS, "z")}
    )
    wire: list[tuple[str, str, t.Message]] = field(default_factory=list)

    def tell(self, name: str, event: t.Event, sender: str | None = None) -> Outcome:
        outcome = self.radiants[name].handle(event, sender)
        for where, message in outcome[1]:
            for to in sorted(where) if isinstance(where, frozenset) else [where]:
                self.wire.append((name, to, message))
        return outcome

    def deliver(self) -> None:
        """Deliver everything, and what it leads to, in order."""
        while self.wire:
            sender, to, message = self.wire.pop(0)
            self.tell(to, message, sender)

    def states(self) -> set[t.OrderState]:
        return {self.radiants[name].state for name in MEMBERS}


@pytest.fixture
def order() -> Order:
    """An order whose herald `a` was elected and has committed in its own term."""
    order = Order()
    for name in MEMBERS:
        order.tell(name, t.BeaconDue())
    order.deliver()
    assert order.states() == {t.RESET}
    order.tell("a", t.ElectionTimeout())
    order.deliver()
    assert order.radiants["a"].role is t.HERALD
    order.tell("a", t.ResendDue())
    order.deliver()
    return order


# ---------------------------------------------------------------- one run


def test_a_herald_is_elected_and_establishes_itself(order: Order) -> None:
    """The protocol: bootstrap, election, winning, establishing."""
    assert order.states() == {t.ACTIVE}
    for name in MEMBERS:
        radiant = order.radiants[name]
        assert radiant.term == (1, "a")
        assert radiant.herald == "a"
        assert radiant.watermark_at == ((1, "a"), 1)


def test_a_shard_is_replicated(order: Order) -> None:
    rule, sends, reply = order.tell("a", t.AddShard("k"))
    assert (rule.label, reply) == ("add_shard", t.Done())
    assert rule.persists == ("accepted_at", "keys")
    assert order.radiants["a"].state is t.LOCKED_REPLICATING
    assert [to for to, _ in sends] == [frozenset({"b", "c"}), "a"]
    order.deliver()
    assert order.states() == {t.ACTIVE}
    for name in MEMBERS:
        _, _, reply = order.tell(name, t.ListShards())
        assert reply == t.ShardList(t.Position(t.Term(1, "a"), 2), frozenset({"k"}))


def test_a_lock_refuses_with_the_operation_and_its_retry_hint(order: Order) -> None:
    """LOCKED: refuses what would change its state, answers Locked(op) with a retry hint."""
    order.tell("a", t.AddShard("k"))
    rule, sends, reply = order.tell("a", t.AddShard("l"))
    assert (rule.label, sends) == ("AddShard/locked", ())
    assert isinstance(reply, t.Locked)
    assert reply.op is t.REPLICATING
    assert tuple(reply.retry_hints) == RETRY_HINTS.rows["REPLICATING"]


@pytest.mark.parametrize("op", list(t.OrderStateOp))
def test_every_retry_hint_is_the_table_s(op: t.OrderStateOp) -> None:
    assert tuple(t.Locked(op).retry_hints) == RETRY_HINTS.rows[op.value]


@pytest.mark.parametrize("error", list(t.OrderStateError))
def test_every_rung_of_the_ladder_is_the_table_s(error: t.OrderStateError) -> None:
    severity, first_answer, then = ERROR_LADDER.rows[error.value]
    row = t.InError(error).error_ladder
    assert (row.severity, row.first_answer) == (severity, first_answer)
    assert row.then.value in then.leaves


# ---------------------------------------------------------------- refusals


def test_a_plain_radiant_names_the_herald(order: Order) -> None:
    """NotHerald carries a hint where the herald is known."""
    rule, _, reply = order.tell("b", t.AddShard("k"))
    assert (rule.label, reply) == ("AddShard/not_herald", t.NotHerald("a"))
    _, _, reply = Order().tell("b", t.AddShard("k"))
    assert reply == t.NotHerald(None)


def test_a_stale_term_is_refused_with_the_newer_one(order: Order) -> None:
    stale = t.Propose(t.Term(0, "c"), 1, t.REPLICATING, frozenset(MEMBERS), frozenset())
    rule, sends, reply = order.tell("b", stale, "c")
    assert rule.label == "Propose/stale_term"
    assert reply == t.StaleTerm(t.Term(1, "a"))
    assert sends == (("c", t.NewerTerm(t.Term(1, "a"))),)


def test_a_refusal_names_the_guard_clause_that_came_nearest(order: Order) -> None:
    order.radiants["a"].keys = frozenset({"k"})
    _, _, reply = order.tell("a", t.AddShard("k"))
    assert reply == t.Refused("add_shard", "~me.keys.has(m.key)", "guard")


def test_a_refusal_names_the_sender_clause(order: Order) -> None:
    """A message from the wrong role is answered with a refusal and changes nothing."""
    before = order.radiants["b"].snapshot()
    forged = t.Commit(t.Term(1, "a"), 9, t.REPLICATING, frozenset(MEMBERS), frozenset())
    rule, sends, reply = order.tell("b", forged, "c")
    assert rule.label == "Commit/wrong_role"
    assert isinstance(reply, t.Refused)
    assert (reply.clause, reply.kind) == ("owner(m.term) == m.sender", "sender")
    assert (sends, order.radiants["b"].snapshot()) == ((), before)


def test_a_refusal_names_the_role_clause(order: Order) -> None:
    _, _, reply = order.tell("z", t.ReportFault(t.SHARD))
    assert isinstance(reply, t.Refused)
    assert reply.kind == "role"


def test_an_unrecoverable_radiant_answers_its_status_and_refuses_the_rest(order: Order) -> None:
    order.radiants["b"].state = t.ERROR_UNRECOVERABLE
    _, _, reply = order.tell("b", t.Elected(t.Term(1, "a")), "a")
    assert reply == t.InError(t.UNRECOVERABLE)
    _, _, reply = order.tell("b", t.GetStatus())
    assert isinstance(reply, t.Status)
    assert reply.state is t.ERROR_UNRECOVERABLE


def test_a_timer_that_means_nothing_is_ignored(order: Order) -> None:
    rule, _, reply = order.tell("b", t.ResendDue())
    assert (rule.label, reply) == ("ResendDue/ignored", t.Ignored())


# ---------------------------------------------------------------- the dispatcher


def test_every_event_has_a_handler() -> None:
    """Structural: each (state, event) has a defined answer."""
    handlers = {**impl.order.node._ON_MESSAGE, **impl.order.node._ON_OTHER}
    assert {kind.__name__ for kind in handlers} == set(order_spec().events)


def test_a_message_without_its_sender_is_an_error() -> None:
    with pytest.raises(TypeError) as error:
        Radiant("a", CONFIG).handle(t.Beacon())
    assert str(error.value) == "Beacon(): a message needs its sender; give handle(m, sender)"


def test_what_is_no_event_is_an_error() -> None:
    with pytest.raises(TypeError) as error:
        Radiant("a", CONFIG).handle("Beacon")  # type: ignore[arg-type]
    assert str(error.value) == "'Beacon': not an event of this node"


def test_every_rule_of_the_spec_is_known_by_its_label() -> None:
    rules = [r for r in vars(impl.order.rules).values() if isinstance(r, impl.order.rules.Rule)]
    wanted = [x for x in order_spec().transitions if x.kind != "environment"]
    assert {r.label for r in rules} == {x.label for x in wanted}
    by_label = {r.label: r for r in rules}
    for one in wanted:
        clauses = [(c.kind, c.text) for c in one.clauses]
        assert [tuple(c) for c in by_label[one.label].clauses] == clauses


# ---------------------------------------------------------------- a crash


def test_a_restart_keeps_exactly_the_durable_variables(order: Order) -> None:
    """A crashed radiant comes back with its durable variables; all others start afresh."""
    order.tell("a", t.AddShard("k"))
    order.deliver()
    before = order.radiants["b"]
    fresh = Radiant("b", CONFIG).snapshot()
    after = Radiant.restart("b", CONFIG, before.durable()).snapshot()
    durable = {name for name, decl in order_spec().variables.items() if decl.durable}
    assert set(Durable._fields) == durable
    for name, value in before.snapshot().items():
        assert after[name] == (value if name in durable else fresh[name]), name
    assert after["state"] == "BOOTSTRAP"


def test_what_is_stored_is_read_back(order: Order) -> None:
    """Through plain data in which sets are lists, as most encodings have them."""
    kept = order.radiants["a"].durable()
    stored = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in zip(kept._fields, map(impl.order.plain.to_plain, kept), strict=True)
    }
    assert impl.order.plain.read_durable(stored) == kept


def test_a_snapshot_is_taken_over(order: Order) -> None:
    other = Radiant("a", CONFIG)
    other.restore(order.radiants["a"].snapshot())
    assert other.snapshot() == order.radiants["a"].snapshot()
    assert other.state is t.ACTIVE


# ---------------------------------------------------------------- plain data


def _mistakes() -> Iterator[tuple[str, dict[str, object], str]]:
    vote: dict[str, object] = {"term": (1, "a"), "severity": 0}
    number, up_to_3 = "write a whole number from 0", "write a whole number from 0 to 3"
    yield "Vode", vote, "'Vode': it is no event; name one of EVENTS"
    yield "Vote", {"term": (1, "a")}, "Vote: 'severity': it is missing; give it a value"
    told = "it is not one of the fields; leave it out; there is term, severity"
    yield "Vote", {**vote, "sender": "b"}, f"Vote: 'sender': {told}"
    yield "Vote", {**vote, "severity": 4}, f"Vote.severity: 4: it is more than 3; {up_to_3}"
    yield "Vote", {**vote, "severity": True}, f"Vote.severity: True: it is no number; {up_to_3}"
    yield "Vote", {**vote, "severity": -1}, f"Vote.severity: -1: it is less than 0; {up_to_3}"
    yield "Vote", {**vote, "term": 1}, "Vote.term: 1: it is no Term; write its 2 parts, in order"
    yield "Vote", {**vote, "term": (1, 2)}, "Vote.term[1]: 2: it is no text; write a string"
    yield "Vote", {**vote, "term": ("1", "a")}, f"Vote.term[0]: '1': it is no number; {number}"
    owner = "nobody owns it; name its owner; only the least has none"
    yield "Vote", {**vote, "term": (1, "")}, f"Vote.term: (1, ''): {owner}"
    yield "AddShard", {"key": None}, "AddShard.key: None: it is no text; write a string"
    yield "AddShard", {"key": ""}, "AddShard.key: '': a name is not empty; write a name"
    told = "it is no OrderError; write one of STATE, MEMBERSHIP, SHARD, OTHER"
    yield "ReportFault", {"error": "RAIN"}, f"ReportFault.error: 'RAIN': {told}"


@pytest.mark.parametrize(("kind", "values", "message"), list(_mistakes()))
def test_what_comes_from_outside_is_checked(
    kind: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError) as error:
        impl.order.plain.read_event(kind, values)
    assert str(error.value) == message


def test_events_and_replies_come_back_from_plain_data() -> None:
    probe = t.Digest(
        t.Term(1, "a"),
        2,
        t.LOCKED_PROBE,
        t.Position(t.Term(1, "a"), 1),
        frozenset({"a"}),
        frozenset({"k"}),
        3,
    )
    plain = impl.order.plain
    assert plain.fields_of(probe)["state"] == "LOCKED(PROBE)"
    assert plain.read_event("Digest", plain.fields_of(probe)) == probe
    refused = t.Refused("add_shard", "me.worst == 0", "guard")
    assert plain.read_reply("Refused", plain.fields_of(refused)) == refused


# ---------------------------------------------------------------- agreement


def test_the_node_answers_as_the_evaluator_does() -> None:
    """The generated node and the reference evaluator agree, in states no run may ever reach."""
    module = ModuleType("order")
    vars(module).update(node=impl.order.node, plain=impl.order.plain)
    config = {"members": CONFIG.members, "controllers": CONFIG.controllers}
    answered = compare(order_spec(), module, config, 9_000)
    assert len(answered) > 200


def test_the_node_runs_without_the_rest_of_the_project() -> None:
    """The runtime needs no solver: importing the node imports nothing but the standard library."""
    for name in ("node", "types", "rules", "nearest", "plain", "wire"):
        module = sys.modules[f"impl.order.{name}"]
        owners = {
            getattr(value, "__module__", None) or "builtins"
            for key, value in vars(module).items()
            if not key.startswith("__")
        }
        for owner in owners:
            top = owner.split(".")[0]
            assert top == "impl" or top in sys.stdlib_module_names, (name, owner)
