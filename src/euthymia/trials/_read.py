"""Reads a trial's design from a TOML file, ours or anybody's, and names the line of whatever is wrong.

The format is in ``docs/how-to/predict-a-trial.md``.
"""

import itertools
import math
import tomllib
from pathlib import Path
from typing import Any

from euthymia.evidence import Known, sources, trial_design_text
from euthymia.pharmacology import InvalidRequest
from euthymia.trials import _design as parts
from euthymia.trials._design import Arm, Baseline, Design, Flexible, Relapse, Rerandomised, Who
from euthymia.trials._lines import lines_of
from euthymia.trials._values import Values


def read_design(path: Path) -> Design:
    """Return the design in a user's file.

    Raises:
        InvalidRequest: the file cannot be read or breaks the format; the sentence names the line.
    """
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest(f"{path.name} is no text in UTF-8.") from None
    except OSError as error:
        raise InvalidRequest(f"{path} could not be read: {error.strerror or error}.") from None
    return parse_design(text, path.name)


def shipped_design(design_id: str) -> Design:
    """Return one of the designs at hand; every number of it has a source.

    Raises:
        EvidenceError: there is no such design.
        InvalidRequest: its file breaks the format, or a number has no source.
    """
    return parse_design(trial_design_text(design_id), f"{design_id}.toml", sourced=True)


def numbers_of_ours(design_id: str) -> tuple[str, dict[str, str]]:
    """Return a shipped design's trial, and by key why a number of it is this project's own.

    Raises:
        EvidenceError: there is no such design.
    """
    given = tomllib.loads(trial_design_text(design_id))
    ours = {key: said["note"] for key, said in given["provenance"].items() if said["known"] == Known.OURS}
    return given["trial"]["name"], ours


