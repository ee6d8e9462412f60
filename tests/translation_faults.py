"""Edits of a generated node by hand: those that change what it does, those that do not, and those
that the reader of generated code refuses.

Belongs here: texts to be replaced, and what must be found. Never here: how it is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """`old` becomes `new` in a module; `part` is where it matters, `told` what is told of it."""

    name: str
    module: str
    old: str
    new: str
    part: str
    told: tuple[str, ...] = ()


RAFT = "docs/protocols/raft_election.py"

# Each of these makes the node do something else; a call must show it.
FAULTS = (
    Edit(
        "a guard is dropped",
        "node",
        "            and self.role is FOLLOWER\n",
        "",
        "RequestVote",
        ("the rules: RequestVote/refused",),
    ),
    Edit(
        "< becomes <=",
        "node",
        "if self.term < m.term:\n            self.term = m.term\n",
        "if self.term <= m.term:\n            self.term = m.term\n",
        "RequestVote",
        ("the code:  vote_in_new_term", "the rules: vote_in_this_term"),
    ),
    Edit(
        "a field is forgotten in what is stored",
        "node",
        "return Durable(self.term, self.voted_for)",
        "return Durable(self.term, None)",
        "first start",
        ("crashes, and starts again", "the variable voted_for", "the code:  None"),
    ),
    Edit(
        "what was stored is not taken back",
        "node",
        "self.voted_for = durable.voted_for",
        "self.voted_for = None",
        "first start",
        ("crashes, and starts again", "the variable voted_for"),
    ),
    Edit(
        "the rule does not ask to be stored",
        "rules",
        'persists=("term", "voted_for"),',
        'persists=("term",),',
        "RequestVote",
        ("persists", "the rules: term, voted_for"),
    ),
    Edit(
        "another reply",
        "node",
        "return rules.COUNT, (), DONE",
        "return rules.COUNT, (), Stale(self.term)",
        "Vote",
        ("replies", "the code:  Stale(", "the rules: Done()"),
    ),
    Edit(
        "another value in a reply",
        "node",
        "return rules.VOTE_STALE, (), Stale(self.term)",
        "return rules.VOTE_STALE, (), Stale(m.term)",
        "Vote",
        ("replies", "the rules: Stale("),
    ),
    Edit(
        "another receiver",
        "node",
        "return rules.VOTE_IN_NEW_TERM, ((sender, Vote(m.term)),), DONE",
        "return rules.VOTE_IN_NEW_TERM, ((self.me, Vote(m.term)),), DONE",
        "RequestVote",
        ("sends",),
    ),
    Edit(
        "a message is not sent",
        "node",
        "return rules.VOTE_IN_NEW_TERM, ((sender, Vote(m.term)),), DONE",
        "return rules.VOTE_IN_NEW_TERM, (), DONE",
        "RequestVote",
        ("sends", "the code:  nothing"),
    ),
    Edit(
        "a message is sent beside",
        "node",
        "return rules.COUNT, (), DONE",
        "return rules.COUNT, ((sender, Heartbeat(self.term)),), DONE",
        "Vote",
        ("sends", "the rules: nothing"),
    ),
    Edit(
        "a message is sent twice",
        "node",
        "return rules.VOTE_IN_THIS_TERM, ((sender, Vote(m.term)),), DONE",
        "return rules.VOTE_IN_THIS_TERM, ((sender, Vote(m.term)), (sender, Vote(m.term))), DONE",
        "RequestVote",
        ("sends",),
    ),
    Edit(
        "a set loses what it was to gain",
        "node",
        "votes = self.votes | {sender}",
        "votes = self.votes - {sender}",
        "Vote",
        ("the variable votes",),
    ),
    Edit(
        "another first value",
        "node",
        "            self.term = 0\n",
        "            self.term = 1\n",
        "first start",
        ("starts for the first time", "the variable term", "the code:  1"),
    ),
    Edit(
        "a variable is changed beside",
        "node",
        "                self.votes = votes\n                return rules.COUNT",
        "                self.votes = votes\n                self.leader = sender\n"
        "                return rules.COUNT",
        "Vote",
        ("the variable leader",),
    ),
    Edit(
        "a variable is not changed",
        "node",
        "            self.voted_for = None\n            self.leader = sender\n",
        "            self.leader = sender\n",
        "Heartbeat",
        ("the variable voted_for",),
    ),
    Edit(
        "half is a majority",
        "types",
        "return 2 * len(some & whole) > len(whole)",
        "return 2 * len(some & whole) >= len(whole)",
        "Vote",
        ("the code:  win", "the rules: count"),
    ),
    Edit(
        "answers in another order",
        "node",
        "        if m.term < self.term:\n"
        "            return rules.VOTE_STALE, (), Stale(self.term)\n"
        "        if self.role is not CANDIDATE:\n"
        "            return rules.VOTE_WRONG_ROLE, (), nearest.vote(self, m, sender)\n",
        "        if self.role is not CANDIDATE:\n"
        "            return rules.VOTE_WRONG_ROLE, (), nearest.vote(self, m, sender)\n"
        "        if m.term < self.term:\n"
        "            return rules.VOTE_STALE, (), Stale(self.term)\n",
        "Vote",
        ("the code:  Vote/wrong_role", "the rules: Vote/stale"),
    ),
    Edit(
        "another clause is named",
        "nearest",
        "if first > reached:",
        "if first >= reached:",
        "Vote",
        ("replies", "the rules: Refused(count"),
    ),
    Edit(
        "another text is named",
        "rules",
        'Clause("guard", "m.term == me.term"),',
        'Clause("guard", "m.term >= me.term"),',
        "RequestVote",
        ("what the row is", "m.term >= me.term"),
    ),
    Edit(
        "a handler is not in the table",
        "node",
        "    Vote: Server.on_vote,\n",
        "",
        "Vote",
        ("raises", "the code:  TypeError"),
    ),
    Edit(
        "another event's handler",
        "node",
        "    BeatDue: Server.on_beat_due,",
        "    BeatDue: Server.on_election_due,",
        "BeatDue",
        ("row", "the rules:"),
    ),
    Edit(
        "a message needs no sender any more",
        "node",
        "            if sender is None:\n                raise TypeError("
        'f"{event!r}: a message needs its sender; give handle(m, sender)")\n',
        "            if sender is None:\n                sender = self.me\n",
        "BeatDue",
    ),
    Edit(
        "the type is another one",
        "node",
        "            self.votes = frozenset({self.me})",
        "            self.votes = {self.me}",
        "ElectionDue",
        ("the variable votes",),
    ),
    Edit(
        "it may raise",
        "node",
        "            self.leader = sender\n            return rules.FOLLOW, (), DONE",
        "            self.leader = sender\n"
        "            first = (self.role is CANDIDATE,).index(True)\n"
        "            return rules.FOLLOW, (), DONE",
        "Heartbeat",
        ("raises", "the code:  ValueError"),
    ),
)

# None of these changes anything.
HARMLESS = (
    Edit(
        "a local has another name",
        "node",
        "            votes = self.votes | {sender}\n"
        "            has_majority = majority(votes, self.config.servers)\n"
        "            if not has_majority:\n                self.votes = votes\n",
        "            now = self.votes | {sender}\n"
        "            votes = now\n"
        "            has_majority = majority(now, self.config.servers)\n"
        "            if not has_majority:\n                self.votes = now\n",
        "Vote",
    ),
    Edit(
        "lines in another order",
        "node",
        "            self.term = m.term\n            self.role = FOLLOWER\n"
        "            self.voted_for = sender\n",
        "            self.voted_for = sender\n            self.role = FOLLOWER\n"
        "            self.term = m.term\n",
        "RequestVote",
    ),
    Edit(
        "a constant written out",
        "types",
        "FOLLOWER: Role = Role.FOLLOWER",
        "FOLLOWER: Role = Role.FOLLOWER\nALSO: Role = FOLLOWER",
        "RequestVote",
    ),
    Edit(
        "branches swapped, the test negated",
        "node",
        "            if not has_majority:\n                self.votes = votes\n"
        "                return rules.COUNT, (), DONE\n            if has_majority:\n",
        "            if has_majority is not True:\n                self.votes = votes\n"
        "                return rules.COUNT, (), DONE\n            else:\n",
        "Vote",
    ),
    Edit(
        "a comparison turned round",
        "node",
        "if self.role is CANDIDATE and m.term == self.term:",
        "if not (self.role is not CANDIDATE or self.term != m.term):",
        "Vote",
    ),
    Edit(
        "a set by its method",
        "node",
        "votes = self.votes | {sender}",
        "votes = self.votes.union({sender})",
        "Vote",
    ),
    Edit(
        "a message split by receivers",
        "node",
        "((self.config.servers - {self.me}, RequestVote(term)),)",
        "((self.config.servers - {self.me}, RequestVote(self.term)),)",
        "ElectionDue",
    ),
    Edit(
        "a helper for what is done twice",
        "nearest",
        "def _nearest(",
        "def _first(held: tuple[bool, ...]) -> int:\n"
        "    return held.index(False)\n\n\ndef _nearest(",
        "Vote",
    ),
)

# The reader gives none of these a meaning, also where nothing leads to them: it says so, and where.
OUTSIDE = {
    "while": "while False: pass",
    "try": "try: pass\nfinally: pass",
    "import": "import os",
    "global": "global DONE",
    "nonlocal function": "def f() -> None: ...",
    "class": "class C: ...",
    "lambda": "x = (lambda: 1)()",
    "walrus": "x = (y := 1)",
    "call of what is Python's": "print(votes)",
    "call of what sorts": "x = sorted(votes)",
    "call of what is not there": "x = nobody(votes)",
    "with": "with self: pass",
    "del": "del self.leader",
    "assert": "assert True",
    "match": "match 1:\n    case _: pass",
    "comprehension": "x = [v for v in votes]",
    "setattr": 'setattr(self, "term", 0)',
    "name spelt out": 'x = sender == "n1"',
    "message changed": "m.term = 0",
    "configuration changed": "self.config.servers = votes",
    "second node": "x = Server(self.me, self.config)",
    "dunder": "x = self.__class__",
    "identity of numbers": "x = self.term is m.term",
    "set changed in place": "votes = {sender}\nvotes |= {self.me}",
    "division": "x = self.term % 2",
    "loop over a set": "for v in votes: pass",
    "starred": "x = (*(), 1)",
    "generator": "yield self.term",
    "await": "await self.term",
}
PLACE = "                self.votes = votes\n                return rules.COUNT, (), DONE\n"

# What Python would run, or call, though no handler shows it.
UNREAD = (
    ("a statement", "node", "DONE = Done()\n", "DONE = Done()\nprint(1)\n", "top of a module"),
    (
        "a patch",
        "plain",
        "Reader: TypeAlias",
        "Enum.__eq__ = object.__ne__\nReader: TypeAlias",
        "top of a module",
    ),
    (
        "a patch of several at once",
        "plain",
        "Reader: TypeAlias",
        "Enum.name, Enum.value = 1, 2\nReader: TypeAlias",
        "top of a module",
    ),
    (
        "an import of all",
        "node",
        "DONE = Done()\n",
        "import json\nDONE = Done()\n",
        "top of a module",
    ),
    (
        "a call in a constant",
        "plain",
        "Reader: TypeAlias",
        "PATCH = setattr(Vote, 'x', 1)\nReader: TypeAlias",
        "calls classes alone",
    ),
    (
        "__getattr__",
        "node",
        "    def durable(self)",
        "    def __getattr__(self, name: str) -> int:\n        return 1\n\n    def durable(self)",
        "by itself",
    ),
    (
        "__eq__ of a message",
        "types",
        "class Vote:\n",
        "class Vote:\n    def __eq__(self, other: object) -> bool:\n        return True\n\n",
        "what the class's values do",
    ),
    (
        "__lt__ of an enum",
        "types",
        "    __hash__ = object.__hash__",
        "    __eq__ = object.__ne__\n    __hash__ = object.__hash__",
        "members alone",
    ),
    ("a base class", "node", "class Server:", "class Server(Exception):", "NamedTuple, an Enum"),
    (
        "a decorator",
        "node",
        "    def on_vote(",
        "    @nothing\n    def on_vote(",
        "decorator",
    ),
    (
        "a second definition",
        "node",
        "    def on_beat_due(",
        "    def on_vote(self, m: Vote, sender: Node) -> Outcome:\n        return 1\n\n"
        "    def on_beat_due(",
        "defined twice",
    ),
    (
        "a method that nobody calls",
        "node",
        "    def handle(",
        "    def on_quorum(self) -> None:\n        self.role = LEADER\n\n    def handle(",
        "nothing calls it",
    ),
    (
        "a subclass",
        "node",
        "_ON_MESSAGE: dict",
        "class Other(Server):\n    pass\n\n\n_ON_MESSAGE: dict",
        "NamedTuple, an Enum",
    ),
    (
        "a mutable default",
        "node",
        "sender: Node | None = None) -> Outcome",
        "sender: Node | None = []) -> Outcome",
        "shared by all calls",
    ),
    (
        "another default",
        "node",
        "sender: Node | None = None) -> Outcome",
        'sender: Node | None = "") -> Outcome',
        "sender is None by default",
    ),
    (
        "a builtin's name",
        "types",
        "def majority(",
        "def len(x: int) -> int:\n    return 0\n\n\ndef majority(",
        "Python's own",
    ),
    (
        "a class that no event is",
        "types",
        "class Vote:\n",
        "class Extra:\n    pass\n\n\n@dataclass(slots=True, unsafe_hash=True)\nclass Vote:\n",
        "nothing in the spec is called so",
    ),
    (
        "an enum's value",
        "types",
        '= "FOLLOWER"',
        '= "FELLOW"',
        "no such sum",
    ),
    (
        "two members alike",
        "types",
        '= "FOLLOWER"',
        '= "LEADER"',
        "a value of its own",
    ),
    (
        "an import from elsewhere",
        "node",
        "from typing import Any",
        "from os import path as Any",
        "keeps its name",
    ),
    (
        "a module from elsewhere",
        "node",
        "from typing import Any",
        "from os import environ\nfrom typing import Any",
        "not for a node's code",
    ),
    ("another encoding", "node", "# Generated", "# coding: utf-7\n# Generated", "UTF-8"),
    ("no Python", "node", "class Server:", "class Server", "expected"),
    (
        "a default in a message",
        "types",
        "class Vote:\n",
        "class Vote:\n    more: list[int] = []\n",
        "others are shared",
    ),
    (
        "another field in a message",
        "types",
        "    term: Final",
        "    more: Final[int]\n    term: Final",
        "has the fields",
    ),
    (
        "a patch of a constant",
        "node",
        "DONE = Done()\n",
        "DONE = Done()\nOLD = Stale(0)\nOLD.newer, OLD.newer = 5, 5\n",
        "top of a module",
    ),
    (
        "a decorator of its own",
        "types",
        "from dataclasses import dataclass\n",
        "def dataclass(slots: bool, unsafe_hash: bool) -> None:\n    return None\n\n\n",
        "the standard library's",
    ),
    (
        "a class of a reply's name",
        "nearest",
        "    Refused,\n    RequestVote,\n    Vote,\n    majority,\n)\n",
        "    RequestVote,\n    Vote,\n    majority,\n)\n\n\nclass Refused(NamedTuple):\n"
        "    rule: str\n    clause: str\n    kind: str\n",
        "another module has a class",
    ),
    (
        "a start that returns",
        "node",
        "            self.voted_for = durable.voted_for\n",
        "            self.voted_for = durable.voted_for\n        return me\n",
        "return nothing",
    ),
    (
        "a method of the class",
        "node",
        "    def durable(self)",
        "    @classmethod\n    def durable(self)",
        "no such decorator",
    ),
    (
        "a name in place of a module",
        "__init__",
        "from .node import Server\n",
        "rules = 5\nfrom .node import Server\n",
        "in place of the module",
    ),
    (
        "a message that cannot be made",
        "node",
        "{event!r}: a message",
        "{event!r:q}: a message",
        "such a form",
    ),
    (
        "a message of what is not there",
        "node",
        "{event!r}: a message",
        "{nowhere!r}: a message",
        "means nothing",
    ),
    (
        "nothing is an event",
        "node",
        "        kind = type(event)\n",
        "        if event is None:\n            return rules.BEAT, (), DONE\n"
        "        kind = type(event)\n",
        "`is` between",
    ),
    (
        "another field in a reply",
        "types",
        "    newer: Final[Term]\n",
        "    newer: Final[Term]\n    more: int = 3\n",
        "has the fields",
    ),
    (
        "a reply that equals itself alone",
        "types",
        "@dataclass(slots=True, unsafe_hash=True)\nclass Done:",
        "@dataclass(slots=True, eq=False)\nclass Done:",
        "no dataclass Done",
    ),
    (
        "a property that nothing reads",
        "types",
        "    newer: Final[Term]\n",
        "    newer: Final[Term]\n\n    @property\n    def more(self) -> int:\n        return 1\n",
        "what the class's values do",
    ),
    (
        "what a rule is shown as",
        "rules",
        "        return self.label\n",
        "        return object.__setattr__(self, 'label', 'x')\n",
        "what the class's values do",
    ),
)
