"""Built-in conformance checks: any folder of SDTM datasets against rules that are data (`rules/*.yaml`).

Each finding is at the exact file, variable and record; what follows from one cause is one finding.
"""

from cdisc_kit.check.inmemory import MemoryPath
from cdisc_kit.check.rules import Rule, RuleInfo, load_rules
from cdisc_kit.check.run import BuiltinResult, check_folder

__all__ = ["BuiltinResult", "MemoryPath", "Rule", "RuleInfo", "check_folder", "load_rules"]
