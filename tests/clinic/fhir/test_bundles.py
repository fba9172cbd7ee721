"""Referrals out of FHIR bundles: what is taken, what is refused and why, and that nothing is dropped or raised."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.clinic.fhir import referral

TODAY = date(2026, 11, 21)


def bundle() -> dict[str, Any]:
    """A bundle of a request, its patient, its reason and who asks, as a hospital would send it."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            _entry("request", _request()),
            _entry("patient", _patient()),
            _entry("condition", _condition()),
            _entry(
                "doctor",
                {
                    "resourceType": "Practitioner",
                    "name": [{"prefix": ["Dr"], "given": ["Ada"], "family": "Quill"}],
                    "telecom": [{"system": "phone", "value": "+1 555 0177"}],
                },
            ),
        ],
    }


def _entry(name: str, resource: dict[str, Any]) -> dict[str, Any]:
    kind = resource["resourceType"]
    return {
        "fullUrl": f"urn:uuid:{name}",
        "resource": resource,
        "request": {"method": "POST", "url": kind},
    }


def _request() -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "priority": "asap",
        "identifier": [{"system": "urn:hospital", "value": "R-17"}],
        "subject": {"reference": "urn:uuid:patient"},
        "requester": {"reference": "urn:uuid:doctor"},
        "authoredOn": "2026-11-18T09:30:00+01:00",
        "code": {"text": "Esketamine treatment"},
        "reasonReference": [{"reference": "urn:uuid:condition"}],
        "note": [{"text": "Two drugs did not help."}],
        "patientInstruction": "Bring your list of medicines",
    }


def _patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:hospital:patients", "value": "H-4711"}],
        "name": [
            {"use": "old", "family": "Vorher", "given": ["Mia"]},
            {"use": "official", "family": "Łoś", "given": ["Mia", "Anna"]},
        ],
        "gender": "female",
        "birthDate": "1980-05-31",
        "telecom": [
            {"system": "phone", "value": "+1 555 0123"},
            {"system": "email", "value": "mia@example.org"},
        ],
        "address": [{"line": ["Oak Road 3"], "postalCode": "12345", "city": "Springfield"}],
        "maritalStatus": {"text": "married"},
    }


def _condition() -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": {"reference": "urn:uuid:patient"},
        "clinicalStatus": {"coding": [{"system": "c", "code": "active"}]},
        "code": {
            "text": "Recurrent depressive disorder",
            "coding": [
                {"system": "urn:own", "code": "D1"},
                {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F33.2"},
            ],
        },
        "onsetDateTime": "2025-02",
    }


def read(tree: Any) -> referral.Read:
    return referral.read(json.dumps(tree).encode(), TODAY)


