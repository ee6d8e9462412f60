"""Fairness of a lamp.

caret: weak(Lamp)
"""

# mypy: ignore-errors

from base import Lamp, lamp

from model.lang import weak

lamps = weak(Lamp)


def spec():
    return lamp(__name__)
