"""`when` and `expr`: a small Python-syntax expression, parsed once, evaluated over whole columns.

Allowed: names (columns), one dot (`FORM.COLUMN`), text and number literals, comparisons, `in` with a
literal list, and/or/not, + - * /, `a if b else c`, and the functions of `FUNCTIONS`. Nothing else: there is
no attribute access, no call of anything that is not listed, no eval.
"""

from __future__ import annotations

import ast
import difflib
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cdisc_kit.columns import missing, number, text
from cdisc_kit.isodate import days, precedes

if TYPE_CHECKING:
    from collections.abc import Callable


MOST_DECIMALS = 15  # as many as a number holds


class ExpressionError(ValueError):
    """The text is not an expression of this language; the message says what and what is allowed."""


def round_half_up(value: Any, digits: float = 0) -> Any:
    """Decimal rounding, halves away from zero, as a person rounds a dose."""
    scale = 10.0 ** int(digits)
    scaled = number(value) * scale
    # 1e-9 undoes the last-bit loss of a decimal such as 2.675 that binary stores just below the half
    return np.sign(scaled) * np.floor(np.abs(scaled) * (1 + 1e-12) + 0.5 + 1e-9) / scale


def square_root(value: Any) -> Any:
    """The root of a number; missing for a negative one, which a person's measure cannot be."""
    amount = number(value)
    return np.sqrt(amount.where(amount >= 0) if isinstance(amount, pd.Series) else amount)


def has(value: pd.Series, code: str) -> pd.Series:
    """True where a multi-answer cell (codes joined by ';') contains `code`."""
    cells = text(value)
    codes, uniques = pd.factorize(cells)
    hits = np.array([code in str(cell).split(";") for cell in uniques], dtype=bool)
    return pd.Series(hits[codes], index=value.index)


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Whole days from one date to another; missing where either is blank or partial."""
    elapsed = days(end) - days(start)
    return pd.Series(np.where(np.isnat(elapsed), np.nan, elapsed.astype("float64")), index=start.index)


def among(value: pd.Series, words: pd.Series) -> pd.Series:
    """True where the cell is one of the blank-separated words of the other (a list held in a parameter)."""
    pairs, uniques = pd.factorize(pd.MultiIndex.from_arrays([text(value), text(words)]))
    hits = np.array([cell in str(listed).split() for cell, listed in uniques], dtype=bool)
    return pd.Series(hits[pairs], index=value.index)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "missing": missing,
    "present": lambda value: ~missing(value),
    "round": round_half_up,
    "number": number,
    "has": has,
    "date": lambda value: text(value).astype(str).str.slice(0, 10) if isinstance(value, pd.Series) else value,
    "startswith": lambda value, prefix: text(value).astype(str).str.startswith(prefix),
    "before": lambda value, mark: text(value).astype(str).str.split(mark, n=1).str[0],
    "after": lambda value, mark: text(value).astype(str).str.split(mark, n=1, regex=False).str[1],
    "sqrt": square_root,
    "days_between": days_between,
    "precedes": precedes,
    "among": among,
}

_PREDICATES = frozenset({"missing", "present", "has", "startswith", "among", "precedes"})

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression: `source` as written, `names` the columns it reads (plain or `FORM.COLUMN`).

    Columns that give the value come before those that are read in a condition only.
    """

    source: str
    tree: ast.expr
    names: tuple[str, ...]

    def evaluate(self, lookup: Callable[[str], pd.Series]) -> Any:
        """The value over the columns `lookup` returns: a Series, or a scalar for a constant expression."""
        return _Evaluator(lookup).value(self.tree)

    def mask(self, lookup: Callable[[str], pd.Series], length: int) -> np.ndarray:
        """The expression as a boolean array of `length`; missing counts as False."""
        result = self.evaluate(lookup)
        if isinstance(result, pd.Series):
            return result.to_numpy(dtype=bool)
        return np.full(length, bool(result))

    def branches(self, lookup: Callable[[str], pd.Series], length: int) -> dict[str, bool]:
        """Each side of every `a if b else c`, and whether any row takes it."""
        found: dict[str, bool] = {}
        _take_branches(self.tree, np.ones(length, dtype=bool), lookup, found)
        return found


