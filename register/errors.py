"""The faults that rooms tell each other about: temporary or permanent, with a public text and a private reason."""


class Fault(Exception):  # noqa: N818 - a fault says temporary or permanent; that is its name in the house
    """Something could not be done.

    `public` may be shown to a stranger (an SMTP client, a terminal) and holds no personal data and no secret.
    `private` says why, for the operator's log; it holds no personal data either.
    """

    def __init__(self, public: str, *, private: str = "") -> None:
        super().__init__(public)
        self.public = public
        self.private = private


class Temporary(Fault):
    """It did not work now; the same attempt may work later (SMTP 4xx, a database that is away)."""


class Permanent(Fault):
    """It will not work however often it is tried (SMTP 5xx, an address that does not exist)."""


class LeaseLost(Temporary):
    """Another worker has taken over what this one held; nothing of this attempt was written."""


class Unauthorised(Temporary):
    """Another's server refuses us, not what we brought: everything waits until a person has put the login right."""


class NewerRegister(Permanent):
    """The database was written by a newer version of the program; this one leaves it alone."""


class BadSettings(Permanent):
    """A settings, procedure or template file is wrong: the text says which, where and what to write instead."""
