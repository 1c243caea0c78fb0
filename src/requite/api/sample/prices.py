"""The small price list that a sample is priced with where no table is given: round figures, and ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Price:
    """A line of the price list: whole pounds, trim points in days; no outpatient price where there is none."""

    hrg: str
    name: str
    outpatient: int | None
    elective: int
    non_elective: int
    trim: int
    day_rate: int


ILLUSTRATIVE: Final = (
    Price("AX01", "Stroke", None, 2_000, 3_200, 28, 230),
    Price("AX02", "Headache and migraine", None, 350, 480, 5, 240),
    Price("AX03", "Seizure", None, 500, 700, 6, 240),
    Price("BX01", "Cataract, complex", None, 950, 1_300, 5, 260),
    Price("BX02", "Cataract", None, 750, 900, 5, 260),
    Price("BX03", "Minor procedure on the eyelid", 120, 600, 700, 5, 260),
    Price("CX01", "Tonsils", None, 1_100, 1_200, 5, 250),
    Price("CX02", "Nose and sinus, intermediate", None, 1_450, 1_700, 5, 250),
    Price("CX03", "Nasal cautery", 110, 900, 950, 5, 250),
    Price("DX01", "Pneumonia", None, 1_500, 2_100, 16, 220),
    Price("DX02", "Bronchitis", None, 900, 1_250, 10, 220),
    Price("DX03", "Asthma", None, 450, 620, 5, 220),
    Price("EX01", "Pacemaker", None, 2_600, 3_900, 14, 230),
    Price("EX02", "Heart failure", None, 1_700, 2_500, 20, 230),
    Price("EX03", "Chest pain", None, 300, 420, 5, 230),
    Price("FX01", "Large bowel, major", None, 6_000, 7_200, 24, 260),
    Price("FX02", "Hernia repair", None, 1_250, 1_900, 6, 260),
    Price("FX03", "Upper gastroscopy", 300, 480, 800, 5, 260),
    Price("FX04", "Abdominal pain", None, 380, 520, 5, 260),
    Price("GX01", "Gallbladder", None, 2_000, 2_800, 9, 250),
    Price("HE11X", "Hip Fracture with Multiple Interventions", None, 5_500, 6_500, 30, 210),
    Price("HE11Y", "Hip Fracture with Single Intervention", None, 4_300, 5_000, 30, 210),
    Price("HX01", "Hip replacement", None, 5_500, 6_400, 12, 250),
    Price("HX02", "Knee replacement", None, 5_700, 6_600, 11, 250),
    Price("HX03", "Knee arthroscopy", None, 1_600, 1_900, 5, 250),
    Price("HX04", "Carpal tunnel", None, 850, 1_000, 5, 250),
    Price("JX01", "Skin, minor", 130, 640, 700, 5, 230),
    Price("JX02", "Skin, major", None, 2_400, 2_900, 13, 230),
    Price("JX03", "Cellulitis", None, 600, 850, 9, 230),
    Price("KX01", "Diabetes", None, 700, 950, 8, 220),
    Price("LX01", "Cystoscopy", 200, 520, 640, 5, 240),
    Price("LX02", "Prostate", None, 2_100, 2_700, 8, 240),
    Price("LX03", "Kidney or urinary infection", None, 800, 1_150, 11, 240),
    Price("LX04", "Malignant Tumour of the Bladder", None, 1_300, 1_900, 9, 240),
    Price("MX01", "Colposcopy", 160, 690, 760, 5, 250),
    Price("MX02", "Hysterectomy", None, 3_300, 3_800, 8, 250),
    Price("MX03", "Pelvic examination under anaesthesia", None, 730, 900, 5, 250),
    Price("QX01", "Varicose veins", None, 1_150, 1_500, 5, 240),
    Price("QX02", "Arteries, major", None, 4_500, 5_600, 22, 240),
    Price("SX01", "Blood transfusion", None, 420, 560, 5, 230),
    Price("WX01", "Poisoning", None, 320, 450, 5, 230),
    Price("WX02", "Fever of unknown cause", None, 650, 900, 9, 230),
    Price("XX01", "Rehabilitation assessment", None, 1_050, 1_400, 14, 220),
    Price("XX02", "Complex home oxygen", None, 1_350, 1_600, 7, 220),
)
