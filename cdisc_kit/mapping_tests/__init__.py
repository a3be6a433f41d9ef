"""Mapping unit tests: raw rows in, SDTM records out, and the branches of a mapping that no test reached."""

from cdisc_kit.mapping_tests.run import run_mapping_tests

__all__ = ["run_mapping_tests"]
