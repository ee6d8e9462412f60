"""A step property asks a message for a field it does not have.

caret: out.colour
"""

# mypy: ignore-errors

from base import RED, Switch, lamp

from model.lang import conjunction, step


@step("sends_on", "Only light is sent")
def sends_on(before, after, event):
    return conjunction(*(out.colour == RED for out in event.sends(Switch)))


def spec():
    return lamp(__name__)
