"""A difference between a node's code and its rules, as a concrete call that was really made.

Belongs here: from a solver's model to plain values, the call of the real code, the evaluator's
answer to the same, what differs. Never here: whether there is a difference for all calls.

The reader and the solver may both be wrong; so nothing is shown that running the code does not
show. Where it shows none, that is said, and nothing is refuted.
"""

from __future__ import annotations

import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import z3

from checkers.conformance.generated import GeneratedNode
from checkers.translation.handled import Handled
from checkers.translation.loading import load, unload
from checkers.translation.obligations import (
    GIVEN,
    RESTART,
    START,
    THE_ORDER,
    WITHOUT_SENDER,
    Reading,
    Shown,
)
from checkers.translation.package import MODULES, Package
from checkers.translation.plainly import KIND, KINDS, RESTORE, SNAPSHOT, Plainly
from checkers.translation.proving import Told
from checkers.translation.replay_plain import PlainCalls
from checkers.translation.replay_plain import item as plain_item
from checkers.translation.values import is_true
from model.evaluate import EvaluationError
from model.evaluate import Event as Given
from model.evaluate.node import NodeEvaluator
from model.evaluate.values import default_of, show_value
from model.lang import Spec
from model.lang.declare import Event
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
from model.smt import UnsupportedExpression
from model.smt.vocabulary import enumeration

NAMES = (2, 3, 4)
"""How many names counterexamples are looked for with, one after the other."""
SEARCH_MS = 10_000
"""How long one of these may take, in milliseconds."""

NARROWED_MS = 300
"""How long one variable may take to be given its first value in one that was found."""
WHAT_ROW = "what the row is"
WIDE = 76
"""Letters of a line, before the report indents it."""
_FILES = frozenset(f"{name}.py" for name in MODULES)


@dataclass(slots=True)
class Call:
    """A call of a node: what it holds before, and what it is given; plain values."""

    me: str
    config: dict[str, Any]
    before: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    sender: str | None = None


# ---------------------------------------------------------------- from a model to values


class _Values:
    """Plain values of a model; names are called after their sorts, or all alike."""

    def __init__(self, reading: Reading, model: z3.ModelRef, alike: bool) -> None:
        self.v, self.model, self.alike = reading.v, model, alike

    def term(self, term: Any) -> Any:
        return self.model.eval(term, model_completion=True)

    def name(self, sort: Sort, number: int) -> str:
        letter = "n" if self.alike else sort.name[0].lower()
        return f"{letter}{number}" if number else ""

    def of(self, sort: Sort, value: Any) -> Any:
        """Return the plain value that terms have in the model."""
        match sort:
            case BoolSort():
                return is_true(self.term(value))
            case SumSort():
                found = self.term(value)
                constants = enumeration(sort.name, sort.leaves)[1]
                return sort.leaves[next(i for i, c in enumerate(constants) if c.eq(found))]
            case AtomSort():
                return self.name(sort, self.term(value).as_long())
            case RangeSort() | OrderSort(owned=False):
                return self.term(value).as_long()
            case OrderSort():
                owner = AtomSort("Node")
                return (self.term(value[0]).as_long(), self.of(owner, value[1]))
            case StructSort():
                pairs = zip(sort.parts, value, strict=True)
                return tuple(self.of(part, x) for (_, part), x in pairs)
            case MaybeSort():
                return self.of(sort.of, value[1]) if is_true(self.term(value[0])) else None
            case SetSort():
                held = (e for e in self.v.elements(sort.of) if self.has(value, e))
                return frozenset(self.of(sort.of, e) for e in held)
            case MapSort():
                return self.of_map(sort, value)
        raise TypeError(f"{sort} in a node")

    def has(self, whole: Any, element: Any) -> bool:
        return bool(is_true(self.term(z3.Select(whole, element))))

    def of_map(self, sort: MapSort, value: Any) -> frozenset[tuple[Any, Any]]:
        least, found = default_of(sort.to), set()
        for key in self.v._keys(sort.key):
            at = self.v.assemble(sort.key, iter(key))
            held = self.of(sort.to, self.v.value_at(sort, value, at))
            if held != least:
                found.add((self.of(sort.key, at), held))
        return frozenset(found)


