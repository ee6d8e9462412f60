"""Names, titles and sentences that a spec gives to its declarations: text that people can read.

Belongs here: what such text may be. Never here: what it says.

They end up in reports, pages, generated sources and the names of files. What is not one line there,
or no text at all, would break each of these in a way of its own, long after the spec was read.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

from model.lang.errors import SpecError
from model.lang.show import show

MOST_SIGNS = 4_000
"""More is no sentence any more; of a name more than a twentieth of it."""


def check_words(given: Any, where: str, *, empty: bool = False) -> str:
    """Return a sentence, as one line. Raises ORD115 for what is no text that people can read.

    `where` is what is given it, as in `case(...)`; `empty`: nothing at all will do.
    """
    reason = _trouble(given, MOST_SIGNS)
    if reason is None and not empty and not given.strip():
        reason = "it says nothing"
    if reason is not None:
        raise _wrong(where, given, reason, "write it in one sentence")
    return " ".join(given.split())


def check_doc(given: Any, where: str) -> str:
    """Return a docstring, without the space before its lines. Raises ORD115 for what is none."""
    if given is None:
        return ""
    reason = _trouble(given, sys.maxsize)
    if reason is not None:
        raise _wrong(f"docstring of {where}: ...", given, reason, "write it in sentences")
    return inspect.cleandoc(given)


def check_label(given: Any, where: str) -> str:
    """Return a name as reports show it. Raises ORD115 for what is none."""
    reason = _trouble(given, MOST_SIGNS // 20)
    if reason is None and given != " ".join(given.split()):
        reason = "a name is one line, without space around it"
    if reason is None and not given:
        reason = "it is no name"
    if reason is not None:
        raise _wrong(where, given, reason, "write a short name")
    return str(given)


def check_identifier(given: Any, where: str) -> str:
    """Return a name that generated sources may use. Raises ORD115 for what is none."""
    if not (isinstance(given, str) and given.isascii() and given.isidentifier()):
        reason = "it is no name of letters, digits and _"
        raise _wrong(where, given, reason, "write a name such as one_lock")
    return given


def _trouble(given: Any, most: int) -> str | None:
    if not isinstance(given, str):
        return "it is no text"
    if len(given) > most:
        return f"it is longer than {most} signs"
    odd = next((sign for sign in given if not sign.isprintable() and sign not in "\n\t"), None)
    return None if odd is None else f"it holds {odd!r}, which nobody can read"


def _wrong(where: str, given: Any, reason: str, fix: str) -> SpecError:
    shown = show(given)
    if len(shown) > 40:
        shown = shown[:37] + "..."
    return SpecError("ORD115", where.replace("...", shown, 1), reason, fix=fix)
