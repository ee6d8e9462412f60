"""A scenario asks without one of the request's fields.

caret: ask("n1", TurnOn)
"""

# mypy: ignore-errors

from base import TurnOn, lamp

from model.lang.scenario import Scenario, ask

RUN = Scenario("a run", {"lamps": frozenset({"n1", "n2"})}, ("n1", "n2"), ask("n1", TurnOn))


def spec():
    return lamp(__name__)
