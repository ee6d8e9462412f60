"""A property of states that mentions `me`.

caret: def self_led(t: Term):
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import ME, safety


@safety("self_led", "I lead")
def self_led(t: Term):
    return led(ME, t)


def spec():
    return lamp(__name__)
