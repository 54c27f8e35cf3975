"""`python -m bufcheck`: the same command line as the Rust program."""

import signal
import sys
from pathlib import Path

from bufcheck._bufcheck import run


def main() -> None:
    """Carry out the words of the command line and exit with the status of the contract."""
    # The work is done outside the interpreter: its own handler would run only when all is over.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    folder = Path(__file__).resolve().parent.parent
    sys.exit(run(["bufcheck", *sys.argv[1:]], sys.executable, str(folder)))


if __name__ == "__main__":
    main()
