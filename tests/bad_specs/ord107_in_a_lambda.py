"""`and` in the body of a quantifier.

caret: n.role == LEADER and led(n, n.term)
"""

# mypy: ignore-errors

from base import LEADER, Lamp, Term, lamp, led

from model.lang import forall, safety


@safety("leaders_led", "Who leads has led")
def leaders_led(t: Term):
    return forall(
        lambda n: n.role == LEADER and led(n, n.term),
        n=Lamp,
    )


def spec():
    return lamp(__name__)
