"""``euthymia simulate``: what it writes, what it says, and what it leaves when it is stopped."""

import contextlib
from collections import Counter
from dataclasses import replace
from itertools import chain

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from euthymia import cli
from euthymia.evidence import kinetic_model
from euthymia.pharmacology import (
    Covariates,
    InvalidRequest,
    Levels,
    _unfinished,
    characters_from_table,
    draw_characters,
    draw_people,
    infusion,
    predict,
    simulation,
)
from euthymia.pharmacology._course import CourseSolver, models_used

REGIMEN = 'follow_days = 1\n[[session]]\ndays = [0]\nroute = "nasal"\ndevices = 2\n'


def run(*arguments):
    return CliRunner().invoke(
        cli.app, ["simulate", *map(str, arguments)], env={"COLUMNS": "160", "NO_COLOR": "1"}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("simulated")
    (made / "regimen.toml").write_text(REGIMEN)
    return made


@pytest.fixture(scope="module")
def answer(folder):
    return run(
        folder / "regimen.toml",
        "--people",
        12,
        "--out",
        folder / "all.parquet",
        "--figure",
        folder / "all.html",
    )


def test_it_writes_a_row_for_each_person_and_time_and_a_table(folder, answer):
    assert answer.exit_code == 0, answer.output
    rows = pl.read_parquet(folder / "all.parquet")
    assert rows["person"].n_unique() == 12
    assert rows.height == 12 * rows["hour"].n_unique()
    assert rows.null_count().sum_horizontal().item() == 0
    assert "madrs" in answer.stdout
    assert "not been calibrated" in " ".join(answer.stdout.split())
    assert "<title>Simulated course</title>" in (folder / "all.html").read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["all.html", "all.parquet", "regimen.toml"]


def test_people_are_the_same_in_another_run(folder, answer):
    course = simulation.read_regimen(folder / "regimen.toml")
    simulation.simulate(course, 3, seed=7, first=5, out=folder / "some.parquet")
    whole, some = (pl.read_parquet(folder / name) for name in ("all.parquet", "some.parquet"))
    same = whole.filter(pl.col("person").is_between(5, 7))
    assert same.equals(some) or (same["madrs"] - some["madrs"]).abs().max() < 1e-9
    (folder / "some.parquet").unlink()


def test_people_of_a_table_are_simulated_as_the_same_people_drawn(folder, answer):
    draw_characters(12, seed=7).table().filter(pl.col("person") > 7).write_csv(folder / "people.csv")
    done = run(folder / "regimen.toml", "--table", folder / "people.csv", "--out", folder / "own.parquet")
    assert done.exit_code == 0, done.output
    own, whole = (pl.read_parquet(folder / name) for name in ("own.parquet", "all.parquet"))
    same = whole.filter(pl.col("person") > 7)
    assert own["person"].unique().to_list() == [8, 9, 10, 11]
    assert (same["madrs"] - own["madrs"]).abs().max() < 1e-9
    both = run(folder / "regimen.toml", "--table", folder / "people.csv", "--people", 3, "--out", "x.parquet")
    assert both.exit_code == 2
    assert "leave out --people" in " ".join(both.stderr.split())
    for name in ("people.csv", "own.parquet"):
        (folder / name).unlink()


def test_each_difference_is_switched_by_itself(folder, answer):
    """Two people with the same covariates; only what is drawn for each can tell them apart."""
    (folder / "alike.csv").write_text("person,age_years,weight_kg,baseline_madrs\n0,45,80,36\n1,45,80,36\n")

    def simulated(*switches):
        out = folder / "alike.parquet"
        done = run(folder / "regimen.toml", "--table", folder / "alike.csv", "--out", out, *switches)
        assert done.exit_code == 0, done.output
        return [rows.drop("person") for rows in pl.read_parquet(out).partition_by("person")]

    one, other = simulated()
    assert not one.equals(other)
    one, other = simulated("--no-between-people")
    assert one.equals(other)
    unsure, alike = simulated("--no-between-people", "--uncertainty")
    assert unsure.equals(alike)  # the estimates are one study's
    assert not unsure.equals(one)
    reported, _ = simulated("--no-between-people", "--residual")
    measured = reported["esketamine_measured_ng_per_ml"] - reported["esketamine_ng_per_ml"]
    assert measured.abs().max() > 1
    assert reported.select(one.columns).equals(one)
    for name in ("alike.csv", "alike.parquet"):
        (folder / name).unlink()


def test_visits_that_differ_are_switched_off_for_a_model_that_knows_how(tmp_path):
    (tmp_path / "films.toml").write_text(
        'model = "simons-2022"\n[[session]]\ndays = [0, 3]\nroute = "film"\namount_mg = 50\n'
    )
    course = simulation.read_regimen(tmp_path / "films.toml")
    assert (course.visits, replace(course, visits_differ=False).visits) == (2, 1)
    usual = draw_people("simons-2022", draw_characters(2, seed=7), seed=7, visits=2)
    alike = draw_people(
        "simons-2022", draw_characters(2, seed=7), seed=7, visits=2, levels=Levels(between_visits=False)
    )
    assert (usual.parameters["F1"][:, 0] != usual.parameters["F1"][:, 1]).all()
    assert (alike.parameters["F1"][:, 0] == alike.parameters["F1"][:, 1]).all()


def test_what_somebody_rests_on_is_said_whoever_of_a_table_it_is(folder):
    table = pl.DataFrame(
        {"age_years": [40.0, 50.0], "weight_kg": [70.0] * 2, "hepatic_moderate": [False, True]}
    )
    course = simulation.read_regimen(folder / "regimen.toml")
    said = " ".join(simulation.statements(course, characters_from_table(table)))
    assert "Child-Pugh B" in said


def test_more_sessions_than_may_differ_are_simulated_with_visits_that_are_alike(folder, monkeypatch):
    days = ", ".join(map(str, range(33)))
    (folder / "many.toml").write_text(
        f'model = "simons-2022"\nfollow_days = 33\n[[session]]\ndays = [{days}]\nroute = "film"\namount_mg = 50\n'
    )
    asked = []

    def stopped(course):
        asked.append(course)
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "solver_for", stopped)
    refused = run(folder / "many.toml", "--out", folder / "many.parquet")
    assert refused.exit_code == 2
    assert "--no-between-visits" in " ".join(refused.stderr.split())
    run(folder / "many.toml", "--out", folder / "many.parquet", "--no-between-visits")
    with pytest.raises(KeyboardInterrupt):
        simulation.simulate(
            simulation.read_regimen(folder / "many.toml", visits_differ=False),
            2,
            seed=1,
            out=folder / "many.parquet",
        )
    assert [course.visits for course in asked] == [1, 1]
    (folder / "many.toml").unlink()


