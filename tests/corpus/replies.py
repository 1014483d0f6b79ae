"""Replies as the mail programs of Russian-speaking clients write them, forwards, and letters that must stay whole."""

import base64
import quopri
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from tests.corpus.case import Case


@dataclass(frozen=True, slots=True)
class Reply:
    """A letter's text, and what of it is new.

    Attributes:
        program: What wrote it; the case's name.
        text: As sent.
        new: What `reply` must be; None when it must be the whole text.
    """

    program: str
    text: str
    new: str | None = None


@dataclass(frozen=True, slots=True)
class HtmlReply:
    """A letter in HTML, and what of it is new.

    Attributes:
        program: What wrote it; the case's name.
        html: As sent.
        new: What `reply` must be.
        plain: The text part beside it; None when there is none.
    """

    program: str
    html: str
    new: str
    plain: str | None = None


_QUOTED = """> Здравствуйте!
>
> Ваша заявка зарегистрирована под номером #12345.
> Укажите, пожалуйста, версию приложения и модель телефона.
>
> С уважением,
> служба поддержки PASS24.online
"""
_UNQUOTED = _QUOTED.replace("> ", "").replace(">", "")

REPLIES: Sequence[Reply] = (
    Reply(
        "gmail_web",
        "Добрый день!\n\nВерсия 5.2.1, телефон Samsung A52, Android 13.\n\n"
        "пн, 23 нояб. 2026 г. в 12:34, Служба поддержки PASS24 <support@pass24online.ru>:\n\n" + _QUOTED,
        "Добрый день!\n\nВерсия 5.2.1, телефон Samsung A52, Android 13.",
    ),
    Reply(
        "gmail_web_wrapped_in_the_name",
        "Пропуск появился, спасибо!\n\nпн, 23 нояб. 2026 г. в 12:34, Служба поддержки\nPASS24 "
        "<support@pass24online.ru>:"
        "\n\n" + _QUOTED,
        "Пропуск появился, спасибо!",
    ),
    Reply(
        "gmail_web_wrapped_over_three_lines",
        "Шлагбаум так и не открылся.\n\nпн, 23 нояб. 2026 г. в\n12:34, Служба поддержки "
        "PASS24\n<support@pass24online.ru>"
        ":\n\n" + _QUOTED,
        "Шлагбаум так и не открылся.",
    ),
    Reply(
        "gmail_web_without_a_name",
        "Да, всё верно.\n\nвт, 1 дек. 2026 г. в 9:05, <support@pass24online.ru>:\n\n" + _QUOTED,
        "Да, всё верно.",
    ),
    Reply(
        "gmail_of_old",
        "Модель Redmi Note 10.\n\n23 ноября 2026 г., 12:34 пользователь Поддержка PASS24 <\nsupport@pass24online.ru> "
        "написал:\n\n" + _QUOTED,
        "Модель Redmi Note 10.",
    ),
    Reply(
        "gmail_english",
        "Hello, the gate still does not open for my guests.\n\nOn Mon, Nov 23, 2026 at 12:34\u202fPM PASS24 Support "
        "<support@pass24online.ru>\nwrote:\n\n> Dear client,\n> which gate is it?\n",
        "Hello, the gate still does not open for my guests.",
    ),
    Reply(
        "gmail_english_names_in_a_russian_program",
        "The app says «no access».\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 Support <support@pass24online.ru>:\n\n"
        "> Which message do you see?\n",
        "The app says «no access».",
    ),
    Reply(
        "gmail_app_history_without_marks",
        "Спасибо, получилось\n\nпн, 23 нояб. 2026 г., 12:34 PASS24 <support@pass24online.ru>:\n\n" + _UNQUOTED,
        "Спасибо, получилось",
    ),
    Reply(
        "gmail_with_signature",
        "Прошу закрыть заявку.\n\n--\x20\nПетров Иван\n+7 916 123-45-67\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 "
        "<support@pass24online.ru>:\n\n" + _QUOTED,
        "Прошу закрыть заявку.\n\n--\x20\nПетров Иван\n+7 916 123-45-67",
    ),
    Reply(
        "gmail_nested_three_deep",
        "Проверил — работает.\n\nвт, 24 нояб. 2026 г. в 08:00, PASS24 <support@pass24online.ru>:\n\n> Проверьте "
        "сейчас.\n"
        ">\n> пн, 23 нояб. 2026 г. в 18:30, Иван <ivan@example.ru>:\n>\n>> Не работает.\n>>\n"
        ">> пн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n>>\n>>> Ваша заявка принята.\n",
        "Проверил — работает.",
    ),
    Reply(
        "gmail_answers_between_the_lines",
        "Здравствуйте, отвечаю по пунктам.\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n\n"
        "> Какая у вас версия приложения?\n\n5.2.1\n\n> Какая модель телефона?\n\niPhone 13, iOS 17.4\n\n"
        "> На каком въезде не открылся шлагбаум?\n> Когда это было?\n\nНа северном, сегодня в 8:15.\n",
        "Здравствуйте, отвечаю по пунктам.\n\n5.2.1\n\niPhone 13, iOS 17.4\n\nНа северном, сегодня в 8:15.",
    ),
    Reply(
        "gmail_answer_below",
        "пн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n\n" + _QUOTED + "\nВерсия 5.1, Honor 50.\n",
        "Версия 5.1, Honor 50.",
    ),
    Reply(
        "yandex_web",
        'Добрый день. Гостевой пропуск не отправляется.\n\n23.11.2026, 12:34, "Поддержка PASS24" '
        "<support@pass24online.ru>:\n\n" + _QUOTED,
        "Добрый день. Гостевой пропуск не отправляется.",
    ),
    Reply(
        "yandex_web_address_as_name",
        'Пришлите, пожалуйста, инструкцию.\n\n23.11.2026, 12:34, "support@pass24online.ru" <support@pass24online.ru>:\n'
        + _QUOTED,
        "Пришлите, пожалуйста, инструкцию.",
    ),
    Reply(
        "yandex_web_history_without_marks",
        'Вопрос снят.\n\n23.11.2026, 12:34, "Поддержка PASS24" <support@pass24online.ru>:\n' + _UNQUOTED,
        "Вопрос снят.",
    ),
    Reply(
        "yandex_web_newer",
        "Телефон +7 903 765-43-21, звоните после обеда.\n\n----------------\nКому: Пётр (petr@yandex.example);\n"
        'Тема: [#12345] Заявка;\n23.11.2026, 12:34, "PASS24" <support@pass24online.ru>:\n' + _QUOTED,
        "Телефон +7 903 765-43-21, звоните после обеда.",
    ),
    Reply(
        "yandex_app",
        "Прикладываю скриншот\n\n12:34, 23 ноября 2026 г., PASS24 <support@pass24online.ru>:\n\n"
        + _UNQUOTED
        + "\n--\x20\nОтправлено из мобильного приложения Яндекс Почты\n",
        "Прикладываю скриншот",
    ),
    Reply(
        "yandex_app_signature_above",
        "Приложение вылетает при входе\n\n--\x20\nОтправлено из мобильного приложения Яндекс.Почты\n\n"
        '23.11.2026, 12:34, "PASS24" <support@pass24online.ru>:\n' + _QUOTED,
        "Приложение вылетает при входе",
    ),
    Reply(
        "yandex_older_moment",
        "Не приходит код подтверждения.\n\n23.11.2026, 12:34, PASS24 <support@pass24online.ru>:\n" + _QUOTED,
        "Не приходит код подтверждения.",
    ),
    Reply(
        "mailru_web",
        "Здравствуйте! Отправляю номер автомобиля: А123ВС777.\n\n\n--\x20\nИван Петров\nОтправлено из Почты Mail.ru\n\n"
        ">Понедельник, 23 ноября 2026, 12:34 +03:00 от PASS24 <support@pass24online.ru>:\n>\n>Здравствуйте!\n>"
        "Укажите номер автомобиля.\n>\n",
        "Здравствуйте! Отправляю номер автомобиля: А123ВС777.\n\n\n--\x20\nИван Петров",
    ),
    Reply(
        "mailru_web_not_quoted_header",
        "Какой срок ответа?\n\nПонедельник, 23 ноября 2026, 12:34 +03:00 от PASS24 <support@pass24online.ru>:\n"
        + _QUOTED,
        "Какой срок ответа?",
    ),
    Reply(
        "mailru_address_without_brackets",
        "Всё ещё жду ответа\n\nпонедельник, 23 ноября 2026 г., 12:34 +03:00 от PASS24  support@pass24online.ru :\n\n"
        + _UNQUOTED,
        "Всё ещё жду ответа",
    ),
    Reply(
        "mailru_without_address",
        "Спасибо за звонок.\n\n--\nАлиса Гурьева\nОтправлено из Почты Mail ( https://trk.example/c/zzm979 )\n\n>\n> "
        "Четверг, 9 апреля 2026, 17:30 +03:00 от PASS24 :\n>\n> Добрый день!\n> Мы вам звонили.\n",
        "Спасибо за звонок.\n\n--\nАлиса Гурьева",
    ),
    Reply(
        "mailru_app",
        "Код домофона изменился?\n\n--\nОтправлено из Mail.ru для Android\nПонедельник, 23 ноября 2026, 12:34 +03:00 "
        "от "
        "PASS24 support@pass24online.ru:\n" + _QUOTED,
        "Код домофона изменился?",
    ),
    Reply(
        "mailru_answers_between_the_lines",
        ">Понедельник, 23 ноября 2026, 12:34 +03:00 от PASS24 <support@pass24online.ru>:\n>\n>Укажите адрес.\n"
        "Москва, ул. Ленина, 5\n>Укажите подъезд.\nВторой\n>\n>С уважением,\n>поддержка\n",
        "Москва, ул. Ленина, 5\nВторой",
    ),
    Reply(
        "mailru_english",
        "I cannot log in.\n\n>Monday, November 23, 2026 12:34 PM +03:00 from PASS24 <support@pass24online.ru>:\n>\n"
        ">What do you see?\n",
        "I cannot log in.",
    ),
    Reply(
        "outlook_desktop",
        "Добрый день!\n\nПропуска для подрядчиков не создаются с пятницы.\n\nС уважением,\nЕлена Орлова\n"
        "тел. +7 (495) 123-45-67\n\nFrom: PASS24 <support@pass24online.ru>\nSent: Monday, November 23, 2026 12:34 PM\n"
        "To: Орлова Елена <orlova@bank.example>\nSubject: [#12345] Заявка зарегистрирована\n\n" + _UNQUOTED,
        "Добрый день!\n\nПропуска для подрядчиков не создаются с пятницы.\n\nС уважением,\nЕлена Орлова\n"
        "тел. +7 (495) 123-45-67",
    ),
    Reply(
        "outlook_desktop_russian",
        "Коллеги, вопрос актуален.\n\nОт: PASS24 <support@pass24online.ru>\u00a0\nОтправлено: 23 ноября 2026 г. 12:34\n"
        "Кому: Сидоров П.П. <sidorov@uk.example>\nКопия: dispatcher@uk.example\nТема: RE: Шлагбаум\n\n" + _UNQUOTED,
        "Коллеги, вопрос актуален.",
    ),
    Reply(
        "outlook_desktop_inside_one_organisation",
        "Согласовано.\n\nОт: Служба поддержки\nОтправлено: понедельник, 23 ноября 2026 г. 12:34\nКому: Сидоров Пётр\n"
        "Тема: RE: Шлагбаум\n\n" + _UNQUOTED,
        "Согласовано.",
    ),
    Reply(
        "outlook_original_message_russian",
        "Прошу ускорить.\n\n-----Исходное сообщение-----\nОт: PASS24 [mailto:support@pass24online.ru]\n"
        "Отправлено: 23 ноября 2026 г. 12:34\nКому: Сидоров\nТема: RE: Шлагбаум\n\n" + _UNQUOTED,
        "Прошу ускорить.",
    ),
    Reply(
        "outlook_original_message_english",
        "Please hurry, the contractor waits at the gate.\n\n-----Original Message-----\nFrom: PASS24 "
        "[mailto:support@pass24online.ru]\nSent: Monday, November 23, 2026 12:34 PM\nTo: John Smith\nSubject: RE: "
        "gate\n\n"
        "Dear John,\n",
        "Please hurry, the contractor waits at the gate.",
    ),
    Reply(
        "outlook_web",
        "Добрый день, помогло.\n________________________________\nОт: PASS24 <support@pass24online.ru>\n"
        "Отправлено: 23 ноября 2026 г. 12:34:56\nКому: Анна <anna@outlook.example>\nТема: Заявка #12345\n\n"
        + _UNQUOTED,
        "Добрый день, помогло.",
    ),
    Reply(
        "outlook_mobile",
        "Не вижу кнопки «Создать пропуск».\n\nПолучить Outlook для iOS<https://aka.ms/o0ukef>\n"
        "________________________________\nОт: PASS24 <support@pass24online.ru>\nОтправлено: Monday, November 23, 2026 "
        "12:34:56 PM\nКому: Анна <anna@outlook.example>\nТема: Заявка #12345\n\n" + _UNQUOTED,
        "Не вижу кнопки «Создать пропуск».",
    ),
    Reply(
        "outlook_mobile_english",
        "The button is grey.\n\nGet Outlook for Android<https://aka.ms/AAb9ysg>\n________________________________\n"
        "From: PASS24 <support@pass24online.ru>\nSent: Monday, November 23, 2026 12:34:56 PM\nTo: Ann "
        "<ann@corp.example>\n"
        "Subject: Request #12345\n\nDear Ann,\n",
        "The button is grey.",
    ),
    Reply(
        "outlook_for_mac_bold_markers",
        "Добавьте, пожалуйста, второго арендатора.\n\n*От: *PASS24 <support@pass24online.ru>\n*Дата: *понедельник, "
        "23 ноября 2026 г. в 12:34\n*Кому: *Анна <anna@corp.example>\n*Тема: *Заявка #12345\n\n" + _UNQUOTED,
        "Добавьте, пожалуйста, второго арендатора.",
    ),
    Reply(
        "outlook_many_recipients_folded",
        "Ждём.\n\nОт: PASS24 <support@pass24online.ru>\nОтправлено: 23 ноября 2026 г. 12:34\nКому: Анна "
        "<anna@corp.example>;"
        "\nПётр <petr@corp.example>;\nОльга <olga@corp.example>\nКопия: uk@corp.example\nТема: Заявка\nВажность: "
        "Высокая\n\n" + _UNQUOTED,
        "Ждём.",
    ),
    Reply(
        "outlook_russian_program_english_text",
        "Hello team,\n\nstill closed.\n\nFrom: PASS24 <support@pass24online.ru> \nДата: понедельник, 23 ноября 2026 "
        "г., "
        "12:34 \nКому: John <john@corp.example> \nТема: Re: gate \n\nDear John,\n",
        "Hello team,\n\nstill closed.",
    ),
    Reply(
        "outlook_paragraphs_between_headers",
        "Приняли, спасибо.\n\nОт: PASS24 <support@pass24online.ru>\n\nОтправлено: 23 ноября 2026 г. 12:34\n\n"
        "Кому: anna@corp.example\n\nТема: Заявка\n\n\n" + _UNQUOTED,
        "Приняли, спасибо.",
    ),
    Reply(
        "thunderbird",
        "23.11.2026 12:34, Служба поддержки PASS24 пишет:\n" + _QUOTED + "\nВерсия 5.2.0 (1043), Pixel 7.\n\n--\x20\n"
        "Сергей, кв. 15, +7 999 000-11-22\n",
        "Версия 5.2.0 (1043), Pixel 7.\n\n--\x20\nСергей, кв. 15, +7 999 000-11-22",
    ),
    Reply(
        "thunderbird_english",
        "On 23/11/2026 12:34, PASS24 Support wrote:\n> Which phone do you use?\n\nA Pixel 7.\n",
        "A Pixel 7.",
    ),
    Reply(
        "thunderbird_answer_above",
        "Не воспроизводится больше, закрывайте.\n\n23.11.2026 12:34, PASS24 пишет:\n" + _QUOTED,
        "Не воспроизводится больше, закрывайте.",
    ),
    Reply(
        "thunderbird_of_old",
        "PASS24 писал 23.11.2026 12:34:\n> Укажите модель телефона.\nNokia 3310 :)\n> И версию "
        "приложения.\nВеб-версия.\n",
        "Nokia 3310 :)\nВеб-версия.",
    ),
    Reply(
        "roundcube",
        "PASS24 писал(а) 2026-11-23 12:34:\n\n> Здравствуйте!\n> Опишите, что происходит.\n\nКрасная лампа на "
        "считывателе.\n",
        "Красная лампа на считывателе.",
    ),
    Reply(
        "roundcube_answer_above",
        "Прошу перезвонить.\n\nPASS24 <support@pass24online.ru> писал(а) 2026-11-23 12:34:\n" + _QUOTED,
        "Прошу перезвонить.",
    ),
    Reply(
        "the_bat",
        "Здравствуйте, Иван.\n\nВы писали 23 ноября 2026 г., 12:34:30:\n\n> Укажите версию "
        "приложения.\n\n4.9.\n\n--\x20\n"
        "С уважением,\n Пётр                          mailto:petr@example.ru\n",
        "Здравствуйте, Иван.\n\n4.9.\n\n--\x20\nС уважением,\n Пётр                          mailto:petr@example.ru",
    ),
    Reply(
        "the_bat_initials",
        "Здравствуйте, Поддержка.\n\nВы писали 23 ноября 2026 г., 12:34:30:\n\nСП> Какой у вас шлагбаум?\nСП> Фото "
        "есть?\n\n"
        "CAME, фото прилагаю.\n\nСП>> Не открывается.\nСП> Проверьте питание.\n\nПитание есть.\n",
        "Здравствуйте, Поддержка.\n\nCAME, фото прилагаю.\n\nПитание есть.",
    ),
    Reply(
        "iphone",
        "Да, вход по Face ID, iOS 18.1\n\nОтправлено с iPhone\n\n> 23 нояб. 2026 г., в 12:34, PASS24 "
        "<support@pass24online.ru> написал(а):\n> \n> \ufeffЗдравствуйте!\n> Как вы входите?\n",
        "Да, вход по Face ID, iOS 18.1",
    ),
    Reply(
        "iphone_history_without_marks",
        "Уже не нужно\n\nОтправлено с iPhone\n\n23 нояб. 2026 г., в 12:34, PASS24 <support@pass24online.ru> "
        "написал(а):\n\n" + _UNQUOTED,
        "Уже не нужно",
    ),
    Reply(
        "iphone_contact_without_address",
        "Хорошо, жду до завтра.\n\n23 ноября 2026 г., в 12:34, Поддержка Пасс24 написал(а):\n\n" + _UNQUOTED,
        "Хорошо, жду до завтра.",
    ),
    Reply(
        "iphone_english",
        "Still broken\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 12:34, PASS24 <support@pass24online.ru> "
        "wrote:\n> \n"
        "> Dear Ann,\n",
        "Still broken",
    ),
    Reply(
        "apple_mail_wrapped_without_a_mark",
        "Пропуск на 25 ноября, пожалуйста.\n\n> 23 нояб. 2026 г., в 12:34, Служба поддержки PASS24 "
        "<support@pass24online.ru>"
        "\nнаписал(а):\n> \n> Здравствуйте!\n",
        "Пропуск на 25 ноября, пожалуйста.",
    ),
    Reply(
        "apple_mail_answers_between_the_lines",
        "> 23 нояб. 2026 г., в 12:34, PASS24 <support@pass24online.ru> написал(а):\n> \n> Какой этаж?\n\nСедьмой.\n\n"
        "> Какая квартира?\n\n71.\n",
        "Седьмой.\n\n71.",
    ),
    Reply(
        "android_samsung",
        "Не открывается калитка со стороны парка\n\n\nОтправлено с моего Galaxy\n\n\n-------- Исходное сообщение "
        "--------\n"
        "От: PASS24 <support@pass24online.ru>\nДата: 23.11.2026 12:34 (GMT+03:00)\nКому: olga@mail.example\n"
        "Тема: Заявка #12345\n\n" + _UNQUOTED,
        "Не открывается калитка со стороны парка",
    ),
    Reply(
        "android_samsung_english",
        "It works now\n\n\nSent from my Galaxy S21\n\n-------- Original message --------\nFrom: PASS24 "
        "<support@pass24online.ru>\nDate: 11/23/26 12:34 PM (GMT+03:00)\nTo: olga@mail.example\nSubject: "
        "#12345\n\nDear\n",
        "It works now",
    ),
    Reply(
        "android_user_wrote",
        "ок, попробую\n\n\n---- Пользователь PASS24 написал ----\n\n" + _UNQUOTED,
        "ок, попробую",
    ),
    Reply(
        "android_huawei",
        "Телефон P40, EMUI 12\n\n\n-------- Исходное сообщение --------\nОт: support@pass24online.ru\nДата: пн, 23 "
        "нояб. "
        "2026 г., 12:34\nКому: nina@example.ru\nКопия: \nТема: Заявка #12345\n" + _UNQUOTED,
        "Телефон P40, EMUI 12",
    ),
    Reply(
        "android_xiaomi",
        "Гость уже уехал.\nОтправлено с телефона Xiaomi\n\n23 ноября 2026 г. в 12:34, PASS24 <support@pass24online.ru> "
        "написал(а):\n" + _QUOTED,
        "Гость уже уехал.",
    ),
    Reply(
        "k9_mail",
        "Перезагрузка помогла.\n-- \nПростите за краткость, создано в K-9 Mail.\n\n23 ноября 2026 г. 12:34:56 "
        "GMT+03:00, "
        "PASS24 <support@pass24online.ru> пишет:\n" + _QUOTED,
        "Перезагрузка помогла.",
    ),
    Reply(
        "roundcube_header_block_answer_below",
        "-------- Исходное сообщение --------\nТема: Заявка #12345\nДата: 2026-11-23 12:34\nОт: PASS24 "
        "<support@pass24online.ru>\nКому: nina@example.ru\n\n" + _QUOTED + "\nДа, подтверждаю.\n",
        "Да, подтверждаю.",
    ),
    Reply(
        "links_as_text",
        'Код пришёл.\n\n23.11.2026, 12:34, "support@pass24online.ru <mailto:support@pass24online.ru>" '
        "<support@pass24online.ru <mailto:support@pass24online.ru>>:\n" + _UNQUOTED,
        "Код пришёл.",
    ),
    Reply(
        "zimbra",
        'Заявка закрыта по ошибке, откройте.\n\n----- Исходное сообщение -----\nОт: "PASS24" '
        "<support@pass24online.ru>\n"
        'Кому: "Ольга" <olga@gov.example>\nОтправленные: Понедельник, 23 Ноябрь 2026 г 12:34:00\nТема: Заявка\n\n'
        + _UNQUOTED,
        "Заявка закрыта по ошибке, откройте.",
    ),
    Reply(
        "lotus_notes",
        "Добрый день!\n\nСписок гостей во вложении.\n\n\n\nОт:     PASS24 <support@pass24online.ru>\nКому:   "
        "olga@bank.example, \nДата:   23.11.2026 12:34\nТема:   Заявка #12345\n\n\n\n" + _UNQUOTED,
        "Добрый день!\n\nСписок гостей во вложении.",
    ),
    Reply(
        "bitrix24_mail",
        'Сумма в счёте неверна.\n\n23.11.2026 12:34:56, "PASS24" <support@pass24online.ru>:\n\n' + _UNQUOTED,
        "Сумма в счёте неверна.",
    ),
    Reply(
        "thanks_and_nothing_else",
        'Спасибо!\n\n23.11.2026, 12:34, "PASS24" <support@pass24online.ru>:\n' + _QUOTED,
        "Спасибо!",
    ),
    Reply(
        "log_above_a_reply",
        "Вот вывод:\n\n> adb devices\n> adb logcat -s PASS24\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 "
        "<support@pass24online.ru>:\n\n" + _QUOTED,
        "Вот вывод:\n\n> adb devices\n> adb logcat -s PASS24",
    ),
    Reply(
        "gmail_ukrainian",
        "Версія 5.2.1\n\nпн, 23 лист. 2026 р. о 12:34 Служба поддержки PASS24 <\nsupport@pass24online.ru> пише:\n\n"
        + _QUOTED,
        "Версія 5.2.1",
    ),
    Reply(
        "iphone_ukrainian",
        "Версія 5.2.1\n\nНадіслано з iPhone\n\n> 23 лист. 2026 р. о 12:34 PASS24 <support@pass24online.ru> пише:\n> \n"
        + _QUOTED,
        "Версія 5.2.1",
    ),
    Reply(
        "gmail_kazakh",
        "Samsung A52\n\n2026 ж. 23 қар., дс 12:34, PASS24 <support@pass24online.ru> жазды:\n\n" + _QUOTED,
        "Samsung A52",
    ),
    Reply(
        "gmail_turkish",
        "Teşekkürler.\n\nPASS24 <support@pass24online.ru>, 23 Kas 2026 Pzt, 12:34 tarihinde şunu yazdı:\n\n" + _QUOTED,
        "Teşekkürler.",
    ),
    Reply(
        "gmail_chinese",
        "谢谢\n\nPASS24 <support@pass24online.ru> 于2026年11月23日周一 12:34写道：\n\n" + _QUOTED,
        "谢谢",
    ),
    Reply(
        "outlook_ukrainian",
        "Дякую.\n\nВід: PASS24 <support@pass24online.ru>\nНадіслано: 23 листопада 2026 р. 12:34\nКому: Ivan\n"
        "Тема: [#12345] X\n\n" + _UNQUOTED,
        "Дякую.",
    ),
    Reply(
        "outlook_german",
        "Danke!\n\nVon: PASS24 <support@pass24online.ru>\nGesendet: Montag, 23. November 2026 12:34\nAn: Ivan\n"
        "Betreff: [#12345] X\n\n" + _UNQUOTED,
        "Danke!",
    ),
    Reply(
        "zimbra_with_dashes",
        "Версия 5.2.1\n\n----- 23 Ноя 2026 в 12:34, PASS24 support@pass24online.ru написал(а):\n\n" + _QUOTED,
        "Версия 5.2.1",
    ),
    Reply(
        "samsung_without_line_breaks",
        "Версия 5.2.1\nОтправлено с моего смартфона Samsung Galaxy.\n-------- Исходное сообщение --------От: PASS24 "
        "<support@pass24online.ru> Дата: 23.11.2026  12:34  (GMT+03:00) Кому: ivan@example.ru Тема: [#12345] X \n"
        + _UNQUOTED,
        "Версия 5.2.1",
    ),
    Reply(
        "samsung_glued_to_the_signature",
        "It works now.Sent from my Galaxy-------- Original message --------From: PASS24 <support@pass24online.ru> "
        "Date: 23/11/2026  12:34  (GMT+03:00) To: ivan@example.ru Subject: [#12345] X \n" + _UNQUOTED,
        "It works now.Sent from my Galaxy",
    ),
    Reply("samsung_smartphone", "Не работает\n\nОтправлено со смартфона Samsung Galaxy.\n", "Не работает"),
    Reply(
        "gmail_name_with_an_address",
        "Спасибо\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 (support@pass24online.ru) <support@pass24online.ru>:\n\n"
        + _QUOTED,
        "Спасибо",
    ),
    Reply(
        "outlook_meeting",
        "Приду.\n\n-----Исходная встреча-----\nОт: PASS24 <support@pass24online.ru>\nОтправлено: 23 ноября 2026 г. "
        "12:34\nКому: Иван\nТема: X\nКогда: 24 ноября\n\nПоказ системы\n",
        "Приду.",
    ),
    Reply(
        "gmail_answers_below_between_the_lines",
        "Ответы ниже.\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n\n> Какая версия?\n\n5.2.1\n"
        "\n> Какой телефон?\n\nSamsung A52\n",
        "Ответы ниже.\n\n5.2.1\n\nSamsung A52",
    ),
    Reply(
        "speaks_of_answers_and_of_a_red_lamp",
        "Жду ответа, лампа горит красным. Этажом ниже то же самое.\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 "
        "<support@pass24online.ru>:\n\n" + _QUOTED,
        "Жду ответа, лампа горит красным. Этажом ниже то же самое.",
    ),
    Reply("windows_mail", "Не работает\n\nОтправлено из Почты для Windows 10\n", "Не работает"),
    Reply("outlook_please_get", "Не работает\n\nПолучите Outlook для Android<https://aka.ms/AAb9ysg>\n", "Не работает"),
    Reply(
        "k9_of_old",
        "Не работает\n\n-- \nSent from my Android device with K-9 Mail. Please excuse my brevity.\n",
        "Не работает",
    ),
    Reply(
        "proton_signature_with_a_link",
        "It works.\n\nSent with [Proton Mail](https://proton.me/) secure email.\n",
        "It works.",
    ),
)

