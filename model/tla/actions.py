r"""The rows of a spec as actions of TLA+: guards, then what changes, then what does not.

Belongs here: one action for each row that sets or sends something, and the next-state relation.
Never here: what is said of the states (`properties`).

TLC takes each disjunct of an action for a step of its own, and counts two where both hold. A guard
with a disjunction in it is therefore compared with TRUE, which makes it a value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from model.instance import Instance, is_step
from model.lang.declare import Event, Message, Send, one_line
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import BoolSort, MaybeSort, SetSort
from model.lang.spec import Transition, initial_value
from model.tla import layout
from model.tla.layout import TRUE, Group, If, Infix, Junction, Parens, Such, Tree, Word, behind
from model.tla.names import camel
from model.tla.properties import Formulas
from model.tla.terms import Frame, message_field


@dataclass(frozen=True)
class Action:
    """An action's name, its parameters after the node, and its text."""

    name: str
    parameters: tuple[str, ...]
    event: type[Event] | None
    lines: list[str]

    def call(self, node: str = "n") -> str:
        """Return its application."""
        return f"{self.name}({', '.join((node, *self.parameters))})"


class Actions:
    """Writes the actions of one spec."""

    def __init__(self, formulas: Formulas, instance: Instance) -> None:
        self.formulas = formulas
        self.words = formulas.words
        self.spec = self.words.spec
        self.instance = instance
        self.guards: dict[str, list[str]] = {}
        """By rule: its guard as a definition, where a refusal has to say that it does not hold."""
        self.by_label: dict[str, Action] = {}
        self.step = self.words.names.of("helper", "step", "Step", "NodeStep")
        self.inbox = self.words.names.of("helper", "inbox", "Inbox", "MessagesTo")
        chosen = [t for t in self.spec.transitions if is_step(t)]
        self.steps = [t for t in chosen if t.kind != "environment"]
        self.left_out = [t for t in self.spec.transitions if t not in chosen]
        self._refused = {t.event for t in self.steps if t.kind == "refusal"}
        for name in [*self.words.spec.variables]:
            self.words.sort(self.spec.variables[name].sort)

    # ------------------------------------------------------------ names

    def variables(self) -> list[str]:
        """Return all variables: of the nodes, what was sent, ghosts, crashes."""
        names = [self.words.variable(name) for name in self.spec.variables]
        if self.spec.messages:
            names.append("msgs")
        if self.instance.ghosts:
            names += [self.words.ghost(name) for name in self.spec.ghosts]
        if self.counts_crashes:
            names.append("crashes")
        return names

    @property
    def counts_crashes(self) -> bool:
        """Tell whether the number of crashes is part of the state."""
        return bool(self.instance.crashes)

    def parameters(self, event: type[Event]) -> dict[str, str]:
        """Return a request's fields, by name what stands for each."""
        if issubclass(event, Message):
            return {}
        free = self.words.names.is_free
        return {name: name if free(name) else f"{name}_asked" for name in event.parts}

    def frame(self, t: Transition) -> Frame:
        """Return what a row's expressions speak of."""
        assert t.event is not None
        if issubclass(t.event, Message):
            fields = {name: Word(f"m.{message_field(name)}") for name in t.event.parts}
        else:
            fields = {name: Word(text) for name, text in self.parameters(t.event).items()}
        return Frame(fields=fields)

    def name(self, t: Transition) -> str:
        """Return an action's name."""
        wanted = camel(t.label.replace("@", "On_"))
        if t.kind == "refusal" and t.event is not None:
            wanted = camel(f"{t.name}_on_{t.event.__name__}")
        return self.words.names.of("action", t.label, wanted, f"{wanted}Step")

    # ------------------------------------------------------------ actions

    def action(self, t: Transition) -> Action:
        """Return the action of a row."""
        assert t.event is not None
        is_message = issubclass(t.event, Message)
        parameters = ("m",) if is_message else tuple(self.parameters(t.event).values())
        frame, fresh = self._fresh(t, self.frame(t))
        shared = self._share(t, frame)
        parts: list[Tree] = []
        if is_message:
            parts.append(Word(f'm.type = "{t.event.__name__}"'))
        if t.kind == "refusal":
            parts += self._nothing_before(t, frame)
        if t.event in self._refused and t.kind == "rule":
            parts.append(Word(self._guard(t)))
        else:
            parts += self._clauses(t, frame)
        parts += [Word(f"{text} \\in {domain}") for text, _, domain in fresh]
        changed = self._changes(t, frame)
        parts += changed.values()
        parts += self._unchanged(set(changed))
        self.formulas.shared = {}
        name = self.name(t)
        body = layout.definition(f"{name}({', '.join(('n', *parameters))})", _listed(parts))
        if fresh or shared:
            lets = [line for text, value, _ in fresh for line in self._new(text, value)] + shared
            body = [
                body[0],
                *behind("    LET ", lets),
                *behind("    IN  ", Junction("/\\", tuple(parts)).broken(layout.WIDTH - 8)),
            ]
        lines = [*layout.comment(self._told(t)), *body]
        made = Action(name, parameters, t.event, lines)
        self.by_label[t.label] = made
        return made

    def _told(self, t: Transition) -> str:
        assert t.event is not None
        kind = t.event.kind
        other = f" It answers a {kind} {t.event.__name__} that no rule accepts."
        return one_line(t.doc) + (other if t.kind == "refusal" else "")

    def _clauses(self, t: Transition, frame: Frame) -> list[Tree]:
        found: list[Tree] = []
        for clause in t.clauses:
            conjuncts = clause.expr.args if clause.expr.kind is Kind.AND else (clause.expr,)
            for e in conjuncts:
                tree = self.formulas.of(e, frame)
                found.append(Infix("=", Parens(tree), TRUE) if _is_choice(tree) else tree)
        return [tree for tree in found if tree != TRUE]

    def _guard(self, t: Transition) -> str:
        """Return the application of a rule's guard, which is defined by itself."""
        assert t.event is not None
        name = self.words.names.of("guard", t.label, f"May{self.name(t)}")
        is_message = issubclass(t.event, Message)
        parameters = ("n", "m") if is_message else ("n", *self.parameters(t.event).values())
        call = f"{name}({', '.join(parameters)})"
        if t.label not in self.guards:
            kept, self.formulas.shared = self.formulas.shared, {}
            parts = self._clauses(t, self.frame(t)) or [TRUE]
            self.formulas.shared = kept
            self.guards[t.label] = layout.definition(call, _listed(parts))
        return call

    def _nothing_before(self, t: Transition, frame: Frame) -> list[Tree]:
        """Return that no rule accepts the event, and no refusal before this one."""
        assert t.event is not None
        found: list[Tree] = [Word(f"~{self._guard(rule)}") for rule in self.spec.rules_of(t.event)]
        for other in self.spec.refusals_of(t.event):
            if other is t:
                break
            inner = [self.formulas.of(c.expr, frame) for c in other.clauses]
            if len(other.clauses) == 1:
                told = self.formulas.negated(other.clauses[0].expr, inner[0], frame)
                found += told.parts if isinstance(told, Junction) else [told]
            else:
                found.append(layout.Negation(layout.conjoin(inner)))
        return [Infix("=", Parens(p), TRUE) if _is_choice(p) else p for p in found]

    @staticmethod
    def _new(name: str, value: Tree) -> list[str]:
        return layout.definition(name, value, width=layout.WIDTH - 8)

    def _fresh(self, t: Transition, frame: Frame) -> tuple[Frame, list[tuple[str, Tree, str]]]:
        """Return the frame with the row's new values, each with its name, value and domain."""
        found: list[tuple[str, Tree, str]] = []
        known: dict[int, Tree] = {}
        for e in t.fresh():
            sort = self.words.sort(e.sort)
            at = sum(1 for _, _, domain in found if domain == sort)
            name = self.words.names.of("fresh", (sort, at), f"new{camel(e.sort.name)}")
            inner = replace(frame, fresh=known)
            found.append((name, self.formulas.fresh(e, inner), sort))
            known[id(e)] = Word(name)
        return replace(frame, fresh=known), found

    def _share(self, t: Transition, frame: Frame) -> list[str]:
        """Let what a row says more than twice, at length, have a name; return the definitions."""
        outer = [*t.updates.values(), *(e for out in t.sends for e in out.fields.values())]
        if t.event not in self._refused:  # else the guard is a definition of its own
            outer += [clause.expr for clause in t.clauses]
        texts: dict[int, str] = {}
        for top in outer:
            for e in walk(top):
                if e.args and e.kind is not Kind.FRESH and id(e) not in texts:
                    texts[id(e)] = self.formulas.of(e, frame).flat()
        chosen: dict[str, Expr] = {}
        while True:
            seen: Counter[str] = Counter()
            sample: dict[str, Expr] = {}
            stack = [*outer, *(a for e in chosen.values() for a in e.args)]
            while stack:
                e = stack.pop()
                text = texts.get(id(e), "")
                if text in chosen:
                    continue
                seen[text] += 1
                sample.setdefault(text, e)
                stack.extend(e.args)
            often = [text for text, count in seen.items() if count > 2 and len(text) > 40]
            if not often:
                break
            longest = max(often, key=len)
            chosen[longest] = sample[longest]
        return self._shared_definitions(chosen, texts, frame)

    def _shared_definitions(
        self, chosen: dict[str, Expr], texts: dict[int, str], frame: Frame
    ) -> list[str]:
        lines: list[str] = []
        names: dict[str, Tree] = {}
        for text in sorted(chosen, key=len):
            tree = self.formulas.of(chosen[text], frame)
            sort = chosen[text].sort
            at = sum(1 for other in names if chosen[other].sort == sort)
            wanted = "isSo" if isinstance(sort, BoolSort) else f"the{camel(sort.name)}"
            name = self.words.names.of("shared", (sort, at), wanted)
            lines += layout.definition(name, tree, width=layout.WIDTH - 8)
            names[text] = Word(name)
            self.formulas.shared = {at: names[text] for at, text in texts.items() if text in names}
        return lines

    # ------------------------------------------------------------ what changes

    def _changes(self, t: Transition, frame: Frame) -> dict[str, Tree]:
        """Return by variable what an action says of its next value."""
        found: dict[str, Tree] = {}
        for name, value in t.updates.items():
            found[self.words.variable(name)] = self._update(name, value, frame)
        if t.sends:
            found["msgs"] = layout.apply("Send", self._sent(t.sends, frame))
        if self.instance.ghosts:
            for relation in dict.fromkeys(update.relation.name for update in t.ghosts):
                ghost = self.words.ghost(relation)
                added: Tree = Word(ghost)
                for update in t.ghosts:
                    if update.relation.name == relation:
                        rows = self.formulas.ghost_rows(update, frame)
                        added = Infix("\\cup", added, rows, layout.NOT)
                found[ghost] = Infix("=", Word(f"{ghost}'"), added)
        return found

    def _update(self, name: str, value: Expr, frame: Frame) -> Tree:
        variable = self.words.variable(name)
        index = f"![{frame.me.flat()}]"
        puts: list[tuple[Expr, Expr]] = []
        base = value
        while base.kind is Kind.PUT:
            puts.insert(0, (base.args[1], base.args[2]))
            base = base.args[0]
        if puts and _is_own(base, name):
            heads = [f"{index}[{self.formulas.of(key, frame).flat()}] = " for key, _ in puts]
            values = tuple(self.formulas.of(held, frame) for _, held in puts)
            right: Tree = Group(f"[{variable} EXCEPT ", values, "]", tuple(heads))
        else:
            head = Word(f"{variable} EXCEPT {index}")
            right = Such("[", head, "=", self._next(name, value, frame), "]")
        return Infix("=", Word(f"{variable}'"), right)

    def _next(self, name: str, value: Expr, frame: Frame) -> Tree:
        """Return a next value; `@` is the present one, where something is added to it."""
        if value.kind in (Kind.ADD, Kind.REMOVE, Kind.UNION) and not _is_own(value, name):
            first, second = value.args
            if _is_own(first, name):
                added = self.formulas.of(second, frame)
                sign = "\\" if value.kind is Kind.REMOVE else "\\cup"
                one: Tree = added if value.kind is Kind.UNION else Group("{", (added,), "}")
                return Infix(sign, Word("@"), one, layout.SET)
        return self.formulas.of(value, frame)

    def _sent(self, sends: tuple[Send, ...], frame: Frame) -> Tree:
        whole: Tree | None = None
        for out in sends:
            one = self._packets(out, frame)
            whole = one if whole is None else Infix("\\cup", whole, one, layout.NOT)
        assert whole is not None
        return whole

    def _packets(self, out: Send, frame: Frame) -> Tree:
        to = self.formulas.of(out.to, frame)
        is_set = isinstance(out.to.sort, SetSort)
        heads = ["type |-> ", "src |-> ", "dst |-> "]
        receiver: Tree = Word("d") if is_set else to
        values: list[Tree] = [Word(f'"{out.message.__name__}"'), frame.me, receiver]
        for name, value in out.fields.items():
            heads.append(f"{message_field(name)} |-> ")
            values.append(self.formulas.of(value, frame))
        record = Group("[", tuple(values), "]", tuple(heads))
        if is_set:
            return Such("{", record, ":", Infix("\\in", Word("d"), to), "}")
        one = Group("{", (record,), "}")
        if isinstance(out.to.sort, MaybeSort) and out.to.kind is not Kind.SOME:
            known = Infix("=", to, Word(self.words.none()))
            return If(known, Word("{}"), one)
        return one

    def _unchanged(self, changed: set[str]) -> list[Tree]:
        rest = [Word(name) for name in self.variables() if name not in changed]
        if not rest:
            return []
        if not changed:
            return [Word("UNCHANGED vars")]
        if len(rest) == 1:
            return [Word(f"UNCHANGED {rest[0].flat()}")]
        return [Group("UNCHANGED <<", tuple(rest), ">>")]

    # ------------------------------------------------------------ the whole

    def initial(self) -> list[str]:
        """Return the first state."""
        parts: list[Tree] = []
        frame = Frame()
        for name in self.spec.variables:
            value = self.formulas.of(initial_value(self.spec, name), frame)
            domain = Word(f"n \\in {self.words.sort(self.formulas.node)}")
            function = Such("[", domain, "|->", value, "]")
            parts.append(Infix("=", Word(self.words.variable(name)), function))
        others = self.variables()[len(self.spec.variables) :]
        parts += [Word(f"{name} = {'0' if name == 'crashes' else '{}'}") for name in others]
        return layout.definition("Init", _listed(parts), listed=True)

    def crash(self) -> list[str]:
        """Return the crash of a node."""
        (t,) = (t for t in self.spec.transitions if t.kind == "environment")
        frame = Frame()
        parts: list[Tree] = []
        changed = {self.words.variable(n): self._update(n, e, frame) for n, e in t.updates.items()}
        if self.counts_crashes:
            parts.append(Word("crashes < MaxCrashes"))
        parts += changed.values()
        if self.counts_crashes:
            parts += self._counted(list(changed))
            changed["crashes"] = TRUE
        parts += self._unchanged(set(changed))
        told = "A node crashes and restarts: only what is durable stays as it was."
        if self.counts_crashes:
            told += " A crash that changes nothing does not count."
        if self.instance.crashes == 0:
            told += " No step here: this instance has no crashes."
        return [*layout.comment(told), *layout.definition("Crash(n)", _listed(parts))]

    @staticmethod
    def _counted(lost: list[str]) -> list[Tree]:
        """Return that a crash counts if it changes what is lost in it."""
        if not lost:
            return [Word("UNCHANGED crashes")]
        whole = Group("<<", tuple(Word(name) for name in lost), ">>")
        after = Group("<<", tuple(Word(f"{name}'") for name in lost), ">>")
        same = Infix("=", after, whole)
        more = If(same, Word("crashes"), Word("crashes + 1"))
        return [Infix("=", Word("crashes'"), more)]

    def send(self) -> list[str]:
        """Return how messages are sent."""
        told = (
            "A message that was sent stays: it may arrive late, more than once, or never, and"
            " in any order."
        )
        if self.instance.messages is None:
            return [*layout.comment(told), "Send(ms) == msgs' = msgs \\cup ms"]
        told += " No step sends more different messages than the bound."
        return [
            *layout.comment(told),
            "Send(ms) ==",
            "    /\\ Cardinality(msgs \\cup ms) <= MaxMessages",
            "    /\\ msgs' = msgs \\cup ms",
        ]

    def next(self, actions: list[Action]) -> list[str]:
        """Return the next-state relation: what a node may do, then what all may."""
        node = self.words.sort(self.formulas.node)
        mine: list[str] = []
        told: list[str] = []
        for action in actions:
            if action.event is not None and issubclass(action.event, Message):
                told.append(f"\\/ {action.call()}")
                continue
            bounds = self.bounds(action)
            call: Tree = Word(action.call())
            if bounds:
                call = layout.Quantified("\\E", bounds, call)
            mine += behind("\\/ ", call.lines(layout.WIDTH - 8))
        lines = [f"{self.step}(n) ==", *(f"    {line}" for line in mine)]
        if told:
            lines.append(f"    \\/ \\E m \\in {self.inbox}(n) :")
            lines += [f"        {line}" for line in told]
            inbox = "The messages that may arrive at a node, now or again."
            text = f"{self.inbox}(n) == {{m \\in msgs : m.dst = n}}"
            lines = [*layout.comment(inbox), text, "", *lines]
        crash = " \\/ Crash(n)" if self.instance.crashes != 0 else ""
        return [*lines, "", f"Next == \\E n \\in {node} : {self.step}(n){crash}"]

    def bounds(self, action: Action) -> tuple[str, ...]:
        """Return what an action's parameters range over."""
        if action.event is None:
            return ()
        if issubclass(action.event, Message):
            return (f"m \\in {self.inbox}(n)",)
        groups: dict[str, list[str]] = {}
        for text, part in zip(action.parameters, action.event.parts.values(), strict=True):
            groups.setdefault(self.words.sort(part.sort), []).append(text)
        return tuple(f"{', '.join(names)} \\in {of}" for of, names in groups.items())


def _listed(parts: list[Tree]) -> Tree:
    return Listed(tuple(parts))


class Listed(Junction):
    """A conjunction that is a bulleted list even where it would fit on one line."""

    def __init__(self, parts: tuple[Tree, ...]) -> None:
        super().__init__("/\\", parts)

    def flat(self) -> str:
        """Return something too long for any line, so that it is broken."""
        return super().flat().ljust(layout.WIDTH + 1)


def _is_own(e: Expr, name: str) -> bool:
    return e.kind is Kind.VAR and e.data == name and e.args[0].kind is Kind.ME


def _is_choice(tree: Tree) -> bool:
    """Tell whether TLC would take parts of a guard for steps of their own."""
    match tree:
        case Junction():
            return tree.sign == "\\/" or any(_is_choice(part) for part in tree.parts)
        case If():
            return _is_choice(tree.then) or _is_choice(tree.otherwise)
        case layout.Quantified():
            return tree.sign == "\\E" or _is_choice(tree.body)
        case Parens():
            return _is_choice(tree.inner)
    return False