def resource(tree: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(e["resource"] for e in tree["entry"] if e["resource"]["resourceType"] == kind)


def test_what_a_hospital_sends_becomes_a_referral():
    found = read(bundle())
    assert found.problems == ()
    given = found.incoming
    assert given is not None
    assert (given.given_name, given.family_name, given.birth_date) == ("Mia Anna", "Łoś", date(1980, 5, 31))
    assert (given.referrer_name, given.referrer_phone) == ("Dr Ada Quill", "+1 555 0177")
    assert (given.diagnosis, given.diagnosis_code, given.diagnosis_system) == (
        "Recurrent depressive disorder",
        "F33.2",
        "ICD-10-CM",
    )
    assert (given.urgency, given.referred_on, given.sex) == ("urgent", date(2026, 11, 18), "female")
    assert given.reason == "Asked for: Esketamine treatment\nTwo drugs did not help."
    assert (given.phone, given.email, given.identifier) == ("+1 555 0123", "mia@example.org", "H-4711")
    assert given.address == "Oak Road 3\n12345 Springfield"
    assert given.suicidal_thoughts == "not said"


def test_what_has_no_place_is_listed_with_its_path():
    shown = {each.path: each.value for each in read(bundle()).unmapped}
    assert shown["Bundle.entry[0].resource.patientInstruction"] == "Bring your list of medicines"
    assert shown["Bundle.entry[1].resource.maritalStatus.text"] == "married"
    assert shown["Bundle.entry[1].resource.name[0].family"] == "Vorher"
    assert shown["Bundle.entry[2].resource.onsetDateTime"] == "2025-02"
    assert shown["Bundle.entry[2].resource.code.coding[0].code"] == "D1"


def test_every_value_of_the_file_is_taken_or_shown():
    """No word that a sender wrote is lost: each stands in the referral, or among what had no place."""
    tree = bundle()
    tree["entry"].append(
        {"fullUrl": "urn:uuid:x", "resource": {"resourceType": "Observation", "valueString": "seen"}}
    )
    tree["type"] = "collection"
    found = read(tree)
    kept = repr(found.incoming) + repr(found.unmapped)
    for word in (
        "Mia",
        "Łoś",
        "Vorher",
        "married",
        "F33.2",
        "D1",
        "Quill",
        "Oak Road 3",
        "seen",
        "Two drugs",
    ):
        assert word in kept, word


@pytest.mark.parametrize(
    ("change", "path", "sentence"),
    [
        (lambda t: t.update(type="searchset"), "Bundle.type", "transaction or a collection"),
        (lambda t: t["entry"].pop(1), "Bundle.entry", "exactly one Patient; this Bundle has none"),
        (lambda t: t["entry"].append(_entry("p2", _patient())), "Bundle.entry", "this Bundle has 2"),
        (lambda t: resource(t, "ServiceRequest").update(status="draft"), ".status", "Only an active request"),
        (
            lambda t: resource(t, "ServiceRequest").update(intent="filler-order"),
            ".intent",
            "proposal, a plan or an order",
        ),
        (
            lambda t: resource(t, "ServiceRequest").update(doNotPerform=True),
            ".doNotPerform",
            "not to be done",
        ),
        (
            lambda t: resource(t, "ServiceRequest").update(priority="now"),
            ".priority",
            "routine, urgent, asap",
        ),
        (
            lambda t: resource(t, "ServiceRequest").update(subject={"reference": "Patient/none"}),
            ".subject",
            "not the Patient of this Bundle",
        ),
        (
            lambda t: resource(t, "ServiceRequest").update(reasonReference=[{"reference": "Condition/9"}]),
            ".reasonReference[0]",
            "not in the Bundle",
        ),
        (lambda t: resource(t, "ServiceRequest").pop("requester"), ".requester", "does not say who refers"),
        (lambda t: resource(t, "ServiceRequest").pop("subject"), ".subject", "FHIR requires it"),
        (
            lambda t: resource(t, "Condition").update(subject={"reference": "urn:uuid:doctor"}),
            ".subject",
            "not the Patient",
        ),
        (lambda t: resource(t, "Patient").update(birthDate="1980-05"), ".birthDate", "lacks its day"),
        (lambda t: resource(t, "Patient").update(birthDate="2027-01-01"), ".birthDate", "lies in the future"),
        (lambda t: resource(t, "Patient").update(gender="f"), ".gender", "male, female, other"),
        (lambda t: resource(t, "Patient").update(deceasedBoolean=True), ".resource", "deceased"),
        (lambda t: resource(t, "Patient").update(shoeSize=41), ".shoeSize", "no such element"),
        (
            lambda t: resource(t, "Patient").update(name=[{"family": 5}]),
            ".name[0].family",
            "does not fit FHIR R4",
        ),
        (
            lambda t: resource(t, "Condition").update(
                modifierExtension=[{"url": "http://x", "valueBoolean": True}]
            ),
            ".modifierExtension",
            "changes the meaning",
        ),
        (lambda t: t["entry"][1].update(fullUrl="urn:uuid:doctor"), ".resource", "the same address"),
        (lambda t: t["entry"][1].update(request={"method": "DELETE"}), ".request.method", "POST or PUT"),
    ],
)
def test_what_cannot_be_taken_says_where_and_why(change: Any, path: str, sentence: str):
    tree = bundle()
    assert read(tree).incoming is not None
    change(tree)
    found = read(tree)
    assert found.incoming is None
    assert any(each.path.endswith(path) and sentence in each.sentence for each in found.problems), (
        found.problems
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<Bundle/>", "Only FHIR in JSON is read"),
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not JSON: line 1, column"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": NaN}', "NaN is no value"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 60 + b"]" * 60, "nested too deeply"),
        (b"1" * 5000, "longer than any"),
        (b"[]", "not a FHIR Bundle"),
    ],
)
def test_a_file_that_is_no_bundle_says_what_it_is(data: bytes, sentence: str):
    found = referral.read(data, TODAY)
    assert found.incoming is None
    assert sentence in found.problems[0].sentence


