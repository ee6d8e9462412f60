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
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import IO, Any

from model.lang.errors import SpecError, SpecErrors, suggest
from model.lang.raised import as_mistake
from model.lang.show import an, show
from model.lang.source import NOWHERE, Span, is_inner, span_of_code
from model.lang.spec import Spec

# The built-in specs: the module of each, by name. Imported only when asked for.
BUILT_IN = {"order": "model.order"}

MOST_BYTES = 16 << 20
"""No spec is as long: what is read is somebody's data."""
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
        with _streams_kept():
            if target.endswith(".py") or os.sep in target or _exists(target):
                return _from_file(target)
            if ":" in target:
                return _from_module(target)
        near = suggest(target, BUILT_IN)
        fix = f"{near} Or {_FORMS}" if near.endswith("?") else _FORMS
        raise _cannot(target, "it is no built-in spec, path or package.module:NAME", fix)
    except SpecErrors:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a spec's own code may raise
        raise SpecErrors([as_mistake(error)]) from error


def _cannot(value: str, reason: str, fix: str, span: Span = NOWHERE) -> SpecError:
    return SpecError("ORD117", value, reason, fix=fix, span=span)


def _exists(target: str) -> bool:
    try:
        return Path(target).exists()
    except OSError:  # such as a name too long for any file
        return False


@contextmanager
def _streams_kept() -> Iterator[None]:
    """Give back the three streams as they were, to tell what is found, though a spec closed one.

    Closing it leaves what it leads to open: Python's own streams do not own that.
    """
    kept = [(name, getattr(sys, name)) for name in ("stdin", "stdout", "stderr")]
    try:
        yield
    finally:
        for number, (name, stream) in enumerate(kept):
            if stream is not None and stream.closed:
                stream = _opened(number)
                setattr(sys, f"__{name}__", stream)
            setattr(sys, name, stream)


def _opened(number: int) -> IO[Any]:
    """Open one of the three streams again; one that is closed for good leads nowhere."""
    mode = "w" if number else "r"
    try:
        return open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False)
    except OSError:
        return open(os.devnull, mode, encoding="utf-8")


# ---------------------------------------------------------------- a file


def _from_file(target: str) -> Spec:
    try:
        path = Path(target).absolute()
    except OSError:
        raise _cannot(target, "the working directory is gone", "go to one that is there") from None
    text = _source(path, target)
    linecache.checkcache(str(path))
    name = path.stem
    if name in sys.modules or is_inner(name):
        name = f"spec_{name}"
    made = importlib.util.spec_from_file_location(name, path)
    assert made is not None
    module = importlib.util.module_from_spec(made)
    with _importing_from(path.parent, module):
        exec(_compiled(text, path, target), vars(module))
        return _spec_in(module, "spec", target)


def _compiled(text: str, path: Path, target: str) -> CodeType:
    try:
        return compile(text, str(path), "exec", dont_inherit=True)
    except (MemoryError, RecursionError):  # as Python's own compiler says it
        reason = "something in it is nested more deeply than Python can read"
        raise _cannot(target, reason, "write it in several steps") from None


def _source(path: Path, target: str) -> str:
    """Return the text of a spec's file."""
    try:
        if path.is_dir():
            raise _cannot(target, "it is a folder", "name the Python file in it that has spec()")
        if path.suffix != ".py":
            raise _cannot(target, "it is not a Python file", _FORMS)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _cannot(target, "it is no plain file", "name a file that can be read twice")
        if status.st_size > MOST_BYTES:
            raise _cannot(target, f"it has more than {MOST_BYTES >> 20} MB", "name a Python file")
        data = path.read_bytes()
        if b"\0" in data:
            raise _cannot(target, "it is not text in UTF-8", "store it as UTF-8")
        return importlib.util.decode_source(data)
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        fix = suggest(path.name, near) if near else "mend the path"
        raise _cannot(target, "there is no such file", fix) from None
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
        raise _cannot(target, reason, "make it readable") from None
    except ValueError as error:  # a path that is none; text that is none is told below
        if isinstance(error, UnicodeDecodeError):
            raise _cannot(target, "it is not text in UTF-8", "store it as UTF-8") from None
        raise _cannot(target, f"it is no path: {error}", "mend the path") from None
    except (SyntaxError, LookupError):
        raise _cannot(target, "it is not text in UTF-8", "store it as UTF-8") from None


@contextmanager
def _importing_from(folder: Path, module: ModuleType | None = None) -> Iterator[None]:
    """Let imports find `folder` and `module`; forget afterwards what was found there alone.

    Another spec may have files of the same names beside it.
    """
    known = {name.partition(".")[0] for name in sys.modules}
    path = list(sys.path)
    own = "" if module is None else module.__name__
    earlier = sys.modules.get(own)
    if module is not None:
        sys.modules[own] = module
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = path
        for name, found in list(sys.modules.items()):
            if name.partition(".")[0] not in known and (found is module or _lies_in(found, folder)):
                del sys.modules[name]
        if earlier is not None:
            sys.modules[own] = earlier
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
        if inspect.iscoroutine(made):
            made.close()  # nobody waits for it
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
