"""The ways a drug goes in."""

from enum import StrEnum


class Route(StrEnum):
    """The way a drug goes in."""

    NASAL = "nasal"
    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBLINGUAL = "sublingual"
    ORAL = "oral"

    @property
    def words(self) -> str:
        """How it is said in a sentence."""
        return _WORDS[self]

    @property
    def begins(self) -> str:
        """What its clock starts with."""
        return _BEGINS[self]

    @property
    def ends(self) -> str:
        """What the clock that protects counts from."""
        return _ENDS[self]

    @property
    def is_direct(self) -> bool:
        """Whether a dose goes in at once or from the mouth: neither by a device nor through a pump."""
        return self in DIRECT

    @property
    def in_units(self) -> bool:
        """Whether a dose is counted in lozenges or tablets."""
        return self in (Route.SUBLINGUAL, Route.ORAL)


DIRECT = (Route.INTRAMUSCULAR, Route.SUBLINGUAL, Route.ORAL)
_WORDS = {
    Route.NASAL: "into the nose",
    Route.INTRAVENOUS: "into the vein",
    Route.INTRAMUSCULAR: "into the muscle",
    Route.SUBLINGUAL: "under the tongue",
    Route.ORAL: "by mouth, swallowed",
}
_BEGINS = {
    Route.NASAL: "first device",
    Route.INTRAVENOUS: "start of the infusion",
    Route.INTRAMUSCULAR: "first injection",
    Route.SUBLINGUAL: "first dose under the tongue",
    Route.ORAL: "first dose swallowed",
}
_ENDS = {
    Route.NASAL: "last device",
    Route.INTRAVENOUS: "end of the infusion",
    Route.INTRAMUSCULAR: "last injection",
    Route.SUBLINGUAL: "moment the last dose left the mouth",
    Route.ORAL: "last dose swallowed",
}
