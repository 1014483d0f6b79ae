"""The new part of a reply: what a person wrote stays, what their mail program quoted goes."""

import time
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.quotes.new_part import new_part
from tests.corpus.case import Case
from tests.corpus.replies import CASES, REPLIES, WHOLE, Reply

# Written before the tables were tried on them: 21 of the 25 were right at first sight.
UNSEEN: tuple[Reply, ...] = (
    Reply(
        "kmail",
        "Версия 5.2.1, Android 14.\n\nВ письме от понедельник, 23 ноября 2026 г. 12:34:56 MSK пользователь Служба "
        "поддержки написал:\n> Укажите версию приложения.\n\n\n",
        "Версия 5.2.1, Android 14.",
    ),
    Reply(
        "evolution",
        "В Пн, 23/11/2026 в 12:34 +0300, Служба поддержки пишет:\n> Какая у вас модель телефона?\n\n"
        "Xiaomi 13.\n\n> Какая версия?\n\nПоследняя.\n-- \nОлег\n",
        "Xiaomi 13.\n\nПоследняя.\n-- \nОлег",
    ),
    Reply(
        "spark",
        "Готово, спасибо!\nНа 23 нояб. 2026 г., 12:35 +0300, я уже проехал.\n\n"
        "23 нояб. 2026 г., 12:34 +0300, Поддержка <support@pass24online.ru>, писал:\n> Проверьте ещё раз.\n",
        "Готово, спасибо!\nНа 23 нояб. 2026 г., 12:35 +0300, я уже проехал.",
    ),
    Reply(
        "opera_mail",
        "Поддержка <support@pass24online.ru> писал(а) в своём письме Mon, 23 Nov 2026 12:34:56 +0300:\n\n"
        "> Пришлите снимок экрана.\n\nСнимок во вложении.\n",
        "Снимок во вложении.",
    ),
    Reply(
        "zoho",
        "Please see the log attached.\n\n\n---- On Mon, 23 Nov 2026 12:34:56 +0300 Support <support@pass24online.ru> "
        "wrote "
        "----\n\nDear client, your request is registered.\n",
        "Please see the log attached.",
    ),
    Reply(
        "horde",
        "Цитирую Поддержка <support@pass24online.ru>:\n\n> Здравствуйте! Какой адрес объекта?\n\nЛенина, 5.\n",
        "Ленина, 5.",
    ),
    Reply(
        "em_client_without_colons",
        'Thank you, it works.\n\n------ Original Message ------\nFrom "Support" <support@pass24online.ru>\nTo "Ivan" '
        "<ivan@example.ru>\nDate 23.11.2026 12:34:56\nSubject Re: pass\n\nDear Ivan,\n",
        "Thank you, it works.",
    ),
    Reply(
        "proton_russian",
        "Доброе утро, вопрос решён.\n\nОтправлено с помощью защищенной электронной почты Proton Mail.\n\n"
        "понедельник, 23 ноября 2026 г. в 12:34, PASS24 <support@pass24online.ru> написал(-а):\n\n> Здравствуйте!\n",
        "Доброе утро, вопрос решён.",
    ),
    Reply(
        "yahoo_russian",
        "Не помогло.\n\nВ понедельник, 23 ноября 2026 г. в 12:34:56 GMT+3, Поддержка <support@pass24online.ru> "
        "написал(а):\n\n\nЗдравствуйте!\nПереустановите приложение.\n",
        "Не помогло.",
    ),
    Reply(
        "bluemail",
        "Всё то же самое.\n\n\u2063Скачать BlueMail для Android \u200b\n\n23 нояб. 2026 г., в 12:34, Поддержка "
        "<support@pass24online.ru> написал:п\n>Очистите кэш.\n",
        "Всё то же самое.",
    ),
    Reply(
        "claws_two_lines",
        "On Mon, 23 Nov 2026 12:34:56 +0300\nSupport <support@pass24online.ru> wrote:\n\n> Which gate is it?\n\n"
        "The north one.\n\n> Since when?\n\nSince Friday.\n",
        "The north one.\n\nSince Friday.",
    ),
    Reply(
        "mutt",
        "On Mon, Nov 23, 2026 at 12:34:56PM +0300, PASS24 wrote:\n> Укажите телефон.\n+7 916 123-45-67\n",
        "+7 916 123-45-67",
    ),
    Reply(
        "lotus_notes",
        'Коллеги, добрый день!\nПропуск так и не пришёл.\n\nС уважением, Мария\n\n\n\nОт:\t"Поддержка" '
        "<support@pass24online.ru>\nКому:\tM.Ivanova@bank.example\nДата:\t23.11.2026 12:34\nТема:\tRe: пропуск\n\n\n\n"
        "Здравствуйте!\n",
        "Коллеги, добрый день!\nПропуск так и не пришёл.\n\nС уважением, Мария",
    ),
    Reply(
        "outlook_with_direction_marks",
        "Добрый день. Да, актуально.\n\nОт: Поддержка\nОтправлено: \u200e23\u200e.\u200e11\u200e.\u200e2026 12:34\n"
        "Кому: Пётр\nТема: RE: #12345\n\nАктуальна ли заявка?\n",
        "Добрый день. Да, актуально.",
    ),
    Reply(
        "aol",
        "Still no pass.\n\n\n-----Original Message-----\nFrom: support@pass24online.ru\nTo: ann@aol.example\n"
        "Sent: Mon, Nov 23, 2026 12:34 pm\nSubject: Re: Pass\n\nDear Ann,\n",
        "Still no pass.",
    ),
    Reply(
        "outlook_russian_program_english_names",
        "Hello,\nthe barrier is still closed.\n\nBest regards,\nJohn Smith\n\nОт: Support Team "
        "<support@pass24online.ru>\nДата: понедельник, 23 ноября 2026 г. в 12:34\nКому: John Smith "
        "<j.smith@corp.example>, Mary Jones\n<m.jones@corp.example>\nТема: Re: barrier\nDear John,\nplease try "
        "again.\n",
        "Hello,\nthe barrier is still closed.\n\nBest regards,\nJohn Smith",
    ),
    Reply(
        "gnus",
        "Support <support@pass24online.ru> writes:\n\n> Please tell us the firmware.\n\nIt is 3.14.\n",
        "It is 3.14.",
    ),
    Reply(
        "yandex_mobile_without_dashes",
        'Отправил фото ещё раз.\n\n\nКому: "PASS24" <support@pass24online.ru>;\nТема: [#12345] Пропуск;\n'
        '09:59, 13 июля 2026 г., "support@pass24online.ru" <support@pass24online.ru>:\n\n'
        "Здравствуйте!\nФото не открывается.\n\n-- \nОтправлено из мобильного приложения Яндекс Почты\n",
        "Отправил фото ещё раз.",
    ),
    Reply(
        "mailru_in_quotes_address_broken_over_lines",
        "Добрый день!\nА для курьера пропуск нужен?\n\n> Понедельник, 23 ноября 2026, 00:01 +03:00 от Поддержка PASS24 "
        "<support@pass24online.ru\n> >:\n> \n> Здравствуйте, Андрей!\n\n--\nОтправлено из мобильной почты\n",
        "Добрый день!\nА для курьера пропуск нужен?",
    ),
    Reply(
        "attribution_without_time",
        "Позвоните сегодня.\n\n01 сентября 2026 г. Поддержка <support@pass24online.ru> писал:\nСтарый текст\n",
        "Позвоните сегодня.",
    ),
    Reply(
        "gmail_russian_wrapped_thrice",
        "ок\n\nпн, 23 нояб. 2026 г. в 12:34, Очень Длинное Название Управляющей\nКомпании «Ромашка и\nпартнёры» <\n"
        "uk@example.ru>:\n\n> Здравствуйте\n>\n> пн, 23 нояб. 2026 г. в 10:00, Иван <ivan@example.ru>:\n>> Да\n",
        "ок",
    ),
    Reply(
        "own_log_with_prompts_above_an_english_reply",
        "I ran this:\n\n> adb logcat\n> grep pass24\n\nand got nothing.\n\nOn 23/11/2026 12:34, Support wrote:\n"
        "> Send us a log.\n",
        "I ran this:\n\n> adb logcat\n> grep pass24\n\nand got nothing.",
    ),
    Reply(
        "thunderbird_forward",
        "Прошу разобраться.\n\n-------- Перенаправленное сообщение --------\nТема: Пропуск\nДата: Mon, 23 Nov 2026 "
        "12:34:56 +0300\nОт: Жилец <zhilec@example.ru>\nКому: uk@example.ru\n\nНе могу заехать.\n",
        "Прошу разобраться.\n\n-------- Перенаправленное сообщение --------\nТема: Пропуск\nДата: Mon, 23 Nov 2026 "
        "12:34:56 +0300\nОт: Жилец <zhilec@example.ru>\nКому: uk@example.ru\n\nНе могу заехать.",
    ),
    Reply(
        "outlook_forward_with_nothing_but_a_signature",
        "\n--\nС уважением,\nАнна Котова\n+7 495 123-45-67\n\nFrom: Жилец <zhilec@example.ru>\nSent: Monday, "
        "November 23, "
        "2026 12:34 PM\nTo: Котова Анна <kotova@uk.example>\nSubject: Пропуск\n\nНе могу заехать.\n",
        "--\nС уважением,\nАнна Котова\n+7 495 123-45-67\n\nFrom: Жилец <zhilec@example.ru>\nSent: Monday, November "
        "23, "
        "2026 12:34 PM\nTo: Котова Анна <kotova@uk.example>\nSubject: Пропуск\n\nНе могу заехать.",
    ),
    Reply(
        "request_with_pasted_raw_headers",
        "Письмо с номером не дошло, вот заголовки:\n\nReceived: from mx.example by mail.example; Mon, 23 Nov 2026 "
        "12:34:56 "
        "+0300\nFrom: PASS24 <support@pass24online.ru>\nTo: ivan@example.ru\nSubject: test\nDate: Mon, 23 Nov 2026 "
        "12:34:56 "
        "+0300\nMessage-ID: <1@x>\n\nЧто не так?\n",
        "Письмо с номером не дошло, вот заголовки:\n\nReceived: from mx.example by mail.example; Mon, 23 Nov 2026 "
        "12:34:56 "
        "+0300\nFrom: PASS24 <support@pass24online.ru>\nTo: ivan@example.ru\nSubject: test\nDate: Mon, 23 Nov 2026 "
        "12:34:56 "
        "+0300\nMessage-ID: <1@x>\n\nЧто не так?",
    ),
)

