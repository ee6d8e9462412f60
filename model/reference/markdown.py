"""Pieces of Markdown, and where things stand in the reference.

Belongs here: text. Never here: what a spec says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

FOLDER = PurePosixPath("docs/reference")
NOTE = "<!-- Written from the spec by `oathbound generate`; not to be edited by hand. -->"


def page(title: str, *blocks: str) -> str:
    """Return a page: where it comes from, its title, and its blocks with a blank line between."""
    return "\n\n".join([NOTE, f"# {title}", *(b for b in blocks if b)]) + "\n"


def code(text: str) -> str:
    """Return text set as code."""
    return f"``{text}``" if "`" in text else f"`{text}`"


def codes(texts: Iterable[str], empty: str = "–") -> str:
    """Return texts set as code, with commas."""
    return ", ".join(code(t) for t in texts) or empty


def cell(text: str) -> str:
    """Return text for a table's cell: on one line, with its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], centred: bool = False) -> str:
    """Return a table, or nothing where it has no rows; `centred` leaves the first column alone."""
    body = [f"| {' | '.join(cell(c) for c in row)} |" for row in rows]
    if not body:
        return ""
    rule = ["---", *([":-:"] if centred else ["---"]) * (len(heads) - 1)]
    return "\n".join([f"| {' | '.join(heads)} |", f"| {' | '.join(rule)} |", *body])


def listing(items: Iterable[str]) -> str:
    """Return a list of points."""
    return "\n".join(f"- {item}" for item in items)


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets: lower case, spaces as hyphens, other signs dropped."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(text: str, target: str, heading: str = "") -> str:
    """Return a link to a page or, with `heading`, to a place on it."""
    return f"[{text}]({target}{'#' + anchor(heading) if heading else ''})"


def sentence(text: str) -> str:
    """Return text that begins with a capital and ends with a full stop."""
    text = " ".join(text.split())
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
