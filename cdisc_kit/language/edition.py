"""One edition of a study: its English datasets put into the language and the bytes of a package."""

from __future__ import annotations

from cdisc_kit.build.study import Built
from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.language.budget import fitted, label_findings, rejoin_findings
from cdisc_kit.language.chinese import in_chinese, kept_in_chinese
from cdisc_kit.lengths import with_lengths
from cdisc_kit.spec import StudySpec


def packaged(spec: StudySpec, built: Built, encoding: str) -> tuple[dict[str, Dataset], list[Finding]]:
    """The datasets of a package in `encoding` (Chinese where it can be) with their lengths in bytes.

    The findings are those of the build, what was told of labels and text, and FATAL ones for what does not
    fit: `LABEL-TOOLONG`, `TXT-TOOLONG`, `TXT-NONASCII`, `TXT-ENCODING`, `TXT-REJOIN`.
    """
    chinese = encoding != "ascii"
    worded, notes = in_chinese(spec, built) if chinese else (built.datasets, [])
    notes += kept_in_chinese(spec, built.findings) if chinese else built.findings
    within, told, cuts = fitted(worded, encoding)
    datasets, wrong = with_lengths(within, encoding)
    labels, rejoined = label_findings(datasets, encoding), rejoin_findings(datasets, cuts, encoding)
    return datasets, [*notes, *told, *wrong, *labels, *rejoined]
