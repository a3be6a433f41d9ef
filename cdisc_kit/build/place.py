"""The raw cell behind a name of a mapping, so that a finding points at what a person can look at."""

from __future__ import annotations

from cdisc_kit.spec.model import EVERY_BLOCK, BlockSpec, DomainSpec, StudySpec
from cdisc_kit.spec.names import resolve


def raw_column(spec: StudySpec, domain: DomainSpec, block: BlockSpec, name: str, item: int | None) -> str:
    """The raw column that `name` is or is first made from on a row of `block`; '' where there is none.

    `item` is the position of the row's unpivot item (None: no unpivot).
    """
    resolved = resolve(spec, domain, block, name)
    if resolved is None:
        return ""
    if resolved.kind == "raw":
        return resolved.name
    if resolved.kind == "alias" and block.unpivot is not None and item is not None:
        return block.unpivot.aliases[name][item]
    if resolved.kind != "own":
        return ""
    # the load has checked that no variable is made from itself
    by = next((target.by for target in domain.targets() if target.name == resolved.name), {})
    call = by.get(block.id) or by.get(EVERY_BLOCK)
    sources = call.needs.columns if call is not None else ()
    return next(filter(None, (raw_column(spec, domain, block, source, item) for source in sources)), "")
