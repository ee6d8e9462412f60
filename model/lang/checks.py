"""What can be wrong with a whole spec, as far as that needs no solver.

Belongs here: checks of rules and declarations against one another; each yields or raises its
mistakes. Never here: checks that one declaration allows by itself (`declare.py`), or that ask a
solver (ORD111, ORD114 and the exact ORD112 and ORD113 are raised by the checkers).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, cast

from model.lang import advice
from model.lang.declare import (
    Case,
    EdgeTable,
    Event,
    Message,
    Request,
    Timer,
    how_to_give_roles,
)
from model.lang.errors import SpecError, suggest
from model.lang.expr import GLOBAL_KINDS, Expr, Kind, walk
from model.lang.promises import ALIVE, EVENTUALLY
from model.lang.quantifiers import free_variables
from model.lang.rules import RESERVED, Property
from model.lang.scenario import Act, Scenario
from model.lang.show import an, show
from model.lang.sorts import (
    NODE,
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
from model.lang.source import Span
from model.lang.spec import Spec, Transition, possible_leaves
from model.lang.syntax import bound_twice, parsed, suspects

# ---------------------------------------------------------------- one transition


def local(t: Transition, span: Span) -> None:
    """Check that nothing a node would have to evaluate looks beyond it.

    Raises `SpecError` ORD105; ORD115 for a fresh value in a guard, which has nowhere to go.
    """
    for place, expr in _evaluated(t):
        for node in walk(expr):
            reason = _beyond(node)
            if reason is not None:
                where = node.span if span.file == node.span.file else span
                text = f"{place} of {t.name.partition('@')[0]!r} {reason}"
                raise SpecError("ORD105", show(node), text, span=where)
            if node.kind is Kind.FRESH and place == "the guard":
                text, fix = "a guard chooses no fresh value", "choose it in `then` or `send`"
                raise SpecError("ORD115", show(node), text, fix=fix, span=node.span)


def _evaluated(t: Transition) -> Iterator[tuple[str, Expr]]:
    """Yield what a node evaluates in a transition, each with its place: ghosts are not."""
    for clause in t.clauses:
        yield "the guard", clause.expr
    for name, value in t.updates.items():
        yield f"the update of {name}", value
    for out in t.sends:
        for expr in (out.to, *out.fields.values()):
            yield f"the message {out.message.__name__}", expr
    if t.reply is not None:
        for expr in t.reply.fields.values():
            yield f"the reply {t.reply.decl.__name__}", expr


def _beyond(node: Expr) -> str | None:
    """Return why a node cannot evaluate an expression of this kind, or None if it can."""
    match node.kind:
        case Kind.FORALL | Kind.EXISTS if node.args[0].kind is not Kind.SENT:
            return "asks about all values of a sort, which no node can try"
        case Kind.SENT | Kind.EXISTS:
            return "asks what others have sent"
        case Kind.GHOST:
            return "reads a ghost, which exists in the proof alone"
        case Kind.VAR if node.args[0].kind is not Kind.ME:
            return "reads another node's variable"
        case Kind.NEXT:
            return "reads a value of the state after the step"
        case kind if kind in GLOBAL_KINDS:
            return "mentions what no node can see"
    return None


# ---------------------------------------------------------------- one property


def of_states(prop: Property, body: Expr, bound: Mapping[str, Expr]) -> None:
    """Check that a property of states speaks of one state, and an assumption of none.

    Raises `SpecError` ORD115; ORD101 for a variable that no quantifier binds.
    """
    closed(prop, body, bound)
    for node in walk(body):
        if node.kind in _OF_A_STEP:
            reason = "a property of states knows no `me`, no event and no step"
            fix = "quantify over the nodes with a parameter, or make it a @step"
            raise SpecError("ORD115", show(node), reason, fix=fix, span=_at(node, prop))
        if prop.kind == "assumption" and node.kind in _OF_A_STATE:
            reason = "an assumption speaks of the configuration alone: nothing would prove it"
            fix = "make it a @safety or @lemma"
            raise SpecError("ORD115", show(node), reason, fix=fix, span=_at(node, prop))


def closed(prop: Property, body: Expr, bound: Mapping[str, Expr]) -> None:
    """Check that a formula mentions no variable but those in `bound` and its quantifiers'."""
    for node in free_variables(body, frozenset()):
        if bound.get(node.data) is not node:
            reason = f"it is bound by no quantifier of property {prop.name!r}"
            fix = "mention it inside the lambda that takes it"
            raise SpecError("ORD101", node.data, reason, fix=fix, span=_at(node, prop))


