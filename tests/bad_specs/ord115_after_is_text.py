"""The hypotheses of a proof about the state after the step are a tuple of names.

caret: lemma("Whoever led, led.", after="one_leader")
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, lemma


@lemma("Whoever led, led.", after="one_leader")
def led_once(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


def spec():
    return lamp(__name__)
