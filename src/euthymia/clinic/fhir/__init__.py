"""FHIR R4 in and out.

Empty today. It will map rooms to FHIR resources and back, with checks of bindings, invariants and units.
Nothing imports it.
"""
