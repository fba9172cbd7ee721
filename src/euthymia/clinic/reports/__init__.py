"""Letters and summaries made from stored facts without a second entry.

Today: the evidence of treatment resistance and the letter that asks for prior authorisation. It stands above visits
beside portal.
"""
