"""The patient and the referrer out of a FHIR bundle."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.fhir.bundle import Bundle, Resource
from euthymia.clinic.fhir.words import address_lines, contact, human_name

Fields = dict[str, tuple[str, str]]
"""What a field of the referral holds, and the path it was read at."""

_GENDERS = ("female", "male", "other", "unknown")


def take_patient(bundle: Bundle, patient: Resource) -> Fields:
    """Name, birth date, sex and how to reach the patient."""
    node, path = patient.node, patient.path
    if node.get("active") is False:
        bundle.wrong(f"{path}.active", "This patient’s record is marked as not in use.")
    if node.get("deceasedBoolean") is True or node.get("deceasedDateTime"):
        bundle.wrong(path, "This patient is marked as deceased.")
    bundle.used.add(f"{path}.active", f"{path}.deceasedBoolean")
    fields: Fields = {
        "birth_date": (_birth_date(bundle, patient), f"{path}.birthDate"),
        "sex": (_sex(bundle, patient), f"{path}.gender"),
        "given_name": ("", f"{path}.name"),
        "family_name": ("", f"{path}.name"),
    }
    if name := human_name(node.get("name")):
        number, given, family = name
        here = f"{path}.name[{number}]"
        bundle.used.add(*(f"{here}.{part}" for part in ("given", "family", "use")))
        if not (node["name"][number].get("given") or node["name"][number].get("family")):
            bundle.used.add(f"{here}.text")
        fields |= {"given_name": (given, f"{here}.given"), "family_name": (family, f"{here}.family")}
    return (
        fields
        | _reached(bundle, node, path, {"phone": "phone", "email": "email"})
        | _placed(bundle, node, path)
    )


def take_requester(bundle: Bundle, request: Resource) -> Fields:
    """Who refers: a practitioner, in a role or not, an organisation, or the name that the reference carries."""
    reference, path = request.node.get("requester"), f"{request.path}.requester"
    if not isinstance(reference, dict):
        bundle.wrong(path, "The request does not say who refers.")
        return {}
    bundle.used.add(f"{path}.reference", f"{path}.type", f"{path}.display")
    found = bundle.referred(request, reference)
    if found is None:
        if reference.get("display"):
            return {"referrer_name": (str(reference["display"]), f"{path}.display")}
        bundle.wrong(path, "The referrer is not in this Bundle, and the reference carries no name.")
        return {}
    return _referrer(bundle, found, str(reference.get("display") or ""))


def _referrer(bundle: Bundle, found: Resource, display: str) -> Fields:
    if found.kind == "PractitionerRole":
        who = bundle.referred(found, found.node.get("practitioner"))
        where = bundle.referred(found, found.node.get("organization"))
        bundle.used.add(f"{found.path}.practitioner", f"{found.path}.organization")
        fields = _reached(bundle, found.node, found.path, {"phone": "referrer_phone"})
        fields = (_referrer(bundle, where, "") if where and where.kind == "Organization" else {}) | fields
        return fields | (_referrer(bundle, who, display) if who and who.kind == "Practitioner" else {})
    path = found.path
    reached = _reached(bundle, found.node, path, {"phone": "referrer_phone"})
    if found.kind == "Organization":
        bundle.used.add(f"{path}.name")
        named = (str(found.node.get("name") or ""), f"{path}.name")
        return {"organisation": named, "referrer_name": (display or named[0], path)} | reached
    if name := human_name(found.node.get("name")):
        number, given, family = name
        bundle.used.add(f"{path}.name[{number}]")
        prefix = " ".join(str(each) for each in found.node["name"][number].get("prefix") or () if each)
        said = " ".join(filter(None, (prefix, given, family)))
        return {"referrer_name": (said or display, f"{path}.name")} | reached
    return {"referrer_name": (display, path)} | reached


def _birth_date(bundle: Bundle, patient: Resource) -> str:
    born, path = patient.node.get("birthDate"), f"{patient.path}.birthDate"
    bundle.used.add(path)
    if isinstance(born, str) and len(born) < len("1980-05-31"):
        bundle.wrong(path, "The birth date lacks its day. A patient is told apart by the whole date.")
    return str(born or "")


def _sex(bundle: Bundle, patient: Resource) -> str:
    gender, path = patient.node.get("gender"), f"{patient.path}.gender"
    bundle.used.add(path)
    if gender is None:
        return "unknown"
    if gender not in _GENDERS:
        bundle.wrong(path, "FHIR knows male, female, other and unknown.")
    return str(gender)


def _reached(bundle: Bundle, node: dict[str, Any], path: str, wanted: dict[str, str]) -> Fields:
    fields: Fields = {}
    for system, name in wanted.items():
        if point := contact(node.get("telecom"), system):
            here = f"{path}.telecom[{point[0]}]"
            bundle.used.add(*(f"{here}.{part}" for part in ("system", "value", "use", "rank")))
            fields[name] = (point[1], f"{here}.value")
    return fields


def _placed(bundle: Bundle, node: dict[str, Any], path: str) -> Fields:
    """The first address and the first number of the patient; further ones are shown as they stand."""
    fields: Fields = {}
    if address := address_lines((node.get("address") or [None])[0]):
        bundle.used.add(
            *(
                f"{path}.address[0].{part}"
                for part in ("line", "postalCode", "city", "state", "country", "text", "use")
            )
        )
        fields["address"] = (address, f"{path}.address[0]")
    first = (node.get("identifier") or [None])[0]
    if isinstance(first, dict) and first.get("value"):
        bundle.used.add(f"{path}.identifier[0].value")
        fields["identifier"] = (str(first["value"]), f"{path}.identifier[0].value")
    return fields