def test_stopping_it_during_the_figure_says_that_the_result_stands(folder, answer, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "draw", stopped)
    done = run(
        folder / "regimen.toml",
        "--people",
        2,
        "--out",
        folder / "some.parquet",
        "--figure",
        folder / "x.html",
    )
    assert done.exit_code == 130
    assert "the figure was not drawn" in " ".join(done.stderr.split())
    assert pl.read_parquet(folder / "some.parquet")["person"].n_unique() == 2
    (folder / "some.parquet").unlink()


def test_whom_nobody_solves_has_empty_rows_and_is_counted(folder, answer, monkeypatch):
    usual = CourseSolver.solve

    def without_one(solver, people):
        found = usual(solver, people)
        return replace(
            found,
            unsolved=np.arange(len(people)) == 1,
            madrs=np.where([[False], [True]], np.nan, found.madrs),
        )

    monkeypatch.setattr(CourseSolver, "solve", without_one)
    done = run(folder / "regimen.toml", "--people", 2, "--out", folder / "some.parquet")
    assert "1 person could not be solved" in " ".join(done.stdout.split())
    rows = pl.read_parquet(folder / "some.parquet").partition_by("person")
    assert [part["madrs"].null_count() == part.height for part in rows] == [False, True]
    (folder / "some.parquet").unlink()


def test_doses_and_people_outside_what_was_studied_are_told_of_once(folder, answer):
    """Five devices are 140 mg; of three people one is older than anybody studied and one lighter."""
    (folder / "five.toml").write_text(REGIMEN.replace("devices = 2", "devices = 5"))
    (folder / "own.csv").write_text("person,age_years,weight_kg\n0,45,80\n1,95,80\n2,45,30\n")
    asked = (folder / "five.toml", "--table", folder / "own.csv", "--out", folder / "some.parquet")
    shown = " ".join(run(*asked, "--figure", folder / "some.svg").stdout.split())
    drawn = " ".join((folder / "some.svg").read_text().split())
    for sentence in (
        "The nasal dose of 140 mg is outside what perez-ruixo-2021 was studied in (14 to 112 mg)",
        "The age of 1 of 3 people is outside what perez-ruixo-2021 was studied in (18 to 86 years)",
        "The weight of 1 of 3 people is outside",
    ):
        assert shown.count(sentence) == 1
        assert sentence[:60] in drawn
    assert "is outside" not in answer.stdout
    for name in ("five.toml", "own.csv", "some.parquet", "some.svg"):
        (folder / name).unlink()


