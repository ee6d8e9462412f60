"""The Python generator: what it writes is current, needs nothing, and is not bent to the order."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import model.order
from model.lang import Process, Row, Spec, Timer, durable, fallback, on, read_spec
from model.lang.declare import Bool, Reply, Sum, case
from model.python import GeneratorError, State, generate, state
from model.python.layout import Call, Chain, Text, Words, docstring, render
from tests.generated_nodes import compare, load, order_spec
from tests.generator_toy import library_spec

ROOT = Path(__file__).resolve().parents[1]
SHELF = frozenset({(("k1", "a"), True), (("k2", "b"), True)})
LIBRARY = {
    "desks": frozenset({"a", "b", "c"}),
    "main": "a",
    "strict": True,
    "shelf": SHELF,
}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generate(order_spec())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(library_spec(), tmp_path_factory.mktemp("library"))


# ---------------------------------------------------------------- what is checked in


def test_what_is_checked_in_is_what_the_generator_writes(files: dict[str, str]) -> None:
    """Style, habit 9: a check fails when what is generated is stale."""
    for path, wanted in files.items():
        file = ROOT / path
        found = file.read_text() if file.exists() else None
        assert state(wanted, found) is State.CURRENT, f"{path}: run `make generate`"


def test_nothing_else_lies_beside_the_generated_files(files: dict[str, str]) -> None:
    found = {p.relative_to(ROOT).as_posix() for p in (ROOT / "impl" / "order").glob("**/*.py")}
    assert found == set(files)


def test_the_same_spec_gives_the_same_text(files: dict[str, str]) -> None:
    assert generate(model.order.spec()) == files


def test_a_stale_file_is_told_from_an_edited_one(files: dict[str, str]) -> None:
    wanted = files["impl/order/node.py"]
    older = generate(library_spec())["impl/library/node.py"]
    assert state(wanted, None) is State.MISSING
    assert state(wanted, older) is State.STALE
    assert (
        state(wanted, wanted.replace("self.joined = True", "self.joined = False")) is State.EDITED
    )
    assert state(wanted, "def by_hand(): ...\n") is State.EDITED


def test_every_file_says_that_it_is_generated_and_from_what(files: dict[str, str]) -> None:
    for text in files.values():
        assert text.startswith("# Generated from the spec 'order' by `oathbound generate`")


def test_every_handler_names_its_rules_and_their_places(files: dict[str, str]) -> None:
    tree = ast.parse(files["impl/order/node.py"])
    docs = {n.name: ast.get_docstring(n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    spec = order_spec()
    for event in spec.events.values():
        for rule in spec.rules_of(event):
            handler = f"on_{_snake(event.__name__)}"
            assert f"- {rule.label} (model/order/" in (docs[handler] or "")


def test_no_path_of_this_machine_is_written(files: dict[str, str]) -> None:
    assert not [path for path, text in files.items() if str(ROOT) in text]


@pytest.mark.parametrize("forbidden", ["time", "random", "asyncio", "threading", "socket"])
def test_the_generated_node_knows_no_clock_chance_or_network(
    files: dict[str, str], forbidden: str
) -> None:
    """Design: the generated node may import the standard library, never time, random, asyncio."""
    assert forbidden not in {name for text in files.values() for name in _imported(text)}


@pytest.mark.parametrize("make", [order_spec, library_spec])
def test_the_generated_node_imports_the_standard_library_alone(make: Any) -> None:
    for text in generate(make()).values():
        assert _imported(text) <= sys.stdlib_module_names


def _imported(text: str) -> set[str]:
    """Return the packages a module imports, those beside it apart."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


# ---------------------------------------------------------------- another spec


def test_the_toy_answers_as_the_evaluator_does(library: ModuleType) -> None:
    """The generator's meaning of every expression agrees with the evaluator's."""
    answered = compare(library_spec(), library, LIBRARY, 6_000)
    assert set(answered) >= {t.label for t in library_spec().transitions if t.kind == "rule"}


def test_updates_are_simultaneous(library: ModuleType) -> None:
    types = library.types
    desk = library.node.Desk("b", types.Library(frozenset("abc"), "a", False, {}))
    desk.left, desk.right, desk.book = 2, 0, types.GONE_LOST_LATE
    rule, sends, reply = desk.on_swap(types.Swap())
    assert (rule.label, sends, desk.left, desk.right) == ("swap", (), 0, 2)
    assert desk.book is types.GONE_LOST_LATE
    assert reply == types.Receipt(types.LOST_LATE, types.LOST_TORN, 2)


def test_a_message_goes_to_the_node_that_was_known_before_the_step(library: ModuleType) -> None:
    types = library.types
    desk = library.node.Desk("b", types.Library(frozenset("abc"), "a", False, {}))
    desk.helper = "c"
    _, sends, _ = desk.on_borrow(types.Borrow("k"))
    assert desk.helper is None
    assert ("c", types.Ask(types.Turn(0, ""), "k")) in sends
    _, (to_all,), _ = library.node.Desk("b", desk.config).on_borrow(types.Borrow("k"))
    assert to_all[0] == frozenset("abc")


