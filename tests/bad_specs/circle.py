"""Two proofs assume each other of the state after the step; a third assumes nothing false."""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, lemma


@lemma("Whoever led, led.", after=("led_twice",))
def led_once(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


@lemma("Whoever led, led.", after=("led_once", "led_thrice"))
def led_twice(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


@lemma("Whoever led, led.", after=("one_leader",))
def led_thrice(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


def spec():
    return lamp(__name__)
