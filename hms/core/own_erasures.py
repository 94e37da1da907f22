"""What becomes of the house's own rows about a patient whose record is erased. The audit's own are emptied by the
function itself (hms.core.erasing): who looked, when and at what stays; what was typed goes."""

from hms.core import erasures
from hms.core.erasures import BLANK, ERASED, SAID
from hms.core.models import Approval, AuditErasure, Document, Erasure, FindingReview, LegalHold


def register() -> None:
    erasures.stays(
        Approval,
        why="who decided what above whose limit",
        kept=(
            "kind", "subject_type", "subject_id", "pool_id", "patient_id", "amount", "counted", "percent", "currency",
            "asked_at", "expires_at", "status", "limit", "limit_percent", "decided_at", "result_type", "result_id",
        ),
        subject_label=ERASED,
        arguments="'{{}}'::jsonb",
        reason=SAID,
        decision_reason=SAID,
    )  # fmt: skip
    erasures.stays(
        FindingReview,
        why="who looked without need answers for it",
        kept=("made_at", "kind", "day", "patient_id", "verdict"),
        note=ERASED,
    )
    erasures.stays(
        Document,
        why="its code answers that the paper is no longer kept",
        kept=("kind", "paper", "dated", "patient_id", "source_type", "source_id", "code", "prints"),
        number=BLANK,
        title=BLANK,
        template=BLANK,
        snapshot="'{{}}'::jsonb",
        content="''::bytea",
        sha256="encode(sha256(''::bytea), 'hex')",
        status="'erased'",
    )
    erasures.stays(
        LegalHold,
        why="when the record was held, and for whom",
        kept=("patient_id", "asked_for", "placed_at", "lifted_at"),
        reason=SAID,
        lifted_reason=SAID,
    )
    erasures.stays(
        Erasure,
        why="that it was erased, on what ground, by whom and when",
        kept=("patient_id", "ground", "asked_at", "told", "status", "decided_at", "done_at", "counts"),
        reason=SAID,
        decision_reason=SAID,
    )
    erasures.stays(
        AuditErasure,
        why="which audit rows were emptied, so that no other change passes for it",
        kept=("made_at", "transaction", "retired", "rows", "marks", "seals"),
    )
