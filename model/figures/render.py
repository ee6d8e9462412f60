"""Drawing DOT text as SVG and PNG, and knowing later what a drawing was drawn from.

Belongs here: the drawing program, and the digest of the source inside each drawing. Two versions of
the program draw the same source differently, so a drawing is checked by its source's digest.
Never here: what is drawn.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from pathlib import Path

KEYWORD = "oathbound-source"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COMMENT = re.compile(rf"<!-- {KEYWORD}: (\S+) -->")


class NoDrawingProgram(RuntimeError):
    """Neither the `dot` program (with the package graphviz) nor pygraphviz is there."""


def digest(dot_text: str) -> str:
    """Return the digest of a drawing's source."""
    return "sha256:" + hashlib.sha256(dot_text.encode()).hexdigest()


def render(dot_text: str) -> tuple[bytes, bytes]:
    """Draw DOT text; return SVG and PNG, each with the source's digest inside.

    Raises `NoDrawingProgram` where nothing can draw, `ValueError` where the text is no DOT.
    """
    mark = digest(dot_text)
    return marked_svg(draw(dot_text, "svg"), mark), marked_png(draw(dot_text, "png"), mark)


def draw(dot_text: str, form: str) -> bytes:
    """Draw DOT text as `svg` or `png`, with whichever is there: the `dot` program, or pygraphviz.

    The program goes first; pygraphviz brings a library of its own, and needs no program.
    """
    try:
        return _by_program(dot_text, form)
    except (ImportError, FileNotFoundError):  # no package, or it finds no program
        return _by_library(dot_text, form)


def _by_program(dot_text: str, form: str) -> bytes:
    """Draw with the `dot` program, by way of the package graphviz."""
    import graphviz

    try:
        drawn: bytes = graphviz.Source(dot_text).pipe(format=form, engine="dot")
    except graphviz.ExecutableNotFound as error:
        raise FileNotFoundError("dot") from error
    except graphviz.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise ValueError(f"dot cannot draw this: {reason}") from error
    return drawn


def _by_library(dot_text: str, form: str) -> bytes:
    try:
        import pygraphviz
    except ImportError as error:
        raise NoDrawingProgram(
            "nothing here can draw: the `dot` program is not found by the package graphviz, and"
            " there is no pygraphviz; install Graphviz, or run `pip install pygraphviz`"
        ) from error
    drawn: bytes = pygraphviz.AGraph(string=dot_text).draw(path=None, format=form, prog="dot")
    return drawn


def marked_svg(svg: bytes, mark: str) -> bytes:
    """Return the SVG with a comment that holds `mark`."""
    text = svg.decode()
    at = text.index("<svg")
    return f"{text[:at]}<!-- {KEYWORD}: {mark} -->\n{text[at:]}".encode()


def marked_png(png: bytes, mark: str) -> bytes:
    """Return the PNG with a tEXt chunk that holds `mark`, right after its header chunk."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("this is no PNG: its first eight bytes are not the signature")
    (length,) = struct.unpack_from(">I", png, len(_SIGNATURE))
    at = len(_SIGNATURE) + 12 + length
    return png[:at] + _chunk(b"tEXt", f"{KEYWORD}\0{mark}".encode("latin-1")) + png[at:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk: length, kind, data, and the checksum of kind and data."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def embedded_digest(path: Path | str) -> str | None:
    """Return the digest of the source that a drawing was drawn from, or None where it has none."""
    data = Path(path).read_bytes()
    if data.startswith(_SIGNATURE):
        return _digest_of_png(data)
    found = _COMMENT.search(data.decode(errors="replace"))
    return found.group(1) if found else None


def _digest_of_png(data: bytes) -> str | None:
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        key, _, value = body.partition(b"\0")
        if kind == b"tEXt" and key == KEYWORD.encode():
            return value.decode("latin-1")
        at += 12 + length
    return None
