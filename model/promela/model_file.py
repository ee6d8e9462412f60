"""A finite instance of a spec as a Promela model, to be searched by Spin.

Belongs here: declarations, what each row does, the loop that takes one step after the other.
Never here: expressions (`terms`).

There is one process, a loop of steps, and each step is one transition: so the states that Spin
stores are those of the instance. A message is a bit in the array of its class; it is delivered by
an alternative of its own for each node, sender and value of its fields, as long as these are few,
and else by one that picks any message that was sent.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from itertools import product

from model.instance import Instance, is_step
from model.lang.declare import Event, Message, Send, one_line
from model.lang.expr import Expr, Kind, show, walk
from model.lang.sorts import MaybeSort, SetSort
from model.lang.spec import Spec, Transition, initial_value
from model.promela.terms import YES, Frame, Term, Terms, Unsupported, both, known, negation
from model.promela.values import Numbers, TooLarge

MOST_SPELLED_OUT = 256
"""How many messages of a class get alternatives of their own."""
WIDTH = 100


@dataclass
class Model:
    """A model, and what its reader has to know of it."""

    text: str
    checked: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """Statements that are not checked, each with the reason."""
    vector: int = 1024
    """At least so many bytes a state takes: Spin's VECTORSZ."""


class Builder:
    """Writes one model."""

    def __init__(self, spec: Spec, instance: Instance, *, check: bool = True) -> None:
        if instance.ghosts:
            raise Unsupported("the relations of the proof are not in a Promela model")
        self.spec = spec
        self.instance = instance
        self.numbers = Numbers(instance)
        self.tables: dict[tuple[int, ...], str] = {}
        self.terms = Terms(spec, self.numbers, self._table)
        self.steps = [t for t in spec.transitions if is_step(t)]
        self.check = check
        self.temporaries = 0
        self.picks = False

    def _table(self, wanted: str, values: list[int]) -> str:
        key = tuple(values)
        if key not in self.tables:
            name = "".join(c if c.isalnum() else "_" for c in wanted)
            while name in self.tables.values():
                name += "_"
            self.tables[key] = name
        return self.tables[key]

    # ------------------------------------------------------------ the whole

    def build(self) -> Model:
        """Return the model. Raises `TooLarge` before much is written."""
        for decl in self.spec.variables.values():
            self.numbers.count(decl.sort)
        for name in self.spec.messages:
            self.terms.messages(name)
        promised, checked, left_out = self._promises()
        for name in self.spec.variables:
            for at in range(len(self.numbers.nodes)):  # tables of first values come to be known
                self.terms.of(initial_value(self.spec, name), Frame(at))
        body = self._loop(checked)
        head = [f"{self.spec.title}.", "", "Written by `oathbound export`; change the spec."]
        head += ["", f"Nodes: {', '.join(self.numbers.nodes)}. What each kind of value is as a"]
        head += ["number is told in model/promela/values.py: a place in a list, a bit of a set."]
        vector = 1 << max(10, self._bytes().bit_length())
        head += ["", "    spin -a FILE"]
        head += [f"    cc -O2 -DSAFETY -DVECTORSZ={vector} -DNOREDUCE -o pan pan.c"]
        head += ["    ./pan -m1000000        (with -DBFS: shortest runs to what is broken)"]
        for name, why in left_out.items():
            head += ["", f"Not checked: {name} ({why})."]
        lines = ["/*", *(f" * {line}".rstrip() for line in head), " */", ""]
        lines += self._names()
        lines += self._variables()
        lines += ["", *promised, "", *body]
        text = "\n".join(lines) + "\n"
        return Model(text, list(checked), left_out, vector)

    def _names(self) -> list[str]:
        lines: list[str] = []
        for (sort, _), name in self.terms.leaves.items():
            place = [n for (s, _), n in self.terms.leaves.items() if s == sort].index(name)
            lines.append(f"#define {name} {place}")
        lines.append("")
        for name in self.spec.messages:
            size = (self.terms.messages(name) + 7) // 8
            lines.append(f"byte sent_{name}[{size}];")
        lines += [
            "#define SENT(kind, i) ((sent_##kind[(i) / 8] >> ((i) % 8)) & 1)",
            "#define SEND(kind, i) sent_##kind[(i) / 8] = sent_##kind[(i) / 8] | (1 << ((i) % 8))",
            "",
        ]
        return lines

    def _bytes(self) -> int:
        messages = sum((self.terms.messages(n) + 7) // 8 for n in self.spec.messages)
        local = 4 * len(self.spec.variables) * len(self.numbers.nodes)
        tables = sum(4 * len(values) for values in self.tables)
        return messages + local + tables + 64

    def _variables(self) -> list[str]:
        """Return the declarations; those of tables come first, once all are known."""
        lines: list[str] = []
        for values, name in self.tables.items():
            kind = "int" if max(values) > 255 else "byte"
            listed = ", ".join(map(str, values))
            lines.append(f"{kind} {name}[{len(values)}] = {{ {listed} }};")
        if lines:
            lines.append("")
        for name, decl in self.spec.variables.items():
            doc = decl.doc + ("" if decl.durable else " (lost in a crash)")
            lines.append(f"/* {name}: {doc.strip()} */")
            for at in range(len(self.numbers.nodes)):
                first = self.terms.of(initial_value(self.spec, name), Frame(at))
                width = self.numbers.width(decl.sort)
                declared = f"unsigned {self.terms.variable(name, at)} : {width}"
                lines.append(f"{declared} = {first};" if first.value else f"{declared};")
        if self.instance.crashes:
            lines.append("byte crashes;")
        if self.instance.messages is not None:
            lines.append("int total;  /* how many messages were sent: what the bits add up to */")
        if self.temporaries:
            lines.append(f"int next[{self.temporaries}];  /* 0 between two steps */")
        if self.picks:
            lines.append("int i;  /* 0 between two steps */")
        return lines

    # ------------------------------------------------------------ what is promised

    def _promises(self) -> tuple[list[str], dict[str, str], dict[str, str]]:
        lines: list[str] = []
        checked: dict[str, str] = {}
        left_out: dict[str, str] = {}
        for statement in self.spec.of_kind("safety", "step") if self.check else ():
            if statement.formula is None:
                left_out[statement.name] = "it speaks of steps"
                continue
            if any(e.kind is Kind.GHOST for e in walk(statement.formula)):
                left_out[statement.name] = "it speaks of the proof's history"
                continue
            try:
                term = self.terms.formula(statement.formula)
            except TooLarge:
                left_out[statement.name] = "it would be too long, spelled out"
                continue
            name = "holds_" + "".join(c if c.isalnum() else "_" for c in statement.name)
            checked[statement.name] = name
            told = f"{statement.prop.title}: {show(statement.formula)}"
            lines += _comment(told)
            lines += [f"#define {name} \\", *_continued(term.text)]
        return lines, checked, left_out

    # ------------------------------------------------------------ the loop

    def _loop(self, checked: dict[str, str]) -> list[str]:
        lines = ["active proctype Steps() {", "end:", "  do"]
        for name in checked.values():
            lines.append(f"  :: !({name}) -> assert({name})")
        for event in self.spec.events.values():
            rows = [t for t in self.steps if t.event is event]
            if not rows:
                continue
            if issubclass(event, Message):
                lines += self._delivered(event, rows)
            else:
                for t in rows:
                    lines += self._own(t, event)
        if self.instance.crashes != 0:
            lines += self._crash()
        return [*lines, "  od", "}"]

    def _own(self, t: Transition, event: type[Event]) -> list[str]:
        """Return the alternatives of a timer or a request, one for each node and its fields."""
        lines: list[str] = []
        sorts = {name: part.sort for name, part in event.parts.items()}
        ranges = [range(self.numbers.count(sort)) for sort in sorts.values()]
        for me in range(len(self.numbers.nodes)):
            for values in product(*ranges):
                fields = {n: known(v) for n, v in zip(sorts, values, strict=True)}
                given = ", ".join(f"{n} = {v}" for n, v in fields.items())
                note = f"{t.name} at {self.numbers.nodes[me]}" + (f", {given}" if given else "")
                lines += self._alternative(t, Frame(me, fields=fields), note)
        return _headed(t, lines)

    def _delivered(self, event: type[Message], rows: list[Transition]) -> list[str]:
        """Return the alternatives for the messages of one class."""
        if self.terms.messages(event.__name__) > MOST_SPELLED_OUT:
            return self._picked(event, rows)
        lines: list[str] = []
        n = len(self.numbers.nodes)
        sorts = {name: part.sort for name, part in event.parts.items()}
        ranges = [range(self.numbers.count(sort)) for sort in sorts.values()]
        for t in rows:
            mine: list[str] = []
            for me, sender, *values in product(range(n), range(n), *ranges):
                fields = {name: known(v) for name, v in zip(sorts, values, strict=True)}
                frame = Frame(me, known(sender), fields)
                place = [known(sender), known(me), *fields.values()]
                at = self.terms.message(event.__name__, place)
                given = "".join(f", {name} = {v}" for name, v in fields.items())
                names = self.numbers.nodes
                note = f"{t.name} at {names[me]}, from {names[sender]}{given}"
                first = Term(f"SENT({event.__name__}, {at})")
                mine += self._alternative(t, frame, note, first)
            lines += _headed(t, mine)
        return lines

    def _picked(self, event: type[Message], rows: list[Transition]) -> list[str]:
        """Return the alternative that delivers any message of a class that was sent."""
        self.picks = True
        name, count = event.__name__, self.terms.messages(event.__name__)
        sorts = {n: part.sort for n, part in event.parts.items()}
        below = 1
        fields: dict[str, Term] = {}
        for part, sort in reversed(sorts.items()):
            size = self.numbers.count(sort)
            fields[part] = Term(f"(i / {below} % {size})" if below > 1 else f"(i % {size})")
            below *= size
        n = len(self.numbers.nodes)
        receiver = f"(i / {below} % {n})"
        sender = Term(f"(i / {below * n})")
        lines = [f"  /* {name}: any that was sent */", "  :: atomic {"]
        lines += [
            "       do",
            "       :: d_step {",
            f"            do :: i < {count} && !SENT({name}, i) -> i++ :: else -> break od",
            "          };",
            "          if",
            f"          :: i == {count} -> break",
            f"          :: i < {count} -> break  /* this one */",
            f"          :: i < {count} -> i++  /* a later one */",
            "          fi",
            "       od;",
            "       if",
        ]
        for me in range(n):
            for t in rows:
                at = known(me)
                first = Term(f"i < {count} && {receiver} == {at}")
                note = f"{t.name} at {self.numbers.nodes[me]}"
                block = self._alternative(t, Frame(me, sender, fields), note, first)
                lines += ["     " + line for line in block]
        lines += ["       :: else -> skip", "       fi;", "       i = 0", "     }"]
        return lines

    # ------------------------------------------------------------ one step

    def _guard(self, t: Transition, frame: Frame) -> Term:
        """Return when a row answers, within the instance."""
        found = self.terms.of(self.spec.enabled(t), frame)
        for e in t.fresh():
            found = both(found, negation(self.terms.beyond(e, frame)))
        return found

    def _alternative(self, t: Transition, frame: Frame, note: str, first: Term = YES) -> list[str]:
        """Return the alternative of one row; nothing where its guard is plainly false."""
        guard = both(first, self._guard(t, frame))
        if guard.value == 0:
            return []
        packets = self._packets(t, frame)
        if self.instance.messages is not None and packets:
            guard = both(guard, self._within(packets, t))
        effects = [*self._sending(packets), *self._updating(t, frame)]
        text = guard.text if guard.value is None else "true"
        if text.startswith("(") and text.endswith(")") and _whole(text):
            text = text[1:-1]
        lines = [f"  :: d_step {{ /* {note} */", *_indented(f"{text} ->", 7)]
        lines += [f"       {line}" for line in effects] or ["       skip"]
        return [*lines, "     }"]

    def _packets(self, t: Transition, frame: Frame) -> list[tuple[Term, str, Term]]:
        """Return what a row sends: whether, the class, and the message's number."""
        found: list[tuple[Term, str, Term]] = []
        for out in t.sends:
            for condition, receiver in self._receivers(out, frame):
                if condition.value == 0:
                    continue
                fields = [self.terms.of(value, frame) for value in out.fields.values()]
                at = self.terms.message(out.message.__name__, [known(frame.me), receiver, *fields])
                found.append((condition, out.message.__name__, at))
        return found

    def _receivers(self, out: Send, frame: Frame) -> list[tuple[Term, Term]]:
        to = self.terms.of(out.to, frame)
        nodes = range(len(self.numbers.nodes))
        if isinstance(out.to.sort, SetSort):
            return [(_in(to, node), known(node)) for node in nodes]
        if isinstance(out.to.sort, MaybeSort):
            if to.value is not None:
                return [(known(1), known(to.value - 1))] if to.value else []
            return [(Term(f"({to} != 0)"), Term(f"({to} - 1)"))]
        return [(known(1), to)]

    def _within(self, packets: list[tuple[Term, str, Term]], t: Transition) -> Term:
        """Return that a row sends no more new messages than there may be."""
        if len({out.message for out in t.sends}) < len(t.sends):
            reason = "it sends two messages of one class, so that new ones are not counted"
            raise Unsupported(f"{t.label}: {reason}; leave out messages=")
        news = [
            f"!SENT({name}, {at})" if condition.value else f"({condition} && !SENT({name}, {at}))"
            for condition, name, at in packets
        ]
        return Term(f"(total + {' + '.join(news)} <= {self.instance.messages})")

    def _sending(self, packets: list[tuple[Term, str, Term]]) -> list[str]:
        lines: list[str] = []
        for condition, name, at in packets:
            told = f"SEND({name}, {at});"
            if self.instance.messages is not None:
                told = f"total = total + !SENT({name}, {at}); {told}"
            if condition.value is None:
                told = f"if :: {condition} -> {told} :: else fi;"
            lines.append(told)
        return lines

    def _updating(self, t: Transition, frame: Frame) -> list[str]:
        """Return the assignments; all of them take the values before the step."""
        values = {name: self.terms.of(e, frame) for name, e in t.updates.items()}
        read = {
            name: {other for other, e in t.updates.items() if other != name and _reads(e, name)}
            for name in values
        }
        late = [name for name in values if read[name]]
        self.temporaries = max(self.temporaries, len(late))
        lines = [f"next[{at}] = {values[name]};" for at, name in enumerate(late)]
        for name, value in values.items():
            variable = self.terms.variable(name, frame.me)
            if name not in late and value.text != variable:
                lines.append(f"{variable} = {value};")
        for at, name in enumerate(late):
            lines.append(f"{self.terms.variable(name, frame.me)} = next[{at}]; next[{at}] = 0;")
        return lines

    def _crash(self) -> list[str]:
        (t,) = (t for t in self.spec.transitions if t.kind == "environment")
        lines: list[str] = []
        for me in range(len(self.numbers.nodes)):
            counted = bool(self.instance.crashes)
            guard = f"crashes < {self.instance.crashes}" if counted else "true"
            lines += [f"  :: d_step {{ /* crash of {self.numbers.nodes[me]} */"]
            lines += [f"       {guard} ->"]
            if counted:
                lost = {n: self.terms.of(e, Frame(me)) for n, e in t.updates.items()}
                tests = [f"{self.terms.variable(n, me)} != {v}" for n, v in lost.items()]
                if tests:
                    lines.append(f"       crashes = crashes + ({' || '.join(tests)});")
            effects = self._updating(t, Frame(me))
            lines += [f"       {line}" for line in effects] or ["       skip"]
            lines.append("     }")
        return lines


def _reads(e: Expr, name: str) -> bool:
    return any(node.kind is Kind.VAR and node.data == name for node in walk(e))


def _in(nodes: Term, node: int) -> Term:
    if nodes.value is not None:
        return known(nodes.value >> node & 1)
    return Term(f"(({nodes} >> {node}) & 1)")


def _whole(text: str) -> bool:
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and at < len(text) - 1:
            return False
    return True


def _headed(t: Transition, lines: list[str]) -> list[str]:
    told = one_line(t.doc)
    return [*(f"  {line}" for line in _comment(f"{t.label}: {told}")), *lines] if lines else []


def _comment(text: str) -> list[str]:
    text = text.replace("*/", "* /")
    if len(text) + 6 <= WIDTH:
        return [f"/* {text} */"]
    lines = textwrap.wrap(text, WIDTH - 6)
    return [f"/* {lines[0]}", *(f"   {line}" for line in lines[1:-1]), f"   {lines[-1]} */"]


def _indented(text: str, by: int) -> list[str]:
    """Return a text in lines, broken behind `&&` and `||` alone.

    Spin may end a statement at the end of a line that could be one.
    """
    lines: list[str] = []
    line = ""
    for part in re.split(r"(?<=&&) |(?<=\|\|) ", text):
        if line and by + len(line) + 1 + len(part) > WIDTH:
            lines.append(" " * by + line)
            line = part
        else:
            line = f"{line} {part}" if line else part
    return [*lines, " " * by + line]


def _continued(text: str) -> list[str]:
    lines = _indented(text, 2)
    return [*(f"{line} \\" for line in lines[:-1]), lines[-1]]
