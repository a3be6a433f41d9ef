"""Raw text to canonical text, by the column types of sources.yaml."""

from cdisc_kit.normalise.cells import canonical, normalise
from cdisc_kit.normalise.consent import without_consent
from cdisc_kit.normalise.pauses import with_pauses_apart
from cdisc_kit.normalise.personal import without_names
from cdisc_kit.normalise.repeats import without_repeats
from cdisc_kit.normalise.subject_numbers import Known, birth_dates, known_numbers, with_zeros
from cdisc_kit.normalise.text import PUNCTUATION, spelling, wording

__all__ = [
    "PUNCTUATION",
    "Known",
    "birth_dates",
    "canonical",
    "known_numbers",
    "normalise",
    "spelling",
    "with_pauses_apart",
    "with_zeros",
    "without_consent",
    "without_names",
    "without_repeats",
    "wording",
]
