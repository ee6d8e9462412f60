"""Every mistake in a spec is told with a code, a place, a caret, the value, the reason and the fix.

House rule 7: each code has a bad spec and the exact message. A bad spec is a file
`bad_specs/<code>_<what>.py` with one mistake; its docstring ends with `caret: ...`, what the carets
must stand under, and the whole message is beside it in `<code>_<what>.txt`. To write the messages
anew after a change of wording, and then read the difference:

    UPDATE_EXPECTED=1 python -m pytest tests/test_diagnostics.py
"""

from __future__ import annotations

import ast
import os
import pickle
from pathlib import Path

import pytest

from model.lang import CODES, SpecError, SpecErrors
from model.lang.load import load
from model.lang.source import NOWHERE, Span
from model.lang.syntax import truth_test

ROOT = Path(__file__).resolve().parent.parent
BAD_SPECS = ROOT / "tests" / "bad_specs"
NAMES = sorted(path.stem for path in BAD_SPECS.glob("ord*.py"))
# These need a solver; the checkers raise them, and their tests show them.
OF_THE_CHECKERS = {"ORD111", "ORD114"}


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where messages show paths relative to the repository."""
    monkeypatch.chdir(ROOT)


def mistakes(path: str) -> SpecErrors:
    with pytest.raises(SpecErrors) as caught:
        load(path)
    return caught.value


@pytest.mark.parametrize("name", NAMES)
def test_bad_spec(name: str) -> None:
    path = BAD_SPECS / f"{name}.py"
    found = mistakes(str(path.relative_to(ROOT)))

    assert {error.code for error in found.errors} == {name[:6].upper()}
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    caret = docstring.partition("caret:")[2].strip()
    assert [error.span.underlined() for error in found.errors] == ([caret] if caret else [""])

    expected = path.with_suffix(".txt")
    text = f"{found}\n"
    assert str(ROOT) not in text
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_every_code_of_the_language_has_a_bad_spec() -> None:
    assert {name[:6].upper() for name in NAMES} == set(CODES) - OF_THE_CHECKERS


def test_no_message_is_left_over() -> None:
    assert sorted(path.stem for path in BAD_SPECS.glob("*.txt")) == NAMES


def test_the_base_of_the_bad_specs_has_no_mistake() -> None:
    assert len(load(str(BAD_SPECS / "base.py")).transitions) == 16


@pytest.mark.parametrize("code", sorted(CODES))
def test_codes_are_told_in_sentences(code: str) -> None:
    row = CODES[code]
    assert row.code == code
    assert not row.title.endswith(".")
    assert row.meaning.endswith(".") and row.fix.endswith(".")


# ---------------------------------------------------------------- the error type


def an_error(value: str = "me.x", line: int = 3) -> SpecError:
    return SpecError(
        "ORD111",
        value,
        "both guards hold",
        span=Span(str(BAD_SPECS / "base.py"), line, 0, line, 10),
        related=[("the other rule", Span(str(BAD_SPECS / "base.py"), 1, 0, 1, 3))],
        notes=["state 0:\nterm = (0, '')"],
    )


def test_an_error_of_a_checker_carries_places_and_notes() -> None:
    """ORD111 and ORD114 come with the other rule and a counterexample."""
    assert an_error().render() == (
        "error[ORD111]: two rules that answer one event differently: me.x\n"
        "  --> tests/bad_specs/base.py:3:1\n"
        "  3 | A lamp is switched by the leader that the lamps elected. Belongs here: what several"
        " bad specs need,\n"
        "    | ^^^^^^^^^^\n"
        "  reason: both guards hold\n"
        "  also: the other rule\n"
        "  --> tests/bad_specs/base.py:1:1\n"
        '  1 | """A little protocol without mistakes; each spec beside it adds one.\n'
        "    | ^^^\n"
        "  note: state 0:\n"
        "    term = (0, '')\n"
        "  fix: make the guards exclude each other"
    )


def test_an_error_survives_pickling() -> None:
    """Obligations run in other processes; what they find must arrive whole."""
    error = an_error()
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, SpecError)
    assert str(again) == str(error)
    both = pickle.loads(pickle.dumps(SpecErrors([error])))
    assert str(both) == str(SpecErrors([error]))


