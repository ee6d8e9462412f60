"""Edits as somebody makes them by hand who moves code about: what passes, and what does not.

"A hand edit that changes behaviour is refuted with a concrete call that shows the difference; one
that does not [...] passes. A construct outside the subset is a clear error, never a silent pass."
"""

from __future__ import annotations

import pytest

from checkers.translation.obligations import WHOLE
from checkers.translation.proving import Files
from checkers.translation.subset import INSTEAD
from checkers.verdict import Result, Verdict
from tests.test_translation import assert_proved, compare, edited, raft, spec_of, told
from tests.translation_faults import PLACE, RAFT

Edits = tuple[tuple[str, str], ...]
"""Texts of the module `node` to be replaced: the old, the new."""

METHOD = "    def on_vote(self"
LEADS = "                self.role = LEADER\n                self.leader = self.me\n"
FIRST_VOTE = "frozenset({self.me})"
FREE = "            self.voted_for = None\n            self.leader = sender\n"
CANDIDATE = "self.role is CANDIDATE and m.term == self.term:"


def leads(*body: str, call: str = "self.lead()") -> Edits:
    """Return the edits that take what a winner does into a method, with these lines."""
    lines = "".join(f"        {line}\n" for line in body)
    method = f"    def lead(self) -> None:\n{lines}\n"
    return (METHOD, method + METHOD), (LEADS, f"                {call}\n")


def verdicts(edits: Edits) -> list[Result]:
    files = with_edits(edits)
    return compare(spec_of(RAFT), files, WHOLE, "Vote", "ElectionDue", "Heartbeat")


def with_edits(edits: Edits) -> Files:
    files = raft()
    for old, new in edits:
        files = edited(files, "node", old, new)
    return files


PASSES: dict[str, Edits] = {
    "a method called for what it does": leads("self.role = LEADER", "self.leader = self.me"),
    "one that returns early": leads(
        "self.role = LEADER", "if self.leader == self.me:", "    return", "self.leader = self.me"
    ),
    "one that calls another": (
        (METHOD, "    def more(self, who: Node) -> None:\n        self.leader = who\n\n" + METHOD),
        *leads("self.role = LEADER", "self.more(self.me)"),
    ),
    "several attributes at once": (
        (LEADS, "                self.role, self.leader = LEADER, self.me\n"),
    ),
    "the last of several": (
        (LEADS, "                self.leader, self.role, self.leader = None, LEADER, self.me\n"),
    ),
    "one value for several": (
        (
            FREE,
            "            self.voted_for = self.leader = None\n            self.leader = sender\n",
        ),
    ),
    "a set of a tuple": ((FIRST_VOTE, "frozenset((self.me,))"),),
    "all of a tuple": ((CANDIDATE, "all((self.role is CANDIDATE, bool(m.term == self.term))):"),),
    "not any of a tuple": (
        (CANDIDATE, "not any((self.role is not CANDIDATE, m.term != self.term)):"),
    ),
}


@pytest.mark.parametrize("name", PASSES)
def test_an_edit_that_only_moves_code_passes(name: str) -> None:
    assert_proved(verdicts(PASSES[name]))


REFUTED: dict[str, tuple[Edits, str]] = {
    "a method that forgets": (leads("self.role = LEADER"), "the variable leader"),
    "one that returns too early": (
        leads(
            "if self.leader == self.me:", "    return", "self.role, self.leader = LEADER, self.me"
        ),
        "the variable role",
    ),
    "one that raises on a way": (
        leads(
            "if self.leader is None:",
            '    raise ValueError("nobody")',
            "self.role = LEADER",
            "self.leader = self.me",
        ),
        "raises\n    the code:  ValueError: nobody",
    ),
    "the last of several": (
        ((LEADS, "                self.role, self.leader, self.leader = LEADER, self.me, None\n"),),
        "the variable leader",
    ),
    "one value for several": (
        ((FREE, "            self.leader = self.voted_for = sender\n"),),
        "the variable voted_for",
    ),
    "a set of a tuple": (
        ((FIRST_VOTE, "frozenset((self.me,)) - {self.me}"),),
        "the variable votes",
    ),
    "all of nothing": (((CANDIDATE, "all(()):"),), "row\n    the code:  count"),
    "any of nothing": (((CANDIDATE, "any(()):"),), "the row that answers is count"),
    "the truth of a number": (((CANDIDATE, f"bool(m.term) and {CANDIDATE}"),), "row"),
}


@pytest.mark.parametrize("name", REFUTED)
def test_an_edit_that_moves_too_much_is_refuted_by_a_call(name: str) -> None:
    edits, shown = REFUTED[name]
    refuted = [r for r in verdicts(edits) if r.verdict is Verdict.REFUTED]
    assert refuted and shown in refuted[0].told, told(refuted)


UNREAD: dict[str, tuple[Edits, str]] = {
    "a method that makes a node": (
        leads("return Server(self.me, self.config)"),
        "a node makes no other node",
    ),
    "its effect within an expression": (
        leads("self.role = LEADER", "self.leader = self.me", call="x = self.lead()"),
        "only a call that is returned may change the node",
    ),
    "a function for nothing": (
        ((LEADS, f"                majority(votes, votes)\n{LEADS}"),),
        "only a method of the node is called",
    ),
    "a set of a name's letters": (
        ((FIRST_VOTE, "frozenset(self.me)"),),
        "frozenset(a str) means nothing",
    ),
    "a tuple that is multiplied": (
        ((LEADS, f"                x = (1,) * self.term\n{LEADS}"),),
        "an operation on a tuple and an int",
    ),
    "what is only shown": (
        ((LEADS, f"                print(votes)\n{LEADS}"),),
        "of Python's own there are all, any, bool",
    ),
}


@pytest.mark.parametrize("name", UNREAD)
def test_an_edit_that_is_not_read_is_an_error(name: str) -> None:
    edits, why = UNREAD[name]
    wrong = [r for r in verdicts(edits) if r.verdict is not Verdict.PROVED]
    assert all(r.verdict is Verdict.UNKNOWN and why in r.told for r in wrong) and wrong, told(wrong)


@pytest.mark.parametrize(
    ("lines", "fix"),
    [
        ("match 1:\n    case _: pass", "write `if` and `elif`"),
        ("assert True", "leave it out"),
        ("x = (y := 1)", "a line of its own"),
        ("while False: pass", "a loop over a tuple"),
        ("def f() -> None: ...", "a method of the node"),
        ("x = [v for v in votes]", "operators on sets"),
        ("global DONE", "a variable of the spec"),
        ("try: pass\nfinally: pass", "before what would raise"),
    ],
)
def test_an_error_says_what_to_write_instead(lines: str, fix: str) -> None:
    more = "".join(f"                {line}\n" for line in lines.split("\n"))
    (result,) = compare(spec_of(RAFT), edited(raft(), "node", PLACE, more + PLACE), "Vote")
    assert result.verdict is Verdict.UNKNOWN
    shown = result.told.partition("\n  fix: ")[2]
    assert fix in shown and shown in INSTEAD.values()
