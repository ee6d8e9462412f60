"""A property that is no condition.

caret: def newest(n: Lamp):
"""

# mypy: ignore-errors

from base import Lamp, lamp

from model.lang import safety


@safety("newest", "A term")
def newest(n: Lamp):
    return None


def spec():
    return lamp(__name__)