def test_a_summary_made_in_parts_is_that_of_everybody_who_was_solved(folder, answer, monkeypatch):
    """Lots of five people, four times at once; one person was not solved."""
    course = simulation.read_regimen(folder / "regimen.toml")
    rows = pl.read_parquet(folder / "all.parquet").with_columns(
        pl.when(pl.col("person") != 3).then(pl.col(name)) for name in ("madrs", "cadss", "occupancy")
    )
    rows.write_parquet(folder / "some.parquet")
    monkeypatch.setattr(simulation, "LOT", 5)
    monkeypatch.setattr(simulation, "_GATHERED", 50)
    found = simulation.summary(folder / "some.parquet", course)
    assert found["quantity"].n_unique() == rows.width - 2
    for name in ("madrs", "esketamine_ng_per_ml"):
        plain = rows.group_by("hour").agg(
            pl.col(name).mean().alias("mean"),
            pl.col(name).median().alias("median"),
            *(pl.col(name).quantile(part).alias(key) for key, part in (("low", 0.05), ("high", 0.95))),
        )
        mine = found.filter(pl.col("quantity") == name).sort("hour")
        for key in ("mean", "low", "median", "high"):
            assert np.allclose(mine[key], plain.sort("hour")[key], rtol=1e-12)
    assert found.filter(pl.col("quantity") == "madrs")["median"].is_finite().all()
    (folder / "some.parquet").unlink()


def test_a_summary_reads_each_value_once_and_leaves_no_file(folder, answer, monkeypatch):
    """Five people and four times at once: read anew for each of the parts, a column would be read 13 times."""
    usual, read = pl.LazyFrame.collect, []

    def counted(rows, *args, **kwargs):
        found = usual(rows, *args, **kwargs)
        read.extend(found.height * [name] for name in found.columns if name != "len")
        return found

    monkeypatch.setattr(pl.LazyFrame, "collect", counted)
    monkeypatch.setattr(simulation, "LOT", 5)
    monkeypatch.setattr(simulation, "_GATHERED", 50)
    course, rows = simulation.read_regimen(folder / "regimen.toml"), pl.read_parquet(folder / "all.parquet")
    read.clear()
    simulation.summary(folder / "all.parquet", course)
    names = [name for name in rows.columns if name not in ("person", "hour")]
    assert Counter(chain.from_iterable(read)) == dict.fromkeys(names, rows.height)
    assert sorted(path.name for path in folder.iterdir()) == ["all.html", "all.parquet", "regimen.toml"]


def test_a_summary_of_nobody_solved_has_no_values(folder, answer):
    course = simulation.read_regimen(folder / "regimen.toml")
    pl.read_parquet(folder / "all.parquet").with_columns(madrs=pl.lit(None, pl.Float64)).write_parquet(
        folder / "some.parquet"
    )
    found = simulation.summary(folder / "some.parquet", course).filter(pl.col("quantity") == "madrs")
    assert found.select("mean", "low", "median", "high").null_count().row(0) == (found.height,) * 4
    (folder / "some.parquet").unlink()


def test_a_model_that_does_not_know_how_people_differ_is_simulated_with_its_typical_person(tmp_path):
    (tmp_path / "vein.toml").write_text(
        'model = "noppers-2011"\nfollow_days = 1\n[[session]]\nroute = "iv"\namount_mg = 20\nminutes = 40\n'
    )
    (tmp_path / "own.csv").write_text("weight_kg\n70\n70\n")
    asked = (tmp_path / "vein.toml", "--table", tmp_path / "own.csv", "--out", tmp_path / "out.parquet")
    refused = run(*asked)
    assert refused.exit_code == 2
    assert "--no-between-people" in " ".join(refused.stderr.split())
    done = run(*asked, "--no-between-people")
    assert done.exit_code == 0, done.output
    rows = pl.read_parquet(tmp_path / "out.parquet")
    given, person = infusion(20, 40), Covariates(weight_kg=70)
    hours = rows.filter(pl.col("person") == 0)["hour"].to_list()
    exact = predict("noppers-2011", person, given, hours).analyte("esketamine").concentrations_ng_per_ml
    for part in rows.partition_by("person"):
        assert np.allclose(part["esketamine_ng_per_ml"], exact, rtol=1e-6, atol=1e-9)


