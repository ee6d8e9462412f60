"""Attacks on what is read of the generated code, and for whom: edits that were once proved.

"For every handler the solver proves: [...] the code's next state, messages, reply and persisted
part equal the rule's. [...] A construct outside the subset is a clear error, never a silent pass."

Each edit here makes the node do something else where the reader did not look: when it refuses,
when it is given what is no value, in code that only the way to bytes leads to. None may be PROVED.
"""

from __future__ import annotations

import pytest

from checkers.translation.obligations import WHOLE
from checkers.translation.plainly import PLAIN
from checkers.translation.proving import Files
from checkers.verdict import Verdict
from tests.test_translation import compare, edited, raft, spec_of, told
from tests.translation_faults import RAFT

Edits = tuple[tuple[str, str, str], ...]
"""Texts to be replaced: the module, the old, the new."""


def with_edits(edits: Edits) -> Files:
    """Return Raft's node with texts replaced."""
    files = raft()
    for edit in edits:
        files = edited(files, *edit)
    return files


# ---------------------------------------------------------------- when an exception refuses

NO_SENDER = "            if sender is None:\n"
NO_EVENT = '        raise TypeError(f"{event!r}: not an event'


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("self.term = 0", "the variable term\n    the code:  0"),
        ("self.votes = frozenset()", "the variable votes\n    the code:  {}"),
        ("x = (1,)[self.term]", "raises\n    the code:  IndexError\n    the rules: TypeError"),
    ],
)
def test_a_message_without_its_sender_changes_nothing(line: str, shown: str) -> None:
    files = with_edits((("node", NO_SENDER, f"{NO_SENDER}                {line}\n"),))
    results = compare(spec_of(RAFT), files, "Vote")
    (refuted,) = (r for r in results if r.verdict is Verdict.REFUTED)
    assert refuted.transition == "Vote: without a sender" and shown in refuted.told


def test_what_is_no_event_changes_nothing() -> None:
    files = with_edits((("node", NO_EVENT, f"        self.term = 0\n{NO_EVENT}"),))
    (refuted,) = (r for r in compare(spec_of(RAFT), files, WHOLE) if r.verdict is Verdict.REFUTED)
    assert "changes the node before it raises" in refuted.told


# ---------------------------------------------------------------- names, attributes, classes

SLOT = '        "config",\n'
FOLLOWS = (
    "        if m.term == self.term and self.role is not LEADER:\n            self.role = FOLLOWER"
)
REMEMBERS = """\
        if m.term == self.term and self.role is not LEADER:
            self.extra = None
        if self.extra is None:
            self.role = FOLLOWER"""


def test_what_an_attribute_was_in_another_call_is_not_asked() -> None:
    """On the ways on which it is not set it is what the last call has left, or nothing."""
    files = with_edits((("node", SLOT, f'{SLOT}        "extra",\n'), ("node", FOLLOWS, REMEMBERS)))
    (result,) = compare(spec_of(RAFT), files, "Heartbeat")
    assert result.verdict is Verdict.UNKNOWN and "set on some ways alone" in result.told


def test_what_an_exception_is_called_hides_a_function() -> None:
    """It is a local of the whole function, so that the function of that name is not found."""
    old = "    return _number(value)\n"
    new = (
        "    try:\n        return _number(value)\n"
        "    except BadValue as _number:\n        raise _number from None\n"
    )
    results = compare(spec_of(RAFT), with_edits((("plain", old, new),)), PLAIN)
    refuted = [r for r in results if r.verdict is Verdict.REFUTED]
    assert refuted and "UnboundLocalError" in refuted[0].told, told(results)


RULE = "@dataclass(frozen=True, slots=True, eq=False)"


@pytest.mark.parametrize("made", ["@dataclass(slots=True)", "@dataclass(frozen=True, slots=True)"])
def test_rows_are_compared_by_identity(made: str) -> None:
    (result,) = compare(spec_of(RAFT), with_edits((("rules", RULE, made),)), WHOLE)
    assert result.verdict is Verdict.UNKNOWN and "give it eq=False" in result.told


def test_a_row_is_shown_as_its_label() -> None:
    edit = ("rules", "        return self.label", "        return self.event")
    (result,) = compare(spec_of(RAFT), with_edits((edit,)), WHOLE)
    assert result.verdict is Verdict.UNKNOWN and "rules.py:" in result.told


def test_a_clause_has_its_kind_before_its_text() -> None:
    """It is made of both in this order; by other names it tells the one as the other."""
    kind = '    kind: Literal["role", "sender", "guard"]\n'
    edits = (
        ("rules", f"{kind}    text: str\n", f"    text: str\n{kind}"),
        ("nearest", "clause.text, clause.kind", "clause.kind, clause.text"),
    )
    results = compare(spec_of(RAFT), with_edits(edits), "Vote")
    assert any(r.verdict is Verdict.REFUTED for r in results), told(results)


# ---------------------------------------------------------------- code that is not read

TEXT_OF = '    return json.dumps(value, sort_keys=True, separators=(",", ":"))\n'
BAD_VALUE = "        self.value, self.reason, self.fix, self.place = value, reason, fix, place\n"
MAJORITY = "def majority("
CROSSES = "    return 2 * len(some & whole) > len(whole)"
EVIL = "def evil() -> None:\n    Vote.term = 1\n\n\n{}"
IMPORT = "from .types import"
METHOD = "    def on_vote(self"

