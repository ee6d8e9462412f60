"""The reader of generated code against Python itself, on values: two readings that must agree.

What the reader says of a function holds for all values at once; here it is asked about single ones,
and Python is run on the same. Functions are made up at random from the subset, and those of
generated nodes are taken as they are.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any, cast

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from checkers import nodes
from checkers.conformance.generated import GeneratedNode
from checkers.translation.execute import Machine
from checkers.translation.forms import exactly
from checkers.translation.handled import Handled
from checkers.translation.loading import load, unload
from checkers.translation.meaning import Standard
from checkers.translation.obligations import Reading
from checkers.translation.package import Function, Package
from checkers.translation.values import (
    Choice,
    Leaf,
    Many,
    Name,
    Nothing,
    Number,
    Record,
    Row,
    Text,
    Truth,
    Value,
    neg,
    options,
)
from model.evaluate import Event as Given
from model.lang import Spec
from model.lang.load import load as load_spec
from model.lang.sorts import (
    AtomSort,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.smt.vocabulary import enumeration
from tests.generated_nodes import NODES, related
from tests.generator_toy import library_spec

# ---------------------------------------------------------------- functions made up at random

NAMES = ("", "a", "b", "c")
COLOURS = ("RED", "GREEN", "BLUE")
HEAD = """
from enum import Enum
from typing import NamedTuple


class Colour(Enum):
    RED = "RED"
    GREEN = "GREEN"
    BLUE = "BLUE"


RED: Colour = Colour.RED
GREEN: Colour = Colour.GREEN
BLUE: Colour = Colour.BLUE
WARM: frozenset[Colour] = frozenset({RED})
ALL: frozenset[Colour] = frozenset({*WARM, GREEN, BLUE})
RANK = {RED: 1, GREEN: 2, BLUE: 3}
SOME = {RED: 1, BLUE: 3}


class Pair(NamedTuple):
    number: int
    name: str


new = tuple.__new__


