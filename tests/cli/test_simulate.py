"""``euthymia simulate``: what it writes, what it says, and what it leaves when it is stopped."""

import polars as pl
import pytest
from typer.testing import CliRunner

from euthymia import cli
from euthymia.pharmacology import InvalidRequest, draw_characters, simulation

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


def test_stopping_it_leaves_nothing(folder, answer, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "solver_for", stopped)
    done = run(folder / "regimen.toml", "--out", folder / "stopped.parquet")
    assert done.exit_code == 130
    assert "nothing was written" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["all.html", "all.parquet", "regimen.toml"]


def test_a_thousand_million_people_are_refused_with_time_size_and_a_way(folder):
    done = run(folder / "regimen.toml", "--people", 10**9, "--out", folder / "never.parquet")
    assert done.exit_code == 2
    for part in ("hours", "GB", "--first"):
        assert part in done.stderr
    assert not (folder / "never.parquet").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("follow_days = 1", "nothing to simulate"),
        ("follow_days = -1\n" + REGIMEN.split("\n", 1)[1], "follow_days"),
        ('dose = 1\n[[session]]\nroute = "nasal"\ndevices = 1', "no key 'dose'"),
        ('model = "otto-2021"\n[[session]]\nroute = "nasal"\ndevices = 1', "not nasal devices"),
        ('[[session]]\nroute = "iv"\namount_mg = -5\nminutes = 40', "above 0"),
        ('[[session]]\nroute = "iv"\namount_mg = nan\nminutes = 40', "must be a number"),
        ('[[session]]\nroute = "rectal"', "route = one of"),
        ("days = [", "not valid TOML"),
    ],
)
def test_a_regimen_that_makes_no_sense_is_told_why(tmp_path, text, said):
    (tmp_path / "regimen.toml").write_text(text)
    with pytest.raises(InvalidRequest, match=said):
        simulation.read_regimen(tmp_path / "regimen.toml")
