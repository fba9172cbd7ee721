"""The weight an infusion is worked out from: both doses where there are two, and the one that was chosen."""

from __future__ import annotations

from decimal import Decimal

from euthymia.clinic.access.viewer import Viewer
from euthymia.clinic.courses import facts
from euthymia.clinic.courses.models import Course
from euthymia.clinic.measures import facts as measured
from euthymia.clinic.rulebook import queries as rulebook
from euthymia.protocol import Datum, Product, Sex
from euthymia.protocol.weight_basis import BothDoses, WeightBasis, WeightBasisFacts, doses

RULE = "IV-DOSE-8"
BASES = {"actual": WeightBasis.ACTUAL, "ideal": WeightBasis.IDEAL}


def basis_facts(
    viewer: Viewer, course: Course, mg_per_kg: Decimal | None, basis: str
) -> WeightBasisFacts | None:
    """The body an infusion is for, with the choice; ``None`` for a spray, and where no height is on record: then
    there is one dose only and nothing to choose from."""
    if course.product != Product.KETAMINE_IV.value or mg_per_kg is None:
        return None
    height = measured.health(viewer, course.patient_id).height_cm
    weight = facts.weight(viewer, course.patient_id)
    if height is None or weight is None:
        return None
    patient = course.patient
    sex = Sex(patient.sex) if patient.sex in set(Sex) else None
    chosen = BASES.get(basis)
    return WeightBasisFacts(
        mg_per_kg=mg_per_kg,
        weight_kg=weight,
        height_cm=height,
        sex=Datum(sex, patient.created_at, "registration") if sex else None,
        # The choice is part of the plan that is judged; it is of the weight that is on record now.
        chosen=Datum(chosen, weight.at, "the prescriber, with this plan") if chosen else None,
    )


def both(viewer: Viewer, course: Course, mg_per_kg: Decimal) -> BothDoses | None:
    """Both doses where the prescriber has to choose between them."""
    found = basis_facts(viewer, course, mg_per_kg, "")
    book = rulebook.book(course.clinic_id)
    made = doses(found, book) if found else None
    if made is None or made.body_mass_index < book[RULE].number("bmi_below"):
        return None
    return made


def dosing_weight(viewer: Viewer, course: Course, mg_per_kg: Decimal | None, basis: str) -> Decimal | None:
    """The ideal weight where it was chosen and can be worked out."""
    found = basis_facts(viewer, course, mg_per_kg, basis) if basis == "ideal" else None
    made = doses(found, rulebook.book(course.clinic_id)) if found else None
    return made.ideal_kg if made else None