def test_the_same_mistake_is_told_once_and_in_source_order() -> None:
    found = SpecErrors([an_error(line=5), an_error(line=3), an_error(line=5), an_error("y", 5)])
    assert [(e.span.line, e.value) for e in found.errors] == [(3, "me.x"), (5, "me.x"), (5, "y")]
    assert str(found).endswith("\n\n3 mistakes in the spec")


def test_an_error_without_a_place_shows_none() -> None:
    text = SpecError("ORD117", "x", "no such file", fix="mend it", span=NOWHERE).render()
    assert text.splitlines() == [
        "error[ORD117]: spec that cannot be loaded: x",
        "  reason: no such file",
        "  fix: mend it",
    ]


def test_all_mistakes_of_a_spec_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "many.py"
    first = (BAD_SPECS / "base.py").read_text(encoding="utf-8")
    broken = first.replace("me.tries < Tries.top", "me.tris < Tries.top")
    broken = broken.replace("me.mode != BROKEN", "me.mode != BROKE")
    broken = broken.replace("(led(a, t) & led(b, t))", "(led(a, t) and led(b, t))")
    path.write_text(broken, encoding="utf-8")
    found = mistakes(str(path))
    assert [error.code for error in found.errors] == ["ORD101", "ORD101", "ORD107"]
    assert str(found).endswith("3 mistakes in the spec")


def test_a_helper_used_by_many_rules_is_blamed_once(tmp_path: Path) -> None:
    path = tmp_path / "once.py"
    text = (BAD_SPECS / "base.py").read_text(encoding="utf-8")
    path.write_text(text.replace("config.lamps.has(m.sender)", "config.lamp.has(m.sender)"))
    found = mistakes(str(path))
    assert [(error.code, error.value) for error in found.errors] == [("ORD101", "config.lamp")]


@pytest.mark.parametrize(
    ("line", "what", "underlined"),
    [
        ("if f(me): pass", "`if`", "f(me)"),
        ("while f(me): pass", "`while`", "f(me)"),
        ("assert f(me)", "`assert`", "f(me)"),
        ("x = 1 if f(me) else 2", "`a if c else b`", "1 if f(me) else 2"),
        ("x = [n for n in z if f(me)]", "a comprehension", "f(me)"),
        ("x = not f(me)", "`not`", "not f(me)"),
        ("x = f(me) and y", "`and`", "f(me) and y"),
        ("x = y[f(me)]", "`f(...)`", "f(me)"),
        ("x = g(f(me))", "`f(...)`", "f(me)"),
        ("x = any(f(me))", "`f(...)`", "f(me)"),
    ],
)
def test_the_construct_is_found_from_the_place_of_its_test(
    tmp_path: Path, line: str, what: str, underlined: str
) -> None:
    """Pythons differ in where they place a test: at the `if`, or at what it tests."""
    path = tmp_path / "test.py"
    path.write_text(line + "\n", encoding="utf-8")
    col = line.index("f(me)")
    found = truth_test(Span(str(path), 1, col, 1, col + len("f(me)")), elements=False)
    assert found is not None
    assert (found.what, found.span.underlined()) == (what, underlined)


def test_carets_stay_in_place_after_tabs_and_wide_signs(tmp_path: Path) -> None:
    path = tmp_path / "signs.py"
    path.write_text('\tname = "größe", me.x\n', encoding="utf-8")
    start = len('\tname = "größe", '.encode())
    span = Span(str(path), 1, start, 1, start + 4)
    assert span.underlined() == "me.x"
    first, second = span.excerpt().splitlines()
    assert first.index("me.x") == second.index("^^^^")
    assert second.startswith("  | \t")
    assert span.place().endswith(":1:18")


def test_proofs_that_assume_each_other_of_one_state_are_refused() -> None:
    found = mistakes(str((BAD_SPECS / "circle.py").relative_to(ROOT)))
    assert {e.code for e in found.errors} == {"ORD119"}
    assert "led_once: after=led_twice" in str(found) and "led_twice: after=led_once" in str(found)
    assert "led_thrice" not in str(found)
