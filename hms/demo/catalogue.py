"""What the demonstration hospital offers: specialties, tests, medicines, wards and the stories of visits."""

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
]

# Common adult reference intervals as teaching hospitals print them; every laboratory sets its own.
# code, name, LOINC, specimen, unit, decimals, price, [(sex, from days, until days, low, high, critical low, critical high)]
ADULT, END = 6570, 55_000
TESTS = [
    ("HB", "Haemoglobin", "718-7", "blood-edta", "g/L", 0, D("6.50"),
     [("female", ADULT, END, 120, 155, 70, 200), ("male", ADULT, END, 130, 175, 70, 200), ("any", 0, ADULT, 110, 160, 70, 220)]),
    ("WBC", "Leucocytes", "6690-2", "blood-edta", "10*9/L", 1, D("6.50"), [("any", 0, END, D("4.0"), D("11.0"), D("1.5"), D("30.0"))]),
    ("PLT", "Platelets", "777-3", "blood-edta", "10*9/L", 0, D("6.50"), [("any", 0, END, 150, 400, 30, 1000)]),
    ("HBA1C", "HbA1c", "59261-8", "blood-edta", "mmol/mol", 0, D("14.00"), [("any", 0, END, 20, 42, None, None)]),
    ("NA", "Sodium", "2951-2", "blood-serum", "mmol/L", 0, D("5.00"), [("any", 0, END, 135, 145, 120, 160)]),
    ("K", "Potassium", "2823-3", "blood-serum", "mmol/L", 1, D("5.00"), [("any", 0, END, D("3.5"), D("5.1"), D("2.8"), D("6.2"))]),
    ("CREA", "Creatinine", "14682-9", "blood-serum", "umol/L", 0, D("6.00"),
     [("female", ADULT, END, 45, 84, None, 500), ("male", ADULT, END, 59, 104, None, 500), ("any", 0, ADULT, 20, 75, None, 300)]),
    ("UREA", "Urea", "22664-7", "blood-serum", "mmol/L", 1, D("5.00"), [("any", 0, END, D("2.5"), D("7.8"), None, D("35"))]),
    ("ALT", "Alanine aminotransferase", "1742-6", "blood-serum", "U/L", 0, D("6.00"), [("any", 0, END, 5, 40, None, 1000)]),
    ("BILI", "Bilirubin, total", "14631-6", "blood-serum", "umol/L", 0, D("6.00"), [("any", 28, END, 3, 21, None, 250)]),
    ("CRP", "C-reactive protein", "1988-5", "blood-serum", "mg/L", 0, D("9.00"), [("any", 0, END, 0, 5, None, None)]),
    ("TSH", "Thyrotropin", "3016-3", "blood-serum", "mIU/L", 2, D("13.00"), [("any", 0, END, D("0.40"), D("4.00"), None, None)]),
    ("CHOL", "Cholesterol, total", "14647-2", "blood-serum", "mmol/L", 1, D("7.00"), [("any", ADULT, END, None, D("5.0"), None, None)]),
    ("LDL", "LDL cholesterol", "39469-2", "blood-serum", "mmol/L", 1, D("8.00"), [("any", ADULT, END, None, D("3.0"), None, None)]),
    ("FERR", "Ferritin", "2276-4", "blood-serum", "ug/L", 0, D("12.00"), [("female", 0, END, 13, 150, None, None), ("male", 0, END, 30, 400, None, None)]),
    ("TROP", "Troponin T, high sensitivity", "67151-1", "blood-serum", "ng/L", 0, D("22.00"), [("any", 0, END, 0, 14, None, 100)]),
    ("GLU", "Glucose, fasting", "14771-0", "blood-fluoride", "mmol/L", 1, D("4.50"), [("any", 0, END, D("3.9"), D("5.6"), D("2.5"), D("25.0"))]),
    ("INR", "INR", "6301-6", "blood-citrate", "{INR}", 1, D("8.00"), [("any", 0, END, D("0.8"), D("1.2"), None, D("5.0"))]),
    ("UALB", "Albumin to creatinine ratio, urine", "14959-1", "urine", "mg/mmol", 1, D("10.00"), [("any", 0, END, None, D("3.0"), None, None)]),
]
WORD_TESTS = [
    ("HCGU", "Pregnancy test, urine", "2106-3", "urine", D("7.00"), "negative"),
    ("STREP", "Group A streptococcus, rapid", "78012-2", "swab", D("11.00"), "negative"),
    ("MALAR", "Malaria antigen, rapid", "70569-9", "blood-edta", D("12.00"), "negative"),
]

