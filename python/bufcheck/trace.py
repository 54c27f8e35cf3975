"""`python -m bufcheck.trace script.py ...`: `bufcheck trace` with this interpreter.

Knows the command line. Must never be imported: `bufcheck.trace` is a function.
"""

import sys
from pathlib import Path

from bufcheck._bufcheck import run

if __name__ == "__main__":
    words = ["bufcheck", "trace", "--", sys.executable, *sys.argv[1:]]
    sys.exit(run(words, sys.executable, str(Path(__file__).resolve().parent.parent)))
