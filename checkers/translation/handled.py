"""What has to be shown of one event: what the code does about it is what the rules say.

Belongs here: the row, the variables, the messages and the reply of each way out of a handler. Never
here: a solver, or the start of a node (`obligations`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import z3

from checkers.translation.forms import exactly, fits
from checkers.translation.meaning import Said, Standard
from checkers.translation.obligations import GIVEN, STAYS_VALID, WITHOUT_SENDER, Reading, Shown
from checkers.translation.things import Exit, Failure, Node
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Choice,
    Many,
    Name,
    Nothing,
    Record,
    Row,
    Term,
    Text,
    Value,
    choose,
    conj,
    disj,
    is_false,
    neg,
    options,
    total,
)
from model.lang import Message
from model.lang.declare import Event
from model.lang.sorts import NODE, MapSort, parts_of
from model.lang.spec import Transition


class Handled:
    """What a handler does about one event, and what the spec says about it."""

    def __init__(self, reading: Reading, event: type[Event]) -> None:
        """Run the handler, and translate the rows."""
        self.reading, self.event = reading, event
        self.name = event.__name__
        v, spec = reading.v, reading.spec
        self.is_message = issubclass(event, Message)
        v.held.clear()
        parts = event.parts
        self.fields: dict[str, Any] = {
            n: v.constants(f"event.{n}", d.sort) for n, d in parts.items()
        }
        cls = reading.record(self.name, parts)
        made = {n: v.in_code(d.sort, self.fields[n]) for n, d in parts.items()}
        self.given = Record(self.name, {n: made[n] for n in cls.parts})
        translator = v.translator(reading.state, fields=self.fields)
        self.rules = [Said(v, t, translator) for t in spec.rules_of(event)]
        self.refusals = [Said(v, t, translator) for t in spec.refusals_of(event)]
        assert not translator.side, "nothing is assumed beside what is named"
        self.valid = conj(
            [
                reading.valid_state,
                *(v.valid(d.sort, self.fields[n]) for n, d in parts.items()),
                *([v.valid(NODE, v.sender)] if self.is_message else []),
                *v.held,
            ]
        )
        sender: Value = Name(v.sender)
        if not self.is_message:  # it may be given one, too, which means nothing
            given = z3.Bool(GIVEN)
            sender = Choice(((given, sender), (neg(given), Nothing())))
        self.exits, self.failures = self._run([sender])

    def _run(self, more: list[Value]) -> tuple[list[Exit], list[Failure]]:
        reading = self.reading
        handle = reading.package.process.methods.get("handle")
        if handle is None:
            raise reading.error("node", "the node's class has no handle(...)")
        attributes = reading.attributes(reading.before)
        return reading.machine.run(handle, [Node(), self.given, *more], attributes)

    # ------------------------------------------------------------ what is to be shown

    def shown(self) -> Iterator[Shown]:
        """Yield what is to be shown of the handler."""
        none = conj(neg(r.guard) for r in self.rules)
        before: list[Bool] = []
        for one in (*self.rules, *self.refusals):
            is_rule = one.transition.kind == "rule"
            others = [r.guard for r in self.rules if is_rule and r is not one]
            when = one.guard if is_rule else conj((none, *before, one.guard))
            alone = conj(neg(g) for g in others)
            goal, ways = self._goal(one)
            label = one.transition.label
            yield Shown(label, self.valid, when, alone, goal, one.transition, ways)
            if not is_rule:
                before.append(neg(one.guard))
        yield self.reading.raises(self.name, self.valid, (self.exits, self.failures))
        every = conj(
            disj((neg(one.guard), one.made_valid(self.reading.v)))
            for one in (*self.rules, *self.refusals)
        )
        yield Shown(f"{self.name}: {STAYS_VALID}", self.valid, TRUE, TRUE, every)
        if self.is_message:
            yield self._without_sender()

    def _without_sender(self) -> Shown:
        """Return that a message without its sender is refused with an exception: just this one.

        The node is then what it was, as one that has refused an event.
        """
        exits, failures = self._run([])
        before = self.reading.before
        refused = [f for f in failures if f.what == "TypeError"]
        others = [f for f in failures if f.what != "TypeError"]
        kept = (disj((neg(f.when), self.reading.changed(f.attributes, before))) for f in refused)
        never = [neg(e.when) for e in exits] + [neg(f.when) for f in others]
        goal = conj([disj(f.when for f in refused), *never, *kept])
        return Shown(f"{self.name}: {WITHOUT_SENDER}", self.valid, TRUE, TRUE, goal)

    def _goal(self, one: Said) -> tuple[Bool, tuple[tuple[int, Bool], ...]]:
        """Return that whichever way out is taken does what the row says, and those that may."""
        found: list[Bool] = []
        ways: list[tuple[int, Bool]] = []
        for out in self.exits:
            same = self._agrees(out, one)
            if not is_false(same):
                ways.append((out.line, out.when))
            found.append(disj((neg(out.when), same)))
        return conj(found), tuple(ways)

    def _agrees(self, out: Exit, one: Said) -> Bool:
        """Return that what one way out does is what the row says."""
        alternatives = []
        for guard, value in options(out.value):
            if isinstance(value, Row) and len(value.items) == 3 and value.kind is None:
                rule, sends, reply = value.items
                of_rule = self._is_row(rule, one.transition)
                if is_false(of_rule):
                    continue
                alternatives.append(
                    conj((guard, of_rule, self._sends(sends, one), self._replies(reply, one)))
                )
        returned = disj(alternatives)
        if is_false(returned):
            return FALSE
        reading = self.reading
        next_values = {**reading.before, **one.updates}
        return conj((returned, reading.changed(out.attributes, next_values)))

    def _is_row(self, value: Value, t: Transition) -> Bool:
        """Return that a value is the constant for a row of the spec.

        Not one that is like it: rows are compared by identity, and looked for in tables.
        """
        return disj(
            guard
            for guard, one in options(value)
            if isinstance(one, Record)
            and one.kind == "Rule"
            and one.constant.startswith("rules.")
            and self._tells(one, t)
        )

    def _tells(self, rule: Record, t: Transition) -> bool:
        """Tell whether a constant says of a row what the spec says."""
        assert t.event is not None
        variables = self.reading.spec.variables
        stored = [n for n, d in variables.items() if d.durable and n in t.updates]
        clauses = [(c.kind, c.text) for c in t.clauses]
        told = rule.fields
        return (
            _text(told.get("label")) == t.label
            and _text(told.get("kind")) == t.kind
            and _text(told.get("event")) == t.event.__name__
            and _sorted(_texts(told.get("persists"))) == sorted(stored)
            and _clauses(told.get("clauses")) == clauses
        )

    # ------------------------------------------------------------ what is sent

    def _sends(self, value: Value, one: Said) -> Bool:
        """Return that the same messages are sent to the same nodes, each as often.

        Two lists of messages are the same if any message, to any node, is as often in either. So
        this may only stand where it is to be proved.
        """
        found = []
        for guard, sends in options(value):
            if isinstance(sends, Row) and sends.kind is None:
                found.append(conj((guard, self._same_sends(sends, one))))
        return disj(found)

    def _same_sends(self, sends: Row, one: Said) -> Bool:
        v = self.reading.v
        pairs: list[tuple[Value, Record]] = []
        for item in sends.items:
            if not isinstance(item, Row) or len(item.items) != 2 or item.kind is not None:
                return FALSE
            to, message = item.items
            if not isinstance(message, Record):
                return FALSE
            pairs.append((to, message))
        kinds = {m.kind for _, m in pairs}
        wanted = {message.__name__ for message, *_ in one.sends}
        if not kinds <= set(self.reading.spec.messages):
            return FALSE
        found = [_is_receiver(to) for to, _ in pairs]  # also where the row sends to nobody
        for name in sorted(kinds | wanted):
            ours = [(to, m) for to, m in pairs if m.kind == name]
            theirs = [s for s in one.sends if s[0].__name__ == name]
            ways = [self._same_count(name, ours, theirs, v)]
            if len(ours) == len(theirs):
                # One for one is enough, and simpler; where it does not hold the count decides.
                both = zip(ours, theirs, strict=True)
                ways.insert(0, conj(self._same_send(to, m, s) for (to, m), s in both))
            found.append(disj(ways))
        return conj(found)

    def _same_send(self, to: Value, message: Record, said: Any) -> Bool:
        """Return that a message and where it goes are what one send of the row says."""
        v = self.reading.v
        declared, sort, where, fields = said
        parts = []
        for n, d in declared.parts.items():
            held = message.fields.get(n)
            if held is None:
                return FALSE
            parts.append(exactly(v.form(d.sort), held, v.in_code(d.sort, fields[n])))
        parts.append(exactly(v.form(sort), to, v.in_code(sort, where)))
        return conj(parts)

    def _same_count(
        self, name: str, ours: list[tuple[Value, Record]], theirs: list[Any], v: Standard
    ) -> Bool:
        """Return that some message of a kind, to some node, is sent as often as it is to be."""
        spec = self.reading.spec
        node = z3.Const(f"any receiver of {name}", z3.IntSort())
        parts = spec.messages[name].parts
        if any(isinstance(s, MapSort) for d in parts.values() for s in parts_of(d.sort)):
            return FALSE  # whether two maps are equal can be proved, but not counted with
        values = {n: v.constants(f"any {name}.{n}", d.sort) for n, d in parts.items()}
        one, none = z3.IntVal(1), z3.IntVal(0)
        left, right = [], []
        made = []
        for to, message in ours:
            same = [_goes_to(to, node)]
            for n, d in parts.items():
                made.append(fits(v.form(d.sort), message.fields[n]))
                held = message.fields.get(n)
                wanted = v.in_code(d.sort, values[n])
                same.append(FALSE if held is None else exactly(v.form(d.sort), held, wanted))
            left.append(z3.If(conj(same), one, none))
        for _, sort, where, fields in theirs:
            same = [_goes_to(v.in_code(sort, where), node)]
            same += [
                exactly(v.form(d.sort), v.in_code(d.sort, fields[n]), v.in_code(d.sort, values[n]))
                for n, d in parts.items()
            ]
            right.append(z3.If(conj(same), one, none))
        # What is of another type equals no message, so that nothing counts it: there is none.
        return conj([*made, total(left) == total(right)])

    # ------------------------------------------------------------ what is replied

    def _replies(self, value: Value, one: Said) -> Bool:
        reply = one.transition.reply
        assert reply is not None
        if reply.decl.refusal:
            return self._names_clause(value, reply.decl.__name__)
        v, found = self.reading.v, []
        for guard, made in options(value):
            if not isinstance(made, Record) or made.kind != reply.decl.__name__:
                continue
            same = [guard]
            for n, d in reply.decl.parts.items():
                held = made.fields.get(n)
                wanted = v.in_code(d.sort, one.reply[n])
                same.append(FALSE if held is None else exactly(v.form(d.sort), held, wanted))
            found.append(conj(same))
        return disj(found)

    @cached_property
    def _nearest(self) -> list[tuple[Bool, tuple[str, str, str]]]:
        """Which clause refuses, where none of the rules accepts: each, and when it does.

        Of each rule the first clause that does not hold; of these the one that stands furthest
        within its rule, and of several the first rule's.
        """
        if not self.rules:
            return [(TRUE, ("", "", "none"))]
        firsts: list[Term] = []
        for said in self.rules:
            first: Term = z3.IntVal(len(said.clauses))
            for at, clause in reversed(list(enumerate(said.clauses))):
                first = choose(clause, first, z3.IntVal(at))
            firsts.append(first)
        found = []
        for i, said in enumerate(self.rules):
            furthest = conj(
                [
                    *(firsts[i] > other for other in firsts[:i]),
                    *(firsts[i] >= other for other in firsts[i + 1 :]),
                ]
            )
            for at, clause in enumerate(said.transition.clauses):
                when = conj((furthest, firsts[i] == at))
                found.append((when, (said.transition.label, clause.text, clause.kind)))
        return found

    def _names_clause(self, value: Value, name: str) -> Bool:
        """Return that a refusal names the clause that refuses."""
        told: list[tuple[Bool, tuple[Value, ...]]] = []
        for guard, made in options(value):
            if isinstance(made, Record) and made.kind == name:
                fields = [made.fields.get(n) for n in ("rule", "clause", "kind")]
                if any(f is None for f in fields):
                    return FALSE
                told.append((guard, tuple(f for f in fields if f is not None)))
        found = []
        for when, words in self._nearest:
            says = disj(
                conj([guard, *(_says(f, w) for f, w in zip(fields, words, strict=True))])
                for guard, fields in told
            )
            found.append(disj((neg(when), says)))
        return conj(found)


def _goes_to(to: Value, node: Term) -> Bool:
    """Return whether what is sent to a node, a set of them or nobody goes to `node`."""
    found = []
    for guard, one in options(to):
        match one:
            case Many(of=("" | None), display=False):
                inside = FALSE if one.term is None else z3.Select(one.term, node)
                found.append(conj((guard, inside)))
            case Name():
                found.append(conj((guard, one.term == node)))
    return disj(found)


def _is_receiver(to: Value) -> Bool:
    """Return that something is a node, or a frozen set of them: what a message is sent to."""
    return disj(
        guard
        for guard, one in options(to)
        if isinstance(one, Name) or (isinstance(one, Many) and not one.of and not one.display)
    )


def _says(value: Value, text: str) -> Bool:
    return disj(g for g, v in options(value) if isinstance(v, Text) and v.text == text)


def _text(value: Value | None) -> str | None:
    return value.text if isinstance(value, Text) else None


def _texts(value: Value | None) -> list[str | None] | None:
    return [_text(v) for v in value.items] if isinstance(value, Row) else None


def _sorted(texts: list[str | None] | None) -> list[str] | None:
    return None if texts is None else sorted(map(str, texts))


def _clauses(value: Value | None) -> list[tuple[str | None, str | None]] | None:
    if not isinstance(value, Row):
        return None
    return [
        (_text(v.items[0]), _text(v.items[1]))
        if isinstance(v, Row) and v.names == ("kind", "text")
        else (None, None)
        for v in value.items
    ]
