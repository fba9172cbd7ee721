"""Event tables: read as NONMEM means them, written so that they read back, refused line by line."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.pharmacology.asked import PERSON, nasal

from euthymia.pharmacology import (
    Administration,
    Ancestry,
    Covariates,
    EventTable,
    InvalidRequest,
    Observation,
    Regimen,
    Route,
    SteadyState,
    Subject,
    TableErrors,
    infusion,
    predict,
    read_events,
    write_events,
)
from euthymia.pharmacology._events import COLUMNS
from euthymia.pharmacology._events_for_text import COLUMNS_FOR_TEXT


@pytest.fixture
def read(tmp_path):
    """Read a table written as lines of text."""

    def reading(text, model="kamp-2020"):
        path = tmp_path / "events.csv"
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")
        return read_events(path, model)

    return reading


def one(table):
    (subject,) = table.subjects
    return subject


def test_an_infusion_by_rate_by_duration_and_by_both_is_the_same(read):
    by_rate = one(read("ID,TIME,AMT,RATE,WT\n1,0,35,52.5,70"))
    by_duration = one(read("ID,TIME,AMT,RATE,DUR,WT\n1,0,35,-2,0.6666666666666666,70"))
    by_both = one(read("ID,TIME,AMT,RATE,DUR,WT\n1,0,35,52.5,0.6666666666666666,70"))
    assert by_rate == by_duration == by_both
    assert by_rate.regimen.administrations == (Administration(0.0, 35, Route.IV, 35 / 52.5),)


def test_what_is_wrong_with_a_person_is_said_of_its_first_row_alone(read):
    with pytest.raises(TableErrors) as refused:
        read("ID,TIME,AMT,DV,WT\n1,0,35,.,.\n1,1,.,88,.\n1,2,.,70,.\n2,0,35,.,70\n2,1,-3,.,.")
    assert refused.value.lines == (
        "line 2: kamp-2020 needs the person's weight in kg.",
        "line 6: AMT is -3; a dose is above 0 mg.",
    )
    with pytest.raises(TableErrors) as refused:
        read("ID,TIME,AMT,DV,WT\n1,0,35,.,heavy\n1,1,.,88,.")
    assert refused.value.lines == ("line 2: WT is 'heavy'; it is a number.",)
    with pytest.raises(TableErrors) as refused:  # filled in on every row, as NONMEM's tables are
        read(
            """ID,TIME,AMT,DV,AGE,WT,LIVER
            1,0,35,.,45,7000,.
            1,1,.,88,45,7000,.
            1,2,-3,.,45,7000,.
            1,3,.,70,45,8000,.
            1,4,.,60,45,7000,.
            2,0,35,.,450,7000,-1
            2,1,.,88,450,7000,-1
            3,0,35,.,45,70,0.5
            3,1,.,88,45,70,0.5
            3,2,.,80,46,70,0.5"""
        )
    assert refused.value.lines == (
        "line 2: WT is 7000; it lies between 1 and 650.",
        "line 4: AMT is -3; a dose is above 0 mg.",
        "line 5: WT is 8000; it lies between 1 and 650.",
        "line 7: AGE is 450; it lies between 0 and 125.",
        "line 7: WT is 7000; it lies between 1 and 650.",
        "line 7: The liver's clearance must be a number above zero; it was -1.",
        "line 9: kamp-2020 has neither liver nor gut wall of its own: it cannot say what a change of theirs does.",
    )


def test_blank_lines_are_passed_over_and_counted(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("ID,TIME,AMT,DV,WT\n1,0,35,.,70\n\n1,1,.,88,.\n,,,,\n  \n\n")
    assert len(one(read_events(path, "kamp-2020")).observations) == 1
    path.write_text("ID,TIME,AMT,DV,WT\n1,0,35,.,70\n\n1,1,-3,.,.\n")
    with pytest.raises(TableErrors, match=r"^line 4: AMT is -3"):
        read_events(path, "kamp-2020")
    path.write_text("ID,TIME,AMT,DV,WT\n\n\n")
    with pytest.raises(InvalidRequest, match="has no rows"):
        read_events(path, "kamp-2020")


def test_a_line_with_a_cell_too_many_is_named(read):
    with pytest.raises(TableErrors) as refused:
        read("ID,TIME,AMT,WT\n1,0,35,70\n1,1,35,70,5\n1,2,35,70\n1,3,35,70,,")
    assert refused.value.lines == (
        "line 3: it has 5 cells, and there are 4 columns.",
        "line 5: it has 6 cells, and there are 4 columns.",
    )


def test_without_evid_a_row_with_an_amount_is_a_dose_and_one_without_is_a_sample(read):
    subject = one(read("id,time,amt,dv,wt\n7,0,35,.,70\n7,1,.,88,."))
    assert subject.id == "7"
    assert subject.observations == (Observation(1.0, "ketamine", 88.0),)
    assert subject.person == Covariates(weight_kg=70)
    assert subject.regimen.changes == ()


def test_further_doses_and_the_settled_state(read):
    subject = one(read("ID,TIME,EVID,AMT,ADDL,II,SS,WT\n1,5,1,10,3,12,1,70"))
    assert [dose.time_h for dose in subject.regimen.administrations] == [5, 17, 29, 41]
    assert subject.regimen.steady == (SteadyState(5.0, 12.0, (Administration(0.0, 10, Route.IV),)),)


def test_devices_repeat_in_their_sessions(read):
    text = """ID,TIME,EVID,AMT,RATE,ROUTE,DEVICE,ADDL,II,AGE
        1,0,1,28,-2,nasal,1,3,84,45
        1,0.08333333333333333,1,28,-2,nasal,2,3,84,45"""
    subject = one(read(text, "perez-ruixo-2021"))
    expected = tuple(dose for week in range(4) for dose in nasal(2, start_h=84.0 * week))
    assert subject.regimen.administrations == expected
    assert predict("perez-ruixo-2021", subject.person, subject.regimen).analytes


def test_a_reset_stops_what_was_still_to_come_and_a_dose_may_follow_at_once(read):
    text = "ID,TIME,EVID,AMT,ADDL,II,WT\n1,0,1,10,9,12,70\n1,30,4,20,.,.,70\n1,50,3,.,.,.,70\n1,60,1,5,.,.,70"
    subject = one(read(text))
    given = [(dose.time_h, dose.amount_mg) for dose in subject.regimen.administrations]
    assert given == [(0, 10), (12, 10), (24, 10), (30, 20), (60, 5)]
    assert subject.regimen.resets_h == (30, 50)


def test_covariates_hold_until_another_value_stands(read):
    text = """ID,TIME,EVID,AMT,ROUTE,AGE,ANCESTRY,LIVER
        1,0,1,84,oral,45,asian,.
        1,5,2,.,.,.,.,0.5
        1,9,0,.,.,.,.,."""
    with pytest.raises(TableErrors, match="line 4: DV is empty"):
        read(text, "perez-ruixo-2021")
    subject = one(read(text.replace("1,9,0,.,.", "1,9,2,.,."), "perez-ruixo-2021"))
    assert subject.person == Covariates(45, None, Ancestry.ASIAN)
    assert subject.regimen.changes == ((5.0, Covariates(45, None, Ancestry.ASIAN, 0.5)),)


def test_samples_measured_too_little_and_only_wanted(read):
    text = """ID,TIME,EVID,MDV,AMT,ANALYTE,DV,BLQ,LLOQ,WT
        1,0,1,1,10,.,.,.,.,70
        1,1,0,0,.,noresketamine,12.5,0,0.5,70
        1,2,0,0,.,esketamine,.,1,0.5,70
        1,3,0,1,.,esketamine,.,.,.,70"""
    subject = one(read(text, "otto-2021"))
    assert subject.observations == (
        Observation(1.0, "noresketamine", 12.5, False, 0.5),
        Observation(2.0, "esketamine", None, True, 0.5),
        Observation(3.0, "esketamine"),
    )
    assert subject.times_h == (1.0, 2.0, 3.0)


def test_a_settled_state_from_a_table_is_predicted_as_many_doses_are(read):
    settled = one(read("ID,TIME,EVID,AMT,RATE,SS,II,WT\n1,0,1,35,52.5,1,12,70"))
    many = one(read("ID,TIME,EVID,AMT,RATE,ADDL,II,WT\n1,-1200,1,35,52.5,100,12,70"))
    values = [
        predict("kamp-2020", subject.person, subject.regimen, [0.5, 6.0]).analytes[0].concentrations_ng_per_ml
        for subject in (settled, many)
    ]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-8)


TABLES = {
    "doses of every route": EventTable(
        "perez-ruixo-2021",
        (
            Subject("a", PERSON, Regimen((*nasal(3), *infusion(28, 40, start_h=80)))),
            Subject("b", replace(PERSON, age_years=70.5), Regimen((Administration(1 / 3, 84, Route.ORAL),))),
        ),
    ),
    "film and samples": EventTable(
        "simons-2022",
        (
            Subject(
                "1",
                Covariates(24, 70.3),
                Regimen((Administration(0.0, 50, Route.FILM),)),
                (
                    Observation(0.1, "esketamine", 88.25, False, 0.5),
                    Observation(0.2, "noresketamine", None, True, 0.5),
                    Observation(0.3, "hydroxynoresketamine"),
                ),
            ),
        ),
    ),
    "changes, resets and settled states": EventTable(
        "perez-ruixo-2021",
        (
            Subject(
                "x",
                PERSON,
                Regimen(
                    (Administration(0.0, 84, Route.ORAL), *infusion(28, 40, start_h=50)),
                    ((10.0, replace(PERSON, liver_clearance=0.4)), (20.0, PERSON)),
                    (40.0,),
                    (
                        SteadyState(0.0, 24.0, (Administration(0.0, 84, Route.ORAL),)),
                        SteadyState(50.0, 24.0, infusion(28, 40), adds=True),
                    ),
                ),
            ),
        ),
    ),
}


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("name", TABLES)
def test_what_is_written_is_read_back_the_same(tmp_path, name, ending):
    path = tmp_path / f"events{ending}"
    write_events(TABLES[name], path)
    assert read_events(path, TABLES[name].model) == TABLES[name]


def test_a_compartment_s_number_is_passed_over_where_there_is_nothing_to_mistake(read):
    subject = one(read("ID,TIME,AMT,CMT,DV,WT\n1,0,35,1,.,70\n1,1,.,1,88,70"))
    assert subject.regimen.administrations == infusion(35, 0)
    assert subject.observations == (Observation(1.0, "ketamine", 88.0),)
    with pytest.raises(
        TableErrors, match=r"line 2: ROUTE is empty; a dose of kamp-2020 has one of iv\. CMT 2 "
    ):
        read("ID,TIME,AMT,CMT,WT\n1,0,35,2,70")
    named = one(read("ID,TIME,AMT,CMT,ROUTE,AGE\n1,0,84,4,oral,45", "perez-ruixo-2021"))
    assert named.regimen.administrations == (Administration(0.0, 84, Route.ORAL),)


def test_an_infusion_is_written_with_its_rate_and_nothing_with_a_duration_that_no_text_has(tmp_path):
    path = tmp_path / "events.csv"
    given = (*nasal(1), *infusion(28, 40, start_h=2), Administration(4.0, 84, Route.ORAL))
    write_events(EventTable("perez-ruixo-2021", (Subject("1", PERSON, Regimen(given)),)), path)
    frame = pl.read_csv(path)
    assert frame["RATE"].to_list() == [None, pytest.approx(42), None]
    assert frame["ROUTE"].to_list() == ["nasal", "iv", "oral"]
    assert frame["CMT"].to_list() == [None, None, None]


def test_columns_that_mean_nothing_here_are_named(read):
    assert read("ID,TIME,AMT,WT,SITE\n1,0,35,70,Leiden").ignored == ("SITE",)


HEAD = "ID,TIME,EVID,MDV,AMT,RATE,DUR,CMT,ROUTE,DEVICE,SS,ADDL,II,ANALYTE,DV,BLQ,LLOQ,AGE,WT,ANCESTRY"


def row(**cells):
    usual = {"ID": "1", "TIME": "0", "EVID": "1", "AMT": "10", "ROUTE": "iv", "AGE": "45", "WT": "70"}
    return ",".join({**usual, **cells}.get(column, ".") for column in HEAD.split(","))


BAD_ROWS = {
    "negative amount": (row(AMT="-5"), "AMT is -5; a dose is above 0 mg."),
    "zero amount": (row(AMT="0"), "AMT is 0; a dose is above 0 mg."),
    "no amount": (row(AMT="."), "AMT is empty; a dose needs one."),
    "amount that is no number": (row(AMT="ten"), "AMT is 'ten'; it is a number."),
    "endless amount": (row(AMT="inf"), "AMT is 'inf'; it is a number."),
    "amount of an observation": (row(EVID="0", DV="3"), "AMT is 10, yet EVID 0 is no dose"),
    "no id": (row(ID="."), "ID is empty."),
    "no time": (row(TIME="."), "TIME is empty."),
    "time that is not a number": (row(TIME="noon"), "TIME is 'noon'; it is a number."),
    "NaN written out": (row(TIME="nan"), "TIME is 'nan'; it is a number."),
    "unknown event": (row(EVID="5"), "EVID is 5; it is 0, 1, 2, 3 or 4."),
    "half an event": (row(EVID="1.5"), "EVID is '1.5'; it is a whole number."),
    "MDV of 2": (row(MDV="2"), "MDV is 2; it is 0 or 1."),
    "a dose that is an observation": (row(MDV="0"), "MDV is 0, yet the row is no observation"),
    "an estimated rate": (row(RATE="-1"), "RATE is -1, a rate that the model estimates; no model here does"),
    "a length nobody has": (row(RATE="-2"), "RATE is -2 and DUR is empty"),
    "another negative rate": (row(RATE="-3"), "RATE is -3; it is 0, above 0, or -2."),
    "negative duration": (row(DUR="-1"), "DUR is -1; it is 0 h or more."),
    "rate against duration": (row(RATE="10", DUR="2"), "RATE 10 makes 1 h of AMT 10, and DUR is 2."),
    "rate of a device": (
        row(ROUTE="nasal", AMT="28", DEVICE="1", RATE="5"),
        "Only an intravenous dose has RATE",
    ),
    "no device": (row(ROUTE="nasal", AMT="28"), "DEVICE is empty; a nasal dose says"),
    "device 0": (row(ROUTE="nasal", AMT="28", DEVICE="0"), "Devices are counted from 1"),
    "no route": (
        row(ROUTE="."),
        "ROUTE is empty; a dose of perez-ruixo-2021 has one of nasal, iv, oral.",
    ),
    "a route nobody has": (row(ROUTE="im"), "There is no model for doses given im"),
    "another model's route": (
        row(ROUTE="film"),
        "knows doses given nasal or iv or oral; it cannot predict film",
    ),
    "an unknown word": (row(ROUTE="tea"), "ROUTE is 'tea'; it is one of nasal, iv"),
    "a compartment of another program": (
        row(ROUTE=".", CMT="2"),
        "ROUTE is empty; a dose of perez-ruixo-2021 has one of nasal, iv, oral. CMT 2 does not say it",
    ),
    "no analyte": (
        row(EVID="0", AMT=".", DV="1"),
        "ANALYTE is empty; an observation of perez-ruixo-2021 has one of esketamine, noresketamine.",
    ),
    "an observation in another program's compartment": (
        row(EVID="0", AMT=".", CMT="2", DV="1"),
        "ANALYTE is empty; an observation of perez-ruixo-2021 has one of esketamine, noresketamine. CMT 2",
    ),
    "an analyte nobody has": (
        row(EVID="0", AMT=".", ANALYTE="ketamine", DV="1"),
        "ANALYTE is 'ketamine'; an observation of perez-ruixo-2021 has one of esketamine, noresketamine.",
    ),
    "steady without interval": (row(SS="1"), "II is empty"),
    "SS of 3": (row(SS="3", II="12"), "SS is 3; it is 0, 1 or 2."),
    "more without interval": (row(ADDL="2"), "II is empty"),
    "fewer than none": (row(ADDL="-1", II="12"), "ADDL is -1; it is 0 or more."),
    "a billion doses": (row(ADDL="1000000000", II="12"), "ADDL would make more than 1,000,000 doses"),
    "no value": (row(EVID="0", AMT="."), "DV is empty"),
    "negative value": (row(EVID="0", AMT=".", DV="-1"), "DV is 0 or more"),
    "a limit of nothing": (row(EVID="0", AMT=".", BLQ="1", LLOQ="0"), "LLOQ above 0"),
    "BLQ of 2": (row(EVID="0", AMT=".", BLQ="2"), "BLQ is 2; it is 0 or 1."),
    "absurd weight": (row(WT="9000"), "WT is 9000; it lies between 1 and 650."),
    "negative age": (row(AGE="-3"), "AGE is -3; it lies between 0 and 125."),
    "missing covariate": (row(AGE="."), "perez-ruixo-2021 needs the person's age in years."),
    "unknown ancestry": (row(ANCESTRY="white"), "ANCESTRY is 'white'; it is one of other, asian, japanese."),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_row_that_cannot_be_read_is_named_by_its_line(read, name):
    wrong, sentence = BAD_ROWS[name]
    with pytest.raises(TableErrors) as refused:
        read(f"{HEAD}\n{row(ID='0')}\n{wrong}", "perez-ruixo-2021")
    assert refused.value.lines[0].startswith("line 3: ")
    assert sentence in refused.value.lines[0]


def test_rows_out_of_order_and_people_in_pieces(read):
    with pytest.raises(TableErrors) as refused:
        read(f"{HEAD}\n{row(TIME='4')}\n{row(TIME='2')}\n{row(ID='2')}\n{row(ID='1')}", "perez-ruixo-2021")
    assert refused.value.lines == (
        "line 3: TIME 2 comes before the 4 of a row above; sort each ID by TIME.",
        "line 5: ID 1 stood further above already; the rows of one person stand together.",
    )


def test_overlapping_infusions_add_up(read):
    subject = one(read("ID,TIME,AMT,DUR,WT\n1,0,10,2,70\n1,1,10,2,70\n1,1,5,0,70"))
    found = predict("kamp-2020", subject.person, subject.regimen, [1.5]).analytes[0]
    parts = [infusion(10, 120), infusion(10, 120, start_h=1), infusion(5, 0, start_h=1)]
    apart = [predict("kamp-2020", subject.person, part, [1.5]).analytes[0] for part in parts]
    assert found.concentrations_ng_per_ml[0] == pytest.approx(
        sum(part.concentrations_ng_per_ml[0] for part in apart), rel=1e-9
    )


def test_many_faults_are_counted_and_the_first_twenty_told(read):
    with pytest.raises(TableErrors) as refused:
        read("\n".join([HEAD, *([row(AMT="-1")] * 30)]), "perez-ruixo-2021")
    assert len(refused.value.lines) == 30
    assert str(refused.value).endswith("… and 10 more.")


def test_a_parquet_table_names_rows(tmp_path):
    path = tmp_path / "events.parquet"
    pl.DataFrame({"ID": [1, 1], "TIME": [0.0, 1.0], "AMT": [35.0, -1.0], "WT": [70, 70]}).write_parquet(path)
    with pytest.raises(TableErrors, match="row 2: AMT is -1"):
        read_events(path, "kamp-2020")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("TIME,AMT\n0,35", "has no column ID"),
        ("ID,AMT\n0,35", "has no column TIME"),
        ("ID,TIME", "has no rows"),
        ("ID,TIME\n1,2,3", "line 2: it has 3 cells, and there are 2 columns"),
        ("ID,Time,TIME,AMT\n1,0,0,35", "has the columns 'Time' and 'TIME', which are one here; keep one"),
        ("ID,TIME,AMT, amt\n1,0,35,35", "has the columns 'AMT' and ' amt', which are one here"),
        ("ID,TIME,TIME\n1,0,0", "has the columns 'TIME' and 'TIME', which are one here"),
    ],
)
def test_what_is_no_event_table_is_refused(read, text, sentence):
    with pytest.raises(InvalidRequest, match=sentence):
        read(text)


def test_a_file_of_another_kind_and_another_model_are_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="ends in neither"):
        read_events(tmp_path / "events.xlsx", "kamp-2020")
    with pytest.raises(InvalidRequest, match="There is no model 'hijazi'"):
        read_events(tmp_path / "events.csv", "hijazi")
    broken = tmp_path / "events.parquet"
    broken.write_text("no parquet")
    with pytest.raises(InvalidRequest, match="is no table that can be read"):
        read_events(broken, "kamp-2020")


@pytest.mark.parametrize(
    "steady",
    [
        (SteadyState(0.0, 84.0, nasal(2)),),
        (SteadyState(5.0, 84.0, nasal(1)),),
        (SteadyState(0.0, 84.0, nasal(1)), SteadyState(0.0, 24.0, nasal(1), adds=True)),
    ],
)
def test_a_settled_state_that_no_row_says_is_not_written(tmp_path, steady):
    table = EventTable("perez-ruixo-2021", (Subject("1", PERSON, Regimen(nasal(2), steady=steady)),))
    with pytest.raises(InvalidRequest, match="steady state"):
        write_events(table, tmp_path / "events.csv")


HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "event-tables.md"


def test_the_page_on_event_tables_has_every_column_and_its_example_is_read(read):
    first, second = HOW_TO.read_text("utf-8").split("## Rows for an exported model")
    for text, columns in ((first, COLUMNS), (second, COLUMNS_FOR_TEXT)):
        cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == set(columns)
    subject = one(read(first.split("```csv\n")[1].split("```")[0], "perez-ruixo-2021"))
    assert len(subject.regimen.administrations) == 16
    assert predict("perez-ruixo-2021", subject.person, subject.regimen, subject.times_h).analytes
