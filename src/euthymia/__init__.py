"""Euthymia: supervised ketamine therapy, and the pharmacology beneath it."""

__version__ = "0.1.0"