DEVICE_LINES = (
    "Отправлено с iPhone",
    "Отправлено с моего iPad",
    "Отправлено с iPhone 15 Pro",
    "Отправлено с планшета Samsung Galaxy Tab",
    "Отправлено со смартфона Huawei",
    "Отправлено из VK WorkSpace",
    "Отправлено из Outlook Mobile",
    "Отправлено из МойОфис Почта",
    "Отправлено из Rambler/почты",
    "Надіслано з мого iPhone",
    "Отправлено с моего Galaxy",
    "Отправлено с устройства Samsung Galaxy A52",
    "Отправлено с моего смартфона Xiaomi.",
    "Отправлено с телефона",
    "Отправлено с мобильного устройства Huawei",
    "Отправлено из Почты Mail.ru",
    "Отправлено из Mail.ru для iOS",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено из мобильного приложения Яндекс Почты",
    "Отправлено из мобильной Яндекс.Почты: http://m.ya.example/ymail",
    "Отправлено из приложения Почта для Windows",
    "Отправлено из Почты <https://go.microsoft.com/fwlink/?LinkId=550986> для Windows",
    "Отправлено из Outlook для Android<https://aka.ms/AAb9ysg>",
    "Скачать Outlook для iOS <https://aka.ms/o0ukef>",
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Mail for Windows",
    "Sent from Outlook for iOS",
    "Sent from Yandex.Mail for mobile",
    "Sent with Proton Mail secure email.",
    "Get Outlook for Android",
    "Please excuse my brevity, sent with K-9 Mail.",
)

