"""Protocols compared in virtual people, on one machine or on many.

Empty today. It will hold trial designs, the simulation of their arms in virtual people drawn from
``euthymia.pharmacology``, and the comparison of their results. It may import pharmacology and evidence,
never tailoring, protocol or clinic.
"""
