"""The pages of messages, requests, timers and replies.

Belongs here: each event with its fields, roles and answers. Never here: the rules themselves.
"""

from __future__ import annotations

from model.lang.declare import Event, FieldDecl, Message, Reply
from model.lang.expr import show
from model.lang.spec import Transition
from model.reference.markdown import code, codes, link, page, sentence, table
from model.reference.permissions import WRONG_ROLE, derivation
from model.reference.source import Source, event_link


def messages(source: Source) -> str:
    """Return the page of messages."""
    intro = (
        "What nodes send each other. A message may be lost, repeated, delayed and reordered. Who"
        " may send it is checked by the receiver, see"
        f" {link('who may do what', 'permissions.md')}."
    )
    return _page(source, "Messages", intro, list(source.spec.messages.values()))


def requests(source: Source) -> str:
    """Return the page of requests."""
    intro = "What clients and operators ask of a node, and at which role."
    return _page(source, "Requests", intro, list(source.spec.requests.values()))


def timers(source: Source) -> str:
    """Return the page of timers."""
    intro = "A timer may fire at any moment: nothing is proved from how long something takes."
    return _page(source, "Timers", intro, list(source.spec.timers.values()))


def _page(source: Source, title: str, intro: str, events: list[type[Event]]) -> str:
    index = [(link(code(e.__name__), "", e.__name__), sentence(e.doc)) for e in events]
    blocks = [intro, table((title.lower().rstrip("s"), "meaning"), index), derivation(source)]
    for event in events:
        blocks += section(source, event)
    return page(title, *blocks)


def section(source: Source, event: type[Event]) -> list[str]:
    """Return the blocks of one event."""
    blocks = [f"## {event.__name__}", sentence(event.doc), source.place(event.span)]
    blocks.append(fields(event.parts))
    facts = []
    if issubclass(event, Message) and event.senders:
        facts.append(f"Sent by: {codes(r.name for r in event.senders)}{_proof(source, event)}")
    if event.roles:
        facts.append(f"Acted on by: {codes(r.name for r in event.roles)}.")
    blocks += facts
    blocks.append(answers(source, event))
    if issubclass(event, Message):
        senders = [t for t in source.spec.transitions if any(s.message is event for s in t.sends)]
        blocks.append("Sent in: " + (", ".join(_named(source, senders)) or "no rule") + ".")
    return blocks


def _proof(source: Source, event: type[Event]) -> str:
    """Return the clause by which a receiver checks the sender, where there is one."""
    for rule in source.spec.rules_of(event):
        for clause in rule.clauses:
            if clause.kind == "sender":
                return f", checked by {code(clause.text)}."
    return ", which is not checked: anyone may be one."


def fields(parts: dict[str, FieldDecl]) -> str:
    """Return the table of fields."""
    rows = [(code(n), code(str(d.sort)), sentence(d.doc)) for n, d in parts.items()]
    return table(("field", "sort", "meaning"), rows) or "No fields."


def answers(source: Source, event: type[Event]) -> str:
    """Return which rules and which refusals answer an event, and where."""
    rows = []
    for rule in source.spec.rules_of(event):
        rows.append(("rule", source.rule_link(rule), _reply(rule), source.where_text(rule)))
    for refusal in source.spec.refusals_of(event):
        if not source.where(refusal):
            continue
        if refusal.name == WRONG_ROLE:
            where = "wherever the receiver or the sender lacks its role"
        else:
            where = source.where_text(refusal)
        name = link(code(refusal.name), "refusals.md", refusal.name)
        rows.append(("refusal", name, _reply(refusal), where))
    return table(("answer", "by", "reply", "can be the answer at"), rows)


def _reply(transition: Transition) -> str:
    assert transition.reply is not None
    return link(code(transition.reply.decl.__name__), "replies.md", transition.reply.decl.__name__)


def _named(source: Source, transitions: list[Transition]) -> list[str]:
    """Return links to rules, and refusals by name with the events they answer."""
    names = [source.rule_link(t) for t in transitions if t.kind == "rule"]
    refusals = dict.fromkeys(t.name for t in transitions if t.kind == "refusal")
    return names + [f"refusal {link(code(n), 'refusals.md', n)}" for n in refusals]


def replies(source: Source) -> str:
    """Return the page of replies."""
    spec = source.spec
    blocks = ["What a node answers. Every event has exactly one answer in every state."]
    rows = [(link(code(n), "", n), sentence(r.doc)) for n, r in spec.replies.items()]
    blocks.append(table(("reply", "meaning"), rows))
    for name, reply in spec.replies.items():
        blocks += [f"## {name}", sentence(reply.doc), _refusal_note(reply), fields(reply.parts)]
        given = [t for t in spec.transitions if t.reply is not None and t.reply.decl is reply]
        blocks.append("Given by: " + (", ".join(_named(source, given)) or "no rule") + ".")
    return page("Replies", *blocks)


def _refusal_note(reply: type[Reply]) -> str:
    if not reply.refusal:
        return ""
    return (
        "It names the *nearest clause*: of each rule for the event the first clause that does not"
        " hold, and of those the one furthest down its rule (the first rule's, of equals)."
    )


def refusals(source: Source) -> str:
    """Return the page of refusals: what is answered where no rule accepts."""
    spec = source.spec
    changing = [t for t in spec.transitions if t.kind == "refusal" and t.updates]
    blocks = [
        "Where no rule accepts an event, its refusals are tried in order, and the first whose"
        " condition holds answers."
        + ("" if changing else " A refusal changes none of the node's variables."),
        "## Order",
    ]
    orders: dict[tuple[str, ...], list[type[Event]]] = {}
    for event in spec.events.values():
        names = tuple(t.name for t in spec.refusals_of(event))
        orders.setdefault(names, []).append(event)
    rows = [
        (" → ".join(link(code(n), "", n) for n in names), ", ".join(map(event_link, events)))
        for names, events in orders.items()
    ]
    blocks.append(table(("refusals, in order", "of"), rows))
    found: dict[str, list[Transition]] = {}
    for t in spec.transitions:
        if t.kind == "refusal":
            found.setdefault(t.name, []).append(t)
    for name, ones in found.items():
        blocks += [f"## {name}", *_refusal(source, ones)]
    return page("Refusals", *blocks)


def _refusal(source: Source, ones: list[Transition]) -> list[str]:
    first = ones[0]
    assert first.reply is not None
    conditions = dict.fromkeys(" & ".join(c.text for c in t.clauses) for t in ones)
    if first.name == WRONG_ROLE:
        condition = "the node or the sender lacks the role that the event declares"
    elif list(conditions) == [""]:
        condition = "always, where nothing before it applies"
    else:
        condition = " or ".join(map(code, conditions))
    values = ", ".join(f"{n}={show(v)}" for n, v in first.reply.fields.items())
    sends = dict.fromkeys(sent_text(t) for t in ones if t.sends)
    return [
        sentence(first.doc),
        table(
            ("", "what"),
            [
                ("when", condition),
                ("reply", code(f"{first.reply.decl.__name__}({values})")),
                ("sends", "; ".join(sends) or "nothing"),
                ("source", source.place(first.span)),
            ],
        ),
    ]


def sent_text(transition: Transition) -> str:
    """Return what a transition sends, as text."""
    made = []
    for out in transition.sends:
        values = ", ".join(f"{n}={show(v)}" for n, v in out.fields.items())
        made.append(f"{code(f'{out.message.__name__}({values})')} to {code(show(out.to))}")
    return "; ".join(made)
