"""The command line: what it prints, what it draws, and what it says to a question it cannot answer."""

import json
import re
import subprocess
import sys
from typing import get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from euthymia import __version__, cli
from euthymia.evidence import kinetic_models
from euthymia.pharmacology import Ancestry, Outcome, Route, _prediction

QUESTION = ["pk", "--model", "perez-ruixo-2021", "--route", "nasal", "--dose-mg", "56", "--age", "45"]
QUESTION += ["--weight-kg", "74", "--ancestry", "other"]
INFUSION = [
    "pk",
    "--model",
    "otto-2021",
    "--route",
    "iv",
    "--dose-mg",
    "35",
    "--minutes",
    "40",
    "--weight-kg",
    "70",
]


@pytest.fixture
def run():
    def run(*arguments):
        return CliRunner().invoke(cli.app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1"})

    return run


def test_json_has_the_shape_that_programs_rely_on(run):
    answer = run(*QUESTION, "--json")
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    assert set(told) == {"esketamine", "noresketamine", "model", "source", "outcome", "warnings"}
    for analyte in ("esketamine", "noresketamine"):
        assert set(told[analyte]) == {"cmax_ng_per_ml", "tmax_h", "auc0_24_ng_h_per_ml"}
    assert told["model"] == "perez-ruixo-2021"
    assert "10.1007/s40262-020-00953-4" in told["source"]
    assert (told["outcome"], told["warnings"]) == ("computed", [])


@pytest.mark.parametrize(
    ("ancestry", "cmax", "auc", "nor_cmax"),
    [("other", 72.5, 254.7, 119.7), ("asian", 73.2, 275.9, 148.5)],
)
def test_the_published_row_for_56_mg_comes_out_within_one_per_cent(run, ancestry, cmax, auc, nor_cmax):
    told = json.loads(run(*QUESTION[:-1], ancestry, "--json").stdout)
    assert told["esketamine"]["cmax_ng_per_ml"] == pytest.approx(cmax, rel=0.01)
    assert told["esketamine"]["auc0_24_ng_h_per_ml"] == pytest.approx(auc, rel=0.01)
    assert told["noresketamine"]["cmax_ng_per_ml"] == pytest.approx(nor_cmax, rel=0.01)


def test_an_infusion_by_vein(run):
    told = json.loads(run(*INFUSION, "--json").stdout)
    assert told["esketamine"]["cmax_ng_per_ml"] == pytest.approx(158.0, rel=0.005)
    assert told["esketamine"]["tmax_h"] == pytest.approx(2 / 3)


def test_a_racemate_is_halved_and_said_to_be(run):
    told = json.loads(run(*INFUSION, "--drug", "ketamine", "--json").stdout)
    assert told["esketamine"]["cmax_ng_per_ml"] == pytest.approx(158.0 / 2, rel=0.005)
    assert any("racemate" in warning for warning in told["warnings"])


def test_the_table_names_model_population_site_source_and_limits(run):
    shown = run(*QUESTION).stdout
    for words in (
        "Venous plasma",
        "72.6",
        "0.68",
        "253.8",
        "2 devices of 28 mg, 5 minutes apart",
        "820 adults",
    ):
        assert words in shown
    assert "10.1007/s40262-020-00953-4" in shown
    assert "What it does not know" in shown


def test_what_is_left_out_is_filled_in_and_said(run):
    told = json.loads(run("pk", "--route", "iv", "--dose-mg", "35", "--minutes", "40", "--json").stdout)
    assert any("No --age was given: 45 years" in warning for warning in told["warnings"])
    assert any("iv dose of 35 mg is outside" in warning for warning in told["warnings"])
    assert any("No --ancestry was given: other" in warning for warning in told["warnings"])
    assert not any(
        "ancestry" in warning for warning in json.loads(run(*INFUSION, "--json").stdout)["warnings"]
    )


def test_a_model_of_which_nobody_says_in_whom_it_was_studied_says_so(run):
    asked = ("pk", "--model", "kamp-2020", "--route", "iv", "--dose-mg", "35", "--minutes", "40", "--json")
    told = json.loads(run(*asked).stdout)
    assert "The evidence does not say in whom or at which doses kamp-2020 was studied." in told["warnings"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--dose-mg", "-5"], "A dose must be above 0 mg; it was -5 mg."),
        (["--dose-mg", "0"], "A dose must be above 0 mg"),
        (["--dose-mg", "nan"], "A dose must be above 0 mg"),
        (["--dose-mg", "inf"], "A dose is a number of milligrams; it was without end."),
        (["--dose-mg", "40"], "40 mg is not a whole number. Nearest: 28 or 56 mg."),
        (["--dose-mg", "5"], "Nearest: 28 mg."),
        (["--dose-mg", "28000000"], "more than fit into a day"),
        (["--dose-mg", "1e300"], "1e+300 mg would be 3.57143e+298 devices, more than fit into a day"),
        (["--dose-mg", "56", "--model", "hijazi"], "There is no model 'hijazi'. There are: ashraf-2018"),
        (["--dose-mg", "35", "--route", "im"], "There is no model for doses given im"),
        (["--dose-mg", "35", "--route", "sc"], "There is no model for doses given sc"),
        (["--dose-mg", "56", "--model", "kamp-2020"], "kamp-2020 knows doses given iv"),
        (["--dose-mg", "56", "--minutes", "5"], "--minutes is for intravenous doses"),
        (["--dose-mg", "35", "--route", "iv"], "needs --minutes"),
        (
            ["--dose-mg", "35", "--route", "iv", "--minutes", "-5"],
            "--minutes is 0, for an injection, or more; it was -5.",
        ),
        (
            ["--dose-mg", "35", "--route", "iv", "--minutes", "1440.5"],
            "--minutes is at most 1440, for an infusion ends within a day; it was 1440.5.",
        ),
        (["--dose-mg", "56", "--age", "450"], "The age is 450 years; it lies between 0 and 125."),
        (["--dose-mg", "56", "--weight-kg", "7000"], "The weight is 7000 kg; it lies between 1 and 650."),
        (["--dose-mg", "56", "--age", "-1"], "The age must be a number above zero"),
        (["--dose-mg", "56", "--drug", "ketamine"], "it cannot predict ketamine"),
        (["--dose-mg", "56", "--figure", "curve.png"], ".svg or .html; 'curve.png' ends in neither"),
    ],
)
def test_a_question_that_cannot_be_answered_gets_a_sentence_and_exit_two(run, arguments, sentence):
    answer = run("pk", *arguments)
    assert answer.exit_code == 2
    assert sentence in answer.stderr
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dose-mg", "much"],
        ["--dose-mg", "56", "--route", "sublingual"],
        ["--dose-mg", "56", "--ancestry", "x"],
        [],
    ],
)
def test_a_mistyped_option_exits_two(run, arguments):
    assert run("pk", *arguments).exit_code == 2


