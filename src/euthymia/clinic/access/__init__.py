"""Staff, roles, sign-in, second factor, and who may do what."""
