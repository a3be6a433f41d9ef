"""The language of a package: English, or Chinese labels and collected wording; and text cut to byte budgets.

Every package is made from one set of English datasets, so that records, order, --SEQ, dates, numbers and
coded terms are the same in all: only labels and text are exchanged afterwards.
"""

from cdisc_kit.language.budget import shown_label
from cdisc_kit.language.chinese import english_labels
from cdisc_kit.language.edition import packaged

__all__ = ["english_labels", "packaged", "shown_label"]
