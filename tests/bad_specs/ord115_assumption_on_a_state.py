"""An assumption that nothing would prove.

caret: a.term
"""

# mypy: ignore-errors

from base import Lamp, Term, lamp

from model.lang import assumption


@assumption("No lamp has seen a term.")
def no_term(a: Lamp):
    return a.term == Term.zero


def spec():
    return lamp(__name__)
