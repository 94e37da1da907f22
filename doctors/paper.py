"""Who signs, as it stands under a printed document."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from doctors.models import Doctor

if TYPE_CHECKING:
    from hms.core.models import User


def signer(user: User) -> dict[str, str]:
    """Name, specialty, licence and the drawn signature (a PNG data address) of whoever signs; JSON."""
    doctor = Doctor.objects.filter(employee__user=user).select_related("employee", "specialty").first()
    if doctor is None:
        employee = getattr(user, "employee", None)
        return {"name": employee.name if employee else user.name, "specialty": "", "licence": "", "signature": ""}
    drawn = base64.b64encode(bytes(doctor.signature)).decode() if doctor.signature else ""
    return {
        "name": doctor.employee.name,
        "specialty": str(doctor.specialty),
        "licence": doctor.licence_number,
        "signature": f"data:image/png;base64,{drawn}" if drawn else "",
    }
