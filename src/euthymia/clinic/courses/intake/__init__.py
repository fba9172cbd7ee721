"""The steps of an intake: what each asks, what it still lacks, and what it writes when it is confirmed."""
