"""Writes `nearest.py`: which clause of which rule refused.

Belongs here: the clauses of each event's rules, all evaluated. Never here: what a rule does.
"""

from __future__ import annotations

from model.lang.declare import Event, Message
from model.python.blocks import plan_flat
from model.python.bodies import Bodies
from model.python.layout import Call, Code, Text, render, spaced
from model.python.node_file import TAKEN
from model.python.source_file import import_lines, whole_file
from model.python.terms import Terms
from model.python.vocabulary import Vocabulary, snake


def write(vocabulary: Vocabulary) -> str:
    """Return the text of `nearest.py`; without a reply that names a clause it is nearly empty."""
    spec = vocabulary.spec
    refusing = next((r for r in spec.replies.values() if r.refusal), None)
    title = f"{spec.title}: which clause refused."
    about = (
        "Of each rule on an event, the first clause that does not hold; the rule that got furthest",
        "is named, the first of several.",
    )
    if refusing is None:
        return whole_file(spec, title, about, [])
    used: set[str] = {refusing.__name__, "Node"}
    body: list[str] = []
    for event in spec.events.values():
        if spec.rules_of(event):
            body += _function(vocabulary, event, used, refusing.__name__)
    text = "\n".join(body)
    for helper in ("majority", "new"):
        if f"{helper}(" in text:
            used.add(helper)
    if "sender: Node" not in text and ": Node\n" not in text:
        used.discard("Node")
    lines = [
        "from __future__ import annotations",
        "",
        "from typing import TYPE_CHECKING",
        "",
        "from . import rules",
        "from .rules import Rule",
        *import_lines(".types", used),
        "",
        "if TYPE_CHECKING:",
        f"    from .node import {spec.process.__name__}",
        "",
        *_choose(refusing.__name__),
        *body,
    ]
    return whole_file(spec, title, about, spaced(lines))


def _choose(refused: str) -> list[str]:
    return [
        "",
        f"def _nearest(*tried: tuple[Rule, tuple[bool, ...]]) -> {refused}:",
        '    """Return the clause that refused, given for each rule which of its clauses hold."""',
        "    found, reached = tried[0][0], -1",
        "    for rule, held in tried:",
        "        first = held.index(False)",
        "        if first > reached:",
        "            found, reached = rule, first",
        "    clause = found.clauses[reached]",
        f"    return {refused}(found.label, clause.text, clause.kind)",
        "",
    ]


def _function(
    vocabulary: Vocabulary, event: type[Event], used: set[str], refused: str
) -> list[str]:
    spec = vocabulary.spec
    used.add(event.__name__)
    sender = ", sender: Node" if issubclass(event, Message) else ""
    process = spec.process.__name__
    head = f"def {snake(event.__name__)}(me: {process}, m: {event.__name__}{sender}) -> {refused}:"
    lines = ["", head, f'    """Say why {event.__name__} is refused."""']
    rules = spec.rules_of(event)
    exprs = [clause.expr for rule in rules for clause in rule.clauses]
    terms = Terms(vocabulary, "me", used)
    bodies = Bodies(terms, "", TAKEN)
    lines += bodies.locals(plan_flat(exprs, TAKEN), 4)
    tried: list[Code] = []
    for rule in rules:
        held = Call("", tuple(terms.code(clause.expr) for clause in rule.clauses))
        name = Text(f"rules.{vocabulary.rules[rule.label]}")
        tried.append(Call("", (name, held)))
    return [*lines, *render(Call("_nearest", tuple(tried)), "return ", "", 4), ""]
