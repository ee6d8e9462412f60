"""A Maybe of a Maybe.

caret: class MaybeMaybe(Maybe, of=MaybeNode):
"""

# mypy: ignore-errors

from base import MaybeNode, lamp

from model.lang import Maybe


class MaybeMaybe(Maybe, of=MaybeNode):
    pass


def spec():
    return lamp(__name__)
