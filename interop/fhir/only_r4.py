"""Resources of FHIR R4 that R4B dropped, so that fhir.resources has no model of them.

None has a place in the record: they are checked, counted and not stored. What is checked: the elements
that every resource has, the names and the cardinality of their own (http://hl7.org/fhir/R4/), and that
nothing in them is empty or null. `*` may repeat, `!` must be there, `.` is a primitive.
"""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.domainresource import DomainResource
from pydantic import ValidationError

_EVIDENCE = (
    "url. identifier* version. name. title. status.! date. publisher. contact* description. note* useContext*"
    " jurisdiction* copyright. approvalDate. lastReviewDate. effectivePeriod topic* author* editor* reviewer*"
    " endorser* relatedArtifact* synthesisType studyType sampleSize certainty* population! outcome!"
)
_ELEMENTS = {
    "EffectEvidenceSynthesis": f"{_EVIDENCE} exposure! exposureAlternative! resultsByExposure* effectEstimate*",
    "RiskEvidenceSynthesis": f"{_EVIDENCE} exposure riskEstimate",
    "MedicinalProduct": "identifier* type domain combinedPharmaceuticalDoseForm legalStatusOfSupply"
    " additionalMonitoringIndicator specialMeasures.* paediatricUseIndicator productClassification* marketingStatus*"
    " pharmaceuticalProduct* packagedMedicinalProduct* attachedDocument* masterFile* contact* clinicalTrial* name*!"
    " crossReference* manufacturingBusinessOperation* specialDesignation*",
    "MedicinalProductAuthorization": "identifier* subject country* jurisdiction* status statusDate. restoreDate."
    " validityPeriod dataExclusivityPeriod dateOfFirstAuthorization. internationalBirthDate. legalBasis"
    " jurisdictionalAuthorization* holder regulator procedure",
    "MedicinalProductContraindication": "subject* disease diseaseStatus comorbidity* therapeuticIndication*"
    " otherTherapy* population*",
    "MedicinalProductIndication": "subject* diseaseSymptomProcedure diseaseStatus comorbidity* intendedEffect"
    " duration otherTherapy* undesirableEffect* population*",
    "MedicinalProductIngredient": "identifier role! allergenicIndicator. manufacturer* specifiedSubstance* substance",
    "MedicinalProductInteraction": "subject* description. interactant* type effect incidence management",
    "MedicinalProductManufactured": "manufacturedDoseForm! unitOfPresentation quantity! manufacturer* ingredient*"
    " physicalCharacteristics otherCharacteristics*",
    "MedicinalProductPackaged": "identifier* subject* description. legalStatusOfSupply marketingStatus*"
    " marketingAuthorization manufacturer* batchIdentifier* packageItem*!",
    "MedicinalProductPharmaceutical": "identifier* administrableDoseForm! unitOfPresentation ingredient* device*"
    " characteristics* routeOfAdministration*!",
    "MedicinalProductUndesirableEffect": "subject* symptomConditionEffect classification frequencyOfOccurrence"
    " population*",
    "SubstanceNucleicAcid": "sequenceType numberOfSubunits. areaOfHybridisation. oligoNucleotideType subunit*",
    "SubstancePolymer": "class geometry copolymerConnectivity* modification.* monomerSet* repeat*",
    "SubstanceProtein": "sequenceType numberOfSubunits. disulfideLinkage.* subunit*",
    "SubstanceReferenceInformation": "comment. gene* geneElement* classification* target*",
    "SubstanceSourceMaterial": "sourceMaterialClass sourceMaterialType sourceMaterialState organismId organismName."
    " parentSubstanceId* parentSubstanceName.* countryOfOrigin* geographicalLocation.* developmentStage"
    " fractionDescription* organism partDescription*",
    "SubstanceSpecification": "identifier type status domain description. source* comment. moiety* property*"
    " referenceInformation structure code* name* molecularWeight* relationship* nucleicAcid polymer protein"
    " sourceMaterial",
}
# Resource → element → its marks.
ELEMENTS = {kind: {word.rstrip("*!."): word for word in words.split()} for kind, words in _ELEMENTS.items()}
COMMON = {"id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"}


def fault(kind: str, resource: dict[str, Any]) -> str:
    """The first thing wrong with it; "" where there is none."""
    own = ELEMENTS[kind]
    common = {name: value for name, value in resource.items() if name.lstrip("_") in COMMON}
    try:
        DomainResource.model_validate({**common, "resourceType": "DomainResource"})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
    except (ValueError, TypeError, LookupError) as error:
        return f"is not valid: {error}"[:300]
    for name, value in resource.items():
        if name == "resourceType" or name.lstrip("_") in COMMON:
            continue
        if name.lstrip("_") not in own:
            return f"{name}: is no element of a {kind}"
        marks = own[name.lstrip("_")]
        if isinstance(value, list) != ("*" in marks):
            return f"{name}: is {'no ' if '*' in marks else 'a '}list"
        if not name.startswith("_"):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict) == ("." in marks) and item is not None:
                    return f"{name}: is {'not a plain value' if '.' in marks else 'no object'}"
        if hollow := _hollow(value, name):
            return hollow
    missing = [
        name for name, marks in own.items() if "!" in marks and name not in resource and f"_{name}" not in resource
    ]
    return f"{missing[0]}: is missing" if missing else ""


def _hollow(node: Any, path: str) -> str:
    """JSON of FHIR has no empty objects, lists or texts, and null only to keep places in a list."""
    if node in ("", [], {}) or node is None:
        return f"{path}: is empty"
    if isinstance(node, dict):
        return next((found for name, value in node.items() if (found := _hollow(value, f"{path}.{name}"))), "")
    if isinstance(node, list):
        return next((found for value in node if value is not None and (found := _hollow(value, path))), "")
    return ""
