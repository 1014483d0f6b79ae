"""What specialists read of things that have names in the domain: on the desk, in letters, in the terminal."""

from collections.abc import Mapping

from shared.domain.completeness import Detail
from shared.domain.submission import Channel, Mark, Omission

CHANNELS: Mapping[Channel, str] = {
    Channel.FORM: "форма на сайте",
    Channel.EMAIL: "электронная почта",
    Channel.PHONE: "телефон",
}
MISSING: Mapping[Detail, str] = {
    Detail.DESCRIPTION: "понятное описание проблемы",
    Detail.STEPS: "шаги воспроизведения",
    Detail.PRODUCT_VERSION: "версия продукта",
    Detail.DEVICE_MODEL: "модель телефона",
    Detail.OS_VERSION: "версия ОС телефона",
    Detail.CONTACT: "адрес или телефон для ответа",
}
MARKS: Mapping[Mark, str] = {
    Mark.CAPTCHA_UNVERIFIED: "сервис капчи был недоступен, отправитель не проверен",
    Mark.TEXT_SHORTENED: "текст сокращён, целиком он есть в исходном письме",
    Mark.MESSAGE_CUT: "письмо слишком большое, принята только его часть: вложения нужно запросить у клиента",
}
OMISSIONS: Mapping[Omission, str] = {
    Omission.NO_EMAIL: "нет адреса, на который можно написать; номер нужно сообщить иначе",
    Omission.AUTOMATIC: "письмо похоже на автоматическое",
    Omission.UNVERIFIED_SENDER: "адрес отправителя мог быть подделан (SPF и DKIM не подтвердили его)",
    Omission.TOO_MANY_LETTERS: "на этот адрес ушло слишком много автоматических писем, возможно, отвечает робот",
}
"""Why the client has no letter, for the specialist who may have to do something about it (R9)."""
