"""Finding a spec by what the command line calls it.

A target is one of

* `order`, the built-in spec;
* a path to a Python file that declares a protocol and ends with a function `spec()`, for instance

      def spec() -> Spec:
          return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="role")

* `package.module:NAME`, where NAME is such a function, or a `Spec`.

Belongs here: from a target to a `Spec`, and what can go wrong on the way, told as a mistake with a
place, a value, a reason and a fix. Never here: what a command does with the spec.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from model.lang.errors import SpecError, SpecErrors, suggest
from model.lang.raised import as_mistake
from model.lang.show import an, show
from model.lang.source import NOWHERE, Span, is_inner, span_of_code, span_of_traceback
from model.lang.spec import Spec

# The built-in specs: the module of each, by name. Imported only when asked for.
BUILT_IN = {"order": "model.order"}

_FORMS = "write `order`, a path such as lamp.py, or package.module:NAME"
_ENDING = (
    'end the file with def spec(): return read_spec("name", "Title", [sys.modules[__name__]],'
    ' role="role")'
)


def load(target: str) -> Spec:
    """Return the spec that `target` names.

    The folder of a file, or the working directory for `package.module:NAME`, is where its imports
    are looked for while it is read, and no longer. The classes of a file's spec cannot be pickled
    by name afterwards: a worker loads the target itself.

    Raises:
        SpecErrors: The target is wrong, or the spec it names has mistakes.
    """
    try:
        if not target.strip():
            raise _cannot(repr(target), "no spec is named", _FORMS)
        if target in BUILT_IN:
            return _spec_in(importlib.import_module(BUILT_IN[target]), "spec", target)
        if target.endswith(".py") or os.sep in target or Path(target).exists():
            return _from_file(target)
        if ":" in target:
            return _from_module(target)
        near = suggest(target, BUILT_IN)
        fix = f"{near} Or {_FORMS}" if near.endswith("?") else _FORMS
        raise _cannot(target, "it is no built-in spec, path or package.module:NAME", fix)
    except SpecErrors:
        raise
    except (Exception, SystemExit) as error:
        raise SpecErrors([_told(error)]) from error


def _cannot(value: str, reason: str, fix: str, span: Span = NOWHERE) -> SpecError:
    return SpecError("ORD117", value, reason, fix=fix, span=span)


def _told(error: Exception | SystemExit) -> SpecError:
    if isinstance(error, SystemExit):
        where, _ = span_of_traceback(error.__traceback__)
        reason = "it ends Python, and the spec is not read yet"
        return SpecError("ORD118", f"exit({error.code})", reason, fix="remove it", span=where)
    return as_mistake(error)


# ---------------------------------------------------------------- a file


def _from_file(target: str) -> Spec:
    path = Path(target).absolute()
    if path.is_dir():
        raise _cannot(target, "it is a folder", "name the Python file in it that has spec()")
    if path.suffix != ".py":
        raise _cannot(target, "it is not a Python file", _FORMS)
    try:
        text = importlib.util.decode_source(path.read_bytes())
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        fix = suggest(path.name, near) if near else "mend the path"
        raise _cannot(target, "there is no such file", fix) from None
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
        raise _cannot(target, reason, "make it readable") from None
    except (UnicodeDecodeError, SyntaxError, LookupError):
        raise _cannot(target, "it is not text in UTF-8", "store it as UTF-8") from None
    linecache.checkcache(str(path))
    name = path.stem
    if name in sys.modules or is_inner(name):
        name = f"spec_{name}"
    made = importlib.util.spec_from_file_location(name, path)
    assert made is not None
    module = importlib.util.module_from_spec(made)
    with _importing_from(path.parent, module):
        exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))
        return _spec_in(module, "spec", target)


@contextmanager
def _importing_from(folder: Path, module: ModuleType | None = None) -> Iterator[None]:
    """Let imports find `folder` and `module`; forget afterwards what was found there alone.

    Another spec may have files of the same names beside it.
    """
    known = {name.partition(".")[0] for name in sys.modules}
    entry = str(folder)
    if module is not None:
        sys.modules[module.__name__] = module
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove(entry)
        for name, found in list(sys.modules.items()):
            if name.partition(".")[0] not in known and _lies_in(found, folder):
                del sys.modules[name]
        importlib.invalidate_caches()


def _lies_in(module: ModuleType, folder: Path) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(place is not None and Path(place).is_relative_to(folder) for place in places)


# ---------------------------------------------------------------- a module


def _from_module(target: str) -> Spec:
    module_name, _, name = target.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), *name.split(".")]):
        raise _cannot(target, "it is not of the form package.module:NAME", _FORMS)
    folder = Path.cwd()
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(module_name)
        return _spec_in(module, name, target)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        reason = f"there is no module {error.name!r}"
        fix = "mend the name, or run where the module can be imported"
        raise _cannot(target, reason, fix) from None
    finally:
        with suppress(ValueError):
            sys.path.remove(str(folder))


def _spec_in(module: ModuleType, name: str, target: str) -> Spec:
    """Return the spec that `name` in `module` is, or returns."""
    holder: Any = module
    for part in name.split("."):
        if not hasattr(holder, part):
            names = [n for n, v in vars(module).items() if isinstance(v, Spec) or n == "spec"]
            fix = suggest(name, names) if names else _ENDING
            what = "function spec()" if name == "spec" else repr(name)
            raise _cannot(target, f"it has no {what}", fix)
        holder = getattr(holder, part)
    if isinstance(holder, Spec):
        return holder
    where = span_of_code(holder.__code__) if inspect.isfunction(holder) else NOWHERE
    if not callable(holder) or isinstance(holder, type):
        what = "a class" if isinstance(holder, type) else an(type(holder).__name__)
        raise _cannot(target, f"{name} is {what}, and not a Spec", _ENDING, where)
    made = _called(holder, name, target, where)
    if not isinstance(made, Spec):
        reason = f"{name}() returned {show(made)}, and not a Spec"
        raise _cannot(target, reason, "return read_spec(...)", where)
    return made


def _called(function: Callable[..., object], name: str, target: str, where: Span) -> object:
    try:
        inspect.signature(function).bind()
    except TypeError:
        reason = f"{name}{inspect.signature(function)} asks for arguments"
        raise _cannot(target, reason, f"let {name}() ask for none", where) from None
    return function()