def _call(
    reading: Reading,
    model: z3.ModelRef,
    event: type[Event] | None,
    alike: bool,
    item: str = "",
) -> Call:
    """Return the call that a model describes: of an event, or with an event or a reply as data."""
    values, spec, v = _Values(reading, model, alike), reading.spec, reading.v
    node = AtomSort("Node")
    made = Call(
        values.of(node, v.me),
        {n: values.of(d.sort, reading.config[n]) for n, d in spec.config.parts.items()},
        {n: values.of(d.sort, reading.before[n]) for n, d in spec.variables.items()},
    )
    if item:
        _item_fields(spec, item, values, made.fields)
    if event is not None:
        for n, d in event.parts.items():
            made.fields[n] = values.of(d.sort, v.constants(f"event.{n}", d.sort))
        if event.kind == "message" or is_true(values.term(z3.Bool(GIVEN))):
            made.sender = values.of(node, v.sender)
    return made


def _item_fields(spec: Spec, item: str, values: _Values, fields: dict[str, Any]) -> None:
    """Take in what an event or a reply holds that is made plain data."""
    if item == "config":
        return
    what = "event" if item in spec.events else "reply"
    declared: Any = {**spec.events, **spec.replies}[item]
    if getattr(declared, "refusal", False):
        for n in ("rule", "clause"):
            fields[n] = values.name(
                AtomSort("Node"), values.term(z3.Int(f"reply.{item}.{n}")).as_long()
            )
        kind = values.term(z3.Int(KIND)).as_long()
        fields["kind"] = KINDS[kind] if kind in range(len(KINDS)) else KINDS[-1]
        return
    for n, d in declared.parts.items():
        fields[n] = values.of(d.sort, values.v.constants(f"{what}.{item}.{n}", d.sort))


# ---------------------------------------------------------------- what differs


def explain(
    spec: Spec, package: Package, files: Mapping[str, str], shown: Shown, event: type[Event] | None
) -> Told | None:
    """Look for a call on which code and rules differ, and make it; None where none is found."""
    last: Told | None = None
    evaluator = NodeEvaluator(spec)
    for most in NAMES:
        reading = Reading(spec, package, most)
        wanted = _again(reading, shown.name, event)
        if wanted is None:
            continue
        solver = z3.Solver()
        solver.set("timeout", SEARCH_MS)
        solver.add(wanted.valid, wanted.when, wanted.alone, z3.Not(wanted.goal))
        if solver.check() != z3.sat:
            continue
        model = _as_at_first(reading, solver)
        for alike in (False, True):
            item = plain_item(shown.name)[0] if _is_plain(shown.name, event) else ""
            call = _call(reading, model, event, alike, item)
            told = replay(evaluator, files, call, shown.name, event)
            if told.replayed:
                return told
            last = told
    return last


def _as_at_first(reading: Reading, solver: z3.Solver) -> z3.ModelRef:
    """Return a model in which each variable that may has its first value: what is left matters."""
    first, model = reading.first_values(), solver.model()
    solver.set("timeout", NARROWED_MS)
    for name, decl in reading.spec.variables.items():
        with suppress(UnsupportedExpression):
            same = reading.v.equal(decl.sort, reading.before[name], first[name])
            solver.push()
            solver.add(same)
            if solver.check() == z3.sat:
                model = solver.model()
            else:
                solver.pop()
    return model


def _again(reading: Reading, name: str, event: type[Event] | None) -> Shown | None:
    if _is_plain(name, event):
        found = list(Plainly(reading).shown())
    elif event is not None:
        found = list(Handled(reading, event).shown())
    else:
        found = [*reading.orders(), *reading.started(), *reading.restarted()]
    return next((s for s in found if s.name == name), None)


def _is_plain(name: str, event: type[Event] | None) -> bool:
    """Tell whether something is to be shown of plain data."""
    return event is None and not name.startswith((START, RESTART, THE_ORDER))


