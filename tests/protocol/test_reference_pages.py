"""The pages of docs/reference say what the rules and the tables say."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _pages():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


PAGES = _pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name):
    written = (DOCS / "reference" / name).read_text("utf-8")
    assert written == PAGES[name], f"{name} is out of date: run `python docs/generate.py`"