"""
PARAMETERS = ("a", "b", "p", "q", "n", "k", "s", "t", "x", "y", "u", "v", "e", "f")


EITHER = "({0} if {1} else {2})"
LEAVES = {
    "int": ("a", "b", "0", "1", "2"),
    "bool": ("p", "q", "True", "False"),
    "name": ("n", "k", '""'),
    "set": ("s", "t", "frozenset()"),
    "maybe": ("x", "y", "None"),
    "pair": ("u", "v"),
    "colour": ("e", "f", "RED", "GREEN"),
}
"""For each type what an expression of it may begin with."""
FORMS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "int": [
        *((f, ("int", "int")) for f in ("({} + {})", "({} - {})", "min({}, {})", "max({}, {})")),
        ("len({})", ("set",)),
        ("RANK[{}]", ("colour",)),
        ("SOME[{}]", ("colour",)),
        ("{}.number", ("pair",)),
        ("({}, {}, {}).index(True)", ("bool", "bool", "bool")),
        ("({0}, {1}, {0})[{2}]", ("int", "int", "int")),
        (EITHER, ("int", "bool", "int")),
        # What would raise wherever it was looked at: what comes after is done where it is not.
        ("({} if {} else None.number)", ("int", "bool")),
        ("(RANK[None] if {} else {})", ("bool", "int")),
    ],
    "bool": [
        *((f"({{}} {o} {{}})", ("int", "int")) for o in ("<", "<=", ">", ">=", "==", "!=")),
        *((f"({{}} {o} {{}})", ("set", "set")) for o in ("<", "<=", ">", ">=", "==", "!=")),
        *((f"({{}} {o} {{}})", ("pair", "pair")) for o in ("<", "<=", ">", "==")),
        *((f"({{}} {o} {{}})", ("bool", "bool")) for o in ("and", "or", "==")),
        *((f"({{}} {o} {{}})", ("colour", "colour")) for o in ("is", "is not", "==", "!=")),
        *((f"({{}} {o} {{}})", ("maybe", "name")) for o in ("==", "!=")),
        *((f"({{}} {o} {{}})", ("name", "set")) for o in ("in", "not in")),
        *((f"({{}} {o} {{}})", ("maybe", "set")) for o in ("in", "not in")),
        *((f"({{}} {o} ALL)", ("colour",)) for o in ("in", "not in")),
        ("({} in WARM)", ("colour",)),
        ("({} in SOME)", ("colour",)),
        ("({} is None)", ("maybe",)),
        ("({} is not None and {} < 2)", ("maybe", "int")),
        ("(not {})", ("bool",)),
        *(("bool({})", (of,)) for of in ("int", "name", "set", "maybe", "pair", "colour")),
        *((f"{f}(({{}}, {{}}))", ("bool", "set")) for f in ("all", "any")),
        ("({} < {} <= {})", ("int", "int", "int")),
        ("({} in ({}, {}))", ("int", "int", "int")),
        ("{}.issubset({})", ("set", "set")),
        (EITHER, ("bool", "bool", "bool")),
        ("({} or None.number < {})", ("bool", "int")),
        ("({} and {} < (1, 2)[5])", ("bool", "int")),
        ("({} < {} < None.number)", ("int", "int")),
    ],
    "name": [("{}.name", ("pair",)), (EITHER, ("name", "bool", "name"))],
    "set": [
        *((f"({{}} {o} {{}})", ("set", "set")) for o in ("|", "&", "-")),
        *((f"({{}} {o} {{{{{{}}}}}})", ("set", "name")) for o in ("|", "&", "-")),
        ("frozenset({{{}, {}}})", ("name", "name")),
        ("frozenset(({}, {}))", ("name", "name")),
        ("{}.union({})", ("set", "set")),
        (EITHER, ("set", "bool", "set")),
    ],
    "maybe": [("{}", ("name",)), (EITHER, ("maybe", "bool", "maybe"))],
    "pair": [
        ("Pair({}, {})", ("int", "name")),
        ("new(Pair, ({}, {}))", ("int", "name")),
        ("Pair(name={1}, number={0})", ("int", "name")),
        (EITHER, ("pair", "bool", "pair")),
    ],
    "colour": [(EITHER, ("colour", "bool", "colour"))],
}
"""For each type the forms of its expressions, with the types of their parts."""


def expression(r: random.Random, kind: str, depth: int = 3) -> str:
    """Return the text of an expression of a type, that mentions the parameters."""
    if depth == 0 or r.random() < 0.2:
        return r.choice(LEAVES[kind])
    form, parts = r.choice(FORMS[kind])
    return form.format(*(expression(r, part, depth - 1) for part in parts))


RESULT = ("int", "bool", "set", "maybe", "pair", "colour")


def function(r: random.Random) -> str:
    """Return the text of a function: locals, branches with and without a return, a loop."""

    def e(kind: str) -> str:
        return expression(r, kind)

    return "\n".join(
        [
            f"def made({', '.join(PARAMETERS)}):",
            f"    if {e('bool')}:",
            f"        a = {e('int')}",
            f"        s = {e('set')}",
            f"    elif {e('bool')}:",
            f"        return {', '.join(map(e, RESULT))}",
            "    else:",
            f"        e = {e('colour')}",
            f"    for one in ({e('int')}, {e('int')}):",
            f"        if {e('bool')}:",
            f"            b, u = one, {e('pair')}",
            f"    s |= {e('set')}",
            f"    x = {e('maybe')}",
            f"    return {', '.join(map(e, RESULT))}",
            "",
        ]
    )


def package(text: str) -> Package:
    """Return a package whose module `types` has this text."""
    rest = {
        "nearest": "",
        "plain": "",
        "wire": "",
        "rules": "",
        "__init__": "",
        "node": "class N:\n    me: int\n",
    }
    return Package({**rest, "types": HEAD + text})


def enums(name: str, texts: tuple[str, ...]) -> tuple[z3.ExprRef, ...] | None:
    assert (name, texts) == ("Colour", COLOURS)
    return enumeration("ReadColour", COLOURS)[1]


class Universe:
    """A few names, with how many are in a set."""

    elements = tuple(z3.IntVal(i) for i in range(len(NAMES)))

    @classmethod
    def count(cls, whole: z3.ExprRef) -> z3.ExprRef:
        array, one, none = cast(z3.ArrayRef, whole), z3.IntVal(1), z3.IntVal(0)
        return z3.Sum([z3.If(z3.Select(array, e), one, none) for e in cls.elements])


def symbolic() -> dict[str, Value]:
    """Return the parameters as values that stand for any."""
    number = {n: z3.Int(n) for n in (*"abnk", "x!name", "y!name", "u!1", "u!2", "v!1", "v!2")}
    sets = z3.ArraySort(z3.IntSort(), z3.BoolSort())
    colours = enumeration("ReadColour", COLOURS)[0]

    def maybe(name: str) -> Value:
        known = z3.Bool(f"{name}!known")
        return Choice(((known, Name(number[f"{name}!name"])), (neg(known), Nothing())))

    def pair(name: str) -> Value:
        parts = (Number(number[f"{name}!1"]), Name(number[f"{name}!2"]))
        return Row(parts, "Pair", ("number", "name"))

    return {
        **{n: Number(number[n]) for n in "ab"},
        **{n: Truth(z3.Bool(n)) for n in "pq"},
        **{n: Name(number[n]) for n in "nk"},
        **{n: Many("", z3.Const(n, sets)) for n in "st"},
        **{n: maybe(n) for n in "xy"},
        **{n: pair(n) for n in "uv"},
        **{n: Leaf("Colour", z3.Const(n, colours)) for n in "ef"},
    }


def equations(given: Mapping[str, Any], pair: type) -> list[z3.BoolRef]:
    """Return that the parameters have these values."""
    values, found = symbolic(), []
    for name, value in given.items():
        held = values[name]
        match held:
            case Choice():
                found.append(z3.Bool(f"{name}!known") == (value is not None))
                found.append(z3.Int(f"{name}!name") == NAMES.index(value or ""))
            case Row():
                found.append(z3.Int(f"{name}!1") == value.number)
                found.append(z3.Int(f"{name}!2") == NAMES.index(value.name))
            case Many():
                whole = z3.K(z3.IntSort(), z3.BoolVal(False))
                for one in value:
                    whole = z3.Store(whole, z3.IntVal(NAMES.index(one)), z3.BoolVal(True))
                assert held.term is not None
                found.append(held.term == whole)
            case Leaf():
                constants = enumeration("ReadColour", COLOURS)[1]
                found.append(held.term == constants[COLOURS.index(value.value)])
            case Name():
                found.append(held.term == NAMES.index(value))
            case Truth() | Number():
                found.append(held.term == value)
    return found


class Model:
    """The values that terms have where all that they are made of is given."""

    def __init__(self, solver: z3.Solver) -> None:
        assert solver.check() == z3.sat
        self.solver, self.model = solver, solver.model()

    def value(self, term: z3.ExprRef) -> z3.ExprRef:
        """Return the one value of a term; a model by itself may leave sets uncompared."""
        found = self.model.eval(term, model_completion=True)
        if z3.is_true(found) or z3.is_false(found) or z3.is_int_value(found):
            return found
        if z3.is_const(found) and found.decl().kind() == z3.Z3_OP_DT_CONSTRUCTOR:
            return found
        self.solver.push()
        asked = z3.FreshConst(term.sort(), "asked")
        self.solver.add(asked == term)
        assert self.solver.check() == z3.sat
        found = self.solver.model().eval(asked, model_completion=True)
        self.solver.pop()
        return found

    def holds(self, condition: z3.BoolRef) -> bool:
        return bool(z3.is_true(self.value(condition)))

    def number(self, term: z3.ExprRef) -> int:
        return int(str(self.value(term)))

    def plain(self, value: Value) -> Any:
        """Return the value as plain data, with the names of its types."""
        alive = [v for g, v in options(value) if self.holds(g)]
        assert len(alive) == 1, "guards are disjoint, and leave nothing out"
        match alive[0]:
            case Number(term=term):
                return self.number(term)
            case Truth(term=term):
                return self.holds(term)
            case Name(term=term):
                return NAMES[self.number(term)]
            case Text(text=text):
                return text
            case Leaf(enum=enum, term=term):
                return (enum, str(self.value(term)).partition(".")[2])
            case Nothing():
                return None
            case Many() as whole:
                if whole.term is None:
                    return ("frozenset", frozenset())
                array = cast(z3.ArrayRef, whole.term)
                held = [n for i, n in enumerate(NAMES) if self.holds(z3.Select(array, i))]
                return ("set" if whole.display else "frozenset", frozenset(held))
            case Row() as row:
                return (row.kind or "tuple", *map(self.plain, row.items))
        raise AssertionError(value)


def plain(value: Any) -> Any:
    """Return a Python value as plain data, with the names of its types."""
    if isinstance(value, tuple):
        return (type(value).__name__, *map(plain, value))
    if isinstance(value, set | frozenset):
        return (type(value).__name__, frozenset(value))
    return ("Colour", value.value) if hasattr(value, "value") else value


def python(text: str) -> ModuleType:
    module = ModuleType("made_up")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of `"" is None`, and the like
        code = compile(HEAD + text, "made_up.py", "exec")
    exec(code, module.__dict__)
    return module


def arguments(r: random.Random, module: ModuleType) -> dict[str, Any]:
    """Return random values for the parameters."""
    names = NAMES[1:]
    colours = [getattr(module, c) for c in COLOURS]
    return {
        **{n: r.randint(-1, 3) for n in "ab"},
        **{n: r.random() < 0.5 for n in "pq"},
        **{n: r.choice(names) for n in "nk"},
        **{n: frozenset(x for x in names if r.random() < 0.5) for n in "st"},
        **{n: r.choice([None, *names]) for n in "xy"},
        **{n: module.Pair(r.randint(0, 2), r.choice(NAMES)) for n in "uv"},
        **{n: r.choice(colours) for n in "ef"},
    }


def agree(text: str, seed: int, rounds: int) -> None:
    """Compare what the reader says of a function with what Python does, on random values."""
    read, module = package(text), python(text)
    found = read.find("types", "made")
    assert isinstance(found, Function)
    machine = Machine(read, enums, Universe.count)
    values = symbolic()
    exits, failures = machine.run(found, [values[p] for p in PARAMETERS], {})
    r = random.Random(seed)
    for _ in range(rounds):
        given = arguments(r, module)
        solver = z3.Solver()
        solver.add(*equations(given, module.Pair))
        model = Model(solver)
        raised = [f for f in failures if model.holds(f.when)]
        try:
            wanted = plain(module.made(**given))
        except Exception as error:
            names = {f.what.partition(":")[0] for f in raised}
            assert type(error).__name__ in names, (text, given, error)
            continue
        assert not raised, (text, given, raised)
        taken = [e for e in exits if model.holds(e.when)]
        assert len(taken) == 1, (text, given)
        assert model.plain(taken[0].value) == wanted, (text, given)


@given(st.integers(0, 1_000_000))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_functions_made_up_mean_what_python_does(seed: int) -> None:
    agree(function(random.Random(seed)), seed, rounds=3)


@given(st.integers(0, 1_000_000_000))
@settings(max_examples=1500, deadline=None, derandomize=True)
@pytest.mark.slow
def test_many_functions_made_up_mean_what_python_does(seed: int) -> None:
    agree(function(random.Random(seed)), seed, rounds=8)


@pytest.mark.parametrize(
    "text",
    [
        "def made({}):\n    if p:\n        z = a\n    return z\n",
        "def made({}):\n    a = a if x else b\n    return a, s or t, p and x, not s, n or k\n",
        "def made({}):\n    z = RANK[e] + SOME[f]\n    return z\n",
        "def made({}):\n    z = x < n\n    return z\n",
        "def made({}):\n    if p:\n        return RED\n    RED = e\n    return RED\n",
        "def made({}):\n    return u < x\n",
        "def made({}):\n    z = (a, b)\n    z += (b,)\n    return z[a], z\n",
        "def made({}):\n    return Pair(a, n) == (a, n), u == v, u < (a, n)\n",
        "def made({}):\n    z = {{n}} | s\n    return z\n",
        "def made({}):\n    return p is True, p == a, a in (True, 2), (True, n) == u\n",
        "def made({}):\n    return e == n, n in ALL, e in s, None in s, x == None\n",
        "def made({}):\n    if a > 1:\n        raise ValueError(f'{{a}}')\n    return a\n",
        "def made({}):\n    z = p or None.x\n    return a, z\n",
        "def made({}):\n    z = a if p else None.x\n    if q:\n        return z\n    return b\n",
        "def made({}):\n    z = a < b < None.x\n    return z, a\n",
        "def made({}):\n    for z, w in ((a, p), (b, q)):\n        if w:\n            return z\n",
    ],
)
def test_what_is_tricky_means_what_python_does(text: str) -> None:
    agree(text.format(", ".join(PARAMETERS)), seed=7, rounds=25)


def test_a_map_made_and_looked_into_means_what_python_does() -> None:
    """`put` of the generated types, whose maps keep no default."""
    spec = load_spec("docs/protocols/sharded_store.py")
    assert "def put(" in nodes.files(spec, own=False).texts["types"]
    compare_handlers(spec, rounds=5)


# ---------------------------------------------------------------- handlers as they are generated


def test_handlers_of_a_toy_mean_what_python_does() -> None:
    compare_handlers(library_spec(), rounds=6)


@pytest.mark.slow
def test_handlers_of_the_order_mean_what_python_does() -> None:
    names = ("RequestVote", "Accepted", "RefuseSystemReset", "ResendDue")
    compare_handlers(load_spec("order"), rounds=20, events=names)


@cache
def _places() -> dict[str, int]:
    return {name: i + 1 for i, name in enumerate(sorted((*NODES, "k1", "k2")))} | {"": 0}


def terms(v: Standard, sort: Sort, value: Any) -> list[z3.ExprRef]:
    """Return the terms of a plain value."""
    match sort:
        case BoolSort():
            return [z3.BoolVal(value)]
        case SumSort():
            return [v.constant(sort, value)]
        case AtomSort():
            return [z3.IntVal(_places()[value])]
        case OrderSort(owned=True):
            return [z3.IntVal(value[0]), z3.IntVal(_places()[value[1]])]
        case OrderSort() | RangeSort():
            return [z3.IntVal(value)]
        case StructSort():
            pairs = zip(sort.parts, value, strict=True)
            return [t for (_, part), x in pairs for t in terms(v, part, x)]
        case MaybeSort() if value is not None:
            return [z3.BoolVal(True), *terms(v, sort.of, value)]
        case MaybeSort():
            return [z3.BoolVal(False), *v.flat(v.constants("no matter", sort.of))]
        case SetSort():
            whole = z3.K(v.sort(sort.of), z3.BoolVal(False))
            for one in sorted(value):
                (term,) = terms(v, sort.of, one)
                whole = z3.Store(whole, term, z3.BoolVal(True))
            return [whole]
        case MapSort():
            form = v.in_code(sort, v.constants("any map", sort))
            held = [_everywhere(v, sort, t) for t in form.default]  # type: ignore[attr-defined]
            for key, item in sorted(value, key=repr):
                at, new = terms(v, sort.key, key), terms(v, sort.to, item)
                held = [_stored(a, at, t) for a, t in zip(held, new, strict=True)]
            return held
    raise AssertionError(sort)


def _everywhere(v: Standard, sort: MapSort, term: z3.ExprRef) -> z3.ExprRef:
    for _, leaf in reversed(v.components(sort.key)):
        term = z3.K(v.sort(leaf), term)
    return term


def _stored(array: z3.ExprRef, keys: list[z3.ExprRef], term: z3.ExprRef) -> z3.ExprRef:
    if not keys:
        return term
    held = cast(z3.ArrayRef, array)
    return z3.Store(held, keys[0], _stored(z3.Select(held, keys[0]), keys[1:], term))


def compare_handlers(spec: Spec, rounds: int, events: tuple[str, ...] = ()) -> None:
    """Compare what the reader says of handlers with what they do, in random states."""
    files = nodes.files(spec, own=spec.name == "order")
    reading = Reading(spec, Package(files.texts))
    name = load(files.texts)
    try:
        node = GeneratedNode(spec, name)
        r = random.Random(5)
        for event in events or tuple(spec.events):
            handled = Handled(reading, spec.events[event])
            for _ in range(rounds):
                _compare_step(spec, reading, handled, node, r)
    finally:
        unload(name)


def _compare_step(
    spec: Spec, reading: Reading, handled: Handled, node: GeneratedNode, r: random.Random
) -> None:
    v, event = reading.v, handled.event
    local, fields = related(r, spec, event)
    config = {n: _config(r, d.sort) for n, d in spec.config.parts.items()}
    me, sender = r.choice(NODES), r.choice(NODES)
    solver = z3.Solver()
    for sort, symbol, value in [
        *((spec.variables[n].sort, reading.before[n], x) for n, x in local.items()),
        *((event.parts[n].sort, handled.fields[n], x) for n, x in fields.items()),
        *((d.sort, reading.config[n], config[n]) for n, d in spec.config.parts.items()),
    ]:
        both = zip(v.flat(symbol), terms(v, sort, value), strict=True)
        solver.add(*(a == b for a, b in both))
    solver.add(v.me == _places()[me], v.sender == _places()[sender])
    # How many are in a set is the solver's to choose, where nothing is said of it.
    counts = [s for s in _counted(handled) if s is not None]
    for whole in counts:
        array = cast(z3.ArrayRef, whole)
        here = [z3.If(z3.Select(array, i), z3.IntVal(1), z3.IntVal(0)) for i in range(9)]
        solver.add(v.count(whole) == z3.Sum(here))
    solver.add(z3.Bool("a sender is given") == handled.is_message)
    model = Model(solver)

    made = node.start(me, node.config(config))
    node.put(made, local)
    given = Given(event.kind, event.__name__, me, fields, sender if handled.is_message else None)
    rule, sends, reply = made.handle(node.plain.read_event(event.__name__, fields), given.sender)
    assert not [f for f in handled.failures if model.holds(f.when)]
    (taken,) = [e for e in handled.exits if model.holds(e.when)]
    ((_, outcome),) = [o for o in options(taken.value) if model.holds(o[0])]
    assert isinstance(outcome, Row)
    row, out, answer = outcome.items
    ((_, constant),) = [o for o in options(row) if model.holds(o[0])]
    assert isinstance(constant, Record)
    assert model_text(model, constant.fields["label"]) == rule.label
    for n, (attribute, _) in node.plain.VARIABLES.items():
        sort = spec.variables[n].sort
        now = node.plain.to_plain(getattr(made, attribute))
        assert same(model, v, sort, taken.attributes[reading.names[n]], now), n
    ((_, packets),) = [o for o in options(out) if model.holds(o[0])]
    assert isinstance(packets, Row) and len(packets.items) == len(sends)
    for item, (to, message) in zip(packets.items, sends, strict=True):
        assert isinstance(item, Row) and isinstance(item.items[1], Record)
        assert item.items[1].kind == type(message).__name__
        receivers = SetSort("Receivers", AtomSort("Node"))
        sort = receivers if isinstance(to, frozenset) else AtomSort("Node")
        assert same(model, v, sort, item.items[0], to)
        for n, d in spec.messages[type(message).__name__].parts.items():
            value = node.plain.to_plain(getattr(message, n))
            assert same(model, v, d.sort, item.items[1].fields[n], value), n
    ((_, told),) = [o for o in options(answer) if model.holds(o[0])]
    assert isinstance(told, Record) and told.kind == type(reply).__name__
    declared = spec.replies[told.kind]
    for n, field in told.fields.items():
        value = node.plain.to_plain(getattr(reply, n))
        if declared.refusal:
            assert model_text(model, field) == value
        else:
            assert same(model, v, declared.parts[n].sort, field, value), n


def _config(r: random.Random, sort: Sort) -> Any:
    from tests.generated_nodes import value

    return value(r, sort)


def _counted(handled: Handled) -> list[z3.ExprRef | None]:
    """Return the sets whose size the handler asks for."""
    found: dict[int, z3.ExprRef] = {}
    ahead = [t for e in handled.exits for t in (e.when, *_guards(e.value))]
    seen: set[int] = set()
    while ahead:
        term = ahead.pop()
        if term.get_id() in seen:
            continue
        seen.add(term.get_id())
        if z3.is_app(term) and term.decl().name().startswith("count."):
            found[term.get_id()] = term.arg(0)
        ahead += term.children()
    return list(found.values())


def _guards(value: Value) -> Iterator[z3.ExprRef]:
    """Yield the guards in a value, at any depth."""
    for guard, one in options(value):
        yield guard
        parts = one.items if isinstance(one, Row) else ()
        for part in one.fields.values() if isinstance(one, Record) else parts:
            yield from _guards(part)


def model_text(model: Model, value: Value) -> str:
    ((_, one),) = [o for o in options(value) if model.holds(o[0])]
    assert isinstance(one, Text)
    return one.text


def same(model: Model, v: Standard, sort: Sort, value: Value, wanted: Any) -> bool:
    form = v.form(sort)
    given = v.in_code(sort, v.assemble(sort, iter(terms(v, sort, wanted))))
    return model.holds(exactly(form, value, given))
