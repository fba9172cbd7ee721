"""Each model has a card, and the tables in it are what the data and the model say today."""

import importlib.util
from pathlib import Path

import pytest

from euthymia.evidence import effect_models, kinetic_models

_spec = importlib.util.spec_from_file_location(
    "model_cards", Path(__file__).resolve().parents[2] / "docs" / "model_cards.py"
)
model_cards = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(model_cards)


@pytest.mark.parametrize("model_id", kinetic_models())
def test_the_card_is_current(model_id):
    written = model_cards.card_path(model_id).read_text("utf-8")
    assert written == model_cards.render(model_id), "run: python docs/model_cards.py"


@pytest.mark.parametrize("model_id", kinetic_models())
def test_the_card_has_every_part(model_id):
    written = model_cards.card_path(model_id).read_text("utf-8")
    for part in model_cards._PARTS:
        assert f"<!-- generated: {part} -->" in written
    for heading in ("## Equations", "## Limits", "## Reproduce"):
        assert heading in written


@pytest.mark.parametrize("model_id", kinetic_models())
def test_the_figure_is_current(model_id):
    drawn = (model_cards.FIGURES / f"{model_id}.svg").read_text("utf-8")
    assert drawn == model_cards.model_figures.draw_kinetic(model_id), "run: python docs/model_cards.py"
    assert "<circle" in drawn, "no figure that it is held to stands in it"


@pytest.mark.parametrize("figure", model_cards.model_figures.EFFECT_FIGURES)
def test_the_figure_of_effects_was_drawn_from_the_data_of_today(figure):
    drawn = (model_cards.FIGURES / f"{figure}.svg").read_text("utf-8")
    assert model_cards.model_figures.data_of(figure) in drawn, "run: python docs/model_cards.py"
    card = (model_cards.EFFECT_CARDS / f"{figure}.md").read_text("utf-8")
    assert f"](../figures/{figure}.svg)" in card


def test_there_is_no_card_without_a_model():
    assert {path.stem for path in model_cards.CARDS.glob("*.md")} == set(kinetic_models())


def test_every_number_of_an_effect_stands_in_a_card_and_the_cards_are_current():
    cards = list(model_cards.EFFECT_CARDS.glob("*.md"))
    texts = [card.read_text("utf-8") for card in cards]
    assert texts == [model_cards.render_effects(card) for card in cards], "run: python docs/model_cards.py"
    for model_id in effect_models():
        for part in ("numbers", "limits"):
            assert sum(f"<!-- generated: {part} of {model_id} -->" in text for text in texts) == 1
