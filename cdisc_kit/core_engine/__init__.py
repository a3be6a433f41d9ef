"""CDISC's own rules engine (CORE) as an external judge of an SDTM folder.

The engine is the optional extra `core` and runs on Python 3.12 only. Its wheel holds no rules and no
controlled terminology: both come from a cache that CDISC publishes with each release of the engine.
Nothing here imports the engine (or pandas) until a check is run.
"""

from cdisc_kit.core_engine.result import CoreIssue, CoreResult, as_findings
from cdisc_kit.core_engine.rules_cache import CACHE_VARIABLE
from cdisc_kit.core_engine.run import check_with_core, run_core

__all__ = [
    "CACHE_VARIABLE",
    "CoreIssue",
    "CoreResult",
    "as_findings",
    "check_with_core",
    "run_core",
]
