"""A spec as a module of TLA+, in the order in which one reads it.

Belongs here: what the module consists of. Never here: how single things are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.instance import Instance
from model.lang.declare import Message
from model.lang.expr import Expr, Kind, same, walk
from model.lang.spec import Spec, Statement
from model.tla import layout
from model.tla.actions import Action, Actions
from model.tla.layout import Group, Infix, Quantified, Tree, Word, behind, conjoin
from model.tla.properties import Formulas, ghosts_in
from model.tla.terms import Frame, message_field
from model.tla.vocabulary import Vocabulary

_OF_EVENT = (Kind.FIELD, Kind.SENDER, Kind.FRESH)
ORIGIN = "Written by `oathbound export`; change the spec and export it again."


@dataclass
class Module:
    """A module, and what a configuration of TLC has to know of it."""

    name: str
    text: str
    words: Vocabulary
    invariants: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)
    lemmas: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """The statements that speak of ghosts, where these are left out."""


class Builder:
    """Writes one module."""

    def __init__(self, spec: Spec, instance: Instance, name: str) -> None:
        self.spec = spec
        self.instance = instance
        self.words = Vocabulary(spec)
        self.formulas = Formulas(self.words)
        self._take_names()
        self.actions = Actions(self.formulas, instance)
        self.module = Module(name, "", self.words)

    def _take_names(self) -> None:
        """Give names to all that can be told beforehand, so that bound variables avoid them."""
        self.words.sort(self.formulas.node)
        for sort in [d.sort for d in self.spec.variables.values()]:
            self.words.sort(sort)
        for event in self.spec.events.values():
            for part in event.parts.values():
                self.words.sort(part.sort)
        for name in self.spec.ghosts:
            self.words.ghost(name)
        self.words.sent()
        for statement in self.spec.statements.values():
            self.formulas.name(statement)

    def build(self) -> Module:
        """Return the module."""
        initial = self.actions.initial()
        actions = [self.actions.action(t) for t in self.actions.steps]
        crash = self.actions.crash()
        typed = self._types()
        stated = self._statements()
        assumed = self._assumptions()
        head = f" MODULE {self.module.name} "
        dashes = (layout.WIDTH - len(head)) // 2
        lines = ["-" * dashes + head + "-" * (layout.WIDTH - len(head) - dashes)]
        lines += [*layout.comment(f"{self.spec.title}.\n\n{ORIGIN}"), ""]
        lines.append("EXTENDS Naturals, FiniteSets")
        lines += self._constants()
        lines += self._variables()
        lines += layout.rule("Values")
        lines += _spaced([block for _, block in self.words.definitions])
        lines += assumed
        lines += layout.rule("The first state, and what is sent")
        lines += initial
        if self.spec.messages:
            lines += ["", *self.actions.send()]
        lines += layout.rule("What happens")
        lines += self._told_left_out()
        lines += _spaced(self._in_order(actions))
        lines += ["", *crash, "", *self.actions.next(actions), ""]
        lines.append("Spec == Init /\\ [][Next]_vars")
        lines += layout.rule("What is promised")
        lines += typed
        lines += stated
        lines += ["", "=" * layout.WIDTH]
        self.module.text = "\n".join(line.rstrip() for line in lines) + "\n"
        return self.module

    # ------------------------------------------------------------ declarations

    def _constants(self) -> list[str]:
        """Return the constants: what the module mentions, and no other."""
        told = dict(self.words.constants)
        if self.actions.counts_crashes:
            told["MaxCrashes"] = "how many crashes there may be"
        if self.instance.messages is not None:
            told["MaxMessages"] = "how many different messages may be sent"
        return _declared("CONSTANTS", told)

    def _variables(self) -> list[str]:
        told = {}
        for name, decl in self.spec.variables.items():
            kept = "" if decl.durable else "lost in a crash"
            doc = "; ".join(filter(None, (decl.doc, kept)))
            told[self.words.variable(name)] = doc
        if self.spec.messages:
            told["msgs"] = "all messages ever sent"
        if self.instance.ghosts:
            for name, relation in self.spec.ghosts.items():
                told[self.words.ghost(name)] = f"history, for the proof: {relation.doc}"
        if self.actions.counts_crashes:
            told["crashes"] = "how many crashes there were"
        names = Group("<<", tuple(Word(name) for name in told), ">>")
        return [*_declared("VARIABLES", told), "", *layout.definition("vars", names)]

    def _told_left_out(self) -> list[str]:
        """Return the comment about the rows which are no steps."""
        count = len(self.actions.left_out)
        if not count:
            return []
        told = (
            f"Left out: {count} refusals, which change nothing and send nothing (an event that no"
            " action below accepts)."
        )
        return [*layout.comment(told), ""]

    def _in_order(self, actions: list[Action]) -> list[list[str]]:
        """Return the actions, each guard that others mention before its action."""
        blocks: list[list[str]] = []
        for t, action in zip(self.actions.steps, actions, strict=True):
            guard = self.actions.guards.get(t.label)
            blocks.append([*guard, "", *action.lines] if guard else action.lines)
        mentioned = [label for label in self.actions.guards if label not in self.actions.by_label]
        return [*(self.actions.guards[label] for label in mentioned), *blocks]

    # ------------------------------------------------------------ properties

    def _types(self) -> list[str]:
        node = self.words.sort(self.formulas.node)
        parts: list[Tree] = []
        for name, decl in self.spec.variables.items():
            domain = Word(f"[{node} -> {self.words.sort(decl.sort)}]")
            parts.append(Infix("\\in", Word(self.words.variable(name)), domain))
        blocks: list[list[str]] = []
        if self.spec.messages:
            kinds = [self._record_set(name) for name in self.spec.messages]
            blocks.append(["Message ==", *_united(kinds), ""])
            parts.append(Word("msgs \\subseteq Message"))
        if self.instance.ghosts:
            for name, relation in self.spec.ghosts.items():
                columns = " \\X ".join(self.words.sort(c) for c in relation.columns)
                parts.append(Infix("\\subseteq", Word(self.words.ghost(name)), Word(columns)))
        if self.actions.counts_crashes:
            parts.append(Word("crashes \\in 0..MaxCrashes"))
        self.module.invariants.append("TypeOK")
        body = layout.definition("TypeOK", conjoin(parts), listed=True)
        told = layout.comment("The sorts of everything.")
        return [*told, *(line for block in blocks for line in block), *body]

    def _record_set(self, name: str) -> list[str]:
        node = self.words.sort(self.formulas.node)
        values: list[Tree] = [Word(f'{{"{name}"}}'), Word(node), Word(node)]
        heads = ["type : ", "src : ", "dst : "]
        for part, decl in self.spec.messages[name].parts.items():
            heads.append(f"{message_field(part)} : ")
            values.append(Word(self.words.sort(decl.sort)))
        return Group("[", tuple(values), "]", tuple(heads)).lines(layout.WIDTH - 14)

    def _chosen(self, statement: Statement) -> bool:
        formulas = [statement.formula, *statement.per_transition.values()]
        spoken = [ghosts_in(formula) for formula in formulas if formula is not None]
        return self.instance.ghosts or not any(spoken)

    def _statements(self) -> list[str]:
        lines: list[str] = []
        for statement in self.spec.statements.values():
            kind = statement.prop.kind
            if kind == "assumption" or statement.promise is not None:
                continue  # a promise about whole runs is no invariant, and is not exported
            if not self._chosen(statement):
                self.module.left_out.append(statement.name)
                continue
            name = self.formulas.name(statement)
            told = {"lemma": "Lemma: ", "sometimes": "Reached by some run: "}.get(kind, "")
            lines += ["", *layout.comment(f"{told}{_told(statement)}")]
            if kind == "step":
                lines += self._step(statement)
                self.module.properties.append(name)
                continue
            lines += self.formulas.statement(statement)
            if kind != "sometimes":
                (self.module.lemmas if kind == "lemma" else self.module.invariants).append(name)
        sent = any("Sent(" in line for line in lines)
        if sent:
            helper = [f"{self.words.sent()}(kind) == {{m \\in msgs : m.type = kind}}"]
            lines = ["", *helper, *lines]
        if self.module.left_out:
            names = ", ".join(self.module.left_out)
            told = f"Left out, for they speak of the proof's history (--ghosts): {names}."
            lines += ["", *layout.comment(told)]
        return lines

    def _step(self, statement: Statement) -> list[str]:
        """Return an action formula: what holds of the steps of each action."""
        formulas = statement.per_transition
        labels = [t.label for t in self.actions.steps if t.label in formulas]
        groups: list[tuple[list[str], Expr]] = []
        for label in labels:
            formula = formulas[label]
            of_event = any(e.kind in _OF_EVENT for e in walk(formula))
            for alike, other in groups:
                if not of_event and same(other, formula):
                    alike.append(label)
                    break
            else:
                groups.append(([label], formula))
        parts = [self._said(alike, formula) for alike, formula in groups]
        (crash,) = (t for t in self.spec.transitions if t.kind == "environment")
        if self.instance.crashes != 0 and crash.label in formulas:
            told = self.formulas.step(formulas[crash.label], Frame())
            parts.append(layout.implication(Word("Crash(n)"), told))
        name = self.formulas.name(statement)
        whole = conjoin(parts)
        if whole == layout.TRUE:
            return [f"{name} == TRUE"]
        node = self.words.sort(self.formulas.node)
        lines = Quantified("\\A", (f"n \\in {node}",), whole).lines(layout.WIDTH - 12)
        body = behind("    [][", lines)
        return [f"{name} ==", *body[:-1], body[-1] + "]_vars"]

    def _said(self, labels: list[str], formula: Expr) -> Tree:
        """Return what is said of the steps of some actions at node n."""
        first = self.actions.by_label[labels[0]]
        told = self.formulas.step(formula, self.actions.frame(self.spec.by_label[labels[0]]))
        if told == layout.TRUE:
            return told
        if len(labels) == 1:
            made = layout.implication(Word(first.call()), told)
            bounds = self.actions.bounds(first)
            return Quantified("\\A", bounds, made) if bounds else made
        return layout.implication(self._some_step(labels), told)

    def _some_step(self, labels: list[str]) -> Tree:
        """Return that one of some actions happens at node n."""
        if len(labels) == len(self.actions.steps):
            return Word(f"{self.actions.step}(n)")
        plain: list[Tree] = []
        arriving: list[Tree] = []
        for label in labels:
            action = self.actions.by_label[label]
            call = Word(action.call())
            bounds = self.actions.bounds(action)
            if action.event is not None and issubclass(action.event, Message):
                arriving.append(call)
            else:
                plain.append(Quantified("\\E", bounds, call) if bounds else call)
        if arriving:
            inbox = (f"m \\in {self.actions.inbox}(n)",)
            plain.append(Quantified("\\E", inbox, layout.junction("\\/", arriving)))
        return layout.junction("\\/", plain)

    def _assumptions(self) -> list[str]:
        lines: list[str] = []
        for statement in self.spec.of_kind("assumption"):
            if not self._chosen(statement):
                continue
            name = self.formulas.name(statement)
            lines += ["", *layout.comment(f"Assumed: {_told(statement)}")]
            lines += [*self.formulas.statement(statement), f"ASSUME {name}"]
        return lines


def _told(statement: Statement) -> str:
    title, doc = statement.prop.title, statement.prop.doc
    return " ".join(f"{text.rstrip('.')}." for text in (title, doc) if text)


def _declared(word: str, told: dict[str, str]) -> list[str]:
    """Return a declaration, one name a line with what it is."""
    if not told:
        return []
    width = max(len(name) for name in told) + 1
    lines = ["", word]
    for at, (name, doc) in enumerate(told.items()):
        comma = "," if at < len(told) - 1 else ""
        text = f"    {name + comma:{width}}"
        if doc and len(text) + 4 + len(doc) <= layout.WIDTH:
            lines.append(f"{text} \\* {doc}")
        else:
            lines += [*layout.comment(doc, 4), text.rstrip()]
    return lines


def _spaced(blocks: list[list[str]]) -> list[str]:
    """Return blocks with a line between two of which one is longer than a line."""
    lines: list[str] = []
    for at, block in enumerate(blocks):
        if at and (len(block) > 1 or len(blocks[at - 1]) > 1):
            lines.append("")
        lines += block
    return lines


def _united(blocks: list[list[str]]) -> list[str]:
    """Return a union, one set after the other."""
    heads = ["    ", *["        \\cup "] * (len(blocks) - 1)]
    pairs = zip(heads, blocks, strict=True)
    return [line for head, block in pairs for line in behind(head, block)]
