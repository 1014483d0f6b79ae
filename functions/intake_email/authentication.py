"""SendGrid's verdicts on who sent a message (its Inbound Parse fields `SPF` and `dkim`)."""

import re
from dataclasses import dataclass

_LONGEST = 4_000
_SPF = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})
_SIGNATURE = re.compile(r"@([^\s{},:@]{1,255})\s{0,9}:\s{0,9}([A-Za-z]{1,20})")
_WORD = re.compile(r"\s*([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the sender could prove.

    Attributes:
        spf: Result (RFC 7208, 2.6) in lower case; empty when there is none that is known.
        dkim: Signing domains with their results, in lower case.
    """

    spf: str
    dkim: tuple[tuple[str, str], ...]

    def fails(self, sender: str) -> bool:
        """Tell whether both fail for an address in `From`: SPF does, and no signature of its domain holds.

        A signature of another domain proves nothing: anybody can sign with a domain of his own. Domains agree when one
        is the other or above it (RFC 7489, 3.1.1, relaxed).
        """
        return self.spf in {"fail", "softfail"} and not self._is_signed_by(sender)

    def speaks_for(self, sender: str, return_path: str) -> bool:
        """Tell whether an address in `From` may be believed enough to let its message into a ticket.

        It may when its domain has signed; when the envelope is of the same domain, and SPF does not fail; or of one
        below or above it, and SPF passes: anybody can make up such a name, and SPF has nothing to say of it then.
        """
        if self._is_signed_by(sender):
            return True
        if self.spf == "pass":
            return _agree(_domain(return_path), _domain(sender))
        return self.spf not in {"fail", "softfail"} and _domain(return_path) == _domain(sender) != ""

    def _is_signed_by(self, sender: str) -> bool:
        return any(result == "pass" and _agree(signer, _domain(sender)) for signer, result in self.dkim)


def authentication(spf: str, dkim: str) -> Authentication:
    """Read the two fields.

    Args:
        spf: `pass`, `SoftFail (comment)`, …
        dkim: Not JSON, though it looks so: `{@a.ru : fail, @b.ru : pass}`, `none` or empty.
    """
    word = _WORD.match(spf[:_LONGEST])
    result = word[1].lower() if word else ""
    signatures = _SIGNATURE.findall(dkim[:_LONGEST])
    return Authentication(
        spf=result if result in _SPF else "",
        dkim=tuple((domain.lower(), verdict.lower()) for domain, verdict in signatures),
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip(" <>").lower()


def _agree(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
