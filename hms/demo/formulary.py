"""What its pharmacy stocks."""

from __future__ import annotations

from decimal import Decimal as D

# INN, strength, form, unit, allergens, price of one, reorder level, reorder quantity
MEDICINES = [
    ("Amoxicillin", "500 mg", "capsule", "capsules", ["penicillin", "beta-lactam"], D("0.32"), 400, 2000),
    (
        "Amoxicillin and clavulanic acid",
        "875 mg/125 mg",
        "tablet",
        "tablets",
        ["penicillin", "beta-lactam"],
        D("0.85"),
        200,
        1000,
    ),
    ("Phenoxymethylpenicillin", "250 mg", "tablet", "tablets", ["penicillin", "beta-lactam"], D("0.25"), 200, 1000),
    ("Azithromycin", "500 mg", "tablet", "tablets", ["macrolide"], D("1.40"), 100, 500),
    ("Doxycycline", "100 mg", "capsule", "capsules", ["tetracycline"], D("0.40"), 150, 600),
    ("Ceftriaxone", "1 g", "injection", "vials", ["cephalosporin", "beta-lactam"], D("4.20"), 80, 300),
    (
        "Sulfamethoxazole and trimethoprim",
        "800 mg/160 mg",
        "tablet",
        "tablets",
        ["sulfonamide", "sulfa"],
        D("0.35"),
        100,
        400,
    ),
    ("Nitrofurantoin", "100 mg", "capsule", "capsules", [], D("0.55"), 100, 400),
    ("Paracetamol", "500 mg", "tablet", "tablets", [], D("0.05"), 1000, 5000),
    ("Ibuprofen", "400 mg", "tablet", "tablets", ["NSAID", "aspirin"], D("0.10"), 600, 3000),
    ("Acetylsalicylic acid", "75 mg", "tablet", "tablets", ["aspirin", "NSAID", "salicylate"], D("0.06"), 500, 2000),
    ("Morphine", "10 mg/mL", "injection", "vials", ["opioid"], D("3.80"), 40, 100),
    ("Metformin", "500 mg", "tablet", "tablets", [], D("0.08"), 800, 4000),
    ("Insulin glargine", "100 units/mL", "injection", "pens", [], D("14.50"), 30, 100),
    ("Amlodipine", "5 mg", "tablet", "tablets", [], D("0.09"), 500, 2000),
    ("Losartan", "50 mg", "tablet", "tablets", [], D("0.14"), 500, 2000),
    ("Bisoprolol", "5 mg", "tablet", "tablets", [], D("0.12"), 300, 1200),
    ("Furosemide", "40 mg", "tablet", "tablets", ["sulfonamide"], D("0.10"), 300, 1200),
    ("Atorvastatin", "20 mg", "tablet", "tablets", [], D("0.15"), 500, 2000),
    ("Omeprazole", "20 mg", "capsule", "capsules", [], D("0.12"), 500, 2000),
    ("Levothyroxine", "50 micrograms", "tablet", "tablets", [], D("0.09"), 300, 1200),
    ("Salbutamol", "100 micrograms/dose", "inhaler", "inhalers", [], D("4.90"), 40, 150),
    ("Beclometasone", "100 micrograms/dose", "inhaler", "inhalers", [], D("9.80"), 30, 100),
    ("Prednisolone", "5 mg", "tablet", "tablets", [], D("0.11"), 300, 1000),
    ("Cetirizine", "10 mg", "tablet", "tablets", [], D("0.08"), 300, 1000),
    ("Ondansetron", "4 mg", "tablet", "tablets", [], D("0.60"), 100, 400),
    ("Ferrous sulfate", "200 mg", "tablet", "tablets", [], D("0.07"), 300, 1200),
    ("Folic acid", "5 mg", "tablet", "tablets", [], D("0.05"), 200, 800),
    ("Enoxaparin", "40 mg", "injection", "syringes", ["heparin"], D("6.30"), 60, 240),
    ("Sodium chloride", "0.9 %, 1 L", "infusion", "bags", [], D("2.10"), 100, 400),
    ("Oral rehydration salts", "20.5 g", "sachet", "sachets", [], D("0.30"), 200, 800),
    ("Hydrocortisone", "1 %", "cream", "tubes", [], D("2.40"), 40, 120),
    ("Chloramphenicol", "0.5 %", "drops", "bottles", [], D("2.60"), 30, 100),
    ("Tamsulosin", "400 micrograms", "capsule", "capsules", [], D("0.22"), 150, 600),
    ("Sertraline", "50 mg", "tablet", "tablets", [], D("0.18"), 200, 800),
    ("Gabapentin", "300 mg", "capsule", "capsules", [], D("0.20"), 200, 800),
]

# What is prescribed instead where an allergy speaks against it: medicine → (medicine, dosage, days, quantity)
INSTEAD = {
    "Phenoxymethylpenicillin": ("Azithromycin", "1 tablet a day", 3, 3),
    "Amoxicillin": ("Azithromycin", "1 tablet a day", 3, 3),
    "Amoxicillin and clavulanic acid": ("Doxycycline", "1 capsule twice a day", 5, 10),
    "Ibuprofen": ("Paracetamol", "2 tablets up to four times a day", 7, 56),
    "Acetylsalicylic acid": ("Omeprazole", "1 capsule in the morning", 14, 14),
    "Morphine": ("Paracetamol", "2 tablets four times a day", 3, 24),
}
