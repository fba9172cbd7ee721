"""``python -m euthymia`` is the command ``euthymia``."""

from euthymia.cli import main

main()
