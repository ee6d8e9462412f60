"""The lock service of the tutorial, sound, but with a lemma missing."""

from dataclasses import replace

from model.lang import Spec
from model.lang.load import load

MISSING = "released_was_seen"


def spec() -> Spec:
    """Return the lock service without the lemma."""
    read = load("docs/tutorial_lock.py")
    return replace(read, statements={n: s for n, s in read.statements.items() if n != MISSING})
