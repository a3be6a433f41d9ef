"""Every case of dirt: its number, the study it is planted in, the levels it belongs to, and its planter.

A case stops the build, or needs a file of its own, where its level is ALONE. A number may stand several
times: in both studies, or once as data that can be built and once as data that cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cdisc_kit.synth.dirt import (
    atg_dates,
    atg_numbers,
    atg_safety,
    atg_subjects,
    atg_text,
    capeox_cells,
    capeox_treatment,
    capeox_tumour,
)
from cdisc_kit.synth.dirt.editor import Editor

LIGHT, FULL, ALONE = "light", "full", "alone"


@dataclass(frozen=True)
class Case:
    """`level`: the least level that plants it. `rare` cases choose their subjects first."""

    number: int
    study: str
    level: str
    plant: Callable[[Editor], None]
    rare: bool = False


CASES = (
    Case(1, "atg", LIGHT, atg_dates.unknown_day),
    Case(2, "capeox", LIGHT, capeox_cells.unknown_month),
    Case(3, "atg", FULL, atg_dates.unknown_month),
    Case(4, "atg", FULL, atg_dates.chinese_date),
    Case(5, "atg", LIGHT, atg_dates.dotted_date),
    Case(6, "atg", FULL, atg_dates.packed_date),
    Case(7, "capeox", LIGHT, capeox_cells.serial_number),
    Case(8, "capeox", ALONE, capeox_cells.serial_number_1904),
    Case(9, "atg", FULL, atg_dates.full_width_colon),
    Case(10, "atg", FULL, atg_dates.midnight),
    Case(11, "atg", FULL, atg_dates.time_in_words),
    Case(12, "atg", FULL, atg_dates.impossible_date),
    Case(13, "capeox", FULL, capeox_cells.ambiguous_date),
    Case(14, "atg", FULL, atg_dates.two_digit_year),
    Case(15, "atg", FULL, atg_dates.future_follow_up),
    Case(16, "atg", FULL, atg_dates.end_before_start),
    Case(17, "atg", FULL, atg_dates.late_consent),
    Case(18, "atg", FULL, atg_dates.event_after_death, rare=True),
    Case(18, "atg", ALONE, atg_dates.death_in_conflict),
    Case(19, "atg", FULL, atg_dates.past_midnight),
    Case(20, "capeox", ALONE, capeox_cells.impossible_birth),
    Case(21, "atg", ALONE, atg_text.undecodable_byte),
    Case(22, "atg", FULL, atg_text.mojibake, rare=True),
    Case(23, "atg", LIGHT, atg_text.full_width_number),
    Case(23, "capeox", LIGHT, capeox_cells.full_width_number),
    Case(24, "capeox", FULL, capeox_cells.decimal_comma),
    Case(25, "atg", FULL, atg_text.thousands),
    Case(26, "atg", FULL, atg_text.full_width_exponent),
    Case(27, "atg", LIGHT, atg_text.padded_code),
    Case(28, "atg", FULL, atg_text.synonyms),
    Case(29, "atg", FULL, atg_text.lost_zero),
    Case(30, "atg", FULL, atg_text.letter_for_digit),
    Case(31, "atg", FULL, atg_text.extra_column),
    Case(31, "atg", ALONE, atg_text.renamed_column),
    Case(32, "atg", FULL, atg_text.rows_of_no_subject),
    Case(33, "atg", FULL, atg_text.same_row_twice),
    Case(34, "atg", FULL, atg_text.same_key_twice),
    Case(35, "atg", FULL, atg_text.identity_in_remark),
    Case(36, "atg", FULL, atg_text.broken_remark),
    Case(37, "atg", FULL, atg_numbers.below_limit),
    Case(37, "capeox", FULL, capeox_cells.below_limit, rare=True),
    Case(38, "atg", FULL, atg_numbers.comparisons),
    Case(39, "atg", FULL, atg_numbers.not_done),
    Case(40, "capeox", FULL, capeox_cells.words_and_signs),
    Case(41, "atg", FULL, atg_numbers.spellings_of_units),
    Case(42, "atg", FULL, atg_numbers.tenfold),
    Case(43, "atg", FULL, atg_numbers.other_unit),
    Case(44, "atg", FULL, atg_numbers.implausible),
    Case(45, "atg", FULL, atg_numbers.ranges),
    Case(46, "atg", FULL, atg_numbers.foreign_range),
    Case(47, "atg", FULL, atg_numbers.second_count),
    Case(48, "atg", FULL, atg_numbers.missing_point),
    Case(49, "atg", LIGHT, atg_numbers.pressures_swapped),
    Case(50, "atg", FULL, atg_numbers.temperatures),
    Case(51, "atg", FULL, atg_numbers.seconds_for_ratio),
    Case(52, "capeox", ALONE, capeox_tumour.number_reused),
    Case(53, "capeox", FULL, capeox_tumour.target_missing, rare=True),
    Case(54, "capeox", FULL, capeox_tumour.new_lesion_ignored, rare=True),
    Case(55, "capeox", FULL, capeox_tumour.late_target, rare=True),
    Case(56, "capeox", FULL, capeox_tumour.length_of_node, rare=True),
    Case(57, "capeox", FULL, capeox_tumour.two_scan_dates, rare=True),
    Case(58, "capeox", FULL, capeox_treatment.overlap, rare=True),
    Case(59, "capeox", FULL, capeox_treatment.pause_inside, rare=True),
    Case(60, "capeox", FULL, capeox_treatment.nothing_given, rare=True),
    Case(61, "capeox", FULL, capeox_treatment.no_reason, rare=True),
    Case(62, "atg", FULL, atg_subjects.never_treated, rare=True),
    Case(63, "atg", FULL, atg_subjects.screen_failures),
    Case(64, "atg", FULL, atg_subjects.rescreened, rare=True),
    Case(65, "atg", ALONE, atg_subjects.number_twice),
    Case(66, "atg", FULL, atg_subjects.other_arm),
    Case(67, "atg", FULL, atg_safety.late_biopsy),
    Case(68, "atg", FULL, atg_safety.wrong_total),
    Case(69, "atg", FULL, atg_safety.biopsy_and_result_apart),
    Case(70, "atg", LIGHT, atg_safety.no_end),
    Case(71, "atg", FULL, atg_safety.uncoded_event),
    Case(72, "atg", FULL, atg_safety.seriousness, rare=True),
    Case(73, "atg", FULL, atg_safety.infections, rare=True),
    Case(74, "atg", FULL, atg_safety.medication_dates),
    Case(75, "atg", FULL, atg_safety.dose_in_name),
    Case(76, "atg", FULL, atg_subjects.visit_out_of_order),
    Case(77, "atg", FULL, atg_subjects.visit_left_out),
    Case(78, "capeox", FULL, capeox_cells.empty_sheet),
    Case(79, "capeox", FULL, capeox_cells.code_against_text),
    Case(80, "atg", ALONE, atg_subjects.entered_two_ways),
    Case(81, "capeox", LIGHT, capeox_cells.draft),
    Case(82, "atg", FULL, atg_subjects.consent_version),
    Case(83, "atg", FULL, atg_subjects.too_old),
    Case(83, "capeox", FULL, capeox_cells.too_young),
    Case(84, "atg", FULL, atg_subjects.last_dose_too_late),
    Case(85, "atg", FULL, atg_subjects.never_screened),
    Case(86, "atg", FULL, atg_subjects.tenth_centre),
    Case(87, "capeox", FULL, capeox_cells.wrong_total),
    Case(88, "capeox", FULL, capeox_cells.protein_not_quantified, rare=True),
)
