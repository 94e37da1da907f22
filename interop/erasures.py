"""What becomes of the words by which other systems called a patient's rows, when the record is erased: they go."""

from hms.core import erasures
from interop.models import SourceRecord, UnresolvedReference


def register() -> None:
    erasures.goes(UnresolvedReference, SourceRecord)
