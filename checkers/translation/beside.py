"""What Python would run in place of the files that are read, or beside them.

Belongs here: how Python finds the modules of a package in a folder, and compiled forms of them.
Never here: what a module says (`package`).

A name in a folder may stand for more than one thing: Python takes a package before a module, a
compiled extension before a source, and of a source the compiled form in `__pycache__`, if that says
that it is the source's. Only what is read is proved; so there must be nothing else to take.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

COMPILED = "__pycache__"
INIT = "__init__"
HEAD = 16
"""Bytes of a compiled form before its code: what it is of."""


def of_package(folder: Path, modules: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Yield what is in the way of the modules of a package, and of the package that it lies in.

    Each is a file or folder, with what is wrong with it.
    """
    read = {f"{name}.py" for name in modules}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in read and not path.is_file():
            yield path, "it is no file"
        elif path.name not in read and path.name != COMPILED:
            yield path, _in_place_of(path, modules)
    above = folder.parent
    for path in sorted(above.iterdir()) if above.is_dir() else ():
        first = path.name.partition(".")[0]
        if first in (INIT, folder.name) and path.name not in (f"{INIT}.py", folder.name):
            yield path, _in_place_of(path, (INIT, folder.name))
    if not (above / f"{INIT}.py").is_file():
        yield above / f"{INIT}.py", "it is missing: Python may take another package of this name"
    yield from _found(above.parent, above.name, above / f"{INIT}.py")
    yield from _found(above, folder.name, folder / f"{INIT}.py")
    for name in modules:
        if name != INIT:
            yield from _found(folder, name, folder / f"{name}.py")
    for path in (above / f"{INIT}.py", *(folder / f"{name}.py" for name in modules)):
        yield from _compiled(path)


def _in_place_of(path: Path, modules: tuple[str, ...]) -> str:
    if path.name.partition(".")[0] in modules:
        return "Python may take it for the module of that name"
    return "no generated node has such a module"


def _found(folder: Path, name: str, wanted: Path) -> Iterator[tuple[Path, str]]:
    """Yield what Python finds under a name in a folder, where it is not the file that is read."""
    if not wanted.is_file():
        return  # that is told elsewhere
    finder = FileFinder(
        str(folder),
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (SourceFileLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    spec = finder.find_spec(name)
    if spec is None or spec.origin is None:
        yield wanted, "Python does not find it"
    elif Path(spec.origin) != wanted or not isinstance(spec.loader, SourceFileLoader):
        yield Path(spec.origin), f"Python takes it in place of {wanted.name}"


def _compiled(source: Path) -> Iterator[tuple[Path, str]]:
    """Yield compiled forms of a source that Python would run, and that are of something else."""
    if not source.is_file():
        return
    for level, name in ((0, ""), (1, "1"), (2, "2")):
        path = Path(cache_from_source(source, optimization=name))
        if not path.is_file():
            continue
        data = path.read_bytes()
        if _would_be_run(data, source) and not _is_of(data, source, level):
            yield path, f"Python runs it in place of {source.name}, and it is compiled of another"


def _would_be_run(data: bytes, source: Path) -> bool:
    """Tell whether Python may take a compiled form for the source's, without looking at that."""
    if len(data) < HEAD or data[:4] != MAGIC_NUMBER:
        return False
    if int.from_bytes(data[4:8], "little"):
        return True  # it goes by the source's fingerprint, which one may have Python not compare
    status = source.stat()
    when, size = int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF
    return data[8:HEAD] == when.to_bytes(4, "little") + size.to_bytes(4, "little")


def _is_of(data: bytes, source: Path, level: int) -> bool:
    """Tell whether code is what Python compiles a source to."""
    try:
        made = compile(source.read_bytes(), str(source), "exec", dont_inherit=True, optimize=level)
        return bool(marshal.loads(data[HEAD:]) == made)
    except (SyntaxError, ValueError, EOFError, TypeError, RecursionError):
        return False
