"""Forms, letters and outcome pages.

Empty today. It will hold the safety-programme form, letters to referrers and outcome figures, made from stored
facts without a second entry. It stands above visits beside portal.
"""
