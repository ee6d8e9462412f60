"""Attacks on the reader of generated code: edits by hand that were once proved, or might be.

"For every handler the solver proves: [...] the code's next state, messages, reply and persisted
part equal the rule's. [...] A construct outside the subset is a clear error, never a silent pass."

Each edit here makes the node do something else, in a way that a reader may overlook; the verdict
on it must not be PROVED.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from checkers import nodes
from checkers.cache import Ledger
from checkers.cache.prints import Prints
from checkers.solving import Limits, Portfolio
from checkers.translation.execute import Machine
from checkers.translation.obligations import WHOLE
from checkers.translation.plainly import PLAIN
from checkers.translation.proving import Files, Validation
from checkers.verdict import Result, Verdict
from tests.patience import PATIENCE
from tests.test_translation import compare, edited, raft, spec_of, told
from tests.translation_faults import RAFT

# Where `on_vote` begins, and where it counts a vote.
BEGIN = "        if self.role is CANDIDATE and m.term == self.term:\n            votes"
COUNTS = "                self.votes = votes\n                return rules.COUNT"
METHOD = "    def on_vote(self"


def with_edits(*edits: tuple[str, str]) -> Files:
    """Return Raft's node with texts of its module `node` replaced."""
    files = raft()
    for old, new in edits:
        files = edited(files, "node", old, new)
    return files


def before_all(*lines: str) -> tuple[str, str]:
    """Return the edit that puts lines before what `on_vote` does."""
    return BEGIN, "".join(f"        {line}\n" for line in lines) + BEGIN


# ---------------------------------------------------------------- what follows what would raise

OPERANDS = {
    "a conditional expression": "x = self.term if self.term >= 0 else None.term",
    "its other branch": "x = None.term if self.term < 0 else self.term",
    "or": "x = self.term >= 0 or None.term",
    "and": "x = self.term < 0 and None.term",
    "a chain of comparisons": "x = self.term < 0 < None.term",
    "an index": "x = self.term >= 0 or (1, 2)[5]",
    "a table": "x = self.term >= 0 or _ON_OTHER[Vote]",
    "within a call": "x = majority(self.votes if self.term >= 0 else None.x, self.votes)",
}


@pytest.mark.parametrize("name", OPERANDS)
def test_what_comes_after_an_operand_that_would_raise_is_read(name: str) -> None:
    """It never raises, since it is never looked at: what comes after it is done all the same."""
    harmless = with_edits(before_all(OPERANDS[name]))
    assert all(r.verdict is Verdict.PROVED for r in compare(spec_of(RAFT), harmless, "Vote"))
    wrong = with_edits(before_all(OPERANDS[name], "self.leader = sender"))
    results = compare(spec_of(RAFT), wrong, "Vote")
    refuted = [r for r in results if r.verdict is Verdict.REFUTED]
    assert refuted and "the variable leader" in refuted[0].told, told(results)


def test_an_operand_that_raises_is_found() -> None:
    wrong = with_edits(before_all("x = self.term > 0 or None.term"))
    results = compare(spec_of(RAFT), wrong, "Vote")
    refuted = [r for r in results if r.verdict is Verdict.REFUTED]
    assert refuted and "AttributeError" in refuted[0].told, told(results)