OWN_LAST_LINES = (
    "Отправлено с iPhone жены",
    "Отправлено с почты управляющей компании",
    "Отправлено из личного кабинета",
    "Отправлено с телефона соседа, мой сел",
    "Отправлено: 23 ноября",
    "Sent from the gate, please hurry",
    "Sent from my iPhone because the laptop is broken",
    "Скачать приложение для Android не могу",
    "С уважением, Android",
)

ATTRIBUTIONS = (
    "пн, 23 нояб. 2026 г. в 12:34, Иван Петров <ivan@example.ru>:",
    "23 ноября 2026 г., 12:34 пользователь Иван Петров <ivan@example.ru> написал:",
    "On Mon, Nov 23, 2026 at 12:34 PM Ivan Petrov <ivan@example.ru> wrote:",
    '23.11.2026, 12:34, "Иван Петров" <ivan@yandex.example>:',
    "Понедельник, 23 ноября 2026, 12:34 +03:00 от Иван Петров <ivan@mail.example>:",
    "23 нояб. 2026 г., в 12:34, Иван Петров <ivan@example.ru> написал(а):",
    "В понедельник, 23 ноября 2026 г. в 12:34:56 GMT+3, Иван Петров <ivan@example.ru> написал(а):",
    "Иван Петров писал(а) 2026-11-23 12:34:",
)


