"""The kinds of readings, and what a set of readings holds of them."""

from enum import StrEnum

from euthymia.protocol.facts import Observation


class Kind(StrEnum):
    """One kind of reading."""

    PRESSURE = "blood pressure"
    HEART_RATE = "heart rate"
    BREATHING = "breathing"
    OXYGEN = "oxygen"
    SEDATION = "sedation"
    DISSOCIATION = "dissociation"
    NAUSEA = "nausea"
    ANXIETY = "anxiety"


VITALS = frozenset({Kind.PRESSURE, Kind.HEART_RATE, Kind.BREATHING, Kind.OXYGEN})


def taken(observation: Observation) -> frozenset[Kind]:
    """Return the kinds that were taken in one set."""
    readings = {
        Kind.PRESSURE: observation.pressure,
        Kind.HEART_RATE: observation.heart_rate_per_min,
        Kind.BREATHING: observation.respiratory_rate_per_min,
        Kind.OXYGEN: observation.spo2_percent,
        Kind.SEDATION: observation.sedation,
        Kind.DISSOCIATION: observation.dissociation,
        Kind.NAUSEA: observation.nausea,
        Kind.ANXIETY: observation.anxiety,
    }
    return frozenset(kind for kind, reading in readings.items() if reading is not None)
