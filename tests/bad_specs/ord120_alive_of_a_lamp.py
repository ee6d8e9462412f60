"""Who stays up, said of one lamp.

caret: def some_lamp(n: Lamp):
"""

# mypy: ignore-errors

from base import Lamp, config, lamp

from model.lang import alive


@alive("some lamp is up")
def some_lamp(n: Lamp):
    return config.lamps.has(n)


def spec():
    return lamp(__name__)
