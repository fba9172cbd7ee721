"""The controlled-drug ledger: what was drawn, given, wasted and returned, one insert-only line for each movement.

Today it holds the movements of visits. Receipts, stock, counts and destruction will be further kinds of line; the
amounts, lots, expiries and signatures they need are there. It stands above safety and below courses, so a line names
its visit by number: what of a visit moves drug is told to it by the visit's own actions.
"""