def test_a_way_out_that_the_reader_loses_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is not seen nothing can be shown; so it is shown that something is always seen."""
    whole = Machine.run

    def loses(self: Machine, *args: object) -> object:
        exits, failures = whole(self, *args)  # type: ignore[arg-type]
        return exits[1:], failures

    monkeypatch.setattr(Machine, "run", loses)
    for part in ("Vote", "first start"):
        results = compare(spec_of(RAFT), raft(), part)
        lost = [r for r in results if r.verdict is not Verdict.PROVED]
        assert any(r.transition.endswith("nothing raises") for r in lost), told(results)


# ---------------------------------------------------------------- effects where none are looked for

BUMP = "    def bump(self) -> bool:\n        self.leader = self.me\n        return True\n\n"
EFFECTS = {
    "and": "x = self.term < 0 and self.bump()",
    "or": "x = self.term >= 0 or self.bump()",
    "a conditional expression": "x = self.bump() if self.term < 0 else 1",
    "a chain of comparisons": "x = self.term < 0 < self.bump()",
    "a test": "x = 1\n        if self.bump(): pass",
    "an argument": "x = majority(frozenset(), frozenset() if self.bump() else self.votes)",
}


@pytest.mark.parametrize("name", EFFECTS)
def test_a_call_that_changes_the_node_within_an_expression_is_an_error(name: str) -> None:
    files = with_edits((METHOD, BUMP + METHOD), before_all(EFFECTS[name]))
    (result,) = compare(spec_of(RAFT), files, "Vote")
    assert result.verdict is Verdict.UNKNOWN
    assert "only a call that is returned may change the node" in result.told


def test_an_effect_behind_a_test_that_is_never_true_does_not_stand_in_for_one() -> None:
    """Once the assignment that is missing was taken from the call that is never made."""
    leader = "                self.leader = self.me\n"
    files = with_edits(
        (METHOD, BUMP + METHOD), (leader, "                x = self.term < 0 and self.bump()\n")
    )
    results = compare(spec_of(RAFT), files, "Vote")
    assert any(r.verdict is not Verdict.PROVED for r in results)


# ---------------------------------------------------------------- what is seen from outside

OUTSIDE = {
    "handle's parameters": (
        "node",
        "def handle(self, event: Event, sender",
        "def handle(self, e: Event, sender",
        "by these names",
    ),
    "its parameters turned round": (
        "node",
        "def restart(cls, me: Node, config: Cluster, durable: Durable)",
        "def restart(cls, config: Cluster, me: Node, durable: Durable)",
        "by these names",
    ),
    "restore's parameter": (
        "node",
        "def restore(self, values:",
        "def restore(self, those:",
        "by these names",
    ),
    "a default that was not": (
        "node",
        "durable: Durable) -> Server:",
        "durable: Durable | None = None) -> Server:",
        "by these names",
    ),
    "a start that needs what was stored": (
        "node",
        "durable: Durable | None = None) -> None:",
        "durable: Durable | None) -> None:",
        "None by default",
    ),
    "a second constant for a row": (
        "rules",
        "COUNT = Rule(",
        "ALSO = Rule('count', 'rule', 'Vote', '', '')\nCOUNT = Rule(",
        "COUNT: the row count is ALSO",
    ),
    "a row elsewhere": (
        "node",
        "DONE = Done()",
        "DONE = Done()\nALSO = rules.Rule('x', 'rule', 'Vote', '', '')",
        "calls classes alone",
    ),
    "a message no set can hold": (
        "types",
        "@dataclass(slots=True, unsafe_hash=True)\nclass Vote:",
        "@dataclass(slots=True)\nclass Vote:",
        "unsafe_hash",
    ),
    "a package without its node": (
        "__init__",
        "from .node import Server\n",
        "from .types import Role\n",
        "offer the node's class as Server",
    ),
    "another spec's name": ("__init__", 'SPEC = "raft_election"', 'SPEC = "raft"', "SPEC is to be"),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_would_be_seen_from_outside_is_an_error(name: str) -> None:
    """Parameters by their names, rows by their identity, values as members of sets."""
    module, old, new, why = OUTSIDE[name]
    files = edited(raft(), module, old, new)
    if name == "a package without its node":
        files = edited(files, module, ', "Server"', "")
    results = compare(spec_of(RAFT), files, WHOLE, "Vote")
    assert any(r.verdict is Verdict.UNKNOWN and why in r.told for r in results), told(results)


def test_a_row_that_is_made_anew_is_not_the_row() -> None:
    """It says the same, and equals it nowhere."""
    made = "rules.Rule(rules.COUNT.label, 'rule', 'Vote', '', '', (), rules.COUNT.clauses)"
    files = with_edits(("return rules.COUNT, ()", f"return {made}, ()"))
    results = compare(spec_of(RAFT), files, "Vote")
    assert any(r.verdict is not Verdict.PROVED for r in results), told(results)


# ---------------------------------------------------------------- what raises, and looks harmless

SLOTS = "    __slots__ = (\n"


@pytest.mark.parametrize("slot", ["__setattr__", "__eq__", "__class__", "__init_subclass__"])
def test_a_slot_that_python_reads_a_meaning_in_is_an_error(slot: str) -> None:
    """With a slot of this name no node can be made, or none be compared."""
    files = with_edits((SLOTS, f'{SLOTS}        "{slot}",\n'))
    (result,) = compare(spec_of(RAFT), files, WHOLE)
    assert result.verdict is Verdict.UNKNOWN and "in such a slot" in result.told


@pytest.mark.parametrize(
    "line",
    [
        "x = (1, {sender}) in self.votes",
        "x = Vote({sender}) in self.votes",
        "x = {({sender},): 1}",
        "x = {}.get({sender}, 1)",
        "x = (1, {}) in self.votes",
    ],
)
def test_a_look_up_of_what_may_change_is_an_error(line: str) -> None:
    """Python raises `TypeError` for it, wherever it is looked up."""
    (result,) = compare(spec_of(RAFT), with_edits(before_all(line)), "Vote")
    assert result.verdict is Verdict.UNKNOWN and "raft_election/node.py:" in result.told


def test_a_map_that_something_else_has_on_one_way_is_not_changed() -> None:
    """After the branches it is one and the same on both, for the reader: and shared on one."""
    lines = ["x = {}", "if self.term > 0: y = {}", "else: y = x", "x[self.me] = 1"]
    (result,) = compare(spec_of(RAFT), with_edits(before_all(*lines)), "Vote")
    assert result.verdict is Verdict.UNKNOWN
    assert "only a map that was just made is changed" in result.told


def test_an_event_of_another_name_in_plain_data_is_an_error() -> None:
    table = "EVENTS: dict[str, tuple[Callable[..., Any], dict[str, Reader]]] = {\n"
    more = f'{table}    "Voted": (Vote, {{"term": read_term}}),\n'
    (result,) = compare(spec_of(RAFT), edited(raft(), "plain", table, more), PLAIN)
    assert result.verdict is Verdict.UNKNOWN and "just the spec's" in result.told


# ---------------------------------------------------------------- code that is not read

BAD_VALUE = "        self.value, self.reason, self.fix, self.place = value, reason, fix, place\n"
IN_SHORT = "    try:\n        return _SHORT.repr(value)\n"
TEXT_OF = '    return json.dumps(value, sort_keys=True, separators=(",", ":"))\n'
ACTS = {
    "an error sets what is not its own": ("plain", BAD_VALUE, BAD_VALUE + "        Vote.x = 1\n"),
    "an error's method clears a table": (
        "plain",
        BAD_VALUE,
        BAD_VALUE + "        EVENTS.clear()\n",
    ),
    "a function patches a class": ("plain", IN_SHORT, "    Vote.x = 1\n" + IN_SHORT),
    "it asks for setattr": ("plain", IN_SHORT, "    setattr(Vote, 'x', 1)\n" + IN_SHORT),
    "it asks by name": ("plain", IN_SHORT, "    getattr(EVENTS, 'clear')()\n" + IN_SHORT),
    "it imports": ("plain", IN_SHORT, "    import os\n" + IN_SHORT),
    "it has globals": ("plain", IN_SHORT, "    global EVENTS\n    EVENTS = {}\n" + IN_SHORT),
    "it puts into a table": ("wire", TEXT_OF, "    REPLIES['x'] = value\n" + TEXT_OF),
    "it puts into what it calls otherwise": (
        "wire",
        TEXT_OF,
        "    one = {}\n    one = REPLIES\n    one['x'] = value\n" + TEXT_OF,
    ),
    "a loop gives it another": (
        "wire",
        TEXT_OF,
        "    one = {}\n    for one in (REPLIES,): one['x'] = value\n" + TEXT_OF,
    ),
    "it takes out": ("wire", TEXT_OF, "    del REPLIES['Done']\n" + TEXT_OF),
    "it runs a text": ("wire", TEXT_OF, "    exec(str(value))\n" + TEXT_OF),
    "it asks for a class's insides": ("wire", TEXT_OF, "    x = Durable.__dict__\n" + TEXT_OF),
    "it names what it computes": ("wire", TEXT_OF, "    x = (y := 1)\n" + TEXT_OF),
    "what is not there is made": (
        "types",
        "def majority(",
        "def __getattr__(name: str) -> int:\n    return 1\n\n\ndef majority(",
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_code_that_is_not_read_can_change_nothing(name: str) -> None:
    (result,) = compare(spec_of(RAFT), edited(raft(), *ACTS[name]), WHOLE)
    assert result.verdict is Verdict.UNKNOWN and "raft_election/" in result.told, result.told


# ---------------------------------------------------------------- what is sent beside

SENT = {
    "to None": "(None, Heartbeat(self.term))",
    "to who may be None": "(self.leader, Heartbeat(self.term))",
    "to a number": "(self.term, Heartbeat(self.term))",
    "to a text": '("", Heartbeat(self.term))',
    "to a role": "(self.role, Heartbeat(self.term))",
    "to a set of roles": "(frozenset({FOLLOWER}), Heartbeat(self.term))",
    "to a tuple": "((sender,), Heartbeat(self.term))",
    "to a set that may change": "({sender}, Heartbeat(self.term))",
    "of no term": "(sender, Heartbeat(None))",
    "of a truth value": "(sender, Heartbeat(self.term == 1))",
    "of a set": "(sender, Heartbeat({sender}))",
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_beside_is_refuted_also_where_it_equals_no_message(name: str) -> None:
    """It was counted how often each message goes to each node; these are none, or go to none."""
    files = with_edits(("return rules.COUNT, ()", f"return rules.COUNT, ({SENT[name]},)"))
    results = compare(spec_of(RAFT), files, "Vote")
    refuted = [r for r in results if r.verdict is Verdict.REFUTED]
    assert refuted and refuted[0].transition == "count", told(results)


def test_what_is_sent_to_nobody_is_not_sent_to_none() -> None:
    """The row sends to who is next, if there is anybody: `None` is no receiver."""
    spec = spec_of("docs/protocols/ring_election.py")
    sends = "                sends += ((to, Claim(m.number)),)\n"
    test = f"            if to is not None:\n{sends}"
    files = edited(nodes.files(spec, own=False), "node", test, sends[4:])
    results = compare(spec, files, "Claim")
    assert any(r.verdict is Verdict.REFUTED for r in results), told(results)


# ---------------------------------------------------------------- what is kept, edit after edit

DISPATCH = "            return _ON_MESSAGE[kind](self, event, sender)\n"
ASIDE = (
    "            return _ON_MESSAGE[Vote if kind is RequestVote else kind](self, event, sender)\n"
)
PASSED_ON = "        if type(m) is RequestVote:\n            return {}\n"
RIGHT, WRONG = "self.on_request_vote(m, sender)", "rules.COUNT, (), DONE"
# Edits of what several handlers go through: by name, the module, and one text for another.
OF_MANY = {
    "handle asks another's handler": ("node", DISPATCH, ASIDE),
    "which passes it on": ("node", BEGIN, PASSED_ON.format(RIGHT) + BEGIN),
    "which answers it": ("node", BEGIN, PASSED_ON.format(WRONG) + BEGIN),
    "the table of another": ("node", "    Vote: Server.on_vote,", "    Vote: Server.on_heartbeat,"),
    "half is a majority": ("types", "> len(whole)", ">= len(whole)"),
    "the last of the nearest": ("nearest", "if first > reached:", "if first >= reached:"),
    "a constant": ("types", "LEADER: Role = Role.LEADER", "LEADER: Role = Role.CANDIDATE"),
    "a reply": ("node", "DONE = Done()", "DONE = Stale(0)"),
}


def _applied(*names: str) -> Files | None:
    """Return Raft's node with edits made one after the other; None where one undoes another."""
    files = raft()
    for name in names:
        module, old, new = OF_MANY[name]
        if old not in files.texts[module]:
            return None
        files = edited(files, module, old, new)
    return files