def test_a_dose_beyond_what_was_studied_is_answered_with_a_warning(run):
    answer = run("pk", "--dose-mg", "140", "--age", "45")
    assert answer.exit_code == 0
    assert (
        "Warning: The nasal dose of 140 mg is outside what perez-ruixo-2021 was studied in" in answer.stdout
    )


def test_a_failed_calculation_exits_one_with_its_sentence(run, monkeypatch):
    monkeypatch.setattr(_prediction, "_read", lambda *_: (Outcome.NOT_FINITE, ()))
    answer = run(*QUESTION, "--json")
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert Outcome.NOT_FINITE.sentence in answer.stderr


def test_the_figure_as_svg_says_what_it_shows(run, tmp_path):
    path = tmp_path / "curve.svg"
    answer = run(*QUESTION, "--json", "--figure", str(path))
    assert json.loads(answer.stdout)["outcome"] == "computed"
    assert str(path) in answer.stderr
    drawn = path.read_text()
    assert drawn.startswith("<svg")
    for words in ("Predicted venous plasma concentration", "perez-ruixo-2021", "Noresketamine", "ng/mL"):
        assert words in drawn


def test_the_figure_carries_the_warnings(run, tmp_path):
    path = tmp_path / "curve.svg"
    run("pk", "--dose-mg", "140", "--age", "45", "--figure", str(path))
    assert "outside what perez-ruixo-2021 was studied in" in path.read_text()


def test_the_figure_as_a_page_loads_nothing(run, tmp_path):
    path = tmp_path / "curve.html"
    run(*QUESTION, "--figure", str(path))
    page = path.read_text()
    assert not re.findall(r"<(?:script|link|iframe)[^>]*(?:src|href)\s*=", page)
    assert "cdn." not in page
    assert "@import" not in page
    assert '<html lang="en">' in page
    assert "<title>Predicted plasma concentration</title>" in page


def test_a_figure_that_cannot_be_written_exits_one(run, tmp_path):
    answer = run(*QUESTION, "--figure", str(tmp_path / "missing" / "curve.svg"))
    assert answer.exit_code == 1
    assert "could not be written" in answer.stderr


@pytest.mark.parametrize("columns", ["80", "60"])
def test_on_a_narrow_screen_no_model_s_name_is_cut(columns):
    shown = CliRunner().invoke(cli.app, ["models"], env={"COLUMNS": columns, "NO_COLOR": "1"}).stdout
    assert "…" not in shown
    assert all(model_id in shown for model_id in kinetic_models())


def test_models_lists_each(run):
    shown = run("models").stdout
    for model_id in kinetic_models():
        assert model_id in shown


def test_export_prints_the_text_of_a_model_for_one_person(run):
    answer = run("export", "otto-2021", "--to", "mrgsolve", "--weight-kg", "61")
    assert answer.exit_code == 0
    assert answer.stdout.startswith("$PROB")
    assert "For 61 kg" in answer.stdout
    told = run("export", "domino", "--to", "rxode2")
    assert told.stdout.startswith("# Intravenous ketamine, the Domino constants")
    assert "No --weight-kg was given: 70 kg is taken, typical of domino." in told.stderr


def test_export_of_no_model_is_refused(run):
    answer = run("export", "hijazi", "--to", "rxode2")
    assert answer.exit_code == 2
    assert "There is no model 'hijazi'" in answer.stderr


def test_version_and_help(run):
    assert run("--version").stdout.strip() == f"euthymia {__version__}"
    assert "pk" in run("--help").stdout


def test_the_choices_offered_are_those_the_pharmacology_knows():
    hints = get_type_hints(cli.pk)
    assert set(get_args(hints["route"])) == set(Route)
    known, nothing = get_args(hints["ancestry"])
    assert (set(get_args(known)), nothing) == (set(Ancestry), type(None))


def test_help_loads_neither_jax_nor_django_and_the_module_runs():
    program = (
        "import sys; from typer.testing import CliRunner; from euthymia import cli;"
        "assert CliRunner().invoke(cli.app, ['--help']).exit_code == 0;"
        "print([name for name in ('jax', 'altair', 'scipy', 'django') if name in sys.modules])"
    )
    assert _python("-c", program) == "[]"
    assert _python("-m", "euthymia", "--version") == f"euthymia {__version__}"


def _python(*arguments):
    told = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout.strip()