# INN, strength, form, unit, allergens, price of one, reorder level, reorder quantity
MEDICINES = [
    ("Amoxicillin", "500 mg", "capsule", "capsules", ["penicillin", "beta-lactam"], D("0.32"), 400, 2000),
    ("Amoxicillin and clavulanic acid", "875 mg/125 mg", "tablet", "tablets", ["penicillin", "beta-lactam"], D("0.85"), 200, 1000),
    ("Phenoxymethylpenicillin", "250 mg", "tablet", "tablets", ["penicillin", "beta-lactam"], D("0.25"), 200, 1000),
    ("Azithromycin", "500 mg", "tablet", "tablets", ["macrolide"], D("1.40"), 100, 500),
    ("Doxycycline", "100 mg", "capsule", "capsules", ["tetracycline"], D("0.40"), 150, 600),
    ("Ceftriaxone", "1 g", "injection", "vials", ["cephalosporin", "beta-lactam"], D("4.20"), 80, 300),
    ("Sulfamethoxazole and trimethoprim", "800 mg/160 mg", "tablet", "tablets", ["sulfonamide", "sulfa"], D("0.35"), 100, 400),
    ("Nitrofurantoin", "100 mg", "capsule", "capsules", [], D("0.55"), 100, 400),
    ("Paracetamol", "500 mg", "tablet", "tablets", [], D("0.05"), 1000, 5000),
    ("Ibuprofen", "400 mg", "tablet", "tablets", ["NSAID", "aspirin"], D("0.10"), 600, 3000),
    ("Acetylsalicylic acid", "75 mg", "tablet", "tablets", ["aspirin", "NSAID", "salicylate"], D("0.06"), 500, 2000),
    ("Morphine", "10 mg/ml", "injection", "vials", ["opioid"], D("3.80"), 40, 100),
    ("Metformin", "500 mg", "tablet", "tablets", [], D("0.08"), 800, 4000),
    ("Insulin glargine", "100 U/ml", "injection", "pens", [], D("14.50"), 30, 100),
    ("Amlodipine", "5 mg", "tablet", "tablets", [], D("0.09"), 500, 2000),
    ("Losartan", "50 mg", "tablet", "tablets", [], D("0.14"), 500, 2000),
    ("Bisoprolol", "5 mg", "tablet", "tablets", [], D("0.12"), 300, 1200),
    ("Furosemide", "40 mg", "tablet", "tablets", ["sulfonamide"], D("0.10"), 300, 1200),
    ("Atorvastatin", "20 mg", "tablet", "tablets", [], D("0.15"), 500, 2000),
    ("Omeprazole", "20 mg", "capsule", "capsules", [], D("0.12"), 500, 2000),
    ("Levothyroxine", "50 ug", "tablet", "tablets", [], D("0.09"), 300, 1200),
    ("Salbutamol", "100 ug/dose", "inhaler", "inhalers", [], D("4.90"), 40, 150),
    ("Beclometasone", "100 ug/dose", "inhaler", "inhalers", [], D("9.80"), 30, 100),
    ("Prednisolone", "5 mg", "tablet", "tablets", [], D("0.11"), 300, 1000),
    ("Cetirizine", "10 mg", "tablet", "tablets", [], D("0.08"), 300, 1000),
    ("Ondansetron", "4 mg", "tablet", "tablets", [], D("0.60"), 100, 400),
    ("Ferrous sulfate", "200 mg", "tablet", "tablets", [], D("0.07"), 300, 1200),
    ("Folic acid", "5 mg", "tablet", "tablets", [], D("0.05"), 200, 800),
    ("Enoxaparin", "40 mg", "injection", "syringes", ["heparin"], D("6.30"), 60, 240),
    ("Sodium chloride", "0.9 %, 1 l", "infusion", "bags", [], D("2.10"), 100, 400),
    ("Oral rehydration salts", "20.5 g", "sachet", "sachets", [], D("0.30"), 200, 800),
    ("Hydrocortisone", "1 %", "cream", "tubes", [], D("2.40"), 40, 120),
    ("Chloramphenicol", "0.5 %", "drops", "bottles", [], D("2.60"), 30, 100),
    ("Tamsulosin", "400 ug", "capsule", "capsules", [], D("0.22"), 150, 600),
    ("Sertraline", "50 mg", "tablet", "tablets", [], D("0.18"), 200, 800),
    ("Gabapentin", "300 mg", "capsule", "capsules", [], D("0.20"), 200, 800),
]

