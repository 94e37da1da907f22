"""Two people for what one should not do alone: the one engine.

A department registers its kinds from `ready()`. The service that does the act asks, when it has taken its locks and
made its own checks, and does what it is told:

    asked = approvals.ask(actor, "billing.refund", subject=invoice, amount=amount, reason=reason, arguments={...})
    if asked.waits:
        return asked.waits          # stored, nothing else changes
    payment = _record(...)
    asked.done(payment)             # recorded, with the limit on which it was done
    return payment

Approved, the engine calls the same service again, as the person who asked, in the transaction of the decision. There
is no other way to an act above its limit: what a service may do at that moment stands in a context of this module.
"""

from hms.core.approvals.asking import WAITS, Asked, ask, page_of, tell
from hms.core.approvals.deciders import count_for_me, count_mine, for_me, mark, subject_of, who_may, why_not
from hms.core.approvals.deciding import approve, decide, expire, reject, withdraw
from hms.core.approvals.kinds import Subject, label_of, other_accounts, others_of, register, registered
from hms.core.approvals.setting import limit_lines, set_limit
from hms.core.approvals.telling import (
    alone,
    explained,
    named,
    own_limit,
    own_sum,
    subjects_waiting,
    waiting_for,
    waits_for,
)

__all__ = [
    "WAITS",
    "Asked",
    "Subject",
    "alone",
    "approve",
    "ask",
    "count_for_me",
    "count_mine",
    "decide",
    "expire",
    "explained",
    "for_me",
    "label_of",
    "limit_lines",
    "mark",
    "named",
    "other_accounts",
    "others_of",
    "own_limit",
    "own_sum",
    "page_of",
    "register",
    "registered",
    "reject",
    "set_limit",
    "subject_of",
    "subjects_waiting",
    "tell",
    "waiting_for",
    "waits_for",
    "who_may",
    "why_not",
    "withdraw",
]
