"""The pages of rules: one index, and one page for each source file.

Belongs here: everything a rule's row says. Never here: what answers where no rule does (`events`).
"""

from __future__ import annotations

from model.lang.declare import GhostUpdate, Message
from model.lang.expr import show
from model.lang.spec import Transition
from model.reference.events import sent_text
from model.reference.markdown import code, codes, link, page, sentence, table
from model.reference.source import Source, event_link

KINDS = {
    "role": "role: the node's own role",
    "sender": "sender: the role the sender may speak in",
    "guard": "guard",
}


def rule_pages(source: Source) -> dict[str, str]:
    """Return the index and the rules' pages, by path below the reference's folder."""
    by_module: dict[str, list[Transition]] = {}
    for t in source.spec.transitions:
        if t.kind == "rule":
            by_module.setdefault(source.module(t), []).append(t)
    made = {"rules.md": index(source, by_module)}
    for module, rules in by_module.items():
        made[f"rules/{module}.md"] = module_page(source, module, rules)
    return made


def index(source: Source, by_module: dict[str, list[Transition]]) -> str:
    """Return the page that lists all rules."""
    blocks = [
        "A rule accepts an event where all its clauses hold. It then sets all its variables at"
        " once, from their values before, sends its messages and gives its reply. For one event"
        " at most one rule's clauses hold; where none's do, a "
        + link("refusal", "refusals.md")
        + " answers.",
    ]
    for module, rules in by_module.items():
        rows = []
        for rule in rules:
            assert rule.event is not None
            doc = sentence(rule.doc.split("\n\n")[0])
            rows.append((source.rule_link(rule), event_link(rule.event), doc))
        blocks += [
            f"## {link(module, f'rules/{module}.md')}",
            table(("rule", "on", "meaning"), rows),
        ]
    blocks += ["## The environment", *environment(source)]
    return page("Rules", *blocks)


def environment(source: Source) -> list[str]:
    """Return what happens without a rule."""
    blocks = []
    for t in source.spec.transitions:
        if t.kind == "environment":
            blocks.append(f"**{t.name}**: {sentence(t.doc)}")
            blocks.append(f"Reset are {codes(t.updates, 'no variables')}.")
    return blocks


def module_page(source: Source, module: str, rules: list[Transition]) -> str:
    """Return the page of one source file's rules."""
    blocks = []
    for rule in rules:
        blocks += rule_blocks(source, rule)
    return page(f"Rules: {module}", *blocks)


def rule_blocks(source: Source, rule: Transition) -> list[str]:
    """Return the blocks of one rule."""
    assert rule.event is not None and rule.reply is not None
    event = event_link(rule.event, "../")
    by = ""
    if issubclass(rule.event, Message) and rule.event.senders:
        by = f" from {codes(r.name for r in rule.event.senders)}"
    clauses = [(str(i), KINDS[c.kind], code(c.text)) for i, c in enumerate(rule.clauses, start=1)]
    updates = [(code(f"me.{n}"), code(show(v))) for n, v in rule.updates.items()]
    values = ", ".join(f"{n}={show(v)}" for n, v in rule.reply.fields.items())
    reply = link(code(rule.reply.decl.__name__), "../replies.md", rule.reply.decl.__name__)
    facts = [
        ("can be the answer at", source.where_text(rule)),
        ("sends", sent_text(rule) or "nothing"),
        ("reply", f"{reply}{f' with {code(values)}' if values else ''}"),
    ]
    if rule.ghosts:
        facts.append(("for the proof", "; ".join(code(ghost_text(g)) for g in rule.ghosts)))
    return [
        f"## {rule.label}",
        sentence(rule.doc),
        f"On {event}{by}. {source.place(rule.span, '../../..')}",
        table(("clause", "kind", "holds"), clauses) or "No clauses: it always accepts.",
        table(("variable", "next value"), updates) or "It changes no variable.",
        table(("", "what"), facts),
    ]


def ghost_text(update: GhostUpdate) -> str:
    """Return what is added to a ghost relation."""
    made = f"{update.relation.name}({', '.join(show(a) for a in update.args)})"
    return made if update.where is None else f"{made} for all that satisfy {show(update.where)}"