def test_a_reply_leads_to_the_rows_of_the_tables_keyed_by_its_fields(library: ModuleType) -> None:
    types = library.types
    bill = types.Bill(types.LOST_LATE)
    assert bill.prices == types.PricesRow(50, 1.5, "a fee", types.LOST_TORN)
    receipt = types.Receipt(types.FATE_KEPT, types.LOST_TORN, 0)
    assert receipt.prices_of_before.cents == 0
    assert receipt.prices_of_after.cents == 900


def test_leaves_of_one_name_are_told_apart_by_their_sums(library: ModuleType) -> None:
    types = library.types
    assert types.FATE_KEPT is types.Fate.KEPT
    assert types.BOOK_KEPT is types.Book.KEPT


def test_an_event_without_rules_is_refused_with_no_clause(library: ModuleType) -> None:
    types = library.types
    keeper = library.node.Desk("a", types.Library(frozenset("abc"), "a", False, {}))
    rule, _, reply = keeper.handle(types.Complain())
    assert rule.label == "Complain/denied"
    assert reply == types.Denied("", "", "none")


def test_a_variable_may_have_a_name_that_the_class_needs(library: ModuleType) -> None:
    desk = library.node.Desk("a", library.types.Library(frozenset("abc"), "a", False, {}))
    assert desk.handle_ is False
    assert "handle" in desk.snapshot()


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is not installed")
def test_the_toy_needs_no_change_by_the_linter(library: ModuleType) -> None:
    """Generated code is in the house format without ever having been formatted."""
    folder = Path(library.__file__ or "").parent
    for command in (["format", "--check"], ["check", "--output-format", "concise"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", ROOT / "pyproject.toml", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_the_toy_passes_strict_types(library: ModuleType) -> None:
    folder = Path(library.__file__ or "").parent
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "-p", "library"],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


# ---------------------------------------------------------------- mistakes and layout


def _tiny(**declared: Any) -> Spec:
    """Return a spec of one timer, with some declarations of its own."""
    module = ModuleType("tiny")

    class Job(Sum):
        CHIEF = case()

    class One(Process):
        job = durable(Job, Job.CHIEF)
        done = durable(Bool)

    class Fine(Reply):
        pass

    class Tick(Timer):
        pass

    @on(Tick)
    def tick(me: One, m: Any) -> Row:
        return Row(when=~me.done, then=me.done.set(True), reply=Fine())

    @fallback(Timer)
    def otherwise(me: One, m: Any) -> tuple[Row, ...]:
        return (Row(name="idle", reply=Fine()),)

    for thing in (Job, One, Fine, Tick):
        thing.__module__ = "tiny"
    vars(module).update({t.__name__: t for t in (Job, One, Fine, Tick)})
    vars(module).update(tick=tick, otherwise=otherwise, **declared)
    return read_spec("tiny", "Tiny", [module], role="job")


def test_a_spec_without_messages_or_refusals_is_generated(tmp_path: Path) -> None:
    module = load(_tiny(), tmp_path)
    node = module.node.One("a", module.types.NoConfig())
    rule, sends, reply = node.handle(module.types.Tick())
    assert (rule.label, sends, reply) == ("tick", (), module.types.Fine())
    assert module.node.One.restart("a", node.config, node.durable()).done is True


def test_a_name_that_the_generated_code_needs_is_refused() -> None:
    class Outcome(Reply):
        pass

    Outcome.__module__ = "tiny"
    with pytest.raises(GeneratorError) as error:
        generate(_tiny(Outcome=Outcome))
    assert str(error.value) == (
        "Outcome: this declaration has a name that the generated code uses; rename it"
    )


def test_what_fits_stays_on_one_line() -> None:
    call = Call("f", (Text("a"), Text("b")))
    assert render(call, "x = ", "", 4) == ["    x = f(a, b)"]
    assert Call("", (Text("a"),)).flat() == "(a,)"


def test_what_does_not_fit_has_one_item_per_line() -> None:
    long = Text("x" * 60)
    assert render(Call("f", (long, long)), "return ", "", 0) == [
        "return f(",
        f"    {long.text},",
        f"    {long.text},",
        ")",
    ]
    assert render(Chain("and", (long, Chain("or", (long, long)))), "if ", ":", 0) == [
        f"if {long.text} and (",
        f"    {long.text}",
        f"    or {long.text}",
        "):",
    ]


def test_a_long_text_is_broken_between_words() -> None:
    words = Words(" ".join(["word"] * 30))
    lines = render(words, "", ",", 4)
    assert len(lines) == 2
    assert ast.literal_eval("(" + "\n".join(lines).rstrip(",") + ")") == words.text


def test_a_long_summary_moves_below_a_short_one() -> None:
    lines = docstring("it " * 50, "Answer it.", 8)
    assert lines[:2] == ['        """Answer it.', ""]
    assert max(map(len, lines)) <= 100
