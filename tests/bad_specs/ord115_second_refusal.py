"""A second reply that names the nearest guard.

caret: class Denied(Reply, refusal=True):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Reply


class Denied(Reply, refusal=True):
    pass


def spec():
    return lamp(__name__)