def parse_design(text: str, file: str, *, sourced: bool = False) -> Design:
    """Return the design that TOML ``text`` describes; ``sourced`` demands a provenance for every number."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"{file} is not valid TOML: {error}.") from None
    return _Reader(file, lines_of(text), given).design(sourced)


class _Reader(Values):
    """Reads a parsed file into a design."""

    def design(self, sourced: bool) -> Design:
        self.known("", self.given, ("trial", "arm", "relapse", "rerandomised", "crossover", "provenance"))
        trial = self.table("", self.given, "trial")
        self.known(
            "trial",
            trial,
            ("name", "title", "instrument", "baseline", "people", "visits_h", "remission_at_most", "members"),
        )
        instrument = self.word("trial", trial, "instrument")
        if instrument != "MADRS":
            raise self.refuse(
                "trial.instrument",
                f"the model speaks of the MADRS; there is no conversion from {instrument} with a source.",
            )
        visits = self.hours("trial", trial, "visits_h")
        usual = self.baseline("trial", trial)
        arms = self.arms(usual, visits)
        if sourced:
            self.provenance()
        relapse = self.relapse(arms)
        name = self.word("trial", trial, "name")
        return Design(
            name=name,
            title=str(trial.get("title", name)),
            instrument=instrument,
            who=self.who(trial),
            visits_h=visits,
            remission_at_most=self.number(
                "trial", trial, "remission_at_most", low=0, high=parts.MOST_SCORE, usual=12
            ),
            arms=arms,
            members=self.members(trial),
            relapse=relapse,
            rerandomised=self.rerandomised(),
            washout_h=self.crossover(),
            warnings=self.warnings(arms),
        )

    def members(self, trial: dict[str, Any]) -> tuple[str, ...]:
        found = trial.get("members", [])
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            raise self.refuse("trial.members", "members is a list of names of trials.")
        return tuple(found)

    def arms(self, usual: Baseline | None, visits: tuple[float, ...]) -> tuple[Arm, ...]:
        tables = self.given.get("arm")
        if not isinstance(tables, list) or not tables:
            raise self.refuse("trial", "a trial needs at least one [[arm]].")
        arms = tuple(self.arm(f"arm[{place}]", table, usual) for place, table in enumerate(tables))
        for place, arm in enumerate(arms):
            if arm.name in [other.name for other in arms[:place]]:
                raise self.refuse(f"arm[{place}].name", f"there are two arms named '{arm.name}'.")
            if visits and visits[0] <= arm.sessions_h[0]:
                raise self.refuse(
                    "trial.visits_h",
                    f"the visit at {visits[0]:g} h does not lie after the first dose of '{arm.name}' "
                    f"({arm.sessions_h[0]:g} h); a visit at the hour of a dose comes before it.",
                )
        if len(arms) > 1 and not any(arm.control for arm in arms):
            raise self.refuse(
                "arm[0]", "differences between arms need a control: give one arm control = true."
            )
        return arms

    def arm(self, at: str, table: Any, usual: Baseline | None) -> Arm:
        if not isinstance(table, dict):
            raise self.refuse(at, "an arm is a table: [[arm]].")
        self.known(at, table, tuple(Arm.__dataclass_fields__))
        product = self.one_of(at, table, "product", parts.PRODUCTS)
        active = not product.startswith(("placebo", "midazolam"))
        days = self.days(at, table)
        per_kg, minutes = table.get("dose_mg_per_kg"), 0.0
        doses: tuple[float, ...] = ()
        if active:
            if per_kg is not None and "dose_mg" in table:
                raise self.refuse(f"{at}.dose_mg", "a dose is given in mg or per kilogram, not both.")
            if per_kg is None:
                doses = self.doses(at, table, days, product)
            else:
                per_kg = self.number(at, table, "dose_mg_per_kg", above=0, high=5)
                if product.endswith("nasal"):
                    raise self.refuse(
                        f"{at}.dose_mg_per_kg", "a nasal dose is given in mg, not per kilogram."
                    )
            if product.endswith("iv"):
                minutes = self.number(at, table, "minutes", above=0, high=24 * 60)
        elif "dose_mg" in table or per_kg is not None:
            raise self.refuse(
                f"{at}.{'dose_mg' if 'dose_mg' in table else 'dose_mg_per_kg'}",
                f"{product} has no dose of ketamine.",
            )
        own = self.baseline(at, table) or usual
        if own is None:
            raise self.refuse(at, "neither the arm nor the trial has a baseline = { mean = …, sd = … }.")
        return Arm(
            name=self.word(at, table, "name"),
            n=self.people(at, table),
            product=product,
            days=days,
            baseline=own,
            dose_mg=doses,
            dose_mg_per_kg=per_kg,
            minutes=minutes,
            flexible=self.flexible(at, table, days, product),
            oral_antidepressant=self.one_of(at, table, "oral_antidepressant", parts.ANTIDEPRESSANTS, "none"),
            control=self.switch(at, table, "control"),
            setting=self.one_of(at, table, "setting", parts.SETTINGS, "blinded"),
            dropout_by_end=self.number(at, table, "dropout_by_end", low=0, high=0.95, usual=0),
        )

    def people(self, at: str, table: dict[str, Any]) -> int:
        # One person has no spread.
        return self.whole(at, table, "n", low=2, high=1e6)

    def days(self, at: str, table: dict[str, Any]) -> tuple[float, ...]:
        days = self.numbers(at, table, "days")
        if not days or days[0] < 1 or any(one >= other for one, other in itertools.pairwise(days)):
            raise self.refuse(f"{at}.days", "days count from 1, the first dose's, and go upward.")
        if 24 * days[-1] > parts.LONGEST_H:
            raise self.refuse(f"{at}.days", f"day {days[-1]:g} lies beyond ten years.")
        return days

    def doses(
        self, at: str, table: dict[str, Any], days: tuple[float, ...], product: str
    ) -> tuple[float, ...]:
        doses = self.numbers(at, table, "dose_mg")
        if len(doses) == 1:
            doses = doses * len(days)
        if len(doses) != len(days):
            raise self.refuse(
                f"{at}.dose_mg", f"there are {len(doses)} doses for {len(days)} days; give one for each day."
            )
        if not all(0 < dose <= 1000 for dose in doses):
            raise self.refuse(f"{at}.dose_mg", "a dose lies above 0 and up to 1000 mg.")
        if product == "esketamine-nasal" and any(dose > 28 and dose % 28 for dose in doses):
            raise self.refuse(
                f"{at}.dose_mg", "a nasal dose above 28 mg is a whole number of devices of 28 mg: 56, 84."
            )
        return doses

    def flexible(
        self, at: str, table: dict[str, Any], days: tuple[float, ...], product: str
    ) -> Flexible | None:
        given = table.get("flexible")
        if given is None:
            return None
        path = f"{at}.flexible"
        if not isinstance(given, dict) or product != "esketamine-nasal":
            raise self.refuse(path, "flexible = { to_mg, share, from_session } is for esketamine-nasal.")
        self.known(path, given, ("to_mg", "share", "from_session"))
        to, session = (
            self.number(path, given, "to_mg", above=0, high=1000),
            self.number(path, given, "from_session", low=1, high=len(days), usual=2),
        )
        if to > 28 and to % 28:
            raise self.refuse(path, "a nasal dose above 28 mg is a whole number of devices of 28 mg: 56, 84.")
        return Flexible(to, self.number(path, given, "share", low=0, high=1), int(session))

    def baseline(self, at: str, table: dict[str, Any]) -> Baseline | None:
        given, path = table.get("baseline"), f"{at}.baseline"
        if given is None:
            return None
        if not isinstance(given, dict):
            raise self.refuse(path, "a baseline is { mean = …, sd = …, entry_minimum = … }.")
        self.known(path, given, ("mean", "sd", "entry_minimum"))
        found = Baseline(
            self.number(path, given, "mean", above=0, high=parts.MOST_SCORE - 1),
            self.number(path, given, "sd", low=0, high=30),
            self.number(path, given, "entry_minimum", low=0, high=parts.MOST_SCORE, usual=0),
        )
        if found.entry_minimum > found.mean:
            raise self.refuse(path, "the mean at entry lies below the least score at entry.")
        return found

    def who(self, trial: dict[str, Any]) -> Who:
        path, given = "trial.people", self.table("trial", trial, "people")
        self.known(path, given, tuple(Who.__dataclass_fields__))
        ancestry = given.get("ancestry", {"other": 1.0})
        if not isinstance(ancestry, dict) or set(ancestry) - set(parts.ANCESTRIES):
            raise self.refuse(path, f"ancestry is parts of {', '.join(parts.ANCESTRIES)}.")
        shares = tuple((name, self.number(path, ancestry, name, low=0, high=1)) for name in ancestry)
        if not math.isclose(sum(part for _, part in shares), 1.0, abs_tol=1e-6):
            raise self.refuse(path, "the parts of ancestry make 1 together.")
        failed = self.numbers(path, given, "failed_antidepressants", usual=(2.0, 5.0))
        if not 1 <= len(failed) <= 2 or not 0 <= failed[0] <= failed[-1] or any(n != int(n) for n in failed):
            raise self.refuse(
                f"{path}.failed_antidepressants", "failed_antidepressants is [least, most], whole numbers."
            )
        return Who(
            age_years=self.pair(path, given, "age_years", 18, 100),
            weight_kg=self.pair(path, given, "weight_kg", 30, 250),
            female=self.number(path, given, "female", low=0, high=1),
            ancestry=shares,
            failed_antidepressants=(int(failed[0]), int(failed[-1])),
        )

    def relapse(self, arms: tuple[Arm, ...]) -> Relapse | None:
        if "relapse" not in self.given:
            return None
        given = self.table("", self.given, "relapse")
        self.known("relapse", given, tuple(Relapse.__dataclass_fields__))
        found = Relapse(
            among=self.one_of("relapse", given, "among", parts.AMONG),
            from_h=self.number("relapse", given, "from_h", above=0, high=parts.LONGEST_H),
            score_at_least=self.number("relapse", given, "score_at_least", low=0, high=parts.MOST_SCORE),
            times_in_a_row=self.whole("relapse", given, "times_in_a_row", low=1, high=10, usual=1),
            every_h=self.number("relapse", given, "every_h", low=24, high=parts.LONGEST_H),
            follow_h=self.number("relapse", given, "follow_h", above=0, high=parts.LONGEST_H),
            sizes_are=self.one_of("relapse", given, "sizes_are", parts.SIZES, usual="enrolled"),
        )
        if found.follow_h < found.every_h:
            raise self.refuse(
                "relapse.follow_h",
                f"people are followed for {found.follow_h:g} h and seen every {found.every_h:g} h: never.",
            )
        for arm in arms:
            if found.visits_h[0] <= arm.sessions_h[0]:
                raise self.refuse(
                    "relapse.from_h",
                    f"those of '{arm.name}' are chosen before their first dose ({arm.sessions_h[0]:g} h).",
                )
        return found

    def rerandomised(self) -> Rerandomised | None:
        if "rerandomised" not in self.given:
            return None
        given, at = self.table("", self.given, "rerandomised"), "rerandomised"
        self.known(at, given, tuple(Rerandomised.__dataclass_fields__))
        return Rerandomised(
            self.word(at, given, "of"),
            self.word(at, given, "arm"),
            self.one_of(at, given, "who", ("non-responders", "responders", "all"), "all"),
            self.number(at, given, "after_h", low=0, high=parts.LONGEST_H),
        )

    def crossover(self) -> float | None:
        if "crossover" not in self.given:
            return None
        given = self.table("", self.given, "crossover")
        self.known("crossover", given, ("washout_h",))
        return self.number("crossover", given, "washout_h", low=0, high=parts.LONGEST_H)

    def warnings(self, arms: tuple[Arm, ...]) -> tuple[str, ...]:
        said = []
        if len(arms) == 1 and not arms[0].control:
            said.append("There is one arm and no control: no difference is given.")
        if "provenance" not in self.given:
            said.append("The file names no source for its numbers.")
        return tuple(said)

    def provenance(self) -> None:
        """Refuse a shipped file in which a number has no source, or a source that nobody knows."""
        given = self.table("", self.given, "provenance")
        for key, said in given.items():
            if (
                not isinstance(said, dict)
                or said.get("source") not in sources()
                or said.get("known") not in set(Known)
            ):
                raise self.refuse(
                    f"provenance.{key}", "a provenance is { source, known, note } with a known source."
                )
            if said["known"] == Known.OURS and not said.get("note"):
                raise self.refuse(f"provenance.{key}", "a number of ours says its reason in a note.")
        if "default" not in given:
            raise self.refuse("provenance", "there is no default = { source, known }.")
