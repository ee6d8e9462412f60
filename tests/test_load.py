"""`oathbound verify SPEC`: SPEC is `order`, a path to a Python file, or `package.module:NAME`.

Whatever is wrong with it is told as a mistake with a place, a value, a reason and a fix, and never
as a traceback.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from model.lang import Spec, SpecErrors
from model.lang.load import load

LAMP = '''
import sys
from model.lang import Process, Reply, Row, Spec, Sum, Timer
from model.lang import case, fallback, on, read_spec, volatile


class Light(Sum):
    DARK = case("dark")
    BRIGHT = case("bright")


class Lamp(Process):
    light = volatile(Light, Light.DARK)


class Done(Reply):
    pass


class Tick(Timer):
    pass


@on(Tick)
def shine(me, m):
    """Only when it is dark."""
    return Row(when=me.light == Light.DARK, then=me.light.set(Light.BRIGHT), reply=Done())


@fallback(Timer)
def refuse(me, m):
    return Row(reply=Done())


def spec() -> Spec:
    return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="light")
'''


def lamp_file(folder: Path, text: str = LAMP, name: str = "lamp.py") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def message(target: str) -> str:
    with pytest.raises(SpecErrors) as caught:
        load(target)
    assert len(caught.value.errors) == 1
    return caught.value.errors[0].render()


# ---------------------------------------------------------------- what is found


def test_the_built_in_order() -> None:
    assert load("order").name == "order"


def test_a_function_of_a_module() -> None:
    assert load("model.order:spec").name == "order"


def test_a_file_outside_the_repository(tmp_path: Path) -> None:
    made = load(lamp_file(tmp_path))
    assert [t.label for t in made.transitions] == ["shine", "Tick/answer_0", "crash"]


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load("lamp.py").name == "lamp"


def test_a_module_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp_file(tmp_path, name="lamp_of_this_test.py")
    monkeypatch.chdir(tmp_path)
    assert load("lamp_of_this_test:spec").name == "lamp"
    del sys.modules["lamp_of_this_test"]


def test_a_spec_that_a_module_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp_file(tmp_path, LAMP + "\nLAMP = spec()\n", name="lamp_held.py")
    monkeypatch.chdir(tmp_path)
    assert isinstance(load("lamp_held:LAMP"), Spec)
    del sys.modules["lamp_held"]


def test_a_file_named_as_a_module_of_python(tmp_path: Path) -> None:
    """Its frames must still count as the spec's, or carets would be lost."""
    broken = LAMP.replace("me.light == Light.DARK", "me.lihgt == Light.DARK")
    line = LAMP[: LAMP.index("Row(when")].count("\n") + 1
    assert f"queue.py:{line}:21" in message(lamp_file(tmp_path, broken, name="queue.py"))


def test_imports_are_found_beside_the_file_while_it_is_read_and_no_longer(tmp_path: Path) -> None:
    """Two specs may each have a `words.py` of their own."""
    path, modules = list(sys.path), set(sys.modules)
    for name in ("dark", "bright"):
        folder = tmp_path / name
        folder.mkdir()
        lamp_file(folder, f"TITLE = {name!r}\n", name="words.py")
        text = LAMP.replace("import sys\n", "import sys\nfrom words import TITLE\n")
        made = load(lamp_file(folder, text.replace('"A lamp"', "TITLE")))
        assert made.title == name
    assert sys.path == path
    assert set(sys.modules) == modules


def test_a_file_read_again_after_a_change_is_read_anew(tmp_path: Path) -> None:
    assert load(lamp_file(tmp_path)).title == "A lamp"
    assert load(lamp_file(tmp_path, LAMP.replace("A lamp", "A lump"))).title == "A lump"


def test_features_of_the_loader_are_not_those_of_the_file(tmp_path: Path) -> None:
    """A file without the future import has annotations that are classes, as when it is imported."""
    made = LAMP + "\nassert not isinstance(spec.__annotations__['return'], str)\n"
    assert load(lamp_file(tmp_path, made)).name == "lamp"


# ---------------------------------------------------------------- what is wrong


def test_no_such_file(tmp_path: Path) -> None:
    lamp_file(tmp_path)
    target = str(tmp_path / "lmap.py")
    assert message(target) == (
        f"error[ORD117]: spec that cannot be loaded: {target}\n"
        "  reason: there is no such file\n"
        "  fix: did you mean 'lamp.py'?"
    )


