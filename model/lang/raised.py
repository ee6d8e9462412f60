"""What Python raised while a spec was read, told as a mistake in the spec.

Belongs here: turning an exception of Python's own into a `SpecError` at the right line.
Never here: the language's own checks, which raise `SpecError` themselves.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterable, Mapping
from types import FrameType, ModuleType

from model.lang.declare import Config, Event, Process, Sum
from model.lang.errors import SpecError, SpecErrors, suggest
from model.lang.show import an, show
from model.lang.source import NOWHERE, Span, span_of_traceback


def as_mistake(error: BaseException, span: Span = NOWHERE) -> SpecError:
    """Return `error` as a mistake in the spec; `span` is its place if no line of the spec ran.

    What it says, and how the values in it show themselves, is the spec's own code, too: where that
    fails, the kind of error and its place are told alone.
    """
    if isinstance(error, SpecError):
        return error
    try:
        return _as_mistake(error, span)
    except Exception:
        found, frame = span_of_traceback(error.__traceback__)
        where = found if frame is not None else span
        kind = type(error).__name__
        return SpecError("ORD118", kind, "Python raised it, and it cannot be shown", span=where)


def _as_mistake(error: BaseException, span: Span) -> SpecError:
    if isinstance(error, SpecErrors):
        first, more = error.errors[0], len(error.errors) - 1
        return first.noted(f"and {more} more there") if more else first
    if isinstance(error, SyntaxError):
        return _syntax(error)
    found, frame = span_of_traceback(error.__traceback__)
    where = found if frame is not None else span
    match error:
        case NameError():
            name = error.name or str(error)
            reason = "Python knows no such name here"
            if isinstance(error, UnboundLocalError):
                reason = "it is used before it is given a value"
            fix = suggest(name, _names_in(frame))
            return _unknown(
                name, reason, fix if fix.endswith("?") else "define or import it", where
            )
        case AttributeError() if error.name is not None:
            return _attribute(error, where)
        case ModuleNotFoundError():
            reason = "there is no module of this name"
            fix = "mend the import, or install the package that holds it"
            return _unknown(error.name or str(error), reason, fix, where)
        case ImportError():
            return _import(error, where)
        case RecursionError():
            reason = "a function calls itself, or functions each other, without an end"
            return SpecError("ORD118", _text(error), reason, fix="let it end", span=where)
        case SystemExit():
            reason = "it ends Python, and the spec is not read yet"
            text = f"exit({error.code!r})"
            return SpecError("ORD118", text, reason, fix="remove it", span=where)
        case _:
            made = SpecError(
                "ORD118", _text(error), f"Python raised {type(error).__name__}", span=where
            )
            return made if isinstance(error, TypeError) else _with_origin(made, error)


def _unknown(name: str, reason: str, fix: str, where: Span) -> SpecError:
    return SpecError("ORD101", name, reason, fix=fix, span=where)


def _attribute(error: AttributeError, where: Span) -> SpecError:
    holder, name = error.obj, error.name or str(error)
    shown = holder.__name__ if isinstance(holder, ModuleType) else show(holder)
    if isinstance(holder, ModuleType):
        what, known = f"module {shown!r}", [n for n in vars(holder) if not n.startswith("_")]
    elif isinstance(holder, type):
        what = f"{holder.__mro__[1].__name__} {shown}" if holder.__mro__[1:] else shown
        known = [n for n in ("zero", "empty", "nothing", "top") if hasattr(holder, n)]
        if issubclass(holder, Sum):
            known = [one.name for one in getattr(holder, "cases", ())]
        if any(name in _table(holder, of) for of in ("parts", "variables")):
            reason = f"{what} is a class, and {name!r} is read off one of its objects"
            return _unknown(f"{shown}.{name}", reason, _read_off(holder, name), where)
    else:
        what, known = an(type(holder).__name__), [n for n in dir(holder) if not n.startswith("_")]
    return _unknown(f"{shown}.{name}", f"{what} has no {name!r}", suggest(name, known), where)


def _table(holder: type, name: str) -> Mapping[str, object]:
    """Return a class's table of members, where it has one: the language's own classes have none."""
    found = getattr(holder, name, None)
    return found if isinstance(found, Mapping) else {}


def _read_off(holder: type, name: str) -> str:
    if issubclass(holder, Process):
        return f"write me.{name}"
    if issubclass(holder, Config):
        return f"write config = {holder.__name__}(), and config.{name}"
    return f"write m.{name}" if issubclass(holder, Event) else f"write x.{name}, with a value x"


def _import(error: ImportError, where: Span) -> SpecError:
    name = getattr(error, "name_from", None)  # from Python 3.12 on
    if name is None:
        parts = str(error).split("'")
        name = parts[1] if len(parts) > 2 else str(error)
    if "partially initialized" in str(error):
        fix = "two modules import each other: move what both need to a third"
        return _unknown(name, f"{error.name!r} is still being imported", fix, where)
    module = sys.modules.get(error.name or "")
    known = [n for n in vars(module) if not n.startswith("_")] if module is not None else []
    return _unknown(name, f"module {error.name!r} has no such name", suggest(name, known), where)


def _syntax(error: SyntaxError) -> SpecError:
    line, text = error.lineno or 1, error.text or ""
    start = len(text[: max((error.offset or 1) - 1, 0)].encode())
    end = len(text[: max((error.end_offset or 0) - 1, 0)].encode())
    span = Span(
        error.filename or NOWHERE.file, line, start, error.end_lineno or line, max(end, start + 1)
    )
    fix = "mend the Python there, or just before it"
    return SpecError("ORD117", error.msg, "this is not Python", fix=fix, span=span)


def _names_in(frame: FrameType | None) -> Iterable[str]:
    if frame is None:
        return ()
    return {*frame.f_locals, *(n for n in frame.f_globals if n[0] != "_"), *dir(builtins)}


def _text(error: BaseException) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", str(error)) or type(error).__name__


def _with_origin(made: SpecError, error: BaseException) -> SpecError:
    """Note where in the language an error began, if it did: that may be a fault of its own."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return made
    name = str(traceback.tb_frame.f_globals.get("__name__", ""))
    if not name.startswith("model.lang"):
        return made
    return made.noted(f"it began in {name}, line {traceback.tb_lineno}")