@pytest.mark.parametrize("letter", [pytest.param(letter, id=letter.program) for letter in REPLIES])
def test_history_of_every_mail_program_is_removed(letter: Reply) -> None:
    assert new_part(letter.text) == letter.new


@pytest.mark.parametrize("letter", [pytest.param(letter, id=letter.program) for letter in WHOLE])
def test_what_a_person_wrote_or_forwarded_is_not_cut(letter: Reply) -> None:
    assert new_part(letter.text) == letter.text.strip("\n")


@pytest.mark.parametrize("letter", [pytest.param(letter, id=letter.program) for letter in UNSEEN])
def test_letters_that_the_tables_were_not_made_from(letter: Reply) -> None:
    assert new_part(letter.text) == letter.new


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_corpus_message_holds_the_text_that_its_expectation_is_about(case: Case) -> None:
    message = message_from_bytes(case.raw, policy=policy.default)
    body = message.get_body(("plain", "html"))
    assert body is not None
    if body.get_content_subtype() == "plain":
        assert new_part(body.get_content()) == case.expected["reply"]
    else:
        assert str(case.expected["reply"]).split("\n", maxsplit=1)[0] in body.get_content()
    assert not message.defects


def test_corpus_names_are_unique_and_many() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 70


# Not the last: where a name stands first, only the program knows whether "Иван" on a line of its own belongs to it.
@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:-1])
@pytest.mark.parametrize("mark", ["", "> "])
def test_attribution_is_known_wherever_it_is_wrapped(attribution: str, mark: str) -> None:
    words = attribution.split(" ")
    for first in range(1, len(words)):
        for second in range(first + 1, len(words) + 1):
            lines = (words[:first], words[first:second], words[second:])
            wrapped = "\n".join(mark + " ".join(line) for line in lines if line)
            assert (
                new_part(f"Спасибо, всё работает.\n\n{wrapped}\n> Ваша заявка принята.\n") == "Спасибо, всё работает."
            )


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_own_line_directly_above_an_attribution_stays(attribution: str) -> None:
    own = "23.11.2026 в 12:30 шлагбаум не открылся, писал вам"
    assert new_part(f"{own}\n{attribution}\n> Ваша заявка принята.\n") == own


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_all_of_a_message_is_kept_when_nothing_in_it_is_new(attribution: str) -> None:
    text = f"{attribution}\n> Не могу войти.\n> Помогите."
    assert new_part(f"\n{text}\n\n") == text