def test_no_such_folder(tmp_path: Path) -> None:
    assert "fix: mend the path" in message(str(tmp_path / "nowhere" / "lamp.py"))


def test_a_folder(tmp_path: Path) -> None:
    assert "reason: it is a folder" in message(str(tmp_path))


def test_not_a_python_file(tmp_path: Path) -> None:
    assert "reason: it is not a Python file" in message(lamp_file(tmp_path, name="lamp.txt"))


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "lamp.py"
    path.write_bytes(b"\xff\xfe\x00")
    assert "reason: it is not text in UTF-8" in message(str(path))


@pytest.mark.parametrize("target", ["", "  "])
def test_nothing(target: str) -> None:
    assert "reason: no spec is named" in message(target)


def test_a_misspelt_name() -> None:
    assert message("ordre") == (
        "error[ORD117]: spec that cannot be loaded: ordre\n"
        "  reason: it is no built-in spec, path or package.module:NAME\n"
        "  fix: did you mean 'order'? Or write `order`, a path such as lamp.py, or"
        " package.module:NAME"
    )


@pytest.mark.parametrize("target", ["model.order:", ":spec", "model..order:spec", "a b:c"])
def test_malformed_names(target: str) -> None:
    assert "reason: it is not of the form package.module:NAME" in message(target)


def test_no_such_module() -> None:
    assert "reason: there is no module 'model.ordre'" in message("model.ordre:spec")


def test_no_such_name() -> None:
    text = message("model.order:spce")
    assert "reason: it has no 'spce'" in text
    assert "fix: did you mean 'spec'?" in text


def test_a_name_that_is_no_spec() -> None:
    assert "Radiant is a class, and not a Spec" in message("model.order.radiant:Radiant")


def test_a_function_that_asks_for_arguments() -> None:
    text = message("model.order.radiant:worse")
    assert "asks for arguments" in text
    assert "def worse(a: Value, b: Value) -> Expr:" in text


def test_syntax_error(tmp_path: Path) -> None:
    target = lamp_file(tmp_path, "x = (1,\ny = 'größe' = 2\n")
    assert message(target) == (
        "error[ORD117]: spec that cannot be loaded: '(' was never closed\n"
        f"  --> {target}:1:5\n"
        "  1 | x = (1,\n"
        "    |     ^\n"
        "  reason: this is not Python\n"
        "  fix: mend the Python there, or just before it"
    )


def test_syntax_error_after_signs_of_several_bytes(tmp_path: Path) -> None:
    text = message(lamp_file(tmp_path, "größe = 'ä' 'ö' 3\n"))
    place, source, carets = text.splitlines()[1:4]
    assert place.endswith("lamp.py:1:17")
    assert carets.index("^") == source.index("3", source.index("|"))


def test_error_in_a_module_that_the_file_imports(tmp_path: Path) -> None:
    """The place is where it happened, in the other file."""
    lamp_file(tmp_path, "ZERO = 0\nLIMIT = 1 // ZERO\n", name="limits.py")
    text = message(lamp_file(tmp_path, "from limits import LIMIT\n"))
    assert "error[ORD118]" in text
    assert "limits.py:2:9" in text
    assert "reason: Python raised ZeroDivisionError" in text


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    lamp_file(tmp_path, "from lamp import Light\n", name="words.py")
    text = LAMP.replace("import sys\n", "import sys\nimport words\n")
    assert "error[ORD101]: unknown name: Light" in message(lamp_file(tmp_path, text))


def test_a_broken_import_inside_a_named_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the import that is wrong, and not the name on the command line."""
    lamp_file(tmp_path, "import not_there_at_all\n", name="lamp_that_imports.py")
    monkeypatch.chdir(tmp_path)
    text = message("lamp_that_imports:spec")
    assert "error[ORD101]: unknown name: not_there_at_all" in text
    assert "lamp_that_imports.py:1:1" in text


def test_nothing_is_left_on_the_path_after_a_mistake(tmp_path: Path) -> None:
    path, modules = list(sys.path), set(sys.modules)
    message(lamp_file(tmp_path, "raise ValueError('no')\n"))
    assert sys.path == path
    assert set(sys.modules) == modules
