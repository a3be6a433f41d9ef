"""The checks that rules name: each takes the study and the rule, and yields the places it finds.

They know no domain: which datasets and variables are meant stands in the rule. One concept a file.
`CHECKS` also says which parameters a check takes: `text`, `texts` (a list), `?` for one that may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdisc_kit.check.functions import (
    conditions,
    dates,
    define_datasets,
    define_document,
    define_levels,
    define_standards,
    define_terms,
    define_values,
    files,
    groups,
    metadata,
    parameters,
    references,
    results,
    terminology,
    texts,
    timing,
)

if TYPE_CHECKING:
    from cdisc_kit.check.hit import Hit
    from cdisc_kit.check.rules import Rule
    from cdisc_kit.check.study import Study


@dataclass(frozen=True)
class Check:
    """A check function and the parameters it takes."""

    find: Callable[[Study, Rule], Iterator[Hit]]
    parameters: dict[str, str] = field(default_factory=dict)


_FORMAT = {"format": "text", "suffixes": "texts"}
_PAIR = {"code": "text", "name": "text"}
_PARAMETER = {"dataset": "text", "code": "text", "value": "text"}
_SOURCED = {"source": "text", "when": "text"}

CHECKS: dict[str, Check] = {
    "file_problem": Check(files.file_problem, {"problem": "text"}),
    "file_name": Check(files.file_name),
    "no_records": Check(files.no_records),
    "dataset_present": Check(metadata.dataset_present, {"datasets": "texts"}),
    "dataset_known": Check(metadata.dataset_known),
    "dataset_label": Check(metadata.dataset_label),
    "dataset_label_length": Check(metadata.dataset_label_length, {"most": "text"}),
    "dataset_name": Check(metadata.dataset_name),
    "variable_present": Check(metadata.variable_present, {"core": "text"}),
    "value_present": Check(metadata.value_present),
    "variable_known": Check(metadata.variable_known),
    "variable_name": Check(metadata.variable_name),
    "variable_order": Check(metadata.variable_order),
    "variable_type": Check(metadata.variable_type),
    "variable_label": Check(metadata.variable_label),
    "domain_value": Check(metadata.domain_value),
    "supplement_domain": Check(metadata.supplement_domain),
    "same_throughout": Check(metadata.same_throughout, {"variable": "text"}),
    "declared_length": Check(texts.declared_length, {"most": "text"}),
    "undecodable": Check(texts.undecodable),
    "non_ascii": Check(texts.non_ascii),
    "label_non_ascii": Check(texts.label_non_ascii),
    "label_length": Check(texts.label_length, {"most": "text"}),
    "form": Check(texts.form, {"variables": "texts", "pattern": "text"}),
    "country": Check(texts.country, {"variables": "texts"}),
    "longest": Check(texts.longest, {"variables": "texts", "most": "text"}),
    "untidy": Check(texts.untidy),
    "codelist": Check(terminology.codelist, {"extensible": "text", "except": "texts?"}),
    "removed_term": Check(terminology.removed_term),
    "spelling": Check(terminology.spelling),
    "pair": Check(terminology.pair, _PAIR),
    "result_term": Check(results.result_term, {"result": "text", "test": "text"}),
    "same_amount": Check(results.same_amount, {"original": "text", "number": "text", "when": "text"}),
    "term_code": Check(terminology.term_code, {"code": "text", "value": "text", **_SOURCED}),
    "terminology_version": Check(terminology.terminology_version, {"version": "text", **_SOURCED}),
    "values_present": Check(terminology.values_present, {"variable": "text", "values": "texts"}),
    "condition": Check(conditions.condition, {"variable": "text", "wrong": "text", "blame": "text?"}),
    "number_agrees": Check(conditions.number_agrees, {"text": "text", "number": "text"}),
    "implies_record": Check(
        conditions.implies_record,
        {"variable": "text", "when": "text", "dataset": "text", "where": "text?"},
    ),
    "iso_form": Check(dates.iso_form, _FORMAT),
    "iso_real": Check(dates.iso_real, _FORMAT),
    "study_day": Check(dates.study_day, {"days": "texts"}),
    "day_missing": Check(timing.day_missing, {"days": "texts"}),
    "after_cutoff": Check(
        timing.after_cutoff, {**_PARAMETER, "parameter": "text", "suffixes": "texts", "when": "text"}
    ),
    "epoch_of_record": Check(timing.epoch_of_record, {"date": "text"}),
    "age_of_birth": Check(
        timing.age_of_birth, {"age": "text", "unit": "text", "birth": "text", "at": "texts"}
    ),
    "parameter_value": Check(
        parameters.parameter_value, {"code": "text", "value": "text", "lists": "pairs", "extensible": "text"}
    ),
    "parameter_code": Check(
        parameters.parameter_code, {"code": "text", "value": "text", "term": "text", "lists": "pairs"}
    ),
    "parameter_form": Check(parameters.parameter_form, {"code": "text", "value": "text", "forms": "pairs"}),
    "unique": Check(groups.unique, {"variable": "text", "keys": "texts", "when": "text?", "order": "text?"}),
    "natural_keys": Check(groups.natural_keys, {"from": "text"}),
    "duplicates": Check(groups.duplicates),
    "one_to_one": Check(groups.one_to_one, {**_PAIR, "within": "texts?"}),
    "blank_within": Check(groups.blank_within, {"variable": "text", "within": "texts", "when": "text"}),
    "same_within": Check(groups.same_within, {"variable": "text", "within": "texts", "when": "text?"}),
    "unflagged": Check(
        groups.unflagged,
        {"variable": "text", "who": "text", "what": "texts", "when": "text", "order": "text"},
    ),
    "subject_known": Check(references.subject_known),
    "found_in": Check(
        references.found_in,
        {"variables": "texts", "dataset": "text", "there": "texts", "when": "text?", "known": "text?"},
    ),
    "parent_dataset": Check(references.parent_dataset),
    "parent_variable": Check(references.parent_variable),
    "parent_record": Check(references.parent_record),
    "related_ends": Check(references.related_ends),
    "define_schema": Check(define_document.schema),
    "define_undefined": Check(define_document.undefined),
    "define_unused": Check(define_document.unused),
    "define_twice": Check(define_document.twice),
    "define_ct_date": Check(define_standards.ct_date, {"set": "text", "dates": "texts"}),
    "define_standard": Check(define_standards.standard_stated, {"type": "text"}),
    "define_standard_referred": Check(define_standards.standard_referred),
    "define_guide_version": Check(define_standards.guide_version),
    "define_no_text": Check(define_standards.no_text),
    "define_link": Check(define_document.link, {"wrong": "text"}),
    "define_stylesheet": Check(define_document.stylesheet),
    "define_dataset_undeclared": Check(define_datasets.dataset_undeclared),
    "define_dataset_absent": Check(define_datasets.dataset_absent),
    "define_no_data": Check(define_datasets.no_data),
    "define_dataset_leaf": Check(define_datasets.dataset_leaf),
    "define_dataset_text": Check(define_datasets.dataset_text, {"part": "text"}),
    "define_kind_of_records": Check(define_datasets.kind_of_records, {"part": "text"}),
    "define_variable_undeclared": Check(define_datasets.variable_undeclared),
    "define_variable_absent": Check(define_datasets.variable_absent),
    "define_variable_order": Check(define_datasets.variable_order),
    "define_variable_type": Check(define_datasets.variable_type),
    "define_variable_label": Check(define_datasets.variable_label),
    "define_variable_length": Check(define_datasets.variable_length),
    "define_sas_name": Check(define_datasets.sas_name),
    "define_data_type": Check(define_datasets.data_type, {"types": "texts"}),
    "define_length_stated": Check(define_datasets.length_stated),
    "define_keys": Check(define_datasets.keys),
    "define_value_listed": Check(define_values.value_listed),
    "define_value_type": Check(define_values.value_type, {"types": "texts"}),
    "define_value_length": Check(define_values.value_length),
    "define_value_digits": Check(define_values.value_digits),
    "define_mandatory": Check(define_values.mandatory),
    "define_decode": Check(define_values.decode, {"pairs": "texts"}),
    "define_where": Check(define_levels.where_wrong, {"part": "text"}),
    "define_where_empty": Check(define_levels.where_empty),
    "define_where_twice": Check(define_levels.where_twice),
    "define_where_missing": Check(define_levels.where_missing),
    "define_list_code": Check(define_terms.list_code),
    "define_term": Check(define_terms.term, {"wrong": "text"}),
    "define_term_twice": Check(define_terms.term_twice),
    "define_term_blank": Check(define_terms.term_blank),
    "define_list_type": Check(define_terms.list_type),
    "define_list_of_variable": Check(define_terms.list_of_variable),
    "define_origin": Check(define_terms.origin, {"lack": "text"}),
}