# code, name, department, bed-day price, rooms × beds
WARDS = {
    "N": [("4A", "Surgery", "surgery", D("210.00"), 4, 3), ("4B", "Medicine", "medicine", D("190.00"), 4, 3),
          ("5A", "Maternity", "maternity", D("230.00"), 4, 2), ("5B", "Children", "paediatrics", D("205.00"), 3, 2)],
    "R": [("1", "Day and short stay", "medicine", D("160.00"), 3, 2)],
}

# A visit's story: specialty, reason, complaint, examination, plan, ICD-10-CM codes, tests, [(medicine, dosage, days, quantity)]
STORIES = [
    ("GP", "Cough and fever", "Cough with yellow sputum and fever for four days. Eats and drinks.", "Crackles at the right base. Oxygen saturation good.", "Antibiotic for five days. Return if breathless or no better in 48 hours.", ["J20.9"], ["CRP", "WBC"], [("Doxycycline", "1 capsule twice a day", 5, 10), ("Paracetamol", "2 tablets up to four times a day", 5, 40)]),
    ("GP", "Sore throat", "Sore throat and swollen glands, three days.", "Red tonsils with exudate, tender nodes.", "Rapid test, then treat. Fluids and rest.", ["J02.9"], ["STREP"], [("Phenoxymethylpenicillin", "2 tablets four times a day", 5, 40)]),
    ("GP", "Burning on passing water", "Dysuria and frequency for two days. No fever.", "Mild suprapubic tenderness.", "Treat, culture if it comes back.", ["N39.0"], ["HCGU"], [("Nitrofurantoin", "1 capsule twice a day", 5, 10)]),
    ("GP", "Repeat prescription", "Well controlled. No side effects.", "Blood pressure within target.", "Continue. Review in six months.", ["I10"], ["CREA", "K"], [("Amlodipine", "1 tablet in the morning", 28, 28)]),
    ("IM", "Diabetes review", "Type 2 diabetes. Tingling in both feet for some weeks.", "Reduced vibration sense at both great toes. Pulses present.", "Foot care advice. Increase metformin. Retinal screening.", ["E11.42", "I10"], ["HBA1C", "CREA", "UALB", "CHOL"], [("Metformin", "1 tablet twice a day with meals", 28, 56), ("Atorvastatin", "1 tablet at night", 28, 28)]),
    ("IM", "Tired all the time", "Fatigue for three months. Sleeps badly.", "Pale conjunctivae. Thyroid not enlarged.", "Iron for three months, then recheck.", ["D50.9"], ["HB", "FERR", "TSH"], [("Ferrous sulfate", "1 tablet a day", 28, 28)]),
    ("IM", "Thyroid review", "Cold and gaining weight.", "Dry skin, slow reflexes.", "Increase levothyroxine, recheck in eight weeks.", ["E03.9"], ["TSH"], [("Levothyroxine", "1 tablet in the morning, fasting", 28, 28)]),
    ("CARD", "Breathless on stairs", "Breathless on one flight. Ankles swell in the evening.", "Raised venous pressure, basal crackles, oedema to the shins.", "Diuretic, daily weights. Echocardiogram requested.", ["I50.9"], ["NA", "K", "CREA", "TROP"], [("Furosemide", "1 tablet in the morning", 14, 14), ("Bisoprolol", "1 tablet in the morning", 28, 28)]),
    ("CARD", "Blood pressure", "Home readings around 160/95.", "Regular pulse, no bruits.", "Second medicine added. Reduce salt. Review in four weeks.", ["I10"], ["CREA", "NA", "K"], [("Losartan", "1 tablet in the morning", 28, 28)]),
    ("PAED", "Wheeze", "Wheezes with every cold, worse at night.", "Mild bilateral wheeze, no recession.", "Inhaler with spacer, technique shown to the parent.", ["J45.909"], [], [("Salbutamol", "2 puffs as needed, up to four times a day", 28, 1)]),
    ("PAED", "Diarrhoea and vomiting", "Five loose stools since yesterday, vomited twice.", "Alert, moist mucosae, soft abdomen.", "Oral rehydration. Return if no urine for eight hours.", ["A09"], [], [("Oral rehydration salts", "1 sachet in 200 ml after each loose stool", 3, 10)]),
    ("ORTH", "Knee pain", "Pain on stairs for a year, stiff in the morning.", "Crepitus, small effusion, full extension.", "Exercises, weight, pain relief. Physiotherapy.", ["M17.11"], [], [("Ibuprofen", "1 tablet three times a day with food", 7, 21), ("Omeprazole", "1 capsule in the morning", 7, 7)]),
    ("ORTH", "Back pain", "Low back pain after lifting. No red flags.", "Paraspinal spasm, normal power and reflexes.", "Stay active. Simple pain relief.", ["M54.50"], [], [("Paracetamol", "2 tablets up to four times a day", 7, 56)]),
    ("OBGY", "Antenatal visit", "20 weeks. Feels movements. No bleeding.", "Fundus at the umbilicus, heart rate 145.", "Iron and folic acid. Next visit at 24 weeks.", ["Z34.90"], ["HB", "GLU"], [("Folic acid", "1 tablet a day", 28, 28)]),
    ("SURG", "Pain under the ribs", "Colicky pain after fatty meals.", "Tender right upper quadrant, no guarding.", "Ultrasound. Low-fat diet. Surgical list.", ["K80.20"], ["ALT", "BILI", "WBC"], [("Omeprazole", "1 capsule in the morning", 14, 14)]),
    ("DERM", "Itchy rash", "Dry itchy patches in the elbow creases since childhood.", "Lichenified eczema, no infection.", "Emollients, short course of steroid cream.", ["L20.9"], [], [("Hydrocortisone", "Apply thinly twice a day", 7, 1), ("Cetirizine", "1 tablet at night", 14, 14)]),
]

