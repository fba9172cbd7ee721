"""FHIR R4 in: referrals out of bundles. It maps FHIR resources to what the rooms take; nothing imports it."""
