"""The operations of the mapping language: one per file, listed here once."""

from __future__ import annotations

from cdisc_kit.derive import (
    age,
    agree,
    assign,
    carried,
    const,
    count,
    datetime,
    decode,
    distinct,
    end_datetime,
    epoch,
    exists,
    expr,
    extreme,
    find,
    highest,
    last_before_exposure,
    lookup,
    map,
    next_start,
    number_within,
    paired,
    param,
    part,
    period_end,
    study_day,
    template,
    visit,
)
from cdisc_kit.derive.operation import Needs, Operation, Rows

OPERATIONS: dict[str, Operation] = {
    operation.key: operation
    for operation in (
        assign.OPERATION,
        const.OPERATION,
        param.OPERATION,
        map.OPERATION,
        agree.OPERATION,
        lookup.OPERATION,
        datetime.OPERATION,
        end_datetime.OPERATION,
        expr.OPERATION,
        template.OPERATION,
        part.OPERATION,
        number_within.OPERATION,
        decode.OPERATION,
        find.OPERATION,
        carried.OPERATION,
        paired.OPERATION,
        study_day.OPERATION,
        epoch.OPERATION,
        visit.OPERATION,
        age.OPERATION,
        extreme.EARLIEST,
        extreme.LATEST,
        exists.OPERATION,
        distinct.OPERATION,
        count.OPERATION,
        highest.OPERATION,
        next_start.NEXT_START,
        next_start.DAY_AFTER,
        period_end.OPERATION,
        last_before_exposure.OPERATION,
    )
}

__all__ = ["OPERATIONS", "Needs", "Operation", "Rows"]