def test_a_residual_error_that_is_not_known_is_refused_before_anything_is_solved(tmp_path, monkeypatch):
    (tmp_path / "vein.toml").write_text(
        'model = "noppers-2011"\nfollow_days = 1\n[[session]]\nroute = "iv"\namount_mg = 20\nminutes = 40\n'
    )
    monkeypatch.setattr(simulation, "solver_for", lambda course: pytest.fail("it was solved"))
    out = tmp_path / "out.parquet"
    refused = run(tmp_path / "vein.toml", "--no-between-people", "--residual", "--out", out)
    assert refused.exit_code == 2
    assert "gives no residual error" in " ".join(refused.stderr.split())


def test_another_kind_of_file_is_refused(folder):
    done = run(folder / "regimen.toml", "--out", folder / "some.csv")
    assert done.exit_code == 2
    assert "name a .parquet file, not some.csv" in " ".join(done.stderr.split())


def test_a_folder_of_that_name_is_refused_before_anything_is_solved(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(simulation, "solver_for", lambda course: pytest.fail("it was solved"))
    (tmp_path / "out.parquet").mkdir()
    done = run(folder / "regimen.toml", "--out", tmp_path / "out.parquet")
    assert done.exit_code == 2
    assert "out.parquet is a folder: name the file in it" in " ".join(done.stderr.split())


def test_stopping_it_while_the_result_is_put_in_its_place_says_that_it_stands(folder, answer, monkeypatch):
    """The hidden folder is taken away after the result has its place: a signal may come then."""

    @contextlib.contextmanager
    def stopped_at_the_end(path):
        with _unfinished.unfinished(path) as folder:
            yield folder
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "unfinished", stopped_at_the_end)
    done = run(folder / "regimen.toml", "--people", 2, "--out", folder / "some.parquet")
    assert done.exit_code == 130
    assert "some.parquet, its table was not made" in " ".join(done.stderr.split())
    (folder / "some.parquet").unlink()


def test_stopping_it_leaves_nothing(folder, answer, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "solver_for", stopped)
    done = run(folder / "regimen.toml", "--out", folder / "stopped.parquet")
    assert done.exit_code == 130
    assert "nothing was written" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["all.html", "all.parquet", "regimen.toml"]


def test_stopping_it_half_way_leaves_what_was_there_before(folder, answer, monkeypatch):
    """Stopped after the first of three lots has been written; an older result of that name stays whole."""
    course, done = simulation.read_regimen(folder / "regimen.toml"), []

    def stopped(count):
        done.append(count)
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "LOT", 4)
    before = (folder / "all.parquet").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        simulation.simulate(course, 12, seed=8, out=folder / "all.parquet", progress=stopped)
    assert done == [4, 8]
    assert (folder / "all.parquet").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["all.html", "all.parquet", "regimen.toml"]


def test_a_film_is_simulated_too(tmp_path):
    (tmp_path / "film.toml").write_text(
        'model = "simons-2022"\n[[session]]\ndays = [0]\nroute = "film"\namount_mg = 50\n'
    )
    course = simulation.read_regimen(tmp_path / "film.toml")
    assert [dose.route for dose in course.doses] == ["film"]
    assert any("arterial" in said for said in simulation.statements(course))


