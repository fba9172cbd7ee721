"""The demo clinic: synthetic patients, a day in progress, and nobody real behind any of them."""
