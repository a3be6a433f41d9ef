"""The checks that rules name: each takes the study and the rule, and yields the places it finds.

They know no domain: which datasets and variables are meant stands in the rule. One concept a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cdisc_kit.check.functions import files

if TYPE_CHECKING:
    from cdisc_kit.check.hit import Hit
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study

    Check = Callable[[Study, Rule], Iterator[Hit]]

FUNCTIONS: dict[str, Check] = {
    "file_problem": files.file_problem,
    "file_name": files.file_name,
    "no_records": files.no_records,
}
