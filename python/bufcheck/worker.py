"""`python -m bufcheck.worker`: serves the jobs of an orchestrator. Not meant to be run by hand."""

from bufcheck._bufcheck import serve


def main() -> None:
    """Say hello and serve until the orchestrator closes the pipe."""
    serve()


if __name__ == "__main__":
    main()
