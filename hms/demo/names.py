"""Invented people. First and family names are drawn separately, so that none of them is anyone."""

from __future__ import annotations

import random

# fmt: off
FEMALE = ["Amelia", "Bettina", "Chiara", "Dorota", "Elif", "Fatou", "Greta", "Hanna", "Ines", "Jana", "Keiko", "Lucía", "Maëlle", "Nadia", "Oona", "Petra", "Ruth", "Saoirse", "Tamar", "Uma", "Vera", "Wanjiru", "Xenia", "Yara", "Zoë", "Adaeze", "Beatriz", "Cécile", "Dilnoza", "Eszter", "Freya", "Halima", "Irena", "Jovana", "Leila", "Marit", "Nkechi", "Olena", "Priya", "Renée", "Sunniva", "Thandi", "Anjali", "Meera", "Lakshmi", "Birgit", "Noor"]
MALE = ["Arjun", "Bruno", "Cormac", "Dario", "Emeka", "Farid", "Goran", "Hugo", "Ivo", "Jonas", "Kofi", "Luca", "Mateo", "Nils", "Otto", "Pavel", "Quentin", "Rafael", "Samir", "Tariq", "Ulrich", "Viktor", "Wim", "Yusuf", "Zoltán", "André", "Björn", "Çetin", "Diego", "Émile", "Fergus", "Günther", "Håkon", "Igor", "Jürgen", "Karan", "Lorenzo", "Marek", "Niall", "Omar", "Piotr", "Ravi", "Søren", "Tomasz", "Václav", "Baraka", "Dev"]
FAMILY = ["Abara", "Bergström", "Çelik", "Demir", "Eriksen", "Ferreira", "Gallo", "Haddad", "Ibarra", "Jansen", "Kowalski", "Lindqvist", "Mensah", "Nowak", "Okafor", "Petrov", "Quaye", "Raghunathan", "Sørensen", "Tanaka", "Urbán", "Varga", "Weber", "Ximenes", "Yilmaz", "Zielińska", "Adeyemi", "Brunner", "Castellano", "Duarte", "Egede", "Fournier", "Grönlund", "Hoxha", "Iyer", "Jovanović", "Kaplan", "Lefèvre", "Moreau", "Nwosu", "Obi", "Papadaki", "Rossi", "Silva", "Thapa", "Ólafsdóttir", "Popescu", "Sharma", "Khoury", "Nair", "Aziz", "Dubois", "Novák", "Håland", "MacAuley", "Dlamini", "Ferrante"]
LONG = ["Achterwasserbrueckenhaus-Lindenthaler", "Ananthalakshmi-Varadapurushottaman Kodumudi", "Ravenscroft-Fotherington"]
ARABIC = [("عمر", "خليل", "male"), ("ليلى", "حداد", "female"), ("يوسف", "منصور", "male"), ("نور", "السيد", "female")]
DEVANAGARI = [("अनिता", "राव", "female"), ("विक्रम", "जोशी", "male"), ("मीरा", "पाटिल", "female")]
STREETS = """Canal Road|Mill Lane|Orchard Street|Harbour Walk|Station Road|Chapel Hill|Linden Avenue|Kiln Close|
Abbey Gardens|Foundry Row|Meadow Rise|Tannery Yard|Quay Street|Beacon Lane""".replace("\n", "").split("|")
TOWNS = ["Northgate", "Eastbourne Cross", "Millbridge", "Ashdon", "Ferrybank", "Stonehaven Park"]
LANGUAGES = ["English"] * 8 + ["Polish", "Arabic", "Hindi", "Portuguese", "Turkish"]


def person(dice: random.Random) -> tuple[str, str, str]:
    """Given name, family name, administrative gender."""
    roll = dice.random()
    if roll < 0.03:
        return dice.choice(ARABIC)
    if roll < 0.06:
        return dice.choice(DEVANAGARI)
    sex = "female" if dice.random() < 0.53 else "male"
    given = dice.choice(FEMALE if sex == "female" else MALE)
    if dice.random() < 0.2:
        second = dice.choice(FEMALE if sex == "female" else MALE)
        given = given if second == given else f"{given} {second}"
    family = dice.choice(LONG) if roll > 0.997 else dice.choice(FAMILY)
    if dice.random() < 0.12:
        second = dice.choice(FAMILY)
        family = family if second == family else f"{family}-{second}"
    return given, family, sex