def _take_branches(
    node: ast.AST, rows: np.ndarray, lookup: Callable[[str], pd.Series], found: dict[str, bool]
) -> None:
    """Add to `found` the sides of the conditions in `node` that the rows still there take."""
    if not isinstance(node, ast.IfExp):
        for child in ast.iter_child_nodes(node):
            _take_branches(child, rows, lookup, found)
        return
    test = Expression("", node.test, ()).mask(lookup, len(rows))
    for side, taken, body in (("true", rows & test, node.body), ("false", rows & ~test, node.orelse)):
        name = f"{ast.unparse(node.test)} is {side}"
        found[name] = found.get(name, False) or bool(taken.any())
        _take_branches(body, taken, lookup, found)


def parse(source: str, *, condition: bool = False) -> Expression:
    """Parse and check `source`, which with `condition` must be true or false. Raises ExpressionError."""
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"not an expression: {error.msg} in {source!r}") from error
    names: list[str] = []
    _check(tree, names)
    if condition:
        _require_condition(tree)
    return Expression(source, tree, tuple(dict.fromkeys(names)))


def _check(node: ast.AST, names: list[str]) -> None:
    """Append the columns that `node` reads to `names`; ExpressionError for what is not of the language."""
    dotted = _dotted(node)
    if dotted is not None:
        names.append(dotted)
    elif isinstance(node, ast.Call):
        _check_call(node, names)
    elif isinstance(node, ast.Compare):
        _check_comparison(node, names)
    elif isinstance(node, ast.Constant):
        if not _is_literal(node):
            raise ExpressionError(f"literal {node.value!r} is not allowed; use text in quotes or a number")
    elif isinstance(node, (ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.IfExp)):
        _check_division(node)
        # what gives the value comes before what only decides which
        children = sorted(ast.iter_child_nodes(node), key=lambda child: child is getattr(node, "test", None))
        for child in children:
            if isinstance(child, ast.expr):
                _check(child, names)
        _check_operator(node)
        for condition in _conditions(node):
            _require_condition(condition)
    else:
        raise ExpressionError(f"{type(node).__name__} is not part of the expression language")


def _is_literal(node: ast.AST) -> bool:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, (str, int, float))


def _check_division(node: ast.AST) -> None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _constant(node.right) == 0:
        raise ExpressionError("division by zero")