WHOLE: Sequence[Reply] = (
    Reply(
        "outlook_answers_in_the_letter_below",
        "Добрый день! Ответы ниже красным.\n\nОт: PASS24 <support@pass24online.ru>\nОтправлено: 23 ноября 2026 г. "
        "12:34\nКому: Иван\nТема: [#12345] X\n\nКакая версия?\n5.2.1\nКакой телефон?\nSamsung A52\n",
    ),
    Reply(
        "gmail_answers_on_the_quoted_lines",
        "Добрый день, ответил в тексте:\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n\n"
        "> Какая версия? 5.2.1\n> Какой телефон? Samsung A52\n",
    ),
    Reply(
        "gmail_a_greeting_and_answers_on_the_quoted_lines",
        "Добрый день, Анна!\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n\n"
        "> - версия приложения PASS24: 5.2.1\n> - модель телефона: Samsung A52\n",
    ),
    Reply(
        "outlook_answers_in_the_text_of_the_letter",
        "Ответил в тексте письма.\n\nОт: PASS24 <support@pass24online.ru>\nОтправлено: 23 ноября 2026 г. 12:34\n"
        "Кому: Иван\nТема: [#12345] X\n\nКакая версия?\n[Иван] 5.2.1\n",
    ),
    Reply(
        "outlook_answers_inline_english",
        "Please see my answers inline.\n\nFrom: PASS24 <support@pass24online.ru>\nSent: 23 November 2026 12:34\n"
        "To: Ivan\nSubject: X\n\nWhich version?\n5.2.1\n",
    ),
    Reply(
        "somebody_else_quotes_a_letter_in_a_sentence",
        "Здравствуйте.\n\n23.11.2026 в 12:34 от вас пришло на <ivan@example.ru> такое письмо:\n"
        "> Ваша заявка закрыта\nЧто делать?\n",
    ),
    Reply(
        "forward_yandex",
        'Прошу помочь жильцу.\n\n-------- Пересылаемое сообщение --------\n23.11.2026, 12:34, "Жилец" '
        "<zhilec@example.ru>:\n\n"
        "Не могу заказать пропуск.\n\n-------- Конец пересылаемого сообщения --------\n",
    ),
    Reply(
        "forward_gmail",
        "---------- Forwarded message ---------\nОт: Жилец <zhilec@example.ru>\nDate: пн, 23 нояб. 2026 г. в 12:34\n"
        "Subject: пропуск\nTo: <uk@example.ru>\n\nНе могу заказать пропуск.\n\nвс, 22 нояб. 2026 г. в 10:00, УК "
        "<uk@example.ru>:\n> Напишите нам.\n",
    ),
    Reply(
        "forward_apple",
        "Начало переадресованного сообщения:\n\n> От: Жилец <zhilec@example.ru>\n> Тема: пропуск\n> Дата: 23 ноября "
        "2026 г. в "
        "12:34:56 GMT+3\n> Кому: uk@example.ru\n> \n> Не могу заказать пропуск.\n",
    ),
    Reply(
        "forward_apple_english",
        "FYI\n\nBegin forwarded message:\n\nFrom: Ann <ann@example.com>\nSubject: pass\nDate: 23 November 2026 at "
        "12:34:56 "
        "GMT+3\nTo: uk@example.ru\n\nNo pass.\n",
    ),
    Reply(
        "forward_outlook_with_nothing_above",
        "\n\nОт: Жилец <zhilec@example.ru>\nОтправлено: 23 ноября 2026 г. 12:34\nКому: uk@example.ru\nТема: пропуск\n\n"
        "Не могу заказать пропуск.\n",
    ),
    Reply(
        "forward_outlook_with_a_signature_above",
        "С уважением,\nАнна Котова\n\n________________________________\nFrom: Жилец <zhilec@example.ru>\nSent: Monday, "
        "November 23, 2026 12:34 PM\nTo: uk@example.ru\nSubject: пропуск\n\nНе могу заказать пропуск.\n",
    ),
    Reply(
        "everything_is_quoted",
        "пн, 23 нояб. 2026 г. в 12:34, Жилец <zhilec@example.ru>:\n\n> Не могу заказать пропуск.\n> Помогите!\n",
    ),
    Reply(
        "says_that_somebody_wrote",
        "Добрый день!\nВ чате 23.11.2026 в 12:34 Иван написал:\nшлагбаум не открывается, стоим уже полчаса.\n"
        "Пётр написал: у меня то же самое.\n",
    ),
    Reply(
        "date_with_a_colon_at_the_end",
        "Хронология:\n23.11.2026, 12:34, шлагбаум не открылся:\nстояли 10 минут\n23.11.2026, 12:50, открыл охранник.\n",
    ),
    Reply("word_from_in_a_line", "From: the main gate\nTo: the parking\nHow do I let a taxi pass?\n"),
    Reply(
        "prompts_without_attribution",
        "Ставлю ваш SDK:\n\n> npm install pass24-sdk\n> npm run build\n\nи получаю ошибку:\n>>> import "
        "pass24\nImportError\n",
    ),
    Reply(
        "filled_form",
        "Прошу оформить заявку.\n\nОт: Иванова Мария\nДата: 23.11.2026\nКому: управляющей компании\nТема: пропуск "
        "для няни\n"
        "Телефон: +7 916 123-45-67\n",
    ),
    Reply(
        "filled_form_with_a_time",
        "Заявка от консьержа\n\nОт: Иванова\nДата: 23.11.2026 12:34\nТема: не открылся шлагбаум\nОписание: лампа "
        "горит красным\n",
    ),
    Reply(
        "numbered_steps",
        "Шаги:\n1. Открываю приложение\n2. Нажимаю «Пропуск»\n3. Ввожу 23.11.2026 12:34:\n   ошибка "
        "500\n-----\nОжидаю: пропуск\n",
    ),
    Reply(
        "table",
        "Время | Въезд | Итог\n------|-------|-----\n12:34 | север | открылся\n12:50 | юг    | "
        "нет\n----------------\nИтого: 2\n",
    ),
    Reply(
        "addresses_with_colons",
        "Жильцы без доступа:\nivan@example.ru:\nнет кнопки\nПётр <petr@example.ru>:\nне приходит код\n23.11.2026, "
        "12:34, "
        "мне писал petr@example.ru:\nничего не изменилось\n",
    ),
    Reply(
        "pasted_transport_headers",
        "Ваше письмо попало в спам. Заголовки:\n\nReturn-Path: <bounce@example.ru>\nFrom: PASS24 "
        "<support@pass24online.ru>\n"
        "To: ivan@example.ru\nDate: Mon, 23 Nov 2026 12:34:56 +0300\nSubject: #12345\nMessage-ID: <1@example.ru>\n\n"
        "Что с этим делать?\n",
    ),
    Reply(
        "sent_from_in_a_sentence",
        "Отправлено с iPhone жены, потому что мой не включается\nОтправлено из личного кабинета, ответа нет\n",
    ),
    Reply(
        "signature_with_contacts",
        "Не могу войти в приложение.\n\n--\x20\nС уважением, Пётр Ильин\n+7 926 555-44-33\npetr@example.ru\n",
    ),
    Reply(
        "on_monday_somebody_wrote",
        'On Monday Ann wrote:\n"the gate is closed"\nOn 23 November at noon it was open again.\n',
    ),
    Reply(
        "the_person_writes_that_we_wrote",
        "Вы писали 23 ноября 2026 г., 12:34:\nчто пропуск готов, но его нет в приложении.\n",
    ),
    Reply(
        "moment_and_address_in_a_sentence",
        "23.11.2026 в 12:34 пришло письмо от PASS24 <support@pass24online.ru>:\nв нём нет номера заявки.\n",
    ),
    Reply(
        "divider_lines",
        "Первая проблема: нет пропуска\n________________________________\nВторая проблема: нет кода\n-----\nТретья: "
        "нет связи\n",
    ),
    Reply("greater_than_signs", "Температура считывателя > 60 градусов\n> 60 — это норма?\n<5 минут работает\n"),
    Reply(
        "on_a_date_somebody_wrote",
        "Hello,\nOn 23.11.2026 at 12:34 Ann wrote:\nthe gate is closed\nPlease open it.\n",
    ),
    Reply(
        "administrator_quotes_a_user",
        "В чате дома 23.11.2026 12:34 пользователь Иван написал:\nнет связи с постом охраны\n"
        "23.11.2026 12:40 пользователь Анна написала:\nу меня тоже\n",
    ),
    Reply(
        "list_of_letters_received",
        "Письма жильцов:\n23.11.2026 12:34 от ivan@example.ru:\nне открылся шлагбаум\n24.11.2026 08:00 от "
        "petr@example.ru:\nнет пропуска\n",
    ),
    Reply("one_word", "Помогите\n"),
    Reply(
        "dialogue_with_dashes",
        "— Вы писали?\n— Да, писал 23.11.2026.\n— Что написал Иван?\n— Что шлагбаум открыт:\nэто не так.\n",
    ),
    Reply("quote_without_attribution", "Вы обещали:\n> перезвоним в течение часа\nПрошло два дня.\n"),
    Reply("original_message_in_a_sentence", "Я удалил исходное сообщение --- пришлите, пожалуйста, ещё раз.\n"),
    Reply(
        "times_of_attempts", "Пробовал:\n12:34:\nне открылось\n12:40 +03:00:\nне открылось\nпн, 23 ноября:\nоткрылось\n"
    ),
)

