"""The controlled-drug ledger.

Empty today. It will hold stock, receipts, draws, waste with a second authenticated person, counts and
discrepancies, as facts that balance: drawn = given + wasted + returned. It stands above safety and below courses.
"""