def _constant(node: ast.expr) -> float | None:
    """The number that a part without columns comes to; None where it has a column, or is text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _constant(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        left, right = _constant(node.left), _constant(node.right)
        if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
            return None
        return float(_ARITHMETIC[type(node.op)](left, right))
    return None


def _check_decimals(node: ast.Call) -> None:
    if isinstance(node.func, ast.Name) and node.func.id == "round" and len(node.args) > 1:
        digits = node.args[1]
        value = digits.value if isinstance(digits, ast.Constant) else None
        if type(value) is not int or not 0 <= value <= MOST_DECIMALS:
            raise ExpressionError(
                f"round: the number of decimals is a whole number from 0 to {MOST_DECIMALS}"
            )


def _check_operator(node: ast.AST) -> None:
    if isinstance(node, ast.BinOp) and type(node.op) not in _ARITHMETIC:
        raise ExpressionError(f"operator {type(node.op).__name__} is not allowed; use + - * /")
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, (ast.Not, ast.USub)):
        raise ExpressionError(f"operator {type(node.op).__name__} is not allowed; use not or -")


def _check_comparison(node: ast.Compare, names: list[str]) -> None:
    _check(node.left, names)
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator, (ast.In, ast.NotIn)):
            if not isinstance(right, (ast.List, ast.Tuple)) or not all(map(_is_literal, right.elts)):
                raise ExpressionError("`in` takes a list of literals: A in ['1', '2']")
        elif type(operator) in _COMPARE:
            _check(right, names)
        else:
            raise ExpressionError(f"comparison {type(operator).__name__} is not allowed")


def _conditions(node: ast.AST) -> list[ast.expr]:
    """The parts of a node that must be true or false."""
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    return [node.test] if isinstance(node, ast.IfExp) else []


def _require_condition(node: ast.expr) -> None:
    """Raise ExpressionError unless the node is true or false by its form.

    A bare column is not: the text `N` would count as true.
    """
    if isinstance(node, ast.IfExp):
        _require_condition(node.body)
        _require_condition(node.orelse)
        return
    by_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PREDICATES
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    if not (by_call or negated or isinstance(node, (ast.Compare, ast.BoolOp))):
        raise ExpressionError(
            f"`{ast.unparse(node)}` is no condition; compare it: {ast.unparse(node)} == 'Y'"
        )


def _check_call(node: ast.Call, names: list[str]) -> None:
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise ExpressionError("only the plain functions " + ", ".join(sorted(FUNCTIONS)) + " can be called")
    if node.func.id not in FUNCTIONS:
        close = difflib.get_close_matches(node.func.id, FUNCTIONS, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise ExpressionError(f"unknown function '{node.func.id}'{hint}")
    function = FUNCTIONS[node.func.id]
    try:
        inspect.signature(function).bind(*node.args)
    except TypeError as error:
        raise ExpressionError(f"function '{node.func.id}': {error}") from error
    _check_decimals(node)
    for argument in node.args:
        _check(argument, names)


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


class _Evaluator:
    """Evaluates a checked tree; columns are text with missing cells until arithmetic makes them numbers."""

    def __init__(self, lookup: Callable[[str], pd.Series]) -> None:
        self.lookup = lookup

    def value(self, node: ast.expr) -> Any:
        dotted = _dotted(node)
        if dotted is not None:
            return self.lookup(dotted)
        if isinstance(node, ast.Constant):
            return node.value
        return getattr(self, "_" + type(node).__name__.lower())(node)

    def _list(self, node: ast.List | ast.Tuple) -> list[Any]:
        return [self.value(item) for item in node.elts]

    _tuple = _list

    def _call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id](*[self.value(argument) for argument in node.args])

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        operand = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return ~operand if isinstance(operand, pd.Series) else not operand
        return -number(operand)

    def _boolop(self, node: ast.BoolOp) -> Any:
        both = isinstance(node.op, ast.And)
        result = self.value(node.values[0])
        for child in node.values[1:]:
            if isinstance(result, pd.Series) and _settled(result.to_numpy(), both):
                break
            value = self.value(child)
            result = (result & value) if both else (result | value)
        return result

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add) and (_is_text(node.left) or _is_text(node.right)):
            return text(left) + text(right)
        return _ARITHMETIC[type(node.op)](number(left), number(right))

    def _ifexp(self, node: ast.IfExp) -> Any:
        test, yes, no = self.value(node.test), self.value(node.body), self.value(node.orelse)
        if not isinstance(test, pd.Series):
            return yes if test else no
        if not (_is_number(yes) and _is_number(no)):
            yes, no = text(yes), text(no)
        chosen = np.where(test.to_numpy(dtype=bool), _plain(yes), _plain(no))
        return pd.Series(chosen, index=test.index, dtype=None if _is_number(yes) else object)

    def _compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        result: Any = None
        for operator, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            compared = _compared(operator, left, right)
            result = compared if result is None else result & compared
            left = right
        return result


def _settled(result: np.ndarray, both: bool) -> bool:
    """True where no further part of an `and` (`both`) or `or` can change the result of any row."""
    return not result.any() if both else bool(result.all())


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_number(value: Any) -> bool:
    return (
        pd.api.types.is_numeric_dtype(value) if isinstance(value, pd.Series) else not isinstance(value, str)
    )


def _plain(value: Any) -> Any:
    return value.to_numpy() if isinstance(value, pd.Series) else value


def _compared(operator: ast.cmpop, left: Any, right: Any) -> Any:
    if isinstance(operator, (ast.In, ast.NotIn)):
        numeric = all(isinstance(item, (int, float)) for item in right)
        left = number(left) if numeric else text(left)
        hits = left.isin(right) if isinstance(left, pd.Series) else left in right
        return ~hits if isinstance(operator, ast.NotIn) else hits
    literal = isinstance(left, str) or isinstance(right, str)
    if not literal and (_is_number(left) or _is_number(right)):
        return _COMPARE[type(operator)](number(left), number(right))
    left, right = text(left), text(right)
    result = _COMPARE[type(operator)](left, right)
    # a blank is neither earlier nor later than a date, as a missing number is neither less nor more
    return result if isinstance(operator, (ast.Eq, ast.NotEq)) else result & (left != "") & (right != "")
