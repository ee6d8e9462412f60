"""A spec as TLA+, to be read, and to be checked by TLC.

    files = write_tla(spec, instance, "lock")    # lock.tla, MClock.tla, MClock.cfg

`lock.tla` is the protocol for any number of nodes; `MClock.tla` and `MClock.cfg` are the instance
(`model/instance.py`), in which TLC counts what every other search counts: its distinct states, its
generated ones and its depth.

Reading order: `layout`, `names`, `vocabulary`, `terms`, `properties`, `actions`, `module_file`,
`instance_file`. It shares the expression tree with the other back-ends and nothing else.
"""

from __future__ import annotations

from model.instance import Instance
from model.lang.spec import Spec
from model.tla.instance_file import instance_files
from model.tla.module_file import Builder
from model.tla.names import plain
from model.tla.terms import Unsupported

__all__ = ["Unsupported", "write_tla"]


def write_tla(spec: Spec, instance: Instance, name: str = "", check: str = "all") -> dict[str, str]:
    """Return the texts of a module, its instance and TLC's configuration, by file name."""
    module = Builder(spec, instance, plain(name or spec.name)).build()
    instance_text, config = instance_files(spec, instance, module, check)
    return {
        f"{module.name}.tla": module.text,
        f"MC{module.name}.tla": instance_text,
        f"MC{module.name}.cfg": config,
    }