NOT_READ: dict[str, Edits] = {
    "a table is made anew": (("wire", TEXT_OF, "    EVENTS.__init__()\n" + TEXT_OF),),
    "a message is made anew": (("wire", TEXT_OF, "    value.__init__(3)\n" + TEXT_OF),),
    "a parameter is its own on one way": (
        ("wire", TEXT_OF, '    if not value: value = {}\n    value["x"] = 1\n' + TEXT_OF),
    ),
    "an error takes another for itself": (
        ("plain", BAD_VALUE, f"{BAD_VALUE}        self = Vote\n        self.term = 3\n"),
    ),
    "a method is asked for by an error's name": (
        ("plain", BAD_VALUE, BAD_VALUE + "        self.name = fix\n"),
        ("wire", TEXT_OF, f'    getattr(EVENTS, BadValue(1, "", "clear").name)()\n{TEXT_OF}'),
    ),
    "a method is asked for by what is no field": (
        ("wire", TEXT_OF, f"    x = [getattr(EVENTS, f.name) for f in value]\n{TEXT_OF}"),
    ),
    "getattr is given away": (
        ("wire", TEXT_OF, f'    x = list(map(getattr, [EVENTS], ["clear"]))\n{TEXT_OF}'),
    ),
    "a function among the values": (
        ("types", MAJORITY, EVIL.format(MAJORITY)),
        ("wire", IMPORT, f"{IMPORT} evil,"),
        ("wire", TEXT_OF, "    evil()\n" + TEXT_OF),
    ),
    "a function that nothing calls": (("types", MAJORITY, EVIL.format(MAJORITY)),),
    "a way that handlers never take": (
        ("types", CROSSES, f"    if some is None: Vote.term = 1\n{CROSSES}"),
    ),
    "a way that handlers never take to a table": (
        ("types", CROSSES, f"    if some is None: some.clear()\n{CROSSES}"),
    ),
    "methods that call each other": (
        (
            "node",
            METHOD,
            "    def a(self) -> bool:\n        return self.b()\n\n"
            f"    def b(self) -> bool:\n        return self.a()\n\n{METHOD}",
        ),
    ),
    "a function of the node that nothing calls": (
        ("node", "DONE = Done()\n", "DONE = Done()\n\n\ndef more() -> int:\n    return 1\n"),
    ),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_code_that_nobody_reads_can_change_nothing(name: str) -> None:
    (result,) = compare(spec_of(RAFT), with_edits(NOT_READ[name]), WHOLE)
    assert result.verdict is Verdict.UNKNOWN and "raft_election/" in result.told, result.told


# ---------------------------------------------------------------- restore takes all, or nothing

FOUND = """\
        found = {
            attribute: plain.read_field(values, name, read)
            for name, (attribute, read) in plain.VARIABLES.items()
        }
"""
SETS = (
    "        for attribute, value in found.items():\n            setattr(self, attribute, value)\n"
)
TRIED = FOUND.replace("        ", "            ", 1).replace("\n        ", "\n            ")
RESTORES: dict[str, tuple[str, str]] = {
    "each as it is read": (
        FOUND + SETS,
        "        for name, (attribute, read) in plain.VARIABLES.items():\n"
        "            setattr(self, attribute, plain.read_field(values, name, read))\n",
    ),
    "one before all are read": (FOUND, "        self.term = 0\n" + FOUND),
    "where it is given no dictionary": (
        FOUND,
        "        if not isinstance(values, Mapping):\n            self.term = 0\n" + FOUND,
    ),
    "where one is missing": (
        SETS,
        '        if "term" not in values:\n            _ON_MESSAGE.clear()\n' + SETS,
    ),
    "where one is wrong": (
        FOUND,
        f"        try:\n{TRIED}        except ValueError:\n            self.term = 0\n"
        "            raise\n",
    ),
    "where one is wrong, in a table": (
        FOUND,
        f"        try:\n{TRIED}        except ValueError:\n            plain.EVENTS.clear()\n"
        "            raise\n",
    ),
    "what it is given": (FOUND + SETS, FOUND + SETS.replace("found", "values")),
    "its insides": (SETS, SETS + '        setattr(self, "__dict__", {})\n'),
}


@pytest.mark.parametrize("name", RESTORES)
def test_restore_takes_over_all_variables_or_none(name: str) -> None:
    """Whatever it is given: what is wrong is found before anything is set."""
    (result,) = compare(spec_of(RAFT), with_edits((("node", *RESTORES[name]),)), WHOLE)
    assert result.verdict is Verdict.UNKNOWN and "raft_election/node.py:" in result.told


def test_a_text_that_python_reads_a_meaning_in_is_not_set() -> None:
    """Without slots a node has a dictionary, and all attributes go with it."""
    slots = raft().texts["node"].partition("    __slots__ = (")[2].partition("    )\n")[0]
    edits = (
        ("node", f"    __slots__ = ({slots}    )\n", ""),
        ("node", *RESTORES["its insides"]),
    )
    results = compare(spec_of(RAFT), with_edits(edits), PLAIN)
    assert any("a meaning of its own in __dict__" in r.told for r in results), told(results)
