"""Origins and derivation texts of the rows of a variable, by the record blocks that wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cdisc_kit.dataset import Dataset, Origin, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVERY_BLOCK = "*"
_DERIVED = "Derived"


def origins_by_block(dataset: Dataset, variable: Variable, rows: np.ndarray | None) -> dict[str, Origin]:
    """The declared origins of `rows` (positions; None: all) by block; all declared ones without lineage."""
    lineage = dataset.lineage
    if lineage is None or not len(dataset.frame):
        return dict(variable.origins)
    at = lineage.block if rows is None else lineage.block[rows]
    found: dict[str, Origin] = {}
    for index in np.unique(at):
        block = lineage.blocks[index]
        name = block if block in variable.origins else _EVERY_BLOCK
        if name in variable.origins:
            found[name] = variable.origins[name]
    return found or dict(variable.origins)


def distinct(origins: Mapping[str, Origin]) -> tuple[Origin, ...]:
    """One origin for each type and source, with the raw columns of all that share them.

    Define-XML 2.1 (def:Origin) allows several for an item, so none is left out.
    """
    columns: dict[tuple[str, str], list[str]] = {}
    for origin in origins.values():
        columns.setdefault((origin.type, origin.source), []).extend(origin.columns)
    return tuple(
        Origin(kind, source, columns=tuple(dict.fromkeys(names)))
        for (kind, source), names in sorted(columns.items())
    )


def method(origins: Mapping[str, Origin]) -> str:
    """The text of the derivation, "" where nothing is derived.

    An ItemRef names one method, so where blocks differ the text says which records each part is for.
    """
    derived = {block: origin.method for block, origin in origins.items() if origin.type == _DERIVED}
    texts = list(dict.fromkeys(text for text in derived.values() if text))
    if not texts:
        return ""
    if len(texts) == 1 and len(derived) == len(origins):
        return texts[0]
    return "\n".join(
        f"Records of {', '.join(block for block, own in derived.items() if own == text)}: {text}"
        for text in texts
    )
