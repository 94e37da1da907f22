"""FHIR R4: reading bundles of other systems into the record."""