def replay(
    evaluator: NodeEvaluator,
    files: Mapping[str, str],
    call: Call,
    what: str,
    event: type[Event] | None,
) -> Told:
    """Make the call, ask the evaluator, and tell both."""
    spec = evaluator.spec
    started = event is None and what.startswith(START)
    lines = _told(evaluator, call, event, started)
    if _is_plain(what, event):
        lines = _told_plainly(lines, call, what)
    try:
        name = load(files)
    except Exception as error:  # whatever is wrong with it, nobody can use it
        lines += ["  importing the code raises", f"    {type(error).__name__}: {error}"]
        return Told(tuple(lines), True)
    try:
        node = GeneratedNode(spec, name)
        if event is not None and what.endswith(WITHOUT_SENDER):
            ours, theirs = _alone(node, call, event), _held(call.before)
            theirs["raises"] = "TypeError"
        elif event is not None:
            ours = _guarded(lambda: _handled(node, call, event))
            theirs = _answered(evaluator, call, event)
        elif _is_plain(what, event):
            ours, theirs = _plainly(spec, node, name, call, what)
        elif started:
            ours = _guarded(lambda: _started(node, call))
            theirs = _held(evaluator.initial(call.me, call.config))
        else:
            ours = _guarded(lambda: _crashed(node, call))
            theirs = _after_crash(evaluator, call)
    finally:
        unload(name)
    if "raises" in ours and "raises" not in theirs:
        keys = ["raises"]
    else:
        keys = [k for k in dict.fromkeys((*theirs, *ours)) if _differ(ours, theirs, k)]
    if "row" in keys and WHAT_ROW in keys:
        keys.remove(WHAT_ROW)  # it is another one: that says it
    for key in keys:
        lines.append(f"  {key}")
        lines.append(f"    the code:  {_shown(ours.get(key, 'nothing'))}")
        lines.append(f"    the rules: {_shown(theirs.get(key, 'nothing'))}")
    if "row" in theirs and "row" not in keys:
        lines.append(f"  the row that answers is {theirs['row']}")
    return Told(tuple(short for line in lines for short in _folded(line)), bool(keys))


def _folded(line: str) -> list[str]:
    """Return a line as lines that a terminal holds, the others further in."""
    lead = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line,
        WIDE,
        subsequent_indent=f"{lead}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _differ(ours: Mapping[str, Any], theirs: Mapping[str, Any], key: str) -> bool:
    a, b = ours.get(key), theirs.get(key)
    return type(a) is not type(b) or a != b


