"""A proof assumes of the state after the step what the spec does not have.

caret: def led_once(a: Node, t: Term):
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, lemma


@lemma("Whoever led, led.", after=("one_leder",))
def led_once(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


def spec():
    return lamp(__name__)
