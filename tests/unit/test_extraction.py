"""R6: what clients say in free text of version, phone, system, number and steps; and what only looks like it."""

import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.contact import parse_phone
from shared.domain.extraction import Extracted, extract
from shared.domain.free_text import FreeText


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says; what is left out, it does not."""

    version: str = ""
    device: str = ""
    os: str = ""
    phone: str | None = None
    steps: str = ""


LETTERS: tuple[tuple[str, Said], ...] = (
    ("Добрый день. Версия приложения 4.12.1, после входа белый экран.", Said(version="4.12.1")),
    ("Не работает вход, v4.12", Said(version="4.12")),
    ("Не работает вход.\nПриложение v.4.12.1 (build 351)", Said(version="4.12.1 (build 351)")),
    ("Пользуюсь PASS24 4.12 и не вижу раздел «Гости».", Said(version="4.12")),
    ("У меня приложение версии 4.12.1. Пуши не приходят вторую неделю.", Said(version="4.12.1")),
    ("Версия: 4.12.1\nСписок пропусков пустой", Said(version="4.12.1")),
    ("Здравствуйте. Версия программы – 4.11.3. Не приходит код.", Said(version="4.11.3")),
    ("Пасс24 4.10.2 не открывает калитку", Said(version="4.10.2")),
    ("стоит версия 4.9.15 сборка 1204, ничего не грузится", Said(version="4.9.15 сборка 1204")),
    ("App version: 4.12.1-beta. The map does not load.", Said(version="4.12.1-beta")),
    ("Номер версии приложения 4.12.1.351", Said(version="4.12.1.351")),
    ("Вресия приложения 4.12.1, исправьте пожалуйста вход", Said(version="4.12.1")),
    ("Версия ПО: 4.12.1 от 12.11.2026", Said(version="4.12.1")),
    ("У меня 4.12.1 версия приложения, гость не получил пропуск", Said(version="4.12.1")),
    ("PASS24.online 4.12.0: при нажатии на «Пропуска» вылет", Said(version="4.12.0")),
    ("Обновили приложение до 4.12.1, и всё пропало", Said(version="4.12.1")),
    ("В приложении PASS24 версии 4.12.1 нет кнопки «Открыть».", Said(version="4.12.1")),
    ("Версия приложения для iOS 4.12.1, вход по Face ID не работает", Said(version="4.12.1")),
    ("The app (version 4.12.1) shows an empty list.", Said(version="4.12.1")),
    ("На версии 4.11 всё работало, на версии 4.12.1 – не работает.", Said(version="4.12.1")),
    ("Я обновился с версии 4.11.0 на 4.12.1 версию и больше не могу войти", Said(version="4.12.1")),
    ("У меня версия 4.12.1, у жены тоже версия 4.11.9, не входит ни у кого", Said(version="4.12.1, 4.11.9")),
    ("Версия приложения: 5", Said(version="5")),
    ("У меня приложение последней версии, ошибка осталась.", Said()),
    ("Версия Android 13, больше ничего не знаю", Said(os="Android 13")),
    ("Сервер 192.168.1.10 не отвечает, в приложении ошибка", Said()),
    ("Пропуск на 12.11.2026 не создаётся в приложении", Said()),
    ("Приложение 12.11.2026 перестало открываться", Said()),
    ("приложение 12.11 не работало весь день", Said()),
    ("Гость приехал в 12.30, а приложение в 12:35 показало ошибку.", Said()),
    ("Согласно п. 4.12 регламента вы обязаны ответить.", Said()),
    ("Приложение 4.1 к договору не подписано.", Said()),
    ("Счёт по программе 1.250 руб. выставлен дважды", Said()),
    ("Прошивка v2.1.4 на домофоне зависает.", Said()),
    ("Браузер Chrome версия 118.0.5993, кабинет не открывается", Said()),
    ("Bluetooth версии 5.0 есть, а калитка не открывается", Said()),
    ("Версия прошивки контроллера 3.2.1", Said()),
    ("Когда выйдет версия 4.13? Ждём исправления.", Said()),
    ("Верните, пожалуйста, версию 4.10, в ней было удобнее", Said()),
    ("Договор версии 2.1 не подписан обеими сторонами", Said()),
    ("Приложение весит 4.12 ГБ, это нормально?", Said()),
    ("В App Store у вас рейтинг 4.8, почему так?", Said()),
    ("По 12.11.2026 доступ оплачен, а шлагбаум закрыт", Said()),
    ("Версия приложения: не знаю", Said()),
    ("Версия приложения: последняя\nНе открывается дверь", Said()),
    ("Квартира 4.12, корпус 3.1, этаж 5", Said()),
    ("Оплатил тариф PASS24 1.500 руб., доступа нет", Said()),
    ("Телефон Samsung Galaxy A52, пропуск не создаётся.", Said(device="Samsung Galaxy A52")),
    ("С Galaxy S23 Ultra не открывается калитка", Said(device="Galaxy S23 Ultra")),
    ("Модель SM-A525F. Не приходят уведомления", Said(device="SM-A525F")),
    ("Redmi Note 11, вылетает при старте", Said(device="Redmi Note 11")),
    ("Xiaomi 13T Pro не ловит bluetooth метку", Said(device="Xiaomi 13T Pro")),
    ("Poco X5 Pro 5G: чёрный экран", Said(device="Poco X5 Pro 5G")),
    ("Honor 90 Lite, не приходит код", Said(device="Honor 90 Lite")),
    ("Huawei P40 Lite без гугл сервисов, пуши не приходят", Said(device="Huawei P40 Lite")),
    ("На Huawei nova 9 не работает", Said(device="Huawei nova 9")),
    ("Realme 9 Pro+ зависает на заставке", Said(device="Realme 9 Pro+")),
    ("Смартфон Tecno Camon 20 Pro", Said(device="Tecno Camon 20 Pro")),
    ("Infinix Note 30, не открываются ворота", Said(device="Infinix Note 30")),
    ("OnePlus 11R, ошибка 500 при входе", Said(device="OnePlus 11R")),
    ("Google Pixel 8 Pro won't open the gate", Said(device="Google Pixel 8 Pro")),
    ("Motorola Edge 40 Neo, приложение не ставится", Said(device="Motorola Edge 40 Neo")),
    ("Nokia G21 - не работает QR", Said(device="Nokia G21")),
    ("Vivo V27e и пропуск не грузится", Said(device="Vivo V27e")),
    ("OPPO Reno 8T, вход зациклен", Said(device="OPPO Reno 8T")),
    ("OPPO A54 не видит калитку", Said(device="OPPO A54")),
    ("айфон 13, последняя система", Said(device="айфон 13")),
    ("iPhone 13 Pro Max не открывает дверь", Said(device="iPhone 13 Pro Max")),
    ("iPhone SE 2020 тормозит", Said(device="iPhone SE 2020")),
    ("Не работает на iphone XR.", Said(device="iphone XR")),
    ("Айфон 12 мини не приходит смс", Said(device="Айфон 12 мини")),
    ("телефон самсунг а52, не открывает", Said(device="самсунг а52")),
    ("Samsung А52 (буква русская) не открывает ворота", Said(device="Samsung А52")),
    ("сяоми редми ноте 11 не открывает шлагбаум", Said(device="сяоми редми ноте 11")),
    ("хонор 50 не открывает шлагбаум", Said(device="хонор 50")),
    ("С хуавея п30 и хуавей п40 лайт приложение не ставится", Said(device="хуавей п40 лайт")),
    ("Самсунг галакси с21 ультра, пропуск не отправляется", Said(device="Самсунг галакси с21 ультра")),
    ("Realme C55, Xiaomi Redmi 12C – на обоих ошибка", Said(device="Realme C55, Xiaomi Redmi 12C")),
    ("не работает на Samsung A52 и на iPhone 13", Said(device="Samsung A52, iPhone 13")),
    ("На iPhone 13 всё работает, а на Redmi 9 не открывается", Said(device="Redmi 9")),
    ("У жены iPhone 13 работает нормально, у меня Samsung A52 – нет", Said(device="Samsung A52")),
    ("Samsung Galaxy A52 (SM-A525F) не видит метку", Said(device="Samsung Galaxy A52 (SM-A525F)")),
    ("У меня iPhone 13. На айфоне 13 муж тоже не может войти", Said(device="iPhone 13")),
    ("Samsung Z Flip 4: экран входа обрезан", Said(device="Samsung Z Flip 4")),
    ("Модель телефона: Ulefone Armor 9\nОшибка при входе", Said(device="Ulefone Armor 9")),
    ("Модель телефона: Itel Vision 3 Plus, Android 11", Said(device="Itel Vision 3 Plus", os="Android 11")),
    ("Модель телефона: Samsung A52 на Android 13", Said(device="Samsung A52", os="Android 13")),
    (
        "1. Модель телефона: Redmi 10C\n2. Версия ОС: Android 12\n3. Версия приложения: 4.12.1",
        Said(version="4.12.1", device="Redmi 10C", os="Android 12"),
    ),
    (
        "Модель телефона: POCO M4 Pro; ОС: Android 13; версия приложения: 4.12.1",
        Said(version="4.12.1", device="POCO M4 Pro", os="Android 13"),
    ),
    ("Перешёл с iPhone 11 на iPhone 15 Pro и не могу войти", Said(device="iPhone 15 Pro")),
    ("Почему на iPhone 13 не открывается калитка?", Said(device="iPhone 13")),
    ("Xperia 10 IV, при входе ошибка", Said(device="Xperia 10 IV")),
    ("asus zenfone 9 не видит bluetooth", Said(device="asus zenfone 9")),
    ("Хонор 8х, не приходят пуши", Said(device="Хонор 8х")),
    ("Mi 11 Lite, в приложении пусто", Said(device="Mi 11 Lite")),
    ("У меня айфон, и ничего не работает", Said()),
    ("Телефон самсунг, модель не помню", Said()),
    ("Модель телефона: Samsung", Said()),
    ("Модель: BFT Moovi 30, шлагбаум не поднимается", Said()),
    ("Перезагружал айфон 5 раз, не помогло", Said()),
    ("Ждал с айфоном 15 минут у калитки", Said()),
    ("Телевизор Samsung UE43AU7100 тут ни при чём", Said()),
    ("Монитор Samsung S24F350 у охраны не показывает заявки", Said()),
    ("Ноутбук Honor 15, личный кабинет не открывается", Said()),
    ("Камера Hikvision DS-2CD2043 не показывает", Said()),
    ("У меня не айфон 13 и не самсунг а52", Said()),
    ("Если я куплю Samsung A55, приложение пойдёт?", Said()),
    ("Планирую купить iPhone 15, можно ли будет перенести пропуска?", Said()),
    ("Поддерживается ли Huawei P60?", Said()),
    ("Отправлено с моего Galaxy A52", Said(device="Galaxy A52")),
    ("Пропуска нет.\n\nSent from my iPhone 13 Pro", Said(device="iPhone 13 Pro")),
    ("Не открывает с Redmi 9.\n\nОтправлено с Galaxy A52", Said(device="Redmi 9")),
    ("У жены на Redmi 9 всё работает, у меня нет.\n\nОтправлено с Galaxy A52", Said()),
    ("Старый телефон iPhone 7 утопил, войти с нового не могу", Said()),
    ("Шлагбаум Nice WIDE M5, не закрывается", Said()),
    ("Часы Honor 4 показывают уведомления", Said()),
    ("Телефон на андроид 12, версия приложения неизвестна", Said(os="андроид 12")),
    ("Андройд 11 не ставится обновление", Said(os="Андройд 11")),
    ("айос 17 и не приходят пуши", Said(os="айос 17")),
    ("HarmonyOS 3, приложение закрывается", Said(os="HarmonyOS 3")),
    ("MIUI 14, уведомления молчат", Said(os="MIUI 14")),
    ("MIUI 14 (Android 13), уведомления молчат", Said(os="MIUI 14, Android 13")),
    ("Android версии 13 и приложение версии 4.12.1", Said(version="4.12.1", os="Android версии 13")),
    ("ОС: 13", Said(os="13")),
    ("Операционная система: Android 13 (One UI 5.1)", Said(os="Android 13, One UI 5.1")),
    ("версия ios 17.2, версия приложения 4.12.1", Said(version="4.12.1", os="ios 17.2")),
    ("У меня 13-й андроид и вход не проходит", Said(os="13-й андроид")),
    ("Обновился с iOS 16.7 на iOS 17.1.2, теперь белый экран", Said(os="iOS 17.1.2")),
    ("После обновления до Android 14 не приходят пуши", Said(os="Android 14")),
    ("iphone 14 ios17.3", Said(device="iphone 14", os="ios17.3")),
    ("HyperOS 1.0 на Xiaomi 14", Said(device="Xiaomi 14", os="HyperOS 1.0")),
    ("У меня Android, не iOS 17", Said()),
    ("Нужен ли Android 13 для приложения?", Said()),
    ("Приложение работает на Android 8 и выше?", Said()),
    ("Скачал приложение для Android 13 раз и всё без толку", Said()),
    ("Windows 10, кабинет в браузере не открывается", Said()),
    ("ОС: не знаю", Said()),
    ("Андроид, какой – не знаю", Said()),
    ("iPhone 13 iOS последняя", Said(device="iPhone 13")),
    ("Мой телефон 8 916 123-45-67, перезвоните", Said(phone="+79161234567")),
    ("Тел.: +7(916)123-45-67", Said(phone="+79161234567")),
    ("Звоните 9161234567", Said(phone="+79161234567")),
    ("Связь: +375 29 123-45-67", Said(phone="+375291234567")),
    ("8-495-123-45-67, Анна, бухгалтерия", Said(phone="+74951234567")),
    ("Звонил на +7 (495) 324-24-42 и 8 495 324 24 42", Said()),
    ("Заказ 89161234567 от 12.11.2026", Said()),
    ("ИНН 9161234567, КПП 770701001", Said()),
    ("ОГРН 1027700132195, ОГРНИП 304500116000157", Said()),
    ("Карта 4276 1600 1234 5678", Said()),
    ("р/с 40702810900000012345 в банке", Said()),
    ("Тикет #89123456789 закрыли", Said()),
    ("Гость: водитель 8 916 123-45-67, пропуск не пришёл", Said()),
    ("Звонил на 8 800 555-35-35, не помогли", Said()),
    ("С 12.11.2026 10:30 по 13.11.2026 11:45 не работало", Said()),
    ("IMEI 356938035643809", Said()),
    (
        ("Шаги воспроизведения:\n1. Открыть приложение\n2. Нажать «Пропуск»\n3. Ошибка\nОжидаемый результат: пропуск"),
        Said(steps="1. Открыть приложение\n2. Нажать «Пропуск»\n3. Ошибка"),
    ),
    (
        "Шаги: 1. Открыть приложение 2. Нажать «Пропуск»\nТелефон: Redmi 9A",
        Said(device="Redmi 9A", steps="1. Открыть приложение 2. Нажать «Пропуск»"),
    ),
    ("Шаги:\n\n1) захожу в профиль\n\n2) меняю фото\n\nСпасибо!", Said(steps="1) захожу в профиль\n2) меняю фото")),
    (
        "Последовательность действий:\n- запускаю приложение\n- ввожу код\n\nПомогите",
        Said(steps="- запускаю приложение\n- ввожу код"),
    ),
    ("Steps to reproduce: open the app, tap Guests.", Said(steps="open the app, tap Guests.")),
    (
        "Ошибка при входе:\n1. Открываю приложение\n2. Ввожу телефон\n3. Код не подходит",
        Said(steps="1. Открываю приложение\n2. Ввожу телефон\n3. Код не подходит"),
    ),
    (
        "1. Зашёл в приложение\n2. Нажал «Открыть калитку»\nИ ничего",
        Said(steps="1. Зашёл в приложение\n2. Нажал «Открыть калитку»"),
    ),
    ("Crash:\n1. Open the app\n2. Tap Guests\n3. Tap Add", Said(steps="1. Open the app\n2. Tap Guests\n3. Tap Add")),
    ("Шаги воспроизведения: не знаю", Said()),
    ("Шаги: -\nМодель телефона: нет", Said()),
    ("Вопросы:\n1. Как добавить жильца?\n2. Как удалить пропуск?", Said()),
    ("Прошу:\n1. Удалить пользователя Петрова\n2. Добавить пользователя Иванова", Said()),
    ("Список жильцов:\n1. Иванов Иван\n2. Петров Пётр", Said()),
    ("Здравствуйте.\n1. Удалите квартиру 15\n2. Добавьте квартиру 16", Said()),
    (
        "Открываю приложение, нажимаю кнопку, ничего не происходит.",
        Said(steps="Открываю приложение, нажимаю кнопку, ничего не происходит."),
    ),
    ("Здравствуйте. Зашла в «Гости», выбрала дом.\nПусто.", Said(steps="Зашла в «Гости», выбрала дом.")),
    (
        "Если открыть приложение и нажать «Гости», оно закрывается",
        Said(steps="Если открыть приложение и нажать «Гости», оно закрывается"),
    ),
    (
        "I opened the app and pressed the button, no luck",
        Said(steps="I opened the app and pressed the button, no luck"),
    ),
    ("Open app -> tap Gates -> crash", Said(steps="Open app -> tap Gates -> crash")),
    ("Охранник вышел и открыл руками", Said()),
    ("Перезагрузил телефон, переустановил приложение", Said()),
    ("Открыл приложение, но кнопку не нажимал", Said()),
    ("Нажимаю кнопку, нажимаю ещё раз", Said()),
    ("Подал заявку и отправил документы", Said()),
    ("Закрыли калитку, открыли ворота, отключили домофон", Said()),
    ("Прошу открыть калитку и нажать кнопку", Said()),
    ("Достала уже калитка, открыла ключом", Said()),
    ("К входу подхожу, по выходу вопросов нет", Said()),
    ("1. Открываю приложение", Said()),
    ("Как повторить пропуск на следующий день?", Said()),
    (
        (
            "Здравствуйте!\n\nЖивём в ЖК «Северный», корпус 4.12. С 10.11.2026 приложение перестало "
            "открывать шлагбаум: крутится колесо, потом «Ошибка 504». Перезагружал телефон 3 раза, "
            "переустанавливал. Телефон Redmi Note 12 Pro, MIUI 14.0.5, приложение 4.12.1.\n\nС "
            "уважением,\nПавел Сергеев\n+7 926 111-22-33"
        ),
        Said(version="4.12.1", device="Redmi Note 12 Pro", os="MIUI 14.0.5", phone="+79261112233"),
    ),
    (
        (
            "Коллеги, добрый день. Арендатор ООО «Ромашка» (ИНН 7707083893) не может заказать пропуск в "
            "личном кабинете, счёт № 4512 от 01.11.2026 на 12.500,00 руб. оплачен. Просьба разобраться до "
            "15.11.2026.\nБухгалтерия, тел. 8 (495) 123-45-67 доб. 12"
        ),
        Said(phone="+74951234567"),
    ),
    (
        (
            "Hi team,\n\nI live in building 4.2. Since the last update (app version 4.12.1) my iPhone 14 "
            "Pro on iOS 17.2.1 does not open the gate; my wife's Samsung Galaxy S21 works "
            "fine.\n\nBest,\nJohn"
        ),
        Said(version="4.12.1", device="iPhone 14 Pro", os="iOS 17.2.1"),
    ),
    ("Спасибо, всё заработало!", Said()),
    ("", Said()),
    (
        ("Добрый вечер, у нас в семье три телефона: Samsung A12, Redmi 9T и iPhone 8. Не заходит только с Redmi 9T."),
        Said(device="Redmi 9T"),
    ),
    (
        (
            "На смартфоне Samsung Galaxy A54 5G (Android 14) приложение PASS24.online версия 4.12.1 не "
            "отображает QR-код."
        ),
        Said(version="4.12.1", device="Samsung Galaxy A54 5G", os="Android 14"),
    ),
    ("телефон редми 10 андроид 11 прил 4.12.1 не пускает", Said(version="4.12.1", device="редми 10", os="андроид 11")),
    (
        "Пишу с айфона 15 про. ios 17.0.3. Версия pass24 4.12.2. Не могу добавить машину А123ВС777.",
        Said(version="4.12.2", device="айфона 15 про", os="ios 17.0.3"),
    ),
    ("Автомобиль Toyota RAV4 номер А052АА77, не распознала камера", Said()),
    ("Audi A6 и Kia Rio X не распознаются камерой на въезде, Mazda 3 тоже", Said()),
    ("Добавьте, пожалуйста, автомобиль Honor... ой, Hyundai i30.", Said()),
    (
        "Мой номер +7 (999) 000-11-22. Смартфон Honor X9a, версия андроида 13.",
        Said(device="Honor X9a", os="андроида 13", phone="+79990001122"),
    ),
    ("ОС андроид версия 10, телефон самсунг галакси а10", Said(device="самсунг галакси а10", os="андроид версия 10")),
    ("iphone 11, версия 17.1.1, приложение не открывается", Said(device="iphone 11")),
    ("Айфон 13, версия iOS: 16.6", Said(device="Айфон 13", os="iOS: 16.6")),
    ("В версии 4.12 пропал раздел, в 4.11 он был. Samsung S20 FE.", Said(version="4.12", device="Samsung S20 FE")),
    ("Приложение PASS24 (4.12.1) на Huawei P Smart Z зависает", Said(version="4.12.1", device="Huawei P Smart Z")),
    ("Планшет Samsung Galaxy Tab A8, Android 13: экран обрезан", Said(device="Samsung Galaxy Tab A8", os="Android 13")),
    ("Проблема у соседа: iPhone 12, не открывается калитка. Как ему помочь?", Said(device="iPhone 12")),
    (
        "Моб. телефон для связи +7-903-111-22-33 (Ольга). Модель: Xiaomi Redmi 8. Система: Android 10",
        Said(device="Xiaomi Redmi 8", os="Android 10", phone="+79031112233"),
    ),
    ("не устанавливается на андроид 6.0.1, пишет несовместимо", Said(os="андроид 6.0.1")),
    (
        "Hi! Using a Galaxy S22 on Android 13, app v4.12.1. Not working since 12/11/2026 10:45.",
        Said(version="4.12.1", device="Galaxy S22", os="Android 13"),
    ),
    (
        (
            "Версия приложения 4.12.1\nТелефон Honor 9X Lite\nAndroid 10\nЧто делал: открыл приложение, "
            "нажал войти\nЧто получил: ошибка 403"
        ),
        Said(version="4.12.1", device="Honor 9X Lite", os="Android 10", steps="открыл приложение, нажал войти"),
    ),
    ("Скажите, на Самсунг А55 приложение уже работает?", Said()),
    ("У меня не работает ни на Xiaomi 12, ни на OnePlus 9", Said(device="Xiaomi 12, OnePlus 9")),
    (
        "Не то чтобы это из-за Android 14, но после обновления сломалось. Pixel 7.",
        Said(device="Pixel 7", os="Android 14"),
    ),
    (
        (
            "Сначала захожу, потом:\n1. Открываю вкладку Гости;\n2. Нажимаю +;\n3. Приложение "
            "вылетает.\nAndroid 12; Vivo Y20"
        ),
        Said(
            device="Vivo Y20",
            os="Android 12",
            steps="1. Открываю вкладку Гости;\n2. Нажимаю +;\n3. Приложение вылетает.",
        ),
    ),
    ("Ключ 8916123 и метка 4.12.1.7 не читаются, считыватель Mifare v1.5", Said()),
    ("Позвоните мне: 8 903 123 45 67 или 8 495 765-43-21", Said(phone="+79031234567")),
    (
        "Техподдержка, ау! Версия 4.12.1. Айфон XS макс. Иос 15.8.",
        Said(version="4.12.1", device="Айфон XS макс", os="Иос 15.8"),
    ),
    ("Смартфон: Redmi Note 8 Pro 6/128, MIUI Global 12.5.8", Said(device="Redmi Note 8 Pro", os="MIUI Global 12.5.8")),
    ("Регламент v2.3 утверждён, версия 2.3 документа во вложении", Said()),
    ("Не приходит СМС на номер +79051234567, телефон LG K10", Said(device="LG K10", phone="+79051234567")),
    ("Номер заявки 4.12.1-77, договор v1.2", Said()),
    (
        "Уважаемая поддержка! Приложение для айфона не скачивается, смартфон iPhone 7 Plus, iOS 15.8.3.",
        Said(device="iPhone 7 Plus", os="iOS 15.8.3"),
    ),
    (
        "Телефон: Samsung Galaxy S21 FE, тел. для связи +7 921 333 44 55",
        Said(device="Samsung Galaxy S21 FE", phone="+79213334455"),
    ),
    ("Версия приложения и телефона мне неизвестны, купил в 2021 году за 15.990 рублей.", Said()),
    ("Редми нот 9с, андроед 11, не приходит код по смс", Said(device="Редми нот 9с", os="андроед 11")),
    ("На Android приложение работает, на iOS 17.5.1 – нет. Айфон 11.", Said(device="Айфон 11", os="iOS 17.5.1")),
    ("Ошибка 403.12.1 при входе, код 4.12.1", Said()),
    ("Хочу заказать пропуск на 4.12.2026, приложение 4.12.1 выдаёт ошибку", Said(version="4.12.1")),
    (
        "Если нажать «Открыть», на Samsung A53 ничего не происходит. Версия 4.12.3.",
        Said(version="4.12.3", device="Samsung A53"),
    ),
    (
        "Установлена версия 4.12.3(1290). Xiaomi Mi A3, Android One 11",
        Said(version="4.12.3(1290)", device="Xiaomi Mi A3"),
    ),
    ("мы живём в к. 2, пользуемся Honor 20 и Honor 30i, у обоих вылетает", Said(device="Honor 20, Honor 30i")),
    (
        "Версия мобильного приложения: v4.11.2; версия ОС: 12; модель: Galaxy M31",
        Said(version="4.11.2", device="Galaxy M31", os="12"),
    ),
    ("Добрый день! Подскажите, какие телефоны подходят? У вас написано: iPhone 8, iOS 13 и выше.", Said()),
    ("Мобильный телефон (модель): Realme 11; номер +7 977 100 20 30", Said(device="Realme 11", phone="+79771002030")),
    ("Моя машина Honda, номер телефона в профиле 89031234567 надо поменять на 89037654321", Said(phone="+79031234567")),
    (
        "Телефон Xiaomi Redmi Note 11 Pro 5G 8/128ГБ, оболочка MIUI 13.0.4",
        Said(device="Xiaomi Redmi Note 11 Pro 5G", os="MIUI 13.0.4"),
    ),
    ("не работает после обновы. версия 4.12 айфон 12 ios 17", Said(version="4.12", device="айфон 12", os="ios 17")),
    ("Приложение версия 4.12.1 – не открывает; версию 4.11.5 ставил, то же самое", Said(version="4.12.1")),
    ("У жены Samsung A32 и у неё тоже не открывает, как и у меня на Poco F3", Said(device="Samsung A32, Poco F3")),
    ("Проверили камеру: Xiaomi Mi Home 2K, не показывает двор", Said()),
    (
        (
            "Device: iPhone 12 mini\nOS: iOS 17.1\nApp: 4.12.1\nSteps:\n1. Open app\n2. Tap Open "
            "gate\nExpected: gate opens"
        ),
        Said(version="4.12.1", device="iPhone 12 mini", os="iOS 17.1", steps="1. Open app\n2. Tap Open gate"),
    ),
    ("Андроид 9 больше не поддерживается? У меня Huawei P20.", Said(device="Huawei P20")),
    (
        "Моя модель телефона Самсунг Галакси А12, версия ОС Андроид 11, версия приложения 4.10",
        Said(version="4.10", device="Самсунг Галакси А12", os="Андроид 11"),
    ),
    (
        (
            "Здравствуйте, PASS24! 12.11.2026 в 18.45 не смог открыть ворота. Телефон Redmi Note 13 Pro+ "
            "5G, Android 14, приложение v4.12.1. Жду ответа по тел. 8-926-555-44-33."
        ),
        Said(version="4.12.1", device="Redmi Note 13 Pro+ 5G", os="Android 14", phone="+79265554433"),
    ),
    (
        "Приложение не открывается на моем самсунге а50, версия 4.11. Раньше все было хорошо.",
        Said(version="4.11", device="самсунге а50"),
    ),
    ("Хуавей нова 5Т, андроид 10, не приходят уведомления", Said(device="Хуавей нова 5Т", os="андроид 10")),
    (
        "Модель смартфона - Honor 10 Lite, версия приложения - 4.12.0, ОС - Android 10",
        Said(version="4.12.0", device="Honor 10 Lite", os="Android 10"),
    ),
    (
        "Мы с мужем пользуемся одним аккаунтом: у меня айфон 14, у него самсунг s22. Вылетает у обоих.",
        Said(device="айфон 14, самсунг s22"),
    ),
    (
        "В инструкции указано, что нужен Android 8.0, у меня Android 7.1.2 — поэтому не ставится?",
        Said(os="Android 7.1.2"),
    ),
    ("С iPhone 12 захожу нормально, а с Xiaomi 11T выкидывает.", Said(device="Xiaomi 11T")),
    ("Прошу перезвонить. Наш офис: +7 (812) 333-22-11, Москва: +7 (495) 324-24-42", Said(phone="+78123332211")),
    ("Версия 4.12.1 (351), Pixel 6a", Said(version="4.12.1 (351)", device="Pixel 6a")),
    (
        "После установки версии 4.12.2 пропал список гостей. Телефон — Realme GT 2 Pro.",
        Said(version="4.12.2", device="Realme GT 2 Pro"),
    ),
    ("Дверь 3.1 подъезд 2 не открывается с приложения, ключ 4.12 тоже", Said()),
    ("Не могу войти. Сообщение: «Обновите приложение до версии 4.12.1»", Said()),
    ("В приложении для iPhone версии 4.12.1 нет раздела «Платежи»", Said(version="4.12.1")),
    ("Домофон Beward DKS15122, версия ПО 3.2.1, не звонит в приложение", Said()),
    ("Ошибка на Samsung Galaxy S 22 Ultra", Said(device="Samsung Galaxy S 22 Ultra")),
    ("андроид: 12\nтелефон: редми 9\nприложение: 4.12", Said(version="4.12", device="редми 9", os="андроид: 12")),
    ("Apple iPhone 15 Pro Max 256GB, iOS 18.1", Said(device="Apple iPhone 15 Pro Max", os="iOS 18.1")),
    ("Нужен пропуск на 3 машины: А001АА77, Х5 ВМW, гость Nokia", Said()),
    ("Как повторить: зайти в профиль - выйти - войти заново", Said(steps="зайти в профиль - выйти - войти заново")),
    ("1. Не открывается калитка\n2. Не приходят пуши\n3. Не работает камера", Said()),
    ("Дела такие:\n1. Оплатил доступ\n2. Доступа нет", Said()),
    (
        ("Не приходит пуш при звонке в домофон. Honor Magic 5 Pro, MagicOS 7.2, последняя версия приложения"),
        Said(device="Honor Magic 5 Pro", os="MagicOS 7.2"),
    ),
    (
        ("У меня два вопроса: 1. почему не работает вход по Face ID на iPhone 15? 2. когда будет версия для Huawei?"),
        Said(device="iPhone 15"),
    ),
    (
        (
            "Данные: модель телефона Xiaomi 12 Lite, версия ОС Android 13, версия приложения 4.12.1, номер "
            "+7 (925) 000-11-22"
        ),
        Said(version="4.12.1", device="Xiaomi 12 Lite", os="Android 13", phone="+79250001122"),
    ),
    ("охранник с рацией Motorola DP4400 не пустил", Said()),
    ("Тариф 4.12.1, счет №4.12.1, акт 4.12", Said()),
    ("телефон honor x8b стоит ваша прога 4.11.8", Said(version="4.11.8", device="honor x8b")),
    ("Добрый день, Андрей! Ваш айфон 13 я видел. У меня Samsung M52.", Said(device="Samsung M52")),
    (
        ("Проверяли на разных телефонах (Samsung A52, Redmi 9A, iPhone 12) – ворота не открываются ни на одном"),
        Said(device="Samsung A52, Redmi 9A, iPhone 12"),
    ),
    ("Приложение pass24 версия 4.12 (айфон 13, айос 17.4)", Said(version="4.12", device="айфон 13", os="айос 17.4")),
    ("Я не использую Android 12, у меня Android 13", Said(os="Android 13")),
    ("PASS24 обновился до 4.13.0 и перестал видеть калитку", Said(version="4.13.0")),
    ("Скорость 4.12 Мбит, пинг 13.1, телефон Nokia 8.3", Said(device="Nokia 8.3")),
    ("Ошибка была и на версии 4.11.0, и на 4.12.0", Said(version="4.11.0, 4.12.0")),
    ("Телефон на Android, +7 916 123-45-67, Анна", Said(phone="+79161234567")),
    ("Контактное лицо: Анна 8 916 123-45-67", Said(phone="+79161234567")),
    ("По заказу звоните мне на номер 8 916 123-45-67", Said(phone="+79161234567")),
    ("Договор аренды № 89161234567", Said()),
    ("Пишите на 89161234567@example.ru", Said()),
    ("у меня сяоми а у жены ничего", Said()),
    ("На айфон 8 с утра не приходят пуши", Said(device="айфон 8")),
    ("Redmi 9 25-го ноября перестал пускать", Said(device="Redmi 9")),
    ("С андроидом 5 человек в доме не могут войти", Said()),
    ("У нас 10 android устройств и 5 планшетов", Said()),
    ("Андрей 13 лет живёт в доме, ошибка у него", Said()),
    (
        "Шаги: открыть приложение,\nнажать «Гости»\nНе открывается калитка",
        Said(steps="открыть приложение,\nнажать «Гости»"),
    ),
    ("Как воспроизвести:\nВ разделе «Гости» нажать плюс\n\nСпасибо", Said(steps="В разделе «Гости» нажать плюс")),
    ("Шаги:\nКалитка не работает", Said()),
    ("ОС: iOS\nВерсия: 17.2", Said()),
    ("Приложение: 12.11 не работало", Said()),
    ("Redmi 9 часто вылетает, 4.12.1 версия приложения часто не грузится", Said(version="4.12.1", device="Redmi 9")),
    ("Honor 50 разряжается от приложения за час", Said(device="Honor 50")),
    ("Версия приложения 4.12.1 Android 13 разряжается", Said(version="4.12.1", os="Android 13")),
    ("версия приложения 4.12.1 андроид", Said(version="4.12.1")),
    ("прога ваша 4.11.0, не открывает", Said(version="4.11.0")),
    ("Redmi 9, андроид 12, у вас 4.12.1", Said(version="4.12.1", device="Redmi 9", os="андроид 12")),
    ("Redmi 9, андроид 12, 4.12.1", Said(version="4.12.1", device="Redmi 9", os="андроид 12")),
    ("внизу написано 4.12.0 (3318)", Said(version="4.12.0 (3318)")),
    ("программа 4,10,1 не грузит видео", Said(version="4,10,1")),
    ("приложение 4.11. Пишет «нет прав»", Said(version="4.11")),
    ("см. приложение 4.11.", Said()),
    ("Обновил до 4.12.1, стало хуже", Said(version="4.12.1")),
    ("В 5.0.2 не видно текста", Said(version="5.0.2")),
    ("в 4.12.25 приезжал мастер", Said()),
    ("живём на 4.1.2 этаже", Said()),
    ("Samsung J5, 6.0.1", Said(device="Samsung J5")),
    ("prilozhenie 4.10, ne otkryvaetsya", Said(version="4.10")),
    ("На версии 3.8 всё летало", Said()),
    ("На странице написано 4.12.1, это что?", Said()),
    ("14 айфон не открывает", Said(device="14 айфон")),
    ("купили 14 айфонов", Said()),
    ("айфон двенадцать не открывает", Said(device="айфон двенадцать")),
    ("Lenovo K12 вылетает", Said(device="Lenovo K12")),
    ("ноутбук Lenovo V15 вылетает", Said()),
    ("планшет iPad Air 4, видео не идёт", Said(device="iPad Air 4")),
    ("Alcatel 1S вылетает", Said(device="Alcatel 1S")),
    ("В январе поменял iPhone 8 на новый", Said()),
    ("Муж ходит нормально, у него Honor 50, а мой код не берёт", Said()),
    ("My neighbour uses an iPhone 13 and has no problem at all. Mine fails.", Said()),
    ("На жёнином Redmi Note 12 код приходит, мне нет", Said()),
    ("айфон 11 17.0.3 не открывает", Said(device="айфон 11", os="17.0.3")),
    ("айфон se 2020 (система 16.5) не открывает", Said(device="айфон se 2020", os="16.5")),
    ("iPhone 12, 17.03 не открывал", Said(device="iPhone 12")),
    ("Meizu 18, Flyme 9", Said(device="Meizu 18", os="Flyme 9")),
    ("наберите меня 928-555-07-18", Said(phone="+79285550718")),
    ("версия 17.2 iOS, айфон 13", Said(device="айфон 13", os="17.2 iOS")),
)

# Written before the code, and not tuned to it when it was first measured.
HELD_OUT: tuple[tuple[str, Said], ...] = (
    (
        (
            "Здравствуйте! Не открывается шлагбаум через приложение. Телефон Samsung Galaxy A32, андроид "
            "12, версия приложения 4.10.3. Помогите, пожалуйста. Ирина, +7 903 555-12-34"
        ),
        Said(version="4.10.3", device="Samsung Galaxy A32", os="андроид 12", phone="+79035551234"),
    ),
    (
        (
            "Добрый день.\nМодель телефона: Xiaomi Redmi Note 10 Pro\nВерсия ОС: Android 13\nВерсия "
            "приложения: 4.11.0\nШаги воспроизведения:\n1. Захожу в раздел «Гости»\n2. Нажимаю «Создать "
            "пропуск»\n3. Приложение закрывается\n\nС уважением, Олег"
        ),
        Said(
            version="4.11.0",
            device="Xiaomi Redmi Note 10 Pro",
            os="Android 13",
            steps="1. Захожу в раздел «Гости»\n2. Нажимаю «Создать пропуск»\n3. Приложение закрывается",
        ),
    ),
    (
        "приложение вылетает на айфоне 12 про макс после обновления на ios 17.4.1",
        Said(device="айфоне 12 про макс", os="ios 17.4.1"),
    ),
    (
        "Hello, the app crashes at login on my Pixel 7a running Android 14. App version is 4.12.0.",
        Said(version="4.12.0", device="Pixel 7a", os="Android 14"),
    ),
    (
        ("Добрый день! С 12.11.2026 не приходят уведомления о госте. Договор №4512/2026, сумма 4.500 руб. оплачена."),
        Said(),
    ),
    ("У меня не айфон 13, а Хонор 50, и там такой кнопки нет.", Said(device="Хонор 50")),
    ("Будет ли приложение работать на Android 15? Собираюсь покупать Samsung S24.", Said()),
    ("Домофон Hikvision DS-KD8003, прошивка версия 2.1.4, не отвечает по адресу 192.168.10.25.", Said()),
    ("Версия программы 4.9, телефон Honor 8X. Пропуска не сохраняются.", Said(version="4.9", device="Honor 8X")),
    (
        "Телефон: +7 (916) 222-33-44\nУстройство: Realme C35\nОС: Android 11",
        Said(device="Realme C35", os="Android 11", phone="+79162223344"),
    ),
    ("на айфоне жены все открывается, у меня на poco x3 pro нет", Said(device="poco x3 pro")),
    (
        "PASS24.online v4.12.1 (build 351), iPhone SE 2020, iOS 16.7.2 - при входе белый экран",
        Said(version="4.12.1 (build 351)", device="iPhone SE 2020", os="iOS 16.7.2"),
    ),
    ("Модель телефона: не знаю\nВерсия приложения: -\nОС: нет", Said()),
    (
        (
            "Прошу:\n1. Добавить пользователя Иванова И. И.\n2. Удалить пользователя Петрова П. П.\nИНН "
            "7707083893, ОГРН 1027700132195"
        ),
        Said(),
    ),
    (
        ("Обновил приложение с версии 4.11.2 до версии 4.12.0 и теперь не могу войти. Смартфон Tecno Spark 10 Pro"),
        Said(version="4.12.0", device="Tecno Spark 10 Pro"),
    ),
    ("Не могу авторизоваться. Мой номер 89261234567, код из смс не приходит уже 3 дня.", Said(phone="+79261234567")),
    (
        "У нас два телефона: iPhone 11 и Samsung A51, на обоих вылетает приложение 4.12.1.",
        Said(version="4.12.1", device="iPhone 11, Samsung A51"),
    ),
    ("Согласно п. 4.12 договора и приложению 2.1 к нему прошу вернуть деньги.", Said()),
    (
        "сяоми редми 9с, приложение не грузит, миюай 12.5 версия проги 4.8.1",
        Said(version="4.8.1", device="сяоми редми 9с", os="миюай 12.5"),
    ),
    (
        ("Как повторить: открыть приложение, выйти из аккаунта, снова зайти. После этого список объектов пустой."),
        Said(steps="открыть приложение, выйти из аккаунта, снова зайти. После этого список объектов пустой."),
    ),
    (
        (
            "Здравствуйте, при заказе пропуска ошибка.\n1. Открываю приложение\n2. Жму «Заказать "
            "пропуск»\n3. Ввожу номер машины\n4. Появляется «Ошибка сети»\nТелефон Vivo Y31."
        ),
        Said(
            device="Vivo Y31",
            steps=(
                "1. Открываю приложение\n2. Жму «Заказать пропуск»\n3. Ввожу номер машины\n4. Появляется «Ошибка сети»"
            ),
        ),
    ),
    ("Приложение последней версии, андроид тоже обновлен, айфона нет. Перезагружал телефон 5 раз.", Said()),
    ("Звонил вам на +7 495 324-24-42, никто не берёт. Мой телефон 8 (985) 765-43-21.", Said(phone="+79857654321")),
    ("Аппарат SM-A525F/DS, One UI 5.1, ПО 4.12.1", Said(version="4.12.1", device="SM-A525F/DS", os="One UI 5.1")),
    (
        "Раньше был Huawei P30, теперь купил Huawei nova 11 и вход по bluetooth не работает.",
        Said(device="Huawei nova 11"),
    ),
    (
        ("Ноутбук Honor MagicBook 15, Windows 11, браузер Chrome версии 118.0.5993. Личный кабинет не открывается."),
        Said(),
    ),
    ("Заказ 89161234567 не пришёл, карта 4276 1600 1234 5678 списала 1 250.50 р.", Said()),
    (
        "iOS 17.2, Айфон 14. Вчера в 12.30 приехал гость, охрана его не нашла в списке.",
        Said(device="Айфон 14", os="iOS 17.2"),
    ),
    ("Тел. для связи: 8-912-345-67-89. Тикет #89123450001 закрыт, но не решён", Said(phone="+79123456789")),
    ("OnePlus Nord 2, андроид 13. Версия: 4.12", Said(version="4.12", device="OnePlus Nord 2", os="андроид 13")),
    ("Приложение требует Android 8 или выше, а у меня старый планшет.", Said()),
    ("Отправлено с iPhone", Said()),
    (
        "Использую Google Pixel 6 Pro с Андроид 14, ver. 4.12.2",
        Said(version="4.12.2", device="Google Pixel 6 Pro", os="Андроид 14"),
    ),
    ("у меня infinix hot 30i, 12 андроид, не приходит смс с кодом", Said(device="infinix hot 30i", os="12 андроид")),
    (
        "Телефон - Motorola Moto G54\nОС - Андроид 13\nВерсия ПО - 4.12.1\nПроблема - не вижу камеры",
        Said(version="4.12.1", device="Motorola Moto G54", os="Андроид 13"),
    ),
    ("Как вам вообще можно доверять? Час ждал у ворот! Оцениваю на 1.0 из 5.", Said()),
    (
        ("Nokia 5.4, Android 12. Steps to reproduce:\n- open the app\n- tap Guests\n- tap Add\nThe app freezes."),
        Said(device="Nokia 5.4", os="Android 12", steps="- open the app\n- tap Guests\n- tap Add\nThe app freezes."),
    ),
    ("Версия прошивки домофона 3.2.1, шлагбаум CAME GARD 4000, контроллер Z-5R", Said()),
    (
        "Самсунг а72, галакси. Стоит самая последняя версия приложения. Не открывает калитку с утра",
        Said(device="Самсунг а72"),
    ),
    (
        "ОС: HarmonyOS 3\nМодель: Huawei Mate 50 Pro\nПриложение: PASS24 4.12.1",
        Said(version="4.12.1", device="Huawei Mate 50 Pro", os="HarmonyOS 3"),
    ),
)


@pytest.mark.parametrize(("text", "said"), [*LETTERS, *HELD_OUT])
def test_r6_what_a_letter_clearly_says_is_taken_and_nothing_else(text: str, said: Said) -> None:
    assert extract(text) == Extracted(
        steps=said.steps,
        product_version=said.version,
        device_model=said.device,
        os_version=said.os,
        phone=said.phone,
    )


def test_line_ends_of_every_system_are_line_ends() -> None:
    text = "Модель телефона: Redmi 10C\nВерсия ОС: Android 12\nШаги:\n1. Открыть\n2. Нажать\n\nСпасибо"

    assert extract(text.replace("\n", "\r\n")) == extract(text.replace("\n", "\r")) == extract(text)


def test_odd_spaces_and_invisible_characters_do_not_hide_a_value() -> None:
    said = extract("\ufeffТелефон\u00a0Samsung\u00a0Galaxy\u202fA52, версия\u00a0приложения\t4.12.1, Android\u200b 13")

    assert (said.device_model, said.product_version, said.os_version) == ("Samsung Galaxy A52", "4.12.1", "Android 13")


@pytest.mark.parametrize("value", ["", "-", "—", "нет", "не знаю", "Не помню.", "неизвестно", "?", "n/a", "unknown"])
@pytest.mark.parametrize(
    "label", ["Модель телефона", "Телефон", "ОС", "Версия ОС", "Версия приложения", "Версия", "Шаги"]
)
def test_an_empty_answer_under_a_label_is_no_answer(label: str, value: str) -> None:
    assert extract(f"{label}: {value}\nНе открывается калитка") == Extracted("", "", "", "", None)


def test_a_labels_value_is_taken_rather_than_what_stands_before_it() -> None:
    said = extract("У моего друга Samsung A10.\nМодель телефона: Xiaomi 13T\nВерсия приложения: 4.12.1")

    assert said.device_model == "Xiaomi 13T"


def test_values_fit_their_fields() -> None:
    many = extract("Не работает на " + ", ".join(f"Redmi Note {number} Pro" for number in range(10, 40)))
    long = extract("Модель телефона: Ulefone " + "x9" * 100 + "\nШаги:\n" + "1. Открыть\n" * 5_000)

    assert 60 <= len(many.device_model) <= 100
    assert long.device_model == ""
    assert 9_000 <= len(long.steps) <= 10_000


def test_only_the_beginning_of_a_text_is_looked_at() -> None:
    assert extract("я " * 9_000 + "Samsung A52").device_model == "Samsung A52"
    assert extract("я " * 10_001 + "Samsung A52").device_model == ""


HOSTILE = (
    *(
        " ",
        "\n",
        "1",
        "1.",
        "(",
        "- ",
        "а",
        "\ud800",
        "\ufeff",
        "не ",
        "v ",
        "по, :",
        "версия ",
        "версия : ",
        "версия 4.12.1, ",
    ),
    *(
        "приложение ",
        "samsung ",
        "samsung a52 ",
        "samsung galaxy ",
        "iphone ",
        "i-phone-",
        "redmi note",
        "android ",
        "android 13 ",
    ),
    *(
        "Телефон: ",
        "ОС: Android 13\n",
        "Шаги:\n",
        "Шаги:\n \n",
        "1. Открываю\n2. Жму\n",
        "1. x\n",
        "- a\n",
        "прошу ",
        "ios ",
    ),
    *(
        "8 916 123-45-67x ",
        "+7 495 324-24-42 ",
        "+",
        "8(916",
        "1 ",
        "доб 1 ",
        "если iPhone 13 не ",
        "Samsung A52 с Android 13 на ",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_million_hostile_characters_take_no_time(piece: str) -> None:
    extract("8 916 123-45-68")  # loads the metadata
    text = piece * (1_000_000 // len(piece))

    started = time.process_time()
    extract(text)

    assert time.process_time() - started < 1.0


PIECES = st.sampled_from([piece for text, _ in LETTERS for piece in text.split(" ")] + list(HOSTILE))
TEXTS = st.lists(PIECES | st.text(st.characters(codec=None), max_size=8), max_size=40).map(" ".join) | st.text(
    st.characters(codec=None), max_size=300
)


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(TEXTS)
def test_whatever_is_written_values_are_the_clients_words_and_fit_their_fields(text: str) -> None:
    said = extract(text)

    written = squeezed(FreeText.of(text).written)
    for value in (said.product_version, said.device_model, said.os_version):
        assert all(squeezed(part) in written for part in value.split(", "))
        assert value == " ".join(value.split())
        assert len(value) <= 100
    assert squeezed(said.steps) in written
    assert said.steps == said.steps.strip()
    assert len(said.steps) <= 10_000
    assert said.phone is None or parse_phone(said.phone) == said.phone
    f"{said.steps}{said.product_version}{said.device_model}{said.os_version}".encode()


def test_a_text_without_a_number_does_not_load_the_metadata_of_all_countries() -> None:
    program = (
        "import sys; from shared.domain.extraction import extract; "
        "extract('iPhone 13'); print('phonenumbers' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)  # noqa: S603  # constant

    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize("text", ["Версия 5 beta.2", "версия 12 rc.1", "v 17 beta.1, не работает"])
def test_a_version_before_its_release_does_not_stop_the_reading(text: str) -> None:
    assert extract(text).product_version in {"", text.partition(",")[0].split(" ", 1)[1]}
