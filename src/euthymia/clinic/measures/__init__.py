"""Questionnaires, scores and trajectories."""
