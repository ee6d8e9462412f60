"""A finite instance of a spec as a Promela model, to be searched by Spin.

    model = write_promela(spec, instance)
    model.text

Everything is a number here (`values`); the states that Spin stores are those of the instance
(`model/instance.py`). Reading order: `values`, `terms`, `model_file`. It shares the expression tree
with the other back-ends and nothing else.
"""

from __future__ import annotations

from model.instance import Instance
from model.lang.spec import Spec
from model.promela.model_file import Builder, Model
from model.promela.terms import Unsupported
from model.promela.values import TooLarge

__all__ = ["Model", "TooLarge", "Unsupported", "write_promela"]


def write_promela(spec: Spec, instance: Instance, *, check: bool = True) -> Model:
    """Return the model; without `check` nothing is asserted, and the states are only counted.

    Raises `TooLarge` or `Unsupported` for what cannot be spelled out.
    """
    return Builder(spec, instance, check=check).build()
