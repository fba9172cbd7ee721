"""One course of treatment: referral, eligibility, consent, plan, response, maintenance or end."""
