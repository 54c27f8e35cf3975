__version__: str

def run(words: list[str], executable: str, folder: str) -> int:
    """Carry out the command line `words` (the first is the program's name); the exit status.

    Subjects run in `executable`, whose workers take the `bufcheck` package from `folder`.
    """

def serve() -> None:
    """Serve the jobs that come on standard input until it is closed."""
