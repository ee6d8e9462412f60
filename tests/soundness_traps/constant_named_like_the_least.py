"""An order `config`, and a constant `zero` of it: two symbols that must not become one."""

# mypy: ignore-errors

from base import trap

from model.lang import Config, Node, Ordered, part, safety


class config(Ordered):
    """An order."""


class Told(Config):
    """What all are told."""

    zero = part(config)


told = Told()


@safety("P", "All are told the least")
def the_least(n: Node):
    """False of any other configuration."""
    return told.zero == config.zero


def spec():
    """Read it."""
    return trap(__name__)
