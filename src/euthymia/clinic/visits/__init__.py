"""One treatment visit: check-in, dose, monitoring, discharge, close; and the room board."""
