"""Files of specs, damaged in every way that we could think of, and by chance.

Stands for: whatever a file holds, it is a spec, or it is refused with a code, a place, a value, a
reason and a fix (exit status 2); never with a traceback of ours.
"""

from __future__ import annotations

import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from checkers.cli import main
from model.lang import Spec, SpecErrors
from model.lang.errors import CODES
from model.lang.load import load
from tests.fuzz import mutants
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMP, texts

BUILT = set(sys.builtin_module_names)
INSIDE = "it began in model.lang"
"""What is noted of an error that the language itself stumbled over: such a one is ours to mend."""


def outcome(target: str, case: str = "") -> tuple[Spec | None, tuple[str, ...]]:
    """Read a spec; return it, or the messages of its mistakes, each of which tells all it must."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        made = load(target)
    except SpecErrors as found:
        assert found.errors, case
        for error in found.errors:
            text = error.render()
            assert error.code in CODES, case
            assert re.match(r"error\[ORD\d{3}\]: .+", text), f"{case}: {text}"
            assert error.reason and error.fix and error.value, f"{case}: {text}"
            assert INSIDE not in text, f"{case}: {text}"
        return None, tuple(f"{e.code} {e.render()}" for e in found.errors)
    finally:
        left = set(sys.modules) - modules
        assert sys.path == path, case
        assert {
            n for n in left if getattr(sys.modules[n], "__file__", target) == target
        } <= BUILT, case
    assert isinstance(made, Spec), case
    return made, ()


def mutant(folder: Path, r: random.Random) -> Path:
    """Write a changed spec."""
    path = folder / "mutant.py"
    path.write_bytes(mutants.changed(r, r.choice(texts()), texts()))
    return path


def read_mutants(folder: Path, count: int) -> Counter[str]:
    """Read so many changed specs; return how often which code came first, or none."""
    tally: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python about what is changed, such as `0 is x`
        for case, r in cases("spec files", count):
            made, mistakes = outcome(str(mutant(folder, r)), case)
            tally["valid" if made is not None else mistakes[0][:6]] += 1
    return tally


def test_a_changed_spec_is_read_or_refused_with_a_code(tmp_path: Path) -> None:
    tally = read_mutants(tmp_path, 80)
    assert {"valid", "ORD101", "ORD117"} <= set(tally)


@pytest.mark.slow
def test_many_changed_specs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = read_mutants(tmp_path, many(10_000))
    with capsys.disabled():
        print(told("changed specs, read", tally))


# ---------------------------------------------------------------- what is read, used


def commands(spec: Path, folder: Path) -> list[list[str]]:
    """Return commands that put a spec to work, without proving much."""
    return [
        ["export", str(spec), "--tla", str(folder / "tla"), "--check", "all"],
        ["export", str(spec), "--promela", str(folder / "model.pml")],
        ["generate", str(spec), "--out", str(folder / "made")],
        ["generate", str(spec), "--out", str(folder / "made"), "--check"],
        ["figures", str(spec), "--out", str(folder / "made")],
        ["explore", str(spec), "--states", "30", "--jobs", "1"],
        ["liveness", str(spec), "--states", "50"],
        ["fragment", str(spec)],
    ]


def run(args: list[str], case: str = "") -> tuple[int, str]:
    """Run a command in this process; return its status and what it said, which is no traceback."""
    found = CliRunner().invoke(main, args)
    trouble = found.exception
    assert trouble is None or isinstance(trouble, SystemExit), f"{case}: {args}: {trouble!r}"
    assert found.exit_code in (0, 1, 2, 3), f"{case}: {args}: {found.exit_code}"
    assert "Traceback" not in found.output, f"{case}: {args}"
    if found.exit_code == 2:
        assert re.search("^(error|Error|Usage)", found.output, re.M), f"{case}: {found.output}"
    return found.exit_code, found.output


def use_mutants(
    folder: Path, count: int, more: Callable[[Path], list[list[str]]] | None = None
) -> Counter[str]:
    """Put changed specs that are read to work; return how each command ended, how often."""
    tally: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case, r in cases("specs at work", count * 40):
            path = mutant(folder, r)
            made, _ = outcome(str(path), case)
            if made is None or path.read_text(encoding="utf-8") in texts():
                continue
            for args in [*commands(path, folder), *(more(path) if more is not None else [])]:
                status, _ = run(args, case)
                tally[f"{args[0]} exits {status}"] += 1
            for source in (folder / "made" / made.name).glob("*.py"):
                compile(source.read_bytes(), str(source), "exec")
            tally["specs"] += 1
            if tally["specs"] == count:
                break
    return tally


def test_a_changed_spec_that_is_read_works_with_every_command(tmp_path: Path) -> None:
    """What the language lets through, the back-ends understand, or say why they do not."""
    assert use_mutants(tmp_path, 2)["specs"] == 2


@pytest.mark.slow
def test_many_changed_specs_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    short = ["--jobs", "1", "--backend", "sequential", "--timeout", "1", "--no-cache"]
    tally = use_mutants(
        tmp_path, many(60), lambda path: [["verify", str(path), *short, "--depth", "3"]]
    )
    with capsys.disabled():
        print(told("changed specs, at work", tally))


# ---------------------------------------------------------------- files


def in_lamp(old: str, new: str) -> bytes:
    """Return the small spec with something in it exchanged."""
    assert old in LAMP
    return LAMP.replace(old, new).encode("utf-8", "surrogatepass")


BEFORE = "def spec() -> Spec:\n"
RETURN = 'return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="light")'

CONTENTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "ORD117"),
    "a newline": (b"\n", "ORD117"),
    "a zero byte": (LAMP.encode() + b"\0", "ORD117"),
    "zero bytes": (b"\0" * 4096, "ORD117"),
    "latin-1": ("# größe\n".encode("latin-1") + LAMP.encode(), "ORD117"),
    "utf-16": (LAMP.encode("utf-16"), "ORD117"),
    "a lone surrogate": (LAMP.encode() + b"x = '\xed\xa0\x80'\n", "ORD117"),
    "an unknown encoding": (b"# -*- coding: nothing -*-\n" + LAMP.encode(), "ORD117"),
    "a byte order mark": (b"\xef\xbb\xbf" + LAMP.encode(), ""),
    "carriage returns": (LAMP.replace("\n", "\r\n").encode(), ""),
    "no newline at its end": (LAMP.rstrip().encode(), ""),
    "half of it": (LAMP.encode()[: len(LAMP) // 2], "ORD117"),
    "an open bracket": (LAMP.encode() + b"x = (", "ORD117"),
    "brackets without end": (LAMP.encode() + b"x = " + b"(" * 5000 + b")" * 5000, "ORD117"),
    "lists in lists": (LAMP.encode() + b"x = " + b"[" * 150 + b"]" * 150, ""),
    "signs without end": (LAMP.encode() + b"x = " + b"-" * 100_000 + b"1", "ORD117"),
    "a line of a million signs": (LAMP.encode() + b"x = '" + b"a" * 1_000_000 + b"'\n", ""),
    "a number of 5000 digits": (LAMP.encode() + b"x = " + b"9" * 5000 + b"\n", "ORD117"),
    "no spec()": (in_lamp(BEFORE + "    " + RETURN, "pass"), "ORD117"),
    "spec is a number": (in_lamp(BEFORE + "    " + RETURN, "spec = 3"), "ORD117"),
    "spec is a class": (in_lamp(BEFORE, "class spec:\n"), "ORD117"),
    "spec() asks for something": (in_lamp("def spec()", "def spec(x)"), "ORD117"),
    "spec() is async": (in_lamp("def spec()", "async def spec()"), "ORD117"),
    "spec() yields": (in_lamp(RETURN, "yield " + RETURN[7:]), "ORD117"),
    "spec() returns nothing": (in_lamp(RETURN, "pass"), "ORD117"),
    "spec() returns itself": (in_lamp(RETURN, "return spec"), "ORD117"),
    "spec() returns the class": (in_lamp(RETURN, "return Spec"), "ORD117"),
    "spec() calls itself": (in_lamp(RETURN, "return spec()"), "ORD118"),
    "spec() raises": (in_lamp(RETURN, "raise ValueError"), "ORD118"),
    "spec() raises a class of its own": (
        in_lamp(RETURN, "raise type('Odd', (BaseException,), {})()"),
        "ORD118",
    ),
    "spec() raises what cannot be shown": (
        in_lamp(RETURN, "raise type('Odd', (Exception,), {'__str__': None, '__repr__': 3})()"),
        "ORD118",
    ),
    "spec() raises a group": (in_lamp(RETURN, "raise ExceptionGroup('x', [KeyError()])"), "ORD118"),
    "spec() raises GeneratorExit": (in_lamp(RETURN, "raise GeneratorExit"), "ORD118"),
    "spec() exits": (in_lamp(RETURN, "sys.exit()"), "ORD118"),
    "spec() exits with a text": (in_lamp(RETURN, "sys.exit('no')"), "ORD118"),
    "spec() fails to assert": (in_lamp(RETURN, "assert False"), "ORD118"),
    "spec() divides by zero": (in_lamp(RETURN, "return 1 / 0"), "ORD118"),
    "spec() has no memory": (in_lamp(RETURN, "raise MemoryError"), "ORD118"),
    "spec() reads the keyboard": (in_lamp(RETURN, "return input()"), "ORD118"),
    "spec() is not decorated": (in_lamp(BEFORE, "@nothing\n" + BEFORE), "ORD101"),
    "an unknown module": (in_lamp("import sys", "import sys, not_there"), "ORD101"),
    "a name that a module lacks": (in_lamp("import sys", "from sys import not_there"), "ORD101"),
    "it imports itself": (in_lamp("import sys", "import sys\nimport probe\nprobe.x"), "ORD101"),
    "its names are taken away": (in_lamp(BEFORE, "globals().clear()\n" + BEFORE), "ORD101"),
    "its path is taken away": (in_lamp(BEFORE, "sys.path.clear()\n" + BEFORE), ""),
    "it takes itself out of the modules": (
        in_lamp(BEFORE, "del sys.modules[__name__]\n" + BEFORE),
        "ORD118",
    ),
    "a name that is no text": (in_lamp('"lamp"', "7"), "ORD115"),
    "a name with dots and slashes": (in_lamp('"lamp"', '"../../lamp"'), "ORD115"),
    "an empty name": (in_lamp('"lamp"', '""'), "ORD115"),
    "a title that is no text": (in_lamp('"A lamp"', "None"), "ORD115"),
    "a title of terminal codes": (in_lamp('"A lamp"', r'"\x1b[2J"'), "ORD115"),
    "a role that is no text": (in_lamp('role="light"', "role=set()"), "ORD115"),
    "modules that are none": (in_lamp("[sys.modules[__name__]]", "[None]"), "ORD115"),
    "modules that are no list": (in_lamp("[sys.modules[__name__]]", "3"), "ORD118"),
    "the wrong module": (in_lamp("[sys.modules[__name__]]", "[sys]"), "ORD115"),
    "no modules": (in_lamp("[sys.modules[__name__]]", "[]"), "ORD115"),
    "a property without a name": (in_lamp('"lit"', "None"), "ORD115"),
    "a property whose name is a list": (in_lamp('"lit"', "[]"), "ORD115"),
    "a property whose name is bytes": (in_lamp('"lit"', 'b"lit"'), "ORD115"),
    "a property whose name is of two lines": (in_lamp('"lit"', r'"a\nb"'), "ORD115"),
    "a property whose title is a list": (in_lamp('"It is dark or bright"', "[1]"), "ORD115"),
    "a property that is a lambda": (
        in_lamp(
            '@safety("lit", "It is dark or bright")\ndef lit(n: Lamp):\n    return',
            'lit = safety("lit", "It is")(lambda n:',
        ).replace(b"BRIGHT)\n\n\ndef spec", b"BRIGHT))\n\n\ndef spec"),
        "ORD115",
    ),
    "a case whose sentence is none": (in_lamp('case("no light")', "case(None, 7)"), "ORD115"),
    "a case with a lone surrogate": (in_lamp('"no light"', r'"\ud800"'), "ORD115"),
    "a variable whose sentence is none": (in_lamp('"is it on"', "7"), "ORD115"),
    "a variable whose sentence is code": (in_lamp('"is it on"', r'"on\nimport os"'), ""),
    "a docstring with a zero": (in_lamp("Only when", r"\0Only when"), "ORD115"),
    "a docstring that is a number": (in_lamp('"""Time goes on."""', "__doc__ = 7"), "ORD115"),
    "a case of no sum": (in_lamp("Light.DARK, then", "case('odd'), then"), "ORD115"),
    "a row whose name is none": (in_lamp("return Row(reply", "return Row(name=0, reply"), "ORD115"),
    "a range without end": (
        in_lamp(BEFORE, "class R(Range, top=2 ** 80):\n    pass\n" + BEFORE),
        "ORD115",
    ),
    "a sum of nothing": (in_lamp(BEFORE, "class Empty(Sum):\n    pass\n" + BEFORE), "ORD115"),
    "a sort in itself": (in_lamp(BEFORE, "class S(SetOf(SetOf)):\n    pass\n" + BEFORE), "ORD1"),
    "a table of no rows": (
        in_lamp(BEFORE, "T = Table('T', Light, ('x',), 3)\n" + BEFORE),
        "ORD115",
    ),
    "a table of odd columns": (
        in_lamp(BEFORE, "T = Table('T', Light, ('{}',), {Light.DARK: 1})\n" + BEFORE),
        "ORD115",
    ),
    "a ghost of an odd name": (
        in_lamp(BEFORE, "g = ghost('{0}', Node, doc='')\n" + BEFORE),
        "ORD115",
    ),
    "a scenario of nothing": (in_lamp(BEFORE, "s = Scenario(1, 2, 3, 4)\n" + BEFORE), "ORD115"),
    "a scenario of odd acts": (
        in_lamp(BEFORE, "s = Scenario('s', {}, ('a',), (1,))\n" + BEFORE),
        "ORD115",
    ),
    "a guard that is asked for its truth": (in_lamp("when=me", "when=not me"), "ORD107"),
    "a guard that is no condition": (in_lamp("me.light == Light.DARK,", "3,"), "ORD102"),
    "a loop over an expression": (
        in_lamp("    return Row(when", "    list(me.light)\n    return Row(when"),
        "ORD107",
    ),
    "a rule that loops for ever inside": (
        in_lamp("    return Row(when", "    shine.function(me, m)\n    return Row(when"),
        "ORD118",
    ),
    "a value that cannot show itself": (
        in_lamp("Light.DARK, then", "type('E', (), {'__repr__': lambda s: 1 / 0})(), then"),
        "ORD1",
    ),
    "a condition of 20000 parts": (
        in_lamp(
            "    return Row(when",
            "    x = me.light == Light.DARK\n    for _ in range(20000):\n"
            "        x = ~(x & me.light.is_(Light.DARK))\n    return Row(ghost=x, when",
        ),
        "ORD118",
    ),
}
"""By what is wrong: a file's bytes, and the beginning of the first code that it is refused with."""


@pytest.mark.parametrize("what", CONTENTS)
def test_what_a_file_holds(tmp_path: Path, what: str) -> None:
    data, code = CONTENTS[what]
    path = tmp_path / "probe.py"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made, mistakes = outcome(str(path), what)
    assert (made is not None) == (code == ""), mistakes
    assert code == "" or mistakes[0].startswith(code), mistakes
    assert not any("cannot be shown" in m for m in mistakes) or "show" in what, mistakes