def test_a_thousand_million_people_are_refused_with_time_size_and_a_way(folder):
    done = run(folder / "regimen.toml", "--people", 10**9, "--out", folder / "never.parquet")
    assert done.exit_code == 2
    for part in ("hours", "GB", "--first"):
        assert part in done.stderr
    assert not (folder / "never.parquet").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (REGIMEN.replace("[[session]]", "[session]"), "with two brackets"),
        (REGIMEN + "amount_mg = 500\n", "by the route 'nasal' has no key 'amount_mg'"),
        ("oral_antidepressant = true\n" + REGIMEN, "with from_day = 0"),
        ("[oral_antidepressant]\nday = 1\n", "no key 'day'"),
        ('care = "no"\n' + REGIMEN, "care is true or false"),
        ("follow_days = 1", "nothing to simulate"),
        ("follow_days = -1\n" + REGIMEN.split("\n", 1)[1], "follow_days"),
        ('dose = 1\n[[session]]\nroute = "nasal"\ndevices = 1', "no key 'dose'"),
        ('model = "otto-2021"\n[[session]]\nroute = "nasal"\ndevices = 1', "not nasal devices"),
        ('[[session]]\nroute = "iv"\namount_mg = -5\nminutes = 40', "above 0"),
        ('[[session]]\nroute = "iv"\namount_mg = nan\nminutes = 40', "must be a number"),
        ('[[session]]\nroute = "rectal"', "route = one of"),
        ("days = [", "not valid TOML"),
        ('[[session]]\nday = 0\ndays = [0, 3]\nroute = "nasal"\ndevices = 1', "this one has both"),
        ('[[session]]\nday = [0, 3]\nroute = "nasal"\ndevices = 1', "for several write days"),
        ('[[session]]\ndays = [-1, 3]\nroute = "nasal"\ndevices = 1', "one was -1"),
        ('[[session]]\ndays = [true]\nroute = "nasal"\ndevices = 1', "must be a number"),
        (
            'follow_days = 7\n[[session]]\ndays = [0, 8.5]\nroute = "nasal"\ndevices = 1',
            "follow_days = 9 or more",
        ),
        ("follow_days = 1.5\n" + REGIMEN.split("\n", 1)[1], "whole number"),
        (
            "[oral_antidepressant]\nfrom_day = -14\n",
            "counted as the days of sessions are, from 0, and results begin on day 0; it was -14",
        ),
        (
            REGIMEN.replace("[0]", "[3]") + "[oral_antidepressant]\nfrom_day = -1\n",
            "results begin with the first dose, on day 3; it was -1",
        ),
        (
            REGIMEN.replace("[0]", "[3]") + "[oral_antidepressant]\nfrom_day = 4\n",
            "begins on day 4, and results end on day 4: write follow_days = 2 or more",
        ),
        (
            "[oral_antidepressant]\nfrom_day = 1e300\n",
            r"begins on day 1e\+300, and results end on day 28: write an earlier from_day",
        ),
        (
            REGIMEN.replace("[0]", "[0, 1e300]"),
            r"given 1e\+300 days after the first, .*: write fewer sessions",
        ),
        (REGIMEN.replace("[0]", "[0, 1, 0]"), "Day 0 stands twice in a session's days"),
        (
            REGIMEN + '[[session]]\ndays = [0]\nroute = "nasal"\ndevices = 1\n',
            "session on day 0 begins before the last device of the one on day 0 is given",
        ),
        (
            REGIMEN.replace("2", "3") + '[[session]]\ndays = [0.005]\nroute = "nasal"\ndevices = 1\n',
            "session on day 0.005 begins before the last device of the one on day 0 is given",
        ),
    ],
)
def test_a_regimen_that_makes_no_sense_is_told_why(tmp_path, text, said):
    (tmp_path / "regimen.toml").write_text(text)
    with pytest.raises(InvalidRequest, match=said):
        simulation.read_regimen(tmp_path / "regimen.toml")


def test_sessions_of_one_day_and_an_oral_antidepressant_before_the_end_are_taken(tmp_path):
    (tmp_path / "regimen.toml").write_text(
        REGIMEN
        + '[[session]]\ndays = [0.5]\nroute = "nasal"\ndevices = 3\n'
        + '[[session]]\ndays = [0]\nroute = "oral"\namount_mg = 50\n'
        + "[oral_antidepressant]\nfrom_day = 0.9\n"
    )
    course = simulation.read_regimen(tmp_path / "regimen.toml")
    assert [dose.device for dose in course.doses if dose.route == "nasal"] == [1, 2, 1, 2, 3]
    assert course.oral_from_h == 24 * 0.9


def test_a_first_day_that_is_no_round_number_of_hours_begins_with_its_dose(tmp_path):
    (tmp_path / "regimen.toml").write_text(REGIMEN.replace("[0]", "[0.1]"))
    course = simulation.read_regimen(tmp_path / "regimen.toml")
    assert course.times_h[0] == course.doses[0].time_h == 24 * 0.1


def test_a_figure_shows_every_warning_of_every_model_behind_it(folder):
    course = simulation.read_regimen(folder / "regimen.toml")
    quantities = ("madrs", "esketamine_ng_per_ml", "cadss")
    summary = pl.DataFrame(
        [{"quantity": name, "hour": 0.0, "low": 1.0, "median": 2.0, "high": 3.0} for name in quantities]
    )
    subtitle = " ".join(simulation.draw(summary, course, "Asked").title.subtitle)
    warned = [text for model in (kinetic_model(course.model), *models_used(course)) for text in model.warns]
    assert len(warned) > 2
    assert all(text in subtitle for text in warned)
    assert "has not been calibrated" in subtitle