def _guarded(run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return run()
    except Exception as error:  # whatever the code raises is what it does
        return {"raises": f"{type(error).__name__}: {error}{_place(error)}"}


def _place(error: Exception) -> str:
    """Return where in the node's files an exception was raised, the handler's line first."""
    found = [
        f"{at.filename}:{at.lineno}"
        for at in traceback.extract_tb(error.__traceback__)
        if at.filename in _FILES and at.name != "handle"
    ]
    return f" (in {', '.join(found)})" if found else ""


def _plainly(
    spec: Spec, node: GeneratedNode, name: str, call: Call, what: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    calls = PlainCalls(spec, node, sys.modules[f"{name}.types"])
    try:
        return calls.both(what, call.me, call.config, call.before, call.fields)
    except Exception as error:  # whatever the code raises is what it does
        return {"raises": f"{type(error).__name__}: {error}"}, {}


def _put(node: GeneratedNode, call: Call) -> Any:
    """Return a node that holds what the call says."""
    made = node.process.__new__(node.process)
    made.me, made.config = call.me, node.config(call.config)
    node.put(made, call.before)
    return made


def _handled(node: GeneratedNode, call: Call, event: type[Event]) -> dict[str, Any]:
    """Return what the code does about an event."""
    made = _put(node, call)
    given = Given(event.kind, event.__name__, call.me, call.fields, call.sender)
    answer = node.answer(made, given)
    found: dict[str, Any] = {"row": answer.label, **_held(node.variables(made))}
    found["sends"] = sorted(map(str, answer.sends))
    found["replies"] = _reply(answer.reply, answer.reply_fields, answer.refused_by)
    found["persists"] = sorted(answer.persist)
    if (made.me, made.config) != (call.me, node.config(call.config)):
        found["its name and configuration"] = "changed"
    found |= _beside(node, call, given)
    return found


def _beside(node: GeneratedNode, call: Call, given: Given) -> dict[str, str]:
    """Return what plain values do not tell: what the row says of itself, and values' types.

    A tuple equals a named one, and True equals 1: told is what has another type than it is read as.
    """
    made, found = _put(node, call), {}
    rule, sends, reply = made.handle(node.plain.read_event(given.name, given.fields), given.sender)
    for name, (attribute, reader) in node.plain.VARIABLES.items():
        found[f"the type of {name}"] = (getattr(made, attribute), reader)
    for table, one in ((node.plain.REPLIES, reply), *((node.plain.EVENTS, m) for _, m in sends)):
        for name, reader in table[type(one).__name__][1].items():
            found[f"the type of {name} in {type(one).__name__}"] = (getattr(one, name), reader)
    told = {WHAT_ROW: _row(rule.kind, rule.event, rule.clauses)}
    for what, (value, reader) in found.items():
        wanted = reader(node.plain.to_plain(value))
        if _types(value) != _types(wanted):
            told[what] = f"{value!r}, read as {wanted!r}"
    return told


def _row(kind: str, event: str, clauses: Iterable[Any]) -> str:
    return ", ".join([f"a {kind} of {event}", *(f"{c.kind} {c.text}" for c in clauses)])


def _types(value: Any) -> Any:
    """Return the type of a value, and of all in it."""
    if isinstance(value, tuple):
        return (type(value).__name__, *map(_types, value))
    if isinstance(value, set | frozenset):
        return (type(value).__name__, frozenset(map(_types, value)))
    return type(value).__name__


def _answered(evaluator: NodeEvaluator, call: Call, event: type[Event]) -> dict[str, Any]:
    """Return what the evaluator says of the same event."""
    given = Given(event.kind, event.__name__, call.me, call.fields, call.sender)
    try:
        out = evaluator.answer(call.config, call.me, call.before, given)
    except EvaluationError as error:
        return {"row": str(error)}
    found = {"row": out.transition, **_held({**call.before, **out.updates})}
    found["sends"] = sorted(map(str, out.sends))
    found["replies"] = _reply(out.reply or "", out.reply_fields, out.refused_by)
    row = evaluator.spec.by_label[out.transition]
    found[WHAT_ROW] = _row(row.kind, event.__name__, row.clauses)
    durable = {n for n, d in evaluator.spec.variables.items() if d.durable}
    found["persists"] = sorted(durable & set(out.updates))
    return found


def _reply(name: str, fields: Mapping[str, Any], refused_by: Any) -> str:
    told = ", ".join(f"{n}={show_value(v)}" for n, v in fields.items())
    if refused_by is not None:
        told = ", ".join(map(str, refused_by))
    return f"{name}({told})"


def _alone(node: GeneratedNode, call: Call, event: type[Event]) -> dict[str, Any]:
    """Return what the code does about a message without a sender."""
    made = _put(node, call)
    try:
        made.handle(node.plain.read_event(event.__name__, call.fields), None)
    except Exception as error:
        return {**_held(node.variables(made)), "raises": type(error).__name__}
    return _held(node.variables(made))


def _started(node: GeneratedNode, call: Call) -> dict[str, Any]:
    return _held(node.variables(node.start(call.me, node.config(call.config))))


def _crashed(node: GeneratedNode, call: Call) -> dict[str, Any]:
    made = _put(node, call)
    kept = made.durable()
    stored = {"stores": [type(kept).__name__, *node.plain.to_plain(kept)]}
    return {**_held(node.variables(node.restart(made))), **stored}


def _after_crash(evaluator: NodeEvaluator, call: Call) -> dict[str, Any]:
    given = Given("crash", "crash", call.me)
    out = evaluator.answer(call.config, call.me, call.before, given)
    durable = [n for n, d in evaluator.spec.variables.items() if d.durable]
    stored = {"stores": ["Durable", *(call.before[n] for n in durable)]}
    return {**_held({**call.before, **out.updates}), **stored}


def _held(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"the variable {name}": value for name, value in values.items()}


def _told(
    evaluator: NodeEvaluator, call: Call, event: type[Event] | None, started: bool
) -> list[str]:
    """Return the call in words: what differs from the first values, and what is given."""
    config = ", ".join(f"{n} = {show_value(v)}" for n, v in call.config.items())
    lines = [f"  the node {call.me}" + (f", config {config}" if config else "")]
    if not started:
        first = evaluator.initial(call.me, call.config)
        held = [f"{n} {show_value(v)}" for n, v in call.before.items() if _differs(v, first[n])]
        lines.append(
            f"  holds {', '.join(held)}; the rest as at first"
            if held
            else "  holds what it has at first"
        )
    if event is not None:
        given = Given(event.kind, event.__name__, call.me, call.fields, call.sender)
        lines.append(f"  and is given {given}")
    elif started:
        lines.append("  starts for the first time")
    else:
        lines.append("  crashes, and starts again with what it stored")
    return lines


def _told_plainly(lines: list[str], call: Call, what: str) -> list[str]:
    """Return the call in words that makes plain data, or reads it back."""
    name, way = plain_item(what)
    if not name:
        asked = {SNAPSHOT: "is asked for a snapshot", RESTORE: "is given this as a snapshot"}
        return [*lines[:-1], f"  and {asked.get(way, f'its {way}')}"]
    values = call.config if name == "config" else call.fields
    fields = ", ".join(f"{n}={show_value(v)}" for n, v in values.items())
    return [f"  {name}({fields}) {way}"]


def _differs(a: Any, b: Any) -> bool:
    return type(a) is not type(b) or bool(a != b)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return show_value(value) if value is not None else "None"