@pytest.mark.parametrize("line", DEVICE_LINES)
def test_line_of_the_device_at_the_end_is_removed(line: str) -> None:
    assert new_part(f"Не работает.\n\n{line}\n\n") == "Не работает."
    assert new_part(f"Не работает.\n\n-- \n{line}\n") == "Не работает."
    assert new_part(f"Не работает.\n-- \nПётр, кв. 5\n{line}\n") == "Не работает.\n-- \nПётр, кв. 5"


@pytest.mark.parametrize("line", OWN_LAST_LINES)
def test_own_last_line_is_not_taken_for_the_devices(line: str) -> None:
    assert new_part(f"Не работает.\n\n{line}") == f"Не работает.\n\n{line}"


def test_line_of_the_device_is_kept_when_it_is_all_there_is() -> None:
    assert new_part("Отправлено с iPhone\n") == "Отправлено с iPhone"


def test_blank_lines_around_removed_quotes_are_not_doubled() -> None:
    text = "On Mon, Nov 23, 2026 at 12:34 PM Ann wrote:\n\n> One?\n\nFirst.\n\n> Two?\n> Really?\n\nSecond.\n\n\nThird."
    assert new_part(text) == "First.\n\nSecond.\n\n\nThird."


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_any_line_end_will_do(line_end: str) -> None:
    lines = ("Да.", "", "пн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:", "", "> Вы уверены?", "")
    assert new_part(line_end.join(lines)) == "Да."


_PIECES = st.sampled_from(
    [
        *ATTRIBUTIONS,
        "> цитата",
        ">> глубже",
        "ИП> цитата",
        "От: Иван <ivan@example.ru>",
        "Отправлено: 23 ноября 2026 г. 12:34",
        "Кому: support@pass24online.ru",
        "Тема: заявка",
        "-----Исходное сообщение-----",
        "-------- Пересылаемое сообщение --------",
        "________________________________",
        "-- ",
        "Отправлено с iPhone",
        "",
        "Не открывается шлагбаум.",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=80), max_size=25))
def test_result_is_made_of_the_messages_own_lines_in_their_order(pieces: list[str]) -> None:
    text = "\n".join(pieces).replace("\r\n", "\n").replace("\r", "\n")
    lines = iter(text.split("\n"))
    new = new_part(text)
    assert all(line in lines for line in new.split("\n")) or not text.strip()
    assert bool(new) == bool(text.strip())


@given(st.lists(st.text(alphabet="абвгдежзик \n.,!?0123456789", max_size=60), max_size=10))
def test_text_without_a_sign_of_quoting_is_kept_as_it_is(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    assert new_part(text) == "\n".join(lines)


HOSTILE = (
    "\n",
    ":\n",
    "1:\n",
    ">a\n",
    "> От:\n",
    "От: 1\n",
    "От: a\nДата: 12:30\n",
    "Тема: a\n",
    "12:34 a@b>:\n",
    "12.12.2026 12:34 <@ <@ <@ <a@b:\n",
    "12.12.2026 12:34 " + "a@a " * 120 + ":\n",
    "23.11.2026 12:34, Иван пишет:\n",
    "Иван <a@b.ru>\nписал 23.11.2026 12:34:\n",
    "-----\nТема: a\n",
    "<",
    "<mailto:",
    "mon, ",
    "12:34 ",
    "1.1.11 ",
    "‹moment›",
    "- ",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_megabyte_takes_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    before = time.process_time()
    new_part(text)
    assert time.process_time() - before < 15
