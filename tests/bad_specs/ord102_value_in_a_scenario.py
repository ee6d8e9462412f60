"""A scenario asks with a value that the sort does not have.

caret: ask("n1", TurnOn, colour="BLUE")
"""

# mypy: ignore-errors

from base import TurnOn, lamp

from model.lang.scenario import Scenario, ask

RUN = Scenario(
    "a run", {"lamps": frozenset({"n1", "n2"})}, ("n1", "n2"), ask("n1", TurnOn, colour="BLUE")
)


def spec():
    return lamp(__name__)
