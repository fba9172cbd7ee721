"""Suicide-risk levels, adverse events and the tasks that must not be forgotten."""
