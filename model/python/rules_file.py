"""Writes `rules.py`: what is known of each rule apart from its code.

Belongs here: labels, places, clauses, durable variables. Never here: how a guard is evaluated.
"""

from __future__ import annotations

from model.lang.spec import Transition
from model.python.layout import Call, Text, Words, comment, render, sentence, spaced, string
from model.python.source_file import place, whole_file
from model.python.vocabulary import Vocabulary

_HEAD = '''
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Clause(NamedTuple):
    """One condition of a rule, as the spec writes it."""

    kind: Literal["role", "sender", "guard"]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A row of the spec: one that accepts an event, or an answer where none does."""

    label: str
    kind: Literal["rule", "refusal"]
    event: str
    place: str
    doc: str
    persists: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        """Return its label."""
        return self.label
'''


def write(vocabulary: Vocabulary) -> str:
    """Return the text of `rules.py`."""
    lines = _HEAD.strip("\n").split("\n")
    for event in vocabulary.spec.events.values():
        lines += ["", *comment(event.__name__, 0), ""]
        for transition in vocabulary.transitions():
            if transition.event is event:
                lines += _rule(vocabulary, transition)
    title = f"{vocabulary.spec.title}: the rules, by event, with their clauses."
    return whole_file(vocabulary.spec, title, (), spaced(lines))


def persists(vocabulary: Vocabulary, transition: Transition) -> tuple[str, ...]:
    """Return the durable variables that a transition sets."""
    variables = vocabulary.spec.variables
    return tuple(
        name for name, decl in variables.items() if decl.durable and name in transition.updates
    )


def _rule(vocabulary: Vocabulary, transition: Transition) -> list[str]:
    assert transition.event is not None
    lines = [f"{vocabulary.rules[transition.label]} = Rule("]
    for text in (transition.label, transition.kind, transition.event.__name__):
        lines.append(f"    {string(text)},")
    lines.append(f"    {string(place(transition.span))},")
    lines += render(Words(sentence(transition.doc, transition.name)), "", ",", 4)
    stored = tuple(Text(string(name)) for name in persists(vocabulary, transition))
    if stored:
        lines += render(Call("", stored), "persists=", ",", 4)
    clauses = tuple(
        Call("Clause", (Text(string(c.kind)), Words(c.text))) for c in transition.clauses
    )
    if len(clauses) == 1:
        lines += render(Call("", clauses), "clauses=", ",", 4)
    elif clauses:
        lines += Call("", clauses).broken("clauses=", ",", 4)
    return [*lines, ")"]
