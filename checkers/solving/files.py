"""Obligations as files that any solver's command line takes.

Belongs here: names and contents of `.smt2` files. Never here: solvers.
"""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import quote

from checkers.solving.query import GIVEN, Query
from checkers.solving.smtlib import GOAL, script

_LONGEST = 180


def file_name(property: str, transition: str) -> str:
    """Return the name of an obligation's file; no two obligations share one."""
    name = f"{quote(property, safe='')}@{quote(transition, safe='')}"
    if len(name) > _LONGEST:
        mark = blake2b(name.encode(), digest_size=8).hexdigest()
        name = f"{name[:_LONGEST]}@{mark}"
    return f"{name}.smt2"


def text(query: Query, spec: str, property: str, transition: str) -> str:
    """Return a whole file: what it asks in words, the query, and the commands that ask."""
    told = script(query)
    lines = [
        f"; {_line(spec)}: {_line(property)}",
        f"; transition: {_line(transition)}",
        "; unsat: the property is preserved; sat: it is not. The last assertion is its negation.",
        "; An assertion without a name is an axiom, or says what the transition is given.",
        *(f"; {name}: {_line(_word(label))}" for name, label in told.names.items()),
        f"; {GOAL}: the property does not hold afterwards",
        "(set-option :produce-unsat-cores true)",
        "(set-logic ALL)",
        "(set-info :smt-lib-version 2.6)",
        told.text().rstrip("\n"),
        "(check-sat)",
        "",
    ]
    return "\n".join(lines)


def _word(label: str) -> str:
    return (
        f"what the proof may assume of {label[len(GIVEN) :]}" if label.startswith(GIVEN) else label
    )


def _line(words: str) -> str:
    return " ".join(words.split())
