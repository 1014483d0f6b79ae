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

    @property
    def failed(self) -> bool:
        """Whether both fail: the envelope's domain disowns the sending host, and no signature holds."""
        return self.spf in {"fail", "softfail"} and all(result != "pass" for _, result in self.dkim)

    def disowns(self, sender: str, return_path: str) -> bool:
        """Tell whether what is known speaks against an address in `From`.

        Both checks fail, or SPF holds for somebody else's domain and no signature holds for the sender's: anybody can
        send so from a domain of his own. Domains agree when one is the other or above it (RFC 7489, 3.1.1, relaxed).
        """
        if self.failed:
            return True
        domain = _domain(sender)
        if any(result == "pass" and _agree(signer, domain) for signer, result in self.dkim):
            return False
        return self.spf == "pass" and bool(return_path) and not _agree(_domain(return_path), domain)


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
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
