"""Writes `node.py`: the process as a class, one handler for each event.

Belongs here: the class and its methods. Never here: statements inside handlers (`bodies.py`).
"""

from __future__ import annotations

import re
import textwrap

from model.lang.declare import Event, Message
from model.lang.spec import Transition
from model.python.blocks import plan, shared_blocks
from model.python.bodies import Bodies
from model.python.layout import WIDTH, Call, Text, docstring, render, sentence, spaced, string
from model.python.source_file import import_lines, place, whole_file
from model.python.terms import Terms
from model.python.vocabulary import Vocabulary, snake

# Names that no local variable of a handler may take.
TAKEN = frozenset(
    {
        "frozenset",
        "len",
        "m",
        "majority",
        "me",
        "min",
        "nearest",
        "new",
        "plain",
        "rules",
        "self",
        "sender",
        "tuple",
    }
)

_ABOUT = (
    "A step takes an event and returns what to store, send and reply; it reads no clock, opens no",
    "connection, draws no random number. Threads that share a node need a lock around each step.",
)

_STATE = '''
    @classmethod
    def restart(cls, me: Node, config: {config}, durable: Durable) -> {process}:
        """Return the node after a crash: what was stored stays, the rest starts afresh."""
        return cls(me, config, durable)

    def durable(self) -> Durable:
        """Return what a crash spares."""
{durable}

    def snapshot(self) -> dict[str, object]:
        """Return all variables by their names in the spec, as plain values."""
        return {{
            name: plain.to_plain(getattr(self, attribute))
            for name, (attribute, _) in plain.VARIABLES.items()
        }}

    def restore(self, values: Mapping[str, object]) -> None:
        """Take over all variables from a snapshot, or none. Raises `ValueError` if one is wrong."""
        found = {{
            attribute: plain.read_field(values, name, read)
            for name, (attribute, read) in plain.VARIABLES.items()
        }}
        for attribute, value in found.items():
            setattr(self, attribute, value)
'''

_HANDLE = '''
    def handle(self, event: Event, sender: Node | None = None) -> Outcome:
        """Answer any event; a message needs its sender, as the transport knows it.

        Raises `TypeError` for anything else, and for a message without a sender.
        """
        kind = type(event)
        if kind in _ON_MESSAGE:
            if sender is None:
                raise TypeError(f"{event!r}: a message needs its sender; give handle(m, sender)")
            return _ON_MESSAGE[kind](self, event, sender)
        if kind in _ON_OTHER:
            return _ON_OTHER[kind](self, event)
        raise TypeError(f"{event!r}: not an event of this node")


'''


def write(vocabulary: Vocabulary) -> str:
    """Return the text of `node.py`."""
    spec = vocabulary.spec
    used: set[str] = {spec.config.__name__, "Durable", "Event", "Node", "Outcome"}
    body = [*_class_head(vocabulary, used), *_initializer(vocabulary, used), *_state(vocabulary)]
    for event in spec.events.values():
        body += _handler(vocabulary, event, used)
    body += [*_HANDLE.strip("\n").split("\n"), "", *_dispatch(vocabulary)]
    text = "\n".join(body)
    constants: list[str] = []
    for name, constant in vocabulary.replies.items():
        if re.search(rf"\b{constant}\b", text):
            constants.append(f"{constant} = {name}()")
            used.add(name)
    used |= {helper for helper in ("majority", "new") if re.search(rf"\b{helper}\(", text)}
    siblings = ["nearest", "plain", "rules"] if "nearest." in text else ["plain", "rules"]
    head = [
        "from __future__ import annotations",
        "",
        "from collections.abc import Callable, Mapping",
        "from typing import Any",
        "",
        *import_lines(".", siblings),
        *import_lines(".types", used),
        "",
        *constants,
        "",
    ]
    return whole_file(spec, f"{spec.title}: the node.", _ABOUT, spaced([*head, *body]))


def _class_head(vocabulary: Vocabulary, used: set[str]) -> list[str]:
    spec = vocabulary.spec
    slots = sorted([*map(vocabulary.attribute, spec.variables), "config", "me"])
    lines = [f"class {spec.process.__name__}:"]
    lines += [*docstring(spec.process.__doc__ or "", f"A node of {spec.name}.", 4), ""]
    lines += Call("", tuple(Text(string(name)) for name in slots)).broken("__slots__ = ", "", 4)
    lines += ["", "    me: Node", f"    config: {spec.config.__name__}"]
    for name, decl in spec.variables.items():
        type_name = vocabulary.type_name(decl.sort)
        if type_name != "bool":
            used.add(type_name)
        kept = "durable" if decl.durable else "volatile"
        note = ": ".join(part for part in (kept, " ".join(decl.doc.split())) if part)
        line = f"    {vocabulary.attribute(name)}: {type_name}"
        lines.append(f"{line}  # {note}" if len(f"{line}  # {note}") <= WIDTH else line)
    return [*lines, ""]


