"""The one exception by which a service says no."""


class Refused(Exception):
    """A rule of the hospital forbids the act. The message is for the person: what is wrong, what to do.

    Views never catch it: `hms.core.acts` turns it into a message and the form as it was typed.
    `field` names the form field to point at, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field