def test_after_any_edits_the_verdict_is_what_a_cold_run_says(tmp_path: Path) -> None:
    """Edit, verify, edit again, verify: each state of the files is asked about with what all the
    states before it left behind, from the first to the last and back."""
    spec = spec_of(RAFT)
    ledger = Ledger(Prints(spec), tmp_path)
    first = "handle asks another's handler"
    names = [(), *((a,) for a in OF_MANY), *((first, a) for a in OF_MANY if a != first)]
    names += [
        (first, "which passes it on", "half is a majority"),
        (first, "which answers it", "half is a majority"),
    ]
    states = {str(n): files for n in names if (files := _applied(*n)) is not None}
    assert len(states) > 15
    cold: dict[str, dict[str, list[Result]]] = {}
    with Portfolio(Limits(PATIENCE), ways=()) as portfolio:
        for name, files in states.items():
            validation = Validation(spec, files, lambda *_: None)  # no call need show why not
            cold[name] = {p: validation.results(p, portfolio) for p in nodes.parts(spec)}
    for name in (*states, *reversed(states)):
        kept = nodes.Kept(ledger.store, ledger.prints, states[name])
        for part, results in cold[name].items():
            known = kept.known(part)
            if known is not None:
                assert {r.verdict for r in results} == {Verdict.PROVED}, f"{name}: {part}"
                assert [r.transition for r in known] == [r.transition for r in results]
            kept.learn(part, results)
    proved = {name for name, parts in cold.items() if all(map(_is_proved, parts.values()))}
    assert str((first, "which passes it on")) in proved
    assert str((first, "which answers it")) not in proved


def _is_proved(results: list[Result]) -> bool:
    return all(r.verdict is Verdict.PROVED for r in results)