def _initializer(vocabulary: Vocabulary, used: set[str]) -> list[str]:
    variables = vocabulary.spec.variables
    config = vocabulary.spec.config.__name__
    parameters = ["self", "me: Node", f"config: {config}", "durable: Durable | None = None"]
    head = Call("__init__", tuple(map(Text, parameters)))
    lines = render(head, "def ", " -> None:", 4)
    lines += [
        '        """Start as `me`: for the first time, or with what was stored before a crash."""',
        "        self.me = me",
        "        self.config = config",
    ]
    bodies = Bodies(Terms(vocabulary, "self", used), "", TAKEN)
    for name, decl in variables.items():
        if not decl.durable:
            lines += bodies.assign(f"self.{vocabulary.attribute(name)}", decl.init, 8)
    kept = {name: decl for name, decl in variables.items() if decl.durable}
    if kept:
        lines.append("        if durable is None:")
        for name, decl in kept.items():
            lines += bodies.assign(f"self.{vocabulary.attribute(name)}", decl.init, 12)
        lines.append("        else:")
        attributes = map(vocabulary.attribute, kept)
        lines += [f"            self.{name} = durable.{name}" for name in attributes]
    return [*lines, ""]


def _state(vocabulary: Vocabulary) -> list[str]:
    spec = vocabulary.spec
    kept = [vocabulary.attribute(name) for name, decl in spec.variables.items() if decl.durable]
    made = Call("Durable", tuple(Text(f"self.{name}") for name in kept))
    text = _STATE.format(
        config=spec.config.__name__,
        process=spec.process.__name__,
        durable="\n".join(render(made, "return ", "", 8)),
    )
    return [*text.strip("\n").split("\n"), ""]


# ---------------------------------------------------------------- handlers


def handler_name(event: type[Event]) -> str:
    """Return the method that answers an event."""
    return f"on_{snake(event.__name__)}"


def _handler(vocabulary: Vocabulary, event: type[Event], used: set[str]) -> list[str]:
    spec = vocabulary.spec
    rules, refusals = spec.rules_of(event), spec.refusals_of(event)
    used.add(event.__name__)
    is_message = issubclass(event, Message)
    parameters = ["self", f"m: {event.__name__}", *(["sender: Node"] if is_message else [])]
    lines = render(
        Call(handler_name(event), tuple(map(Text, parameters))), "def ", " -> Outcome:", 4
    )
    lines += docstring(event.doc, f"Answer {event.__name__}.", 8, _listing(rules))
    refused = f"nearest.{snake(event.__name__)}(self, m{', sender' if is_message else ''})"
    if not rules:
        refused = _refused_by_none(vocabulary, refusals, used)
    branches = shared_blocks([*rules, *refusals])
    found = plan(branches, TAKEN)
    named = {local.name for group in found.locals.values() for local in group}
    bodies = Bodies(Terms(vocabulary, "self", used), refused, TAKEN | named)
    return [*lines, *bodies.block(found, branches, (), 8), ""]


def _refused_by_none(
    vocabulary: Vocabulary, refusals: tuple[Transition, ...], used: set[str]
) -> str:
    """Return the refusal of an event without rules, which has no clause to name."""
    for one in refusals:
        if one.reply is not None and one.reply.decl.refusal:
            used.add(one.reply.decl.__name__)
            return f'{one.reply.decl.__name__}("", "", "none")'
    return ""


def _listing(rules: tuple[Transition, ...]) -> list[str]:
    """Return the rules' names, places and docstrings, for a handler's own."""
    lines: list[str] = []
    for rule in rules:
        text = f"- {rule.label} ({place(rule.span)}): {sentence(rule.doc, rule.name)}"
        lines += textwrap.wrap(text, WIDTH - 8, subsequent_indent="  ", break_on_hyphens=False)
    return lines


def _dispatch(vocabulary: Vocabulary) -> list[str]:
    events = vocabulary.spec.events.values()
    process = vocabulary.spec.process.__name__
    rows = [
        (issubclass(e, Message), f"    {e.__name__}: {process}.{handler_name(e)},") for e in events
    ]
    of_messages = [row for is_message, row in rows if is_message]
    of_others = [row for is_message, row in rows if not is_message]
    return [
        *_mapping("_ON_MESSAGE", f"[{process}, Any, Node]", of_messages),
        *_mapping("_ON_OTHER", f"[{process}, Any]", of_others),
    ]


def _mapping(name: str, arguments: str, rows: list[str]) -> list[str]:
    head = f"{name}: dict[type[Event], Callable[{arguments}, Outcome]] = {{"
    return [head, *rows, "}"] if rows else [head + "}"]
