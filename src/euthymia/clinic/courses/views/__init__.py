"""The pages of courses: referral, history, suitability, consent, plan, benefit and the ways out."""
