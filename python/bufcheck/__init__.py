"""Conformance suite and compatibility checker for Python's buffer protocol.

The command line is `bufcheck` or `python -m bufcheck`. Objects are checked in worker processes
(`bufcheck.worker`); nothing that is tested is imported here.
"""

from bufcheck._bufcheck import __version__

__all__ = ["__version__"]
