"""A second process.

caret: class Torch(Process):
"""

# mypy: ignore-errors

from base import OFF, Mode, lamp

from model.lang import Process, volatile


class Torch(Process):
    mode = volatile(Mode, OFF)


def spec():
    return lamp(__name__)
