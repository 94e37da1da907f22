"""Bringing bundles in, and following later what led nowhere at first."""

from interop.services.following import follow_again
from interop.services.storing import bring_in
from interop.services.tally import Tally

__all__ = ["Tally", "bring_in", "follow_again"]
