"""What Python would run in place of the node's files that are read: it is named, and nothing is
proved.

"A construct outside the subset is a clear error, never a silent pass": nor is a module that is
imported where another one was read.
"""

from __future__ import annotations

import importlib.util
import marshal
import py_compile
import shutil
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, all_suffixes
from pathlib import Path

import pytest

from checkers import nodes
from checkers.translation.obligations import WHOLE
from checkers.verdict import Verdict
from tests.test_translation import ROOT, assert_proved, compare, order, spec_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the order's node, which is what is looked at."""
    made = tmp_path / "impl" / "order"
    made.mkdir(parents=True)
    for name in order().texts:
        shutil.copy(ROOT / "impl" / "order" / f"{name}.py", made)
    shutil.copy(ROOT / "impl" / "__init__.py", made.parent)
    monkeypatch.setattr("checkers.artefacts.ROOT", tmp_path)
    monkeypatch.setattr("sys.pycache_prefix", None)
    return made


def beside() -> dict[str, str]:
    return dict(nodes.files(spec_of("order"), own=True).beside)


def assert_told(path: str) -> None:
    """The file is named by every part's verdict, and that is no success."""
    files = nodes.files(spec_of("order"), own=True)
    assert path in dict(files.beside), files.beside
    assert nodes.form(files) != nodes.form(order())
    for part in (WHOLE, "Beacon"):
        (result,) = compare(spec_of("order"), files, part)
        assert result.verdict is Verdict.UNKNOWN
        assert path in {p for p, _ in files.beside} and "\n  fix: delete it" in result.told
        assert result.told.startswith(files.beside[0][0])


def compiled(source: Path, text: str, unchecked: bool) -> None:
    """Put the compiled form of another text where Python looks for the source's."""
    other = source.with_name("other.txt")
    other.write_text(text, encoding="utf-8")
    mode = py_compile.PycInvalidationMode
    how = mode.UNCHECKED_HASH if unchecked else mode.TIMESTAMP
    into = importlib.util.cache_from_source(source)
    py_compile.compile(str(other), into, dfile=str(source), invalidation_mode=how, doraise=True)
    other.unlink()
    if not unchecked:  # as of the source, which is of the same age and size
        status, path = source.stat(), Path(into)
        head = [importlib.util.MAGIC_NUMBER, bytes(4)]
        head += [int(n).to_bytes(4, "little") for n in (status.st_mtime, status.st_size)]
        path.write_bytes(b"".join(head) + path.read_bytes()[16:])


def test_a_folder_with_the_node_s_files_alone_is_read(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    files = nodes.files(spec_of("order"), own=True)
    assert files.beside == () and files == order()
    for path in (folder.parent / "__init__.py", *folder.glob("*.py")):
        py_compile.compile(str(path), doraise=True)
        py_compile.compile(str(path), doraise=True, optimize=2)
    assert beside() == {}
    assert_proved(compare(spec_of("order"), nodes.files(spec_of("order"), own=True), "Beacon"))


# What Python's import system would take for a module: what each name may end in, whatever for.
OTHERS = sorted({*all_suffixes(), ".pyd", ".pyo", ".so", ".cpython-399-any.so", ".txt", ""})


@pytest.mark.parametrize("name", ["node", "__init__", "rules", "sitecustomize", "json"])
def test_a_file_beside_the_node_s_is_told(folder: Path, name: str) -> None:
    for suffix in OTHERS:
        path = folder / f"{name}{suffix}"
        if path.exists():
            continue  # it is one of the node's
        path.write_bytes(b"")
        assert f"impl/order/{path.name}" in beside(), path.name
        path.unlink()
    (folder / f"{name}.so").write_bytes(b"")
    assert_told(f"impl/order/{name}.so")


@pytest.mark.parametrize("inside", ["__init__.py", f"__init__{EXTENSION_SUFFIXES[0]}", ""])
def test_a_folder_of_a_module_s_name_is_told(folder: Path, inside: str) -> None:
    """Python takes a package before a module, and looks at the latter no more."""
    (folder / "node").mkdir()
    if inside:
        (folder / "node" / inside).write_text("x = 1\n", encoding="utf-8")
    assert_told("impl/order/node")


@pytest.mark.parametrize("name", ["__init__", "order"])
def test_a_file_beside_the_package_is_told(folder: Path, name: str) -> None:
    for suffix in OTHERS:
        path = folder.parent / f"{name}{suffix}"
        if path.exists():
            continue
        path.write_bytes(b"")
        assert f"impl/{path.name}" in beside(), path.name
        path.unlink()
    (folder.parent / f"{name}.so").write_bytes(b"")
    assert_told(f"impl/{name}.so")


def test_a_package_that_another_may_stand_for_is_told(folder: Path) -> None:
    (folder.parent / "__init__.py").unlink()
    assert_told("impl/__init__.py")


def test_a_module_that_is_a_folder_is_told(folder: Path) -> None:
    (folder / "node.py").unlink()
    (folder / "node.py").mkdir()
    assert_told("impl/order/node.py")


@pytest.mark.parametrize("unchecked", [True, False], ids=["unchecked", "of the same age and size"])
@pytest.mark.parametrize("module", ["node", "__init__", "above"])
def test_a_compiled_form_of_something_else_is_told(
    folder: Path, module: str, unchecked: bool
) -> None:
    source = folder / f"{module}.py" if module != "above" else folder.parent / "__init__.py"
    text = source.read_text(encoding="utf-8")
    compiled(source, text, unchecked)
    assert beside() == {}, "it is the source's own"
    compiled(source, text + "\nx = 1\n", unchecked)
    path = Path(importlib.util.cache_from_source(source)).relative_to(folder.parent.parent)
    assert_told(path.as_posix())


def test_a_compiled_form_that_python_would_not_run_is_let_be(folder: Path) -> None:
    """One that is older than its source is made again; one of another Python is not looked at."""
    compiled(folder / "node.py", "x = 1\n", unchecked=False)
    status = (folder / "node.py").stat()
    path = Path(importlib.util.cache_from_source(folder / "node.py"))
    data = path.read_bytes()
    path.write_bytes(data[:8] + int(status.st_mtime - 9).to_bytes(4, "little") + data[12:])
    assert beside() == {}
    path.write_bytes(b"\0" * 16 + marshal.dumps(compile("x = 1", "node.py", "exec")))
    assert beside() == {}
    path.write_bytes(data[:20])
    assert list(beside()) == [path.relative_to(folder.parent.parent).as_posix()], "cut off"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda whole: whole + b"# \xff\n", "not to be read as UTF-8"),
        (lambda whole: b"# coding: latin-1\n" + whole, "not to be read as UTF-8"),
        (lambda whole: b"\xef\xbb\xbf" + whole, "not to be read as UTF-8"),
    ],
    ids=["other bytes", "another encoding", "a mark"],
)
def test_a_file_that_is_to_be_read_otherwise_is_an_error(
    folder: Path, change: Callable[[bytes], bytes], why: str
) -> None:
    path = folder / "node.py"
    path.write_bytes(change(path.read_bytes()))
    (result,) = compare(spec_of("order"), nodes.files(spec_of("order"), own=True), WHOLE)
    assert result.verdict is Verdict.UNKNOWN and why in result.told
