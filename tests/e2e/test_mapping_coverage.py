"""The mapping tests of the bundled studies hold, and leave hardly a branch untaken."""

import pytest

from cdisc_kit.locate import bundled
from cdisc_kit.mapping_tests.run import run_mapping_tests

STUDY_PERCENT = 95
DOMAIN_PERCENT = 90


@pytest.mark.parametrize("study", ["atg", "capeox"])
def test_every_dataset_has_cases_that_hold_and_take_its_branches(study: str) -> None:
    result = run_mapping_tests(study, bundled("mappings"))
    assert not result.failed, result.text()
    assert [domain.domain for domain in result.domains if not domain.cases] == []
    short = [d.domain for d in result.domains if 100 * len(d.missing) > (100 - DOMAIN_PERCENT) * d.branches]
    assert short == []
    assert result.coverage >= STUDY_PERCENT
