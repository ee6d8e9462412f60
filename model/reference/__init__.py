"""The reference of a spec: Markdown pages, written from the spec alone.

Belongs here: which pages there are. Never here: anything about one protocol; whatever a page says
of the order, the order's spec said first.

Reading order: `source` (what is asked of a spec), `permissions` (who may do what), then the other
pages: `events`, `rules`, `states`, `properties`.
"""

from __future__ import annotations

from pathlib import Path

import model
from model.lang.spec import Spec
from model.reference.events import messages, refusals, replies, requests, timers
from model.reference.markdown import FOLDER, link, page, sentence, table
from model.reference.permissions import permissions
from model.reference.properties import errors, properties
from model.reference.rules import rule_pages
from model.reference.source import CanAnswer, Source
from model.reference.states import states, tables, variables

__all__ = ["CanAnswer", "generate"]


def generate(
    spec: Spec, can_answer: CanAnswer | None = None, root: Path | None = None
) -> dict[str, str]:
    """Return the pages by their path in the repository; the same spec gives the same pages.

    `can_answer(transition, role, state)` tells whether a transition can be the answer to its event
    at a node of that role in that state; give it where a solver is at hand. Without it partial
    evaluation tells what may be, and the pages say so. `root` is the repository's folder, which
    places in the source are shown relative to; by default the one this package lies in.
    """
    source = Source(spec, root or Path(next(iter(model.__path__))).parent, can_answer)
    pages = {
        "states.md": states(source),
        "permissions.md": permissions(source),
        "messages.md": messages(source),
        "requests.md": requests(source),
        "timers.md": timers(source),
        "replies.md": replies(source),
        "refusals.md": refusals(source),
        **rule_pages(source),
        "variables.md": variables(source),
        "tables.md": tables(source),
        "properties.md": properties(source),
        "errors.md": errors(),
    }
    pages["index.md"] = index(source)
    return {str(FOLDER / name): text for name, text in sorted(pages.items())}


def index(source: Source) -> str:
    """Return the front page."""
    spec = source.spec
    rules = [t for t in spec.transitions if t.kind == "rule"]
    rows = [
        ("States", "states.md", f"{len(source.states)} states, the sums, the edges between them"),
        ("Who may do what", "permissions.md", "by role and state: what is accepted, what refused"),
        ("Messages", "messages.md", f"{len(spec.messages)} messages between nodes"),
        ("Requests", "requests.md", f"{len(spec.requests)} requests of clients and operators"),
        ("Timers", "timers.md", f"{len(spec.timers)} timers"),
        ("Replies", "replies.md", f"{len(spec.replies)} replies"),
        ("Refusals", "refusals.md", "what is answered where no rule accepts"),
        ("Rules", "rules.md", f"{len(rules)} rules: clauses, updates, messages, reply"),
        ("Variables", "variables.md", f"{len(spec.variables)} variables, the configuration, sorts"),
        ("Tables", "tables.md", f"{len(spec.tables)} tables of data"),
        ("Properties", "properties.md", f"{len(spec.statements)} statements: promises and lemmas"),
        ("Error codes", "errors.md", "what a mistake in a spec is told as"),
    ]
    return page(
        spec.title,
        f"The reference of the spec `{spec.name}`, written from the spec itself.",
        table(("page", "what it holds"), [(link(t, p), sentence(d)) for t, p, d in rows]),
    )
