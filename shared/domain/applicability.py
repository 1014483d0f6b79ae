"""Whether data of the app and the phone have a meaning for a request (R6).

A question about a bill has no phone model, a torn-off reader no app version. The rules are in
`shared/domain/applicability_rules.py`: read from top to bottom, the first that applies decides; where none does, the
data are asked for.
"""

from shared.domain.applicability_rules import RULES, Rule
from shared.domain.free_text import fold
from shared.domain.phrases import Words
from shared.domain.submission import Details

_LOOKED_AT = 3_000
"""Characters: who has not said by then what the matter is, is asked."""


def needs_device_data(details: Details) -> bool:
    """Tell whether a request is about the app on somebody's phone, as far as its words show; in doubt it is."""
    rule = deciding_rule(details)
    return rule is None or rule.needed


def deciding_rule(details: Details) -> Rule | None:
    """Give the rule that decides; None: none does, or the client named version, phone or system unasked."""
    if details.product_version or details.device_model or details.os_version:
        return None
    text = Words(fold(f"{details.subject}\n{details.description}"[:_LOOKED_AT]))
    return next((rule for rule in RULES if rule.applies(text)), None)
