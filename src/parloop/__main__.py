"""`python -m parloop`, the same as `parloop`."""

from parloop.cli import main

# One expression: `parloop run` empties this module's dictionary for the script.
raise SystemExit(main())
