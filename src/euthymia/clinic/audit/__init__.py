"""History, signatures and the access log: what was done, by whom, and proof that it was not altered."""
