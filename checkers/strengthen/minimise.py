"""The found set made small: each lemma that stays has an obligation that fails without it.

Belongs here: leaving lemmas out and asking again. Never here: finding them.
"""

from __future__ import annotations

from checkers.strengthen.asker import Asker
from checkers.strengthen.houdini import Houdini, Standing
from checkers.strengthen.source import Lemma


def minimise(asker: Asker, houdini: Houdini) -> dict[str, tuple[str, str]]:
    """Drop found lemmas while everything stays proved; return for each left what fails without it.

    The lemma found last goes first: it is the farthest from the goals. What fails is a statement
    and a step, `unknown` counting as failure. A lemma that others need only for its own proof goes
    with it.
    """
    while True:
        before = {x.name for x in left(houdini)}
        needed: dict[str, tuple[str, str]] = {}
        for lemma in reversed(left(houdini)):
            if lemma.name not in {x.name for x in left(houdini)}:
                continue  # it went with one that needed it
            failing = _without(asker, houdini, lemma.name)
            if failing is not None:
                needed[lemma.name] = failing
        if before == {x.name for x in left(houdini)}:
            return needed


def _without(asker: Asker, houdini: Houdini, name: str) -> tuple[str, str] | None:
    """Take a lemma out if all that used it is proved without; else return the first that is not."""
    standing = houdini.needed()
    rest = [s.statement for s in standing if s.statement.name != name]
    given = [s for s in rest if s.formula is not None]
    again: list[tuple[Standing, str, tuple[str, ...]]] = []
    for one in standing:
        if one.statement.name == name:
            continue
        for label, used in one.proofs.items():
            if name in used:
                reply = asker.ask(label, one.statement, given)
                if not reply.holds:
                    return one.statement.name, label
                again.append((one, label, reply.used))
    for one, label, used in again:
        one.proofs[label] = used
    return None


def left(houdini: Houdini) -> list[Lemma]:
    """Return the lemmas that the goals' proofs still lead to, new ones only."""
    return [
        s.lemma for s in houdini.needed() if s.lemma is not None and s.lemma.origin != "declared"
    ]
