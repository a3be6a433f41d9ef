"""Where a column can matter in an expression, row by row: not where a guard or alternative leaves it out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from cdisc_kit.expression import Expression

Lookup = Callable[[str], pd.Series]


def influence(expression: Expression, lookup: Lookup, length: int) -> dict[str, np.ndarray]:
    """Column -> the rows on which another value of it alone could give another result.

    Of `a if b else c` only the side that is taken counts; a part of `and` where the other parts are true, a
    part of `or` where they are false. An expression without any of these reads all its columns everywhere.
    """
    found = {name: np.zeros(length, dtype=bool) for name in expression.names}
    holds = partial(_holds, lookup=lookup, length=length)
    _walk(expression.tree, np.ones(length, dtype=bool), holds, found)
    return found


def is_guarded(expression: Expression) -> bool:
    """True where some part of the expression may not count on a row."""
    return any(isinstance(node, (ast.IfExp, ast.BoolOp)) for node in ast.walk(expression.tree))


def _holds(node: ast.expr, lookup: Lookup, length: int) -> np.ndarray:
    return Expression("", node, ()).mask(lookup, length)


def _walk(
    node: ast.AST, rows: np.ndarray, holds: Callable[[ast.expr], np.ndarray], found: dict[str, np.ndarray]
) -> None:
    name = ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
    if name in found:
        found[name] |= rows
        return
    for part, where in _parts(node, rows, holds):
        _walk(part, where, holds, found)


def _parts(
    node: ast.AST, rows: np.ndarray, holds: Callable[[ast.expr], np.ndarray]
) -> list[tuple[ast.AST, np.ndarray]]:
    """The parts of a node, each with the rows on which it counts."""
    if isinstance(node, ast.IfExp):
        test = holds(node.test)
        return [(node.test, rows), (node.body, rows & test), (node.orelse, rows & ~test)]
    if isinstance(node, ast.BoolOp):
        settled = [holds(part) ^ isinstance(node.op, ast.And) for part in node.values]
        others = [np.logical_or.reduce(settled[:at] + settled[at + 1 :]) for at in range(len(settled))]
        return [(part, rows & ~other) for part, other in zip(node.values, others, strict=True)]
    return [(part, rows) for part in ast.iter_child_nodes(node)]
