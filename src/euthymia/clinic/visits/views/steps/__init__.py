"""Every write about a visit as a page of its own. The order has its own file."""