HTML: Sequence[HtmlReply] = (
    HtmlReply(
        "html_gmail",
        '<div dir="ltr">Добрый день!<div>Версия 5.2.1, iPhone 12.</div></div><br><div class="gmail_quote '
        'gmail_quote_container"><div dir="ltr" class="gmail_attr">пн, 23 нояб. 2026 г. в 12:34, PASS24 &lt;<a '
        'href="mailto:support@pass24online.ru">support@pass24online.ru</a>&gt;:<br></div><blockquote '
        'class="gmail_quote" '
        'style="margin:0px 0px 0px 0.8ex;border-left:1px solid '
        'rgb(204,204,204);padding-left:1ex"><div>Здравствуйте!</div>'
        "<div>Укажите версию приложения.</div></blockquote></div>",
        "Добрый день!\nВерсия 5.2.1, iPhone 12.",
    ),
    HtmlReply(
        "html_gmail_alternative",
        '<div dir="ltr">Не помогло</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">пн, 23 нояб. '
        "2026&nbsp;"
        'г. в 12:34, PASS24 &lt;<a href="mailto:support@pass24online.ru">support@pass24online.ru</a>&gt;:<br></div>'
        '<blockquote class="gmail_quote">Попробуйте ещё раз.</blockquote></div>',
        "Не помогло",
        "Не помогло\n\nпн, 23 нояб. 2026 г. в 12:34, PASS24 <support@pass24online.ru>:\n\n> Попробуйте ещё раз.\n>\n",
    ),
    HtmlReply(
        "html_yandex",
        '<div>Добрый день</div><div>Пропуск не пришёл на почту</div><div>\u00a0</div><div>23.11.2026, 12:34, "PASS24" '
        "&lt;support@pass24online.ru&gt;:</div><blockquote><div>Здравствуйте!<br>Проверьте папку "
        "«Спам».</div></blockquote>",
        "Добрый день\nПропуск не пришёл на почту",
    ),
    HtmlReply(
        "html_yandex_newer",
        "<div>Спасибо, нашёл</div><div><br /></div><div>----------------</div><div>Кому: Пётр "
        "(petr@yandex.example);</div>"
        '<div>Тема: [#12345] Заявка;</div><div>23.11.2026, 12:34, "PASS24" &lt;support@pass24online.ru&gt;:</div>'
        "<blockquote><div>Здравствуйте!</div></blockquote><div><br /></div><div>--\u00a0</div><div>Отправлено из "
        "мобильного "
        "приложения Яндекс Почты</div>",
        "Спасибо, нашёл",
    ),
    HtmlReply(
        "html_mailru",
        '<HTML><BODY><div>Номер машины А123ВС777</div><div>&nbsp;</div><div data-signature-widget="container"><div '
        'data-signature-widget="content"><div>--<br>Иван Петров</div></div></div><div>&nbsp;</div><blockquote '
        'style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">Понедельник, 23 ноября 2026, 12:34 '
        "+03:00 от "
        "PASS24 &lt;<a "
        'href="mailto:support@pass24online.ru">support@pass24online.ru</a>&gt;:<br>&nbsp;<div>Здравствуйте!'
        "<br>Укажите номер машины.</div></blockquote></BODY></HTML>",
        "Номер машины А123ВС777\n\n--\nИван Петров",
    ),
    HtmlReply(
        "html_outlook_desktop",
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal '
        "{margin:0cm;}</style></head><body "
        'lang="RU"><div class="WordSection1"><p class="MsoNormal">Добрый день!<o:p></o:p></p><p '
        'class="MsoNormal">Вопрос '
        'решён.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div '
        'style="border:none;border-top:solid #E1E1E1 '
        '1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b><span lang="EN-US">From:</span></b><span '
        'lang="EN-US"> PASS24 '
        "&lt;support@pass24online.ru&gt; <br><b>Sent:</b> Monday, November 23, 2026 12:34 PM<br><b>To:</b> Орлова "
        "Елена "
        "&lt;orlova@bank.example&gt;<br><b>Subject:</b> [#12345] Заявка<o:p></o:p></span></p></div></div><p "
        'class="MsoNormal">Здравствуйте!<o:p></o:p></p></div></body></html>',
        "Добрый день!\nВопрос решён.",
    ),
    HtmlReply(
        "html_outlook_web",
        '<div style="font-family: Aptos, sans-serif;">Приложение обновил, работает.</div><div '
        'id="appendonsend"></div><hr '
        'style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>От:</b> '
        "PASS24 &lt;"
        "support@pass24online.ru&gt;<br><b>Отправлено:</b> 23 ноября 2026 г. 12:34<br><b>Кому:</b> Анна "
        "&lt;anna@outlook.example"
        "&gt;<br><b>Тема:</b> Заявка</font><div>&nbsp;</div></div><div>Здравствуйте!</div>",
        "Приложение обновил, работает.",
    ),
    HtmlReply(
        "html_iphone",
        '<html><head></head><body dir="auto">Модель iPhone 15<br><br><div dir="ltr">Отправлено с iPhone</div><div '
        'dir="ltr">'
        '<br><blockquote type="cite">23 нояб. 2026 г., в 12:34, PASS24 &lt;support@pass24online.ru&gt; '
        "написал(а):<br><br>"
        '</blockquote></div><blockquote type="cite"><div dir="ltr">\ufeff<p>Какая у вас '
        "модель?</p></div></blockquote></body></html>",
        "Модель iPhone 15",
    ),
    HtmlReply(
        "html_thunderbird",
        '<html><body><div class="moz-cite-prefix">23.11.2026 12:34, PASS24 пишет:<br></div><blockquote type="cite" '
        'cite="mid:1@pass24online.ru"><p>Какой браузер?</p></blockquote><p>Firefox 132</p></body></html>',
        "Firefox 132",
    ),
    HtmlReply(
        "html_gmail_indented_answer_below",
        '<div class="gmail_quote"><div class="gmail_attr">пн, 23 нояб. 2026 г. в 12:34, PASS24 '
        "&lt;support@pass24online.ru&gt;:<br></div><blockquote>Какая версия?</blockquote></div><div>Отвечаю:"
        '<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>5.2.1</div></blockquote></div>',
        "Отвечаю:\n5.2.1",
    ),
    HtmlReply(
        "html_zimbra",
        "<div><div>Вопрос решён</div><div><br></div><hr id='zwchr'><div><blockquote><b>От: </b>PASS24 "
        "&lt;support@pass24online.ru&gt;<br><b>Кому: </b>ivan@example.ru<br><b>Отправленные: </b>Понедельник, 23 "
        "Ноябрь 2026 г 12:34:56<br><b>Тема: </b>[#12345] x<br></blockquote></div><div><blockquote>"
        "Здравствуйте!</blockquote></div></div>",
        "Вопрос решён",
    ),
    HtmlReply(
        "html_proton",
        "<div>Вопрос закрыт.</div><div><br></div><div>Отправлено с помощью защищенной электронной почты <a "
        'href="https://proton.me/">Proton Mail</a>.</div><div><br></div><div class="protonmail_quote">понедельник, '
        "23 ноября 2026 "
        'г. в 12:34, PASS24 &lt;support@pass24online.ru&gt; написал(-а):<br><blockquote class="protonmail_quote" '
        'type="cite">'
        "<p>Здравствуйте!</p></blockquote></div>",
        "Вопрос закрыт.",
    ),
)

