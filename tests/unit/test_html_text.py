"""What a reader sees in a mail's HTML, as lines of text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.mime.html_text import html_to_text

RULE = "_" * 32


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("Привет", "Привет"),
        ("<p>Раз,<br>два</p><p>Три <b>четыре</b>!</p>", "Раз,\nдва\n\nТри четыре!"),
        ("<div>a</div><div><br></div><div>b</div><div>c<br></div><div>d</div>", "a\n\nb\nc\nd"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("<h1>Тема</h1>Текст", "Тема\n\nТекст"),
        ("  a \n\t b&nbsp;&nbsp;c  ", "a b c"),
        ("<b>a</b> <i>b</i><u>c</u>", "a bc"),
        ("со&shy;кра\u200bще\ufeffние \u202eabc", "сокращение abc"),
        ("&lt;тег&gt; &amp;amp; &#1046;", "<тег> &amp; Ж"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("<pre>a\n   b\n\nc</pre>d", "a\n   b\n\nc\n\nd"),
        ("x<hr>y", f"x\n{RULE}\ny"),
    ],
)
def test_blocks_and_breaks_become_lines(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>раз</li><li>два</li></ul>три", "- раз\n- два\n\nтри"),
        ("<ol><li>раз</li><li>два</li></ol>", "1. раз\n2. два"),
        ("<ol start=5><li>раз<li>два</ol>", "5. раз\n6. два"),
        ("<ul><li><p>раз</p></li><li></li><li>два</li></ul>", "- раз\n\n- два"),
        ("<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>", "- a\n  1. b\n- c"),
    ],
)
def test_lists_keep_their_markers(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><th>Ф</th><td>И</td></tr><tr><td>1</td><td>2</td></tr></table>", "Ф\tИ\n1\t2"),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><p>c</p></td></tr></table>", "a\tb\nc"),
        ("<table><tr><td></td><td>b</td></tr><tr><td>c</td><td></td></tr></table>", "b\nc"),
        ("x<table><tr><td>a<td>b</table>y", "x\na\tb\ny"),
        ("<table><tr><td><table><tr><td>a</td></tr><tr><td>b</td></tr></table></td></tr></table>", "a\nb"),
    ],
)
def test_tables_keep_rows_and_cells(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href='https://pass24.online/help'>инструкция</a>", "инструкция <https://pass24.online/help>"),
        ("<a href='https://www.pass24.online/'>pass24.online</a>", "pass24.online"),
        ("<a href='https://a.ru/b'>https://a.ru/b</a>", "https://a.ru/b"),
        ("<a href='https://evil.ru/'>bank.ru</a>", "bank.ru <https://evil.ru/>"),
        ("<a href='mailto:a@b.ru'>a@b.ru</a>", "a@b.ru"),
        ("<a href='mailto:a@b.ru'>Иван</a>", "Иван <a@b.ru>"),
        ("<a href='javascript:alert(1)'>x</a><a href='#top'>y</a><a>z</a>", "xyz"),
        ("<a href='https://a.ru/'><img src='x.png'></a>b", "b"),
        ("<a href='https://a.ru/'><img src='x.png' alt='Фото'></a>", "[Фото] <https://a.ru/>"),
        ("<img src='cid:1' alt='  Снимок\n экрана '>", "[Снимок экрана]"),
    ],
)
def test_links_and_images_say_what_they_are(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<head><title>x</title></head>",
        "<template>x</template>",
        "<noscript>x</noscript>",
        "<textarea>x</textarea>",
        "<!-- x -->",
        "<!--[if mso]><p>x</p><![endif]-->",
        "<div style='DISPLAY : none; color:red'>x<p>x</p></div>",
        "<table style='display:none'><tr><td>x</td></tr></table><ul hidden><li>x</li></ul>",
        "<span style='mso-hide:all'>x</span>",
        "<blockquote hidden>x</blockquote>",
    ],
)
def test_what_nobody_sees_is_left_out(html: str) -> None:
    assert html_to_text(f"<p>до</p>{html}<p>после</p>") == "до\n\nпосле"


def test_conditional_content_for_other_programs_stays() -> None:
    assert html_to_text("<p>a</p><![if !mso]><p>b</p><![endif]>") == "a\n\nb"


GMAIL = """<div dir="ltr">Да, версия 2.5</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">
пн, 2 июн. 2025 г. в 10:00, Поддержка &lt;<a href="mailto:support@pass24online.ru">support@pass24online.ru</a>&gt;:<br>
</div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><div>Какая версия?</div><div>Модель?</div>
<blockquote>Не открывается</blockquote></blockquote></div>"""
GMAIL_TEXT = """Да, версия 2.5

пн, 2 июн. 2025 г. в 10:00, Поддержка <support@pass24online.ru>:
> Какая версия?
> Модель?
> > Не открывается"""
YANDEX = """<div>Да</div><div> </div><div>02.06.2025, 10:00, "Поддержка" &lt;support@pass24online.ru&gt;:</div>
<blockquote><p>Какая версия?</p></blockquote><div>-- <br>Иван</div>"""
YANDEX_TEXT = """Да
02.06.2025, 10:00, "Поддержка" <support@pass24online.ru>:
> Какая версия?

