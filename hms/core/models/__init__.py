"""The rows every department stands on."""

from hms.core.models.approvals import Approval, ApprovalLimit, ApprovalStatus
from hms.core.models.audit import (
    ActKind,
    AuditEvent,
    AuditRetirement,
    AuditSeal,
    FindingKind,
    FindingReview,
    FindingVerdict,
    SoftwareUpdate,
)
from hms.core.models.base import Record
from hms.core.models.documents import Document, DocumentKind, DocumentStatus, Paper
from hms.core.models.erasure import (
    AuditErasure,
    Erasure,
    ErasureGround,
    ErasureStatus,
    HoldAsker,
    LegalHold,
)
from hms.core.models.guesses import GuessCount
from hms.core.models.identity import Department, Facility, Membership, User
from hms.core.models.notifications import Notification
from hms.core.models.presence import Pin, Presence
from hms.core.models.sessions import Session
from hms.core.models.work import Counter, OutboxMessage, SubmittedForm

__all__ = [
    "ActKind",
    "Approval",
    "ApprovalLimit",
    "ApprovalStatus",
    "AuditErasure",
    "AuditEvent",
    "AuditRetirement",
    "AuditSeal",
    "Counter",
    "Department",
    "Document",
    "DocumentKind",
    "DocumentStatus",
    "Erasure",
    "ErasureGround",
    "ErasureStatus",
    "Facility",
    "FindingKind",
    "FindingReview",
    "FindingVerdict",
    "GuessCount",
    "HoldAsker",
    "LegalHold",
    "Membership",
    "Notification",
    "OutboxMessage",
    "Paper",
    "Pin",
    "Presence",
    "Record",
    "Session",
    "SoftwareUpdate",
    "SubmittedForm",
    "User",
]
