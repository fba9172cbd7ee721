"""The diagnosis out of a FHIR bundle: the conditions that the request names as its reasons."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.fhir.bundle import Bundle, Resource
from euthymia.clinic.fhir.people import Fields
from euthymia.clinic.fhir.words import concept_words, texts

SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://snomed.info/sct": "SNOMED CT",
    "http://id.who.int/icd/release/11/mms": "ICD-11",
}
"""The code systems that are known by name. A code of another one is kept, under its address, and noted."""

_NOT_SO = ("refuted", "entered-in-error")
_OVER = ("inactive", "remission", "resolved")


def take_conditions(bundle: Bundle, request: Resource, patient: Resource) -> Fields:
    """The first condition as the diagnosis, the others and their notes among the reasons."""
    named = _named(bundle, request)
    rest = [each for each in bundle.of("Condition") if all(each.path != other.path for other in named)]
    standing = [each for each in (*named, *rest) if _stands(bundle, each, patient)]
    if not standing:
        return {}
    first, *others = standing
    words, code, system = _coded(bundle, first)
    said = [note for each in standing for note in texts(each.node.get("note"))]
    also = [f"Also: {' '.join(filter(None, _coded(bundle, each)[:2]))}" for each in others]
    for each in standing:
        bundle.used.add(
            *(f"{each.path}.note[{number}].text" for number, _ in enumerate(each.node.get("note") or ()))
        )
    path = f"{first.path}.code"
    return {
        "diagnosis": (words, path),
        "diagnosis_code": (code, path),
        "diagnosis_system": (system, path),
        "reason": ("\n".join((*also, *said)), path),
    }


def _named(bundle: Bundle, request: Resource) -> list[Resource]:
    """What the request refers to as its reasons. A reference that leads nowhere is a problem."""
    found: list[Resource] = []
    for number, reference in enumerate(request.node.get("reasonReference") or ()):
        path = f"{request.path}.reasonReference[{number}]"
        target = bundle.referred(request, reference)
        if target is None:
            bundle.wrong(path, "This refers to something that is not in the Bundle.")
        elif target.kind == "Condition":
            bundle.used.add(f"{path}.reference", f"{path}.type", f"{path}.display")
            found.append(target)
        else:
            bundle.note(path, f"A {target.kind} as a reason is shown as it stands.")
    return found


def _stands(bundle: Bundle, condition: Resource, patient: Resource) -> bool:
    """Whether a condition is the patient's and held to be so. One that is not is shown as it stands."""
    node, path = condition.node, condition.path
    if bundle.referred(condition, node.get("subject")) is not patient:
        bundle.wrong(f"{path}.subject", "This condition’s subject is not the Patient of this Bundle.")
        return False
    verified, clinical = _codes(node.get("verificationStatus")), _codes(node.get("clinicalStatus"))
    if verified & set(_NOT_SO):
        bundle.note(
            path, "This condition is marked as refuted or entered in error, so it is no diagnosis here."
        )
        return False
    if clinical & set(_OVER):
        bundle.note(
            f"{path}.clinicalStatus", "This condition is marked as over or in remission. Ask the referrer."
        )
    elif clinical:
        bundle.used.add(f"{path}.clinicalStatus")
    bundle.used.add(f"{path}.subject", f"{path}.resourceType")
    return True


def _coded(bundle: Bundle, condition: Resource) -> tuple[str, str, str]:
    """The words, the code and its system; the first code of a known system, or else the first with a system."""
    concept, path = condition.node.get("code"), f"{condition.path}.code"
    words = concept_words(concept)
    bundle.used.add(f"{path}.text")
    codings = list(enumerate(concept.get("coding") or ())) if isinstance(concept, dict) else []
    with_system = [pair for pair in codings if pair[1].get("system") and pair[1].get("code")]
    if not with_system:
        if codings:
            bundle.note(f"{path}.coding", "A code without its system means nothing, so none was taken.")
        return words, "", ""
    number, coding = min(with_system, key=lambda pair: pair[1]["system"] not in SYSTEMS)
    bundle.used.add(f"{path}.coding[{number}]")
    system = str(coding["system"])
    if system not in SYSTEMS:
        bundle.note(f"{path}.coding[{number}].system", "This code system is not known here; check the code.")
    return words, str(coding["code"]), SYSTEMS.get(system, system)


def _codes(concept: Any) -> set[str]:
    codings = concept.get("coding") or () if isinstance(concept, dict) else ()
    return {str(each.get("code")) for each in codings if isinstance(each, dict)}
