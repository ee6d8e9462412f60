"""A decorator without its sentence would lose the lemma.

caret: lemma
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, lemma


@lemma
def once(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


def spec():
    return lamp(__name__)
