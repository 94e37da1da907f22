"""What the demonstration hospital is: departments, specialties, wards; what its people have."""

from __future__ import annotations

from decimal import Decimal as D

DEPARTMENTS = [
    ("outpatients", "Outpatients"),
    ("emergency", "Emergency"),
    ("medicine", "Internal medicine"),
    ("surgery", "Surgery"),
    ("maternity", "Maternity"),
    ("paediatrics", "Paediatrics"),
    ("laboratory", "Laboratory"),
    ("pharmacy", "Pharmacy"),
    ("administration", "Administration"),
]

BEHIND_THE_SCENES = {"laboratory", "pharmacy", "administration"}  # no visit is opened there

# code, name, consultation fee
SPECIALTIES = [
    ("GP", "General practice", D("45.00")),
    ("IM", "Internal medicine", D("70.00")),
    ("CARD", "Cardiology", D("95.00")),
    ("PAED", "Paediatrics", D("60.00")),
    ("ORTH", "Orthopaedics", D("85.00")),
    ("OBGY", "Obstetrics and gynaecology", D("80.00")),
    ("SURG", "General surgery", D("90.00")),
    ("DERM", "Dermatology", D("75.00")),
    ("EM", "Emergency medicine", D("65.00")),
]

# code, name, department, bed-day price, rooms × beds
WARDS = {
    "N": [
        ("4A", "Surgery", "surgery", D("210.00"), 4, 3),
        ("4B", "Medicine", "medicine", D("190.00"), 4, 3),
        ("5A", "Maternity", "maternity", D("230.00"), 4, 2),
        ("5B", "Children", "paediatrics", D("205.00"), 3, 2),
    ],
    "R": [("1", "Day and short stay", "medicine", D("160.00"), 3, 2)],
}

ALLERGIES = [
    ("Penicillin", "medication", "high", "anaphylaxis"),
    ("Penicillin", "medication", "low", "rash"),
    ("Aspirin", "medication", "high", "bronchospasm"),
    ("Sulfonamide", "medication", "low", "rash"),
    ("Peanut", "food", "high", "swelling of the lips"),
    ("Latex", "environment", "low", "contact dermatitis"),
    ("Morphine", "medication", "low", "itching"),
    ("Bee venom", "environment", "high", "anaphylaxis"),
]
PROBLEMS = [
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("M17.11", "Unilateral primary osteoarthritis, right knee"),
    ("J45.909", "Unspecified asthma, uncomplicated"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("E03.9", "Hypothyroidism, unspecified"),
    ("F32.A", "Depression, unspecified"),
    ("I48.91", "Unspecified atrial fibrillation"),
    ("N18.30", "Chronic kidney disease, stage 3 unspecified"),
    ("K21.9", "Gastro-esophageal reflux disease without esophagitis"),
]
# code, name, price
PROCEDURES = [
    ("ECG", "12-lead electrocardiogram", D("28.00")),
    ("SUTURE", "Suture of a wound", D("65.00")),
    ("BIOPSY", "Punch biopsy of the skin", D("90.00")),
    ("JOINT", "Injection into a joint", D("75.00")),
    ("APPEND", "Laparoscopic appendicectomy", D("1850.00")),
    ("HIP", "Hemiarthroplasty of the hip", D("4200.00")),
]