STAYS = [
    ("Community-acquired pneumonia", "J18.9", "Treated with oxygen and intravenous antibiotics, then tablets. Afebrile since day 3.", "Finish the tablets. Chest X-ray in six weeks."),
    ("Cellulitis of the left leg", "L03.116", "Intravenous antibiotics for three days, then tablets. Redness receding.", "Keep the leg raised. Finish the tablets."),
    ("Heart failure, decompensated", "I50.9", "Diuresed 4 kg. Renal function stable.", "Weigh every morning; call if 2 kg up in three days."),
    ("Acute appendicitis, laparoscopic appendicectomy", "K35.80", "Uneventful operation and recovery.", "No lifting for four weeks. Wound check in ten days."),
    ("Fractured neck of femur, hemiarthroplasty", "S72.001A", "Mobile with a frame from day 2.", "Physiotherapy at home. Clot prevention for 28 days."),
    ("Normal delivery", "O80", "Mother and child well.", "Midwife visits at home. Call for fever or heavy bleeding."),
    ("Asthma exacerbation", "J45.901", "Nebulised, steroids by mouth, peak flow back to usual.", "Inhaler twice a day. Plan given."),
    ("Diabetic ketoacidosis", "E10.10", "Fluids and insulin by protocol, ketones cleared in 14 hours.", "Sick-day rules repeated. Diabetes nurse in one week."),
]
ALLERGIES = [("Penicillin", "medication", "high", "anaphylaxis"), ("Penicillin", "medication", "low", "rash"), ("Aspirin", "medication", "high", "bronchospasm"), ("Sulfonamide", "medication", "low", "rash"), ("Peanut", "food", "high", "swelling of the lips"), ("Latex", "environment", "low", "contact dermatitis"), ("Morphine", "medication", "low", "itching"), ("Bee venom", "environment", "high", "anaphylaxis")]
PROBLEMS = [("I10", "Essential (primary) hypertension"), ("E11.9", "Type 2 diabetes mellitus without complications"), ("M17.11", "Unilateral primary osteoarthritis, right knee"), ("J45.909", "Unspecified asthma, uncomplicated"), ("E78.5", "Hyperlipidemia, unspecified"), ("E03.9", "Hypothyroidism, unspecified"), ("F32.A", "Depression, unspecified"), ("I48.91", "Unspecified atrial fibrillation"), ("N18.30", "Chronic kidney disease, stage 3 unspecified"), ("K21.9", "Gastro-esophageal reflux disease without esophagitis")]
