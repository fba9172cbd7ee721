"""One patient: what the data say, what comes next, what each dose would do.

Empty today. It will hold the estimation of one person's parameters from their own measurements and the
forecast of doses and intervals, with its uncertainty. It may import pharmacology and evidence.
"""
