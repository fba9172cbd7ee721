"""The pages of people: directory, chart, details, history."""
