"""A property of steps says nothing of the state after one.

caret: def led_once(a: Node, t: Term):
"""

# mypy: ignore-errors

from base import Lamp, Term, lamp, led

from model.lang import Node, StepEvent, conjunction, lemma, step


@step("steady", "Nothing is said of a step")
def steady(before: Lamp, after: Lamp, event: StepEvent):
    return conjunction()


@lemma("Whoever led, led.", after=("steady",))
def led_once(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


def spec():
    return lamp(__name__)