--
Иван"""
MAIL_RU = """<HTML><BODY><p>Да</p><BLOCKQUOTE STYLE="BORDER-LEFT:1PX SOLID #0857A6">Понедельник, 2 июня 2025,
10:00 +03:00 от Поддержка:<BR>Какая версия?</BLOCKQUOTE></BODY></HTML>"""
MAIL_RU_TEXT = """Да

> Понедельник, 2 июня 2025, 10:00 +03:00 от Поддержка:
> Какая версия?"""
OUTLOOK = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><!--[if gte mso 9]><xml>x</xml><![endif]-->
<style><!-- p.MsoNormal {margin:0cm} --></style></head><body><div class="WordSection1">
<p class="MsoNormal">Добрый день!<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>
<p class="MsoNormal">Версия 2.5<o:p></o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt">
<p class="MsoNormal"><b>От:</b> Поддержка &lt;support@pass24online.ru&gt; <br>
<b>Отправлено:</b> 2 июня 2025 г. 10:00<br><b>Тема:</b> Версия<o:p></o:p></p>
</div></div><p class="MsoNormal">Какая версия?</p></div></body></html>"""
OUTLOOK_TEXT = """Добрый день!

Версия 2.5
От: Поддержка <support@pass24online.ru>
Отправлено: 2 июня 2025 г. 10:00
Тема: Версия
Какая версия?"""
OUTLOOK_WEB = """<div>Версия 2.5</div><hr style="display:inline-block;width:98%" tabindex="-1">
<div id="divRplyFwdMsg"><b>From:</b> Support<br><b>Sent:</b> Monday<div>&nbsp;</div></div><div>Какая версия?</div>"""
OUTLOOK_WEB_TEXT = f"""Версия 2.5
{RULE}
From: Support
Sent: Monday

Какая версия?"""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (GMAIL, GMAIL_TEXT),
        (YANDEX, YANDEX_TEXT),
        (MAIL_RU, MAIL_RU_TEXT),
        (OUTLOOK, OUTLOOK_TEXT),
        (OUTLOOK_WEB, OUTLOOK_WEB_TEXT),
    ],
    ids=["gmail", "yandex", "mail.ru", "outlook", "outlook on the web"],
)
def test_quoted_history_of_mail_programs_can_be_told(html: str, text: str) -> None:
    assert html_to_text(html) == text


TAGS = [
    "div",
    "p",
    "table",
    "tr",
    "td",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "a href=http://x",
    "b",
    "br",
    "hr",
    "span",
]
TAGS += ["style", "select", "option", "div hidden", "svg", "template", "body", "h1"]
PIECES = (
    [f"<{tag}>" for tag in TAGS] + [f"</{tag.split()[0]}>" for tag in TAGS] + ["<!--", "-->", "&nbsp;", "\0", "\ud800"]
)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=60).map("".join))
def test_any_html_is_read_without_an_error(html: str) -> None:
    text = html_to_text(html)
    text.encode()
    assert text == text.strip()
    assert "\0" not in text
    assert "\n\n\n" not in text or "<pre" in html


@given(st.lists(st.text("абвгдежзиклмнопрстуфхцчшщъыьэюя", min_size=1), min_size=1, max_size=20))
def test_words_stay_in_their_order(words: list[str]) -> None:
    html = "".join(
        f"<{tag}>{text}</{tag}> " for tag, text in zip(["p", "div", "b", "li", "h2"] * 4, words, strict=False)
    )
    assert [word for word in html_to_text(html).split() if word != "-"] == words


HOSTILE = {
    "nested": "<div>",
    "nested inline": "<span>",
    "quotations": "<blockquote>x",
    "tables": "<table><tr><td>x",
    "lists": "<ul><li>x",
    "open formatting": "<font a=1><p>",
    "bold": "<b><p>",
    "links": "<a href=http://x>x",
    "selects": "<select><option>",
    "bodies": "<body a=1>",
    "closing": "</div>",
    "less than": "<",
    "own elements": "<x:y>",
    "ruby": "<ruby><rt>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_hostile_html_takes_seconds_at_most(name: str) -> None:
    html = HOSTILE[name] * (1_000_000 // len(HOSTILE[name])) + "конец"
    started = time.process_time()
    text = html_to_text(html)
    assert time.process_time() - started < 10
    assert "конец" in text or name == "selects"


def test_many_attributes_take_no_time() -> None:
    html = f"<a {' '.join(f'a{n}=1' for n in range(200_000))}>x</a>" + "".join(f"<body a{n}=1>" for n in range(50_000))
    started = time.process_time()
    assert html_to_text(html) == "x"
    assert time.process_time() - started < 5


def test_a_picture_within_the_html_does_not_cut_the_text() -> None:
    assert html_to_text(f"<img src='data:image/png;base64,{'A' * 3_000_000}'>конец") == "конец"


def test_text_in_a_hundred_thousand_elements_is_found() -> None:
    assert html_to_text("<div>" * 100_000 + "текст" + "</div>" * 100_000) == "текст"
