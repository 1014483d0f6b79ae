"""Labelled lines, such as "Модель телефона: Samsung A52"."""

from itertools import islice

from shared.domain.free_text import FreeText, Pattern

_MOST_LABELS = 80

_LABELS = {
    "device": r"(?:марка (?:и|/) модель|модель|марка)(?: (?:моего|вашего|мобильного))? (?:телефона|смартфона|тел\.?"
    r"|айфона|мобильного|моб\. ?устройства)|телефон \(модель\)|(?:phone|smartphone) model|model of (?:the )?phone",
    # These may introduce a number or an intercom as well: only a phone's known model is an answer to them.
    "handset": r"(?:мой |мобильный )?телефон|смартфон|(?:мобильное )?устройство|модель(?: устройства)?|аппарат|девайс"
    r"|гаджет|device(?: model)?|phone|smartphone|model",
    "os": r"(?:версия )?(?:ос|os|операционн\w{2} систем[аы]|операционк[аи])(?: (?:телефона|смартфона|устройства))?"
    r"|(?:os|системы?) version|версия системы|система",
    "version": r"(?:номер |текущая )?(?:верси[яи]|вресия)(?: (?:используемо\w+|мобильного|вашего|нашего))?"
    r"(?: (?:приложения|программы|по|софта|клиента|прилы|приложухи|проги|pass24|пасс24|пасс|продукта|программного "
    r"(?:продукта|обеспечения)|сборки)){0,2}"
    r"|приложение(?: pass24| пасс24)?|ваше приложение|прил(?:ож)?\.?|прога|программа|софт|клиент(?: pass24)?|по"
    r"|pass24(?:\.online)?|пасс24|(?:номер )?сборк[аи]|билд|build|(?:app(?:lication)?|program|pass24)(?: (?:version"
    r"|ver\.?))?"
    r"|(?:product )?version|ver",
    "other": r"проблема|описание(?: проблемы)?|вопрос|тема|имя|фио|адрес|e-?mail|почта|контакты?|комментарий|тел|шаги"
    r"|объект|(?:ожидаемый|фактический) результат|steps|description|problem|issue|name",
}
_LABEL = Pattern(
    r"(?m)(?:^|(?<=[.,;|(]))(?: |[-*•>]|\d{1,2}[.)] ?){0,4}(?:"
    + "|".join(f"(?P<{field}>{words})" for field, words in _LABELS.items())
    + r")(?: ?\([^()\n]{1,40}\))? ?(?:[:=]|(?P<dash> ?-(?= )))"
)


def labelled_values(free: FreeText) -> dict[str, list[tuple[int, int]]]:
    """Give for each field the places of its labels' values: to the next label or the end of the line."""
    values: dict[str, list[tuple[int, int]]] = {field: [] for field in _LABELS}
    if not free.has_any((":", "=", "- ")):
        return values
    labels = [
        found
        for found in islice(_LABEL.finditer(free.folded), _MOST_LABELS)
        if not found["dash"] or found.start() == 0 or free.folded[found.start() - 1] == "\n"
    ]
    for found, following in zip(labels, [*labels[1:], None], strict=False):
        line_end = free.folded.find("\n", found.end())
        end = len(free.folded) if line_end < 0 else line_end
        field = next(name for name in _LABELS if found[name])
        values[field].append((found.end(), min(end, following.start()) if following else end))
    return values