def test_a_condition_that_was_refuted_is_no_diagnosis_and_is_noted():
    tree = bundle()
    resource(tree, "Condition")["verificationStatus"] = {"coding": [{"system": "v", "code": "refuted"}]}
    found = read(tree)
    assert found.incoming is not None
    assert found.incoming.diagnosis == ""
    assert any("refuted" in each.sentence for each in found.notes)


def test_an_unknown_code_system_is_kept_and_noted():
    tree = bundle()
    resource(tree, "Condition")["code"] = {
        "coding": [{"system": "urn:own", "code": "D1", "display": "Low mood"}]
    }
    found = read(tree)
    assert found.incoming is not None
    assert (found.incoming.diagnosis, found.incoming.diagnosis_system) == ("Low mood", "urn:own")
    assert any("not known here" in each.sentence for each in found.notes)


def test_the_same_request_sent_again_is_the_same_import():
    first, again = bundle(), bundle()
    resource(again, "ServiceRequest")["note"] = [{"text": "Changed since."}]
    other = bundle()
    resource(other, "ServiceRequest")["identifier"][0]["value"] = "R-18"
    keys = [read(tree).incoming.import_key for tree in (first, again, other)]  # type: ignore[union-attr]
    assert keys[0] == keys[1] != keys[2]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200) | _json.map(lambda tree: json.dumps(tree).encode()))
def test_reading_any_bytes_answers_and_never_raises(data: bytes):
    found = referral.read(data, TODAY)
    assert (found.incoming is None) == bool(found.problems)


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_a_bundle_with_anything_anywhere_answers_and_never_raises(data: st.DataObject):
    """One element of a good bundle is replaced by anything at all, or taken out."""
    tree = bundle()
    holder, key = data.draw(st.sampled_from(_places(tree)))
    if data.draw(st.booleans()):
        holder[key] = deepcopy(data.draw(_json))
    elif isinstance(holder, dict):
        del holder[key]
    found = read(tree)
    assert (found.incoming is None) == bool(found.problems)
    for each in (*found.problems, *found.notes):
        assert each.path
        assert each.sentence.endswith((".", "!", "?"))
    if found.incoming is not None:
        json.dumps(found.incoming.row(), default=str).encode()


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in pairs:
            found.append((node, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def test_text_that_no_database_holds_is_refused_or_shown_as_broken():
    in_a_field, elsewhere = bundle(), bundle()
    resource(in_a_field, "ServiceRequest")["note"] = [{"text": "half \ud800 a letter"}]
    resource(elsewhere, "ServiceRequest")["patientInstruction"] = "nought \x00 it is"
    assert [each.path for each in read(in_a_field).problems] == ["Bundle.entry[0].resource.note[0].text"]
    found = read(elsewhere)
    assert found.incoming is not None
    assert "nought � it is" in {each.value for each in found.unmapped}


# --- files that were made to exhaust us --------------------------------------------------------------------
def test_an_element_that_stands_twice_among_very_many_is_found_at_once():
    names = [f"{number:x}" for number in range(90_000)]
    text = "{" + ",".join(f'"{name}":0' for name in [*names, names[-1]]) + "}"
    (problem,) = referral.read(text.encode(), TODAY).problems
    assert "stands twice" in problem.sentence


def test_values_without_a_place_are_kept_and_so_there_is_an_end_to_them():
    """Each is stored, and shown whenever the referral is opened."""
    found = referral.read(json.dumps(bundle() | {"anything": [0] * 300_000}).encode(), TODAY)
    assert found.incoming is None
    assert found.unmapped == ()
    assert "have no place" in found.problems[0].sentence


def test_of_very_many_problems_the_first_are_told():
    wrong = {"resource": {"resourceType": "Practitioner", "nothing": 1}}
    tree = bundle()
    tree["entry"] += [wrong] * 2_000
    found = referral.read(json.dumps(tree).encode(), TODAY)
    assert len(found.problems) == 101
    assert "more problems" in found.problems[-1].sentence
