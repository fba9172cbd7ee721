"""The clinic's rule book: which rules act here, with which thresholds, and which of them the director signed."""
