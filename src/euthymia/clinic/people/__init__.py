"""Patients and their treatment history."""