_CHARSETS = ("utf-8", "koi8-r", "windows-1251", "utf-8")
_ENCODINGS = ("base64", "quoted-printable", "8bit")


def _encoded(text: str, charset: str, encoding: str) -> bytes:
    body = text.encode(charset)
    if encoding == "base64":
        return base64.encodebytes(body).replace(b"\n", b"\r\n")
    body = body.replace(b"\n", b"\r\n")
    return quopri.encodestring(body) if encoding == "quoted-printable" else body


def _part(text: str, subtype: str, charset: str, encoding: str) -> bytes:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + _encoded(text, charset, encoding)


def _word(text: str, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def _message(name: str, body: bytes, charset: str) -> bytes:
    head = (
        f"From: {_word('Иван Петров', charset)} <ivan@example.ru>\r\n"
        "To: support@pass24online.ru\r\n"
        f"Subject: Re: {_word('[#12345] Заявка', charset)}\r\n"
        f"Message-ID: <{name}@example.ru>\r\n"
        "In-Reply-To: <12345@pass24online.ru>\r\n"
        "References: <12345@pass24online.ru>\r\n"
        "Date: Mon, 23 Nov 2026 13:00:00 +0300\r\n"
        "MIME-Version: 1.0\r\n"
    )
    return head.encode() + body


def _alternative(parts: Sequence[bytes]) -> bytes:
    head = b'Content-Type: multipart/alternative; boundary="=_alt"\r\n\r\n'
    return head + b"".join(b"--=_alt\r\n" + part + b"\r\n" for part in parts) + b"--=_alt--\r\n"


def _cases() -> Sequence[Case]:
    forms = zip(cycle(_CHARSETS), cycle(_ENCODINGS), strict=False)
    cases = []
    for letter, (charset, encoding) in zip((*REPLIES, *WHOLE), forms, strict=False):
        new = letter.text.strip("\n") if letter.new is None else letter.new
        raw = _message(letter.program, _part(letter.text, "plain", charset, encoding), charset)
        cases.append(Case(f"reply_{letter.program}", raw, {"reply": new, "in_reply_to": ["<12345@pass24online.ru>"]}))
    for html, (charset, encoding) in zip(HTML, forms, strict=False):
        body = _part(html.html, "html", charset, encoding)
        if html.plain is not None:
            body = _alternative((_part(html.plain, "plain", charset, encoding), body))
        cases.append(Case(f"reply_{html.program}", _message(html.program, body, charset), {"reply": html.new}))
    return cases


CASES: Sequence[Case] = _cases()