def _at(node: Expr, prop: Property) -> Span:
    return node.span if node.span.file == prop.span.file else prop.span


_OF_A_STEP = frozenset({Kind.ME, Kind.SENDER, Kind.FIELD, Kind.NEXT, Kind.FRESH})
_OF_A_STATE = frozenset({Kind.VAR, Kind.SENT, Kind.GHOST})


# ---------------------------------------------------------------- the whole spec


def labels(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD116 for transitions that a report could not tell apart."""
    seen: dict[str, Transition] = {}
    for t in spec.transitions:
        first = seen.setdefault(t.label, t)
        if first is t:
            continue
        if t.kind == "environment":
            reason, fix = "the environment's crash has this name", "rename the rule"
            yield SpecError("ORD116", t.label, reason, fix=fix, span=first.span)
        elif t.name == "wrong_role" and t.span != first.span:
            reason = "the refusal of a wrong role has this name"
            yield SpecError("ORD116", t.name, reason, fix="rename the row", span=first.span)
        else:
            reason = "another answer to the same event has this name"
            related = [("the other one", first.span)]
            yield SpecError("ORD116", t.name, reason, span=t.span, related=related)


def roles(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD110 for roles that are none, and for senders that no authority speaks of."""
    if spec.role_variable is None:
        yield from _no_roles(spec)
        return
    sort = spec.variables[spec.role_variable].sort
    for name, event in spec.events.items():
        senders = event.senders if issubclass(event, Message) else ()
        asked = {"sender": senders, "receiver": event.roles} if event.kind == "message" else {}
        asked |= {"at": event.roles} if event.kind == "request" else {}
        missing = next((what for what, given in asked.items() if not given), None)
        if missing is not None:
            reason, fix = f"{missing}= is not given", how_to_give_roles(event)
            yield SpecError("ORD110", name, reason, fix=fix, span=event.span)
            continue
        for role in (*senders, *event.roles):
            if role.sum_sort != sort:
                reason = f"{role} is {an(role.sum_sort)}; the role of a node is {an(sort)}"
                yield SpecError(
                    "ORD110", name, reason, fix=f"name cases of {sort}", span=event.span
                )
        unknown = [r for r in senders if r.name not in spec.authorities]
        if spec.authorities and unknown:
            reason = f"no @authority says how a receiver knows that a sender is {unknown[0]}"
            fix = f"write @authority({sort}.{unknown[0]}) before a function (me, m)"
            yield SpecError("ORD110", name, reason, fix=fix, span=event.span)


def reserved_names(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD116 for properties named like what a report says of every spec."""
    for statement in spec.statements.values():
        if statement.name in RESERVED:
            reason = "every report has a row of this name, and could not tell the two apart"
            fix = "give the property another name"
            span = statement.prop.span
            yield SpecError("ORD116", statement.name, reason, fix=fix, span=span)


NOT_OF_ONE_STATE = ("step", "sometimes", "assumption")


def _no_roles(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD110 for roles that events or authorities name in a spec that has none."""
    fix = 'write read_spec(..., role="role"), with the variable that holds the role'
    for name, event in spec.events.items():
        senders = event.senders if issubclass(event, Message) else ()
        for role in (*senders, *event.roles)[:1]:
            reason = f"it names the role {role}, and read_spec no variable that holds a role"
            yield SpecError("ORD110", name, reason, fix=fix, span=event.span)
    for role_name, one in spec.authorities.items():
        reason = "read_spec names no variable that holds a role"
        yield SpecError("ORD110", f"@authority({role_name})", reason, fix=fix, span=one.span)


def hypotheses(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD101 for hypotheses that the spec does not have, ORD119 for circular ones."""
    refused = {"uses": (EVENTUALLY, ALIVE), "after": (EVENTUALLY, ALIVE, *NOT_OF_ONE_STATE)}
    for statement in spec.statements.values():
        prop = statement.prop
        named = [("uses", name) for name in prop.uses or ()]
        for argument, name in [*named, *(("after", name) for name in prop.after)]:
            text = f"{statement.name}: {argument}={name!r}"
            if name not in spec.statements:
                fix = suggest(name, spec.statements)
                reason = "no property has this name"
                yield SpecError("ORD101", text, reason, fix=fix, span=prop.span)
            elif spec.statements[name].prop.kind in refused[argument]:
                reason = f"{an(spec.statements[name].prop.kind)} property says nothing of one state"
                fix = "name safety properties or lemmas"
                yield SpecError("ORD115", text, reason, fix=fix, span=prop.span)
    after = {n: set(s.prop.after) & set(spec.statements) for n, s in spec.statements.items()}
    while leaves := [n for n, others in after.items() if not others & set(after)]:
        for name in leaves:
            del after[name]
    for name, others in after.items():  # what is left rests on itself, or on what does
        text = f"{name}: after={', '.join(sorted(others & set(after)))}"
        reason = "each would be proved from the other, of the same state"
        fix = "prove one of them from the state before alone"
        span = spec.statements[name].prop.span
        yield SpecError("ORD119", text, reason, fix=fix, span=span)


def edge_tables(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD101, ORD102, ORD115 or ORD116 for edges that do not fit their variable."""
    for table in spec.edges:
        decl = spec.variables.get(table.variable)
        name = f"EdgeTable({table.variable!r})"
        if decl is None:
            reason = f"{spec.process.__name__} has no such variable"
            fix = suggest(table.variable, spec.variables)
            yield SpecError("ORD101", name, reason, fix=fix, span=table.span)
        elif not isinstance(decl.sort, SumSort):
            reason = f"{table.variable} is {an(decl.sort)}; edges lead between cases of a sum"
            fix = "name a variable of a sum"
            yield SpecError("ORD115", name, reason, fix=fix, span=table.span)
        else:
            yield from _edges(table, decl.sort)


def _edges(table: EdgeTable, sort: SumSort) -> Iterator[SpecError]:
    seen: set[str] = set()
    for edge in table.edges:
        pair = isinstance(edge, tuple) and len(edge) == 2
        if not pair or not all(isinstance(end, Case) for end in edge):
            fix = "write (CASE, CASE) for each edge"
            yield SpecError("ORD115", show(edge), "it is no edge", fix=fix, span=table.span)
            continue
        for end in edge:
            if end.sum_sort != sort:
                reason = f"it is {an(end.sum_sort)}; {table.variable} is {an(sort)}"
                fix = f"lead between cases of {sort}"
                yield SpecError("ORD102", show(end), reason, fix=fix, span=table.span)
        text = f"{edge[0]} -> {edge[1]}"
        if text in seen:
            reason, fix = "the table lists this edge twice", "list it once"
            yield SpecError("ORD116", text, reason, fix=fix, span=table.span)
        seen.add(text)


def reachable_leaves(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD113 for cases of a tabled state variable that no rule can set, by its form alone."""
    for table in spec.edges:
        decl = spec.variables[table.variable]
        assert isinstance(decl.sort, SumSort)
        reached = possible_leaves(decl.init)
        for t in spec.transitions:
            if table.variable in t.updates:
                reached |= possible_leaves(t.updates[table.variable])
        for leaf in decl.sort.leaves:
            if leaf not in reached:
                text, reason = f"{table.variable} = {leaf}", "no rule sets it"
                yield SpecError("ORD113", text, reason, span=table.span)


def scenarios(spec: Spec) -> Iterator[SpecError]:
    """Yield ORD101, ORD102, ORD109 or ORD115 for acts that the spec and the nodes do not allow."""
    for told in spec.scenarios:
        for name in {**spec.config.parts, **told.config}:
            if name not in told.config or name not in spec.config.parts:
                declared = name in spec.config.parts
                reason = "no value is given for it" if declared else "no such constant is declared"
                fix = f"give {', '.join(spec.config.parts) or 'nothing'}"
                code = "ORD109" if declared else "ORD101"
                yield SpecError(code, f"config[{name!r}]", reason, fix=fix, span=told.span)
                continue
            sort = spec.config.parts[name].sort
            if not _is_value(told.config[name], sort, None):
                text, reason = f"config[{name!r}] = {show(told.config[name])}", f"it is no {sort}"
                fix = _plain(sort, told.nodes)
                yield SpecError("ORD102", text, reason, fix=fix, span=told.span)
        for act in told.acts:
            if isinstance(act, Act):
                yield from _act(spec, told, act)
            else:
                fix = "put * before each tuple of acts"
                yield SpecError("ORD115", show(act), "it is no act", fix=fix, span=told.span)


def _act(spec: Spec, told: Scenario, act: Act) -> Iterator[SpecError]:
    for node in act.nodes:
        if node not in told.nodes:
            reason, fix = "the scenario has no such node", suggest(str(node), told.nodes)
            yield SpecError("ORD101", show(node), reason, fix=fix, span=act.span)
    if act.event is None:
        return
    kind = {"timer": Timer, "request": Request, "deliver": Message}.get(act.kind, Event)
    if not (isinstance(act.event, type) and issubclass(act.event, kind)):
        reason, fix = f"it is no {kind.__name__.lower()}", f"name a class X({kind.__name__})"
        yield SpecError("ORD115", show(act.event), reason, fix=fix, span=act.span)
        return
    for name, value in act.fields:
        sort = act.event.parts[name].sort
        if not _is_value(value, sort, told.nodes):
            text, reason = f"{name}={value!r}", f"it is no {sort}"
            yield SpecError("ORD102", text, reason, fix=_plain(sort, told.nodes), span=act.span)


def _is_value(value: object, sort: Sort, nodes: tuple[str, ...] | None) -> bool:
    """Tell whether a plain value is one of a sort; a node is one of `nodes` where told."""
    match sort:
        case SumSort():
            return isinstance(value, str) and value in sort.leaves
        case BoolSort():
            return isinstance(value, bool)
        case RangeSort():
            return _is_count(value) and cast(int, value) <= sort.top
        case OrderSort(owned=False):
            return _is_count(value)
        case OrderSort():
            if not (isinstance(value, tuple) and len(value) == 2):
                return False
            return _is_count(value[0]) and isinstance(value[1], str)
        case StructSort():
            whole = isinstance(value, tuple) and len(value) == len(sort.parts)
            return whole and all(
                _is_value(v, s, nodes)
                for v, (_, s) in zip(cast("tuple[Any, ...]", value), sort.parts, strict=True)
            )
        case MapSort():
            entries = isinstance(value, frozenset) and all(
                isinstance(one, tuple) and len(one) == 2 for one in value
            )
            return entries and all(
                _is_value(k, sort.key, nodes) and _is_value(v, sort.to, nodes)
                for k, v in cast("frozenset[Any]", value)
            )
        case MaybeSort():
            return value is None or _is_value(value, sort.of, nodes)
        case SetSort():
            whole = isinstance(value, frozenset)
            return whole and all(
                _is_value(v, sort.of, nodes) for v in cast("frozenset[Any]", value)
            )
        case AtomSort():
            named = isinstance(value, str) and value != ""
            return named and (sort != NODE or nodes is None or value in nodes)
        case _:
            return False


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _plain(sort: Sort, nodes: tuple[str, ...]) -> str:
    match sort:
        case SumSort():
            return f"name one of {', '.join(sort.leaves)}"
        case AtomSort() if sort == NODE:
            return f"name one of {', '.join(nodes)}"
        case AtomSort():
            return "name it by a text of your own"
        case SetSort():
            return "write frozenset({...})"
        case MapSort():
            return "write frozenset({(key, value), ...})"
        case StructSort():
            return f"write a tuple of its parts: {', '.join(name for name, _ in sort.parts)}"
        case OrderSort(owned=True):
            return 'write a pair of a round and its owner, as in (1, "n1")'
        case OrderSort():
            return "write a number from 0"
        case BoolSort():
            return "write True or False"
        case _:
            return advice.to_give(sort)


OF_A_SPEC = (labels, roles, reserved_names, hypotheses, edge_tables, scenarios)


# ---------------------------------------------------------------- the text of the modules


def silent_mistakes(modules: Iterable[ModuleType], members: frozenset[str]) -> Iterator[SpecError]:
    """Yield what Python runs over in silence, told from the text of the spec's modules."""
    for module in modules:
        file = getattr(module, "__file__", None)
        tree = parsed(file) if file is not None else None
        if file is None or tree is None:
            continue
        for twice in bound_twice(tree, file):
            reason = "the first one is lost: Python keeps what is bound last"
            related = [("the first one", twice.first)]
            fix = "rename or remove one of them"
            yield SpecError(
                "ORD116", twice.name, reason, fix=fix, span=twice.second, related=related
            )
        for suspect in suspects(tree, file, members.__contains__):
            code, reason = _SUSPECTS[suspect.kind]
            yield SpecError(code, suspect.text, reason, fix=suspect.fix, span=suspect.span)


_SUSPECTS = {
    "is": ("ORD107", "`is` compares Python objects now, and says nothing of a node's values"),
    "hash": ("ORD107", "Python looks the expression itself up now, and never finds it"),
    "lost": ("ORD115", "the function that makes it drops it, so that the spec never sees it"),
    "dropped": ("ORD115", "nothing holds its result, so that it has no effect"),
}
