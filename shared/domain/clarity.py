"""Texts of which nobody can tell what the matter is (R14).

A clear text that is called unclear makes us ask a client a silly question; an unclear one that is called clear costs a
specialist one question more. So one single word that could tell what the matter is makes a text clear: only greetings,
calls for help, complaints about nothing in particular, names, numbers and what phone it is do not count.
"""

from shared.domain.free_text import Pattern, fold
from shared.domain.submission import Details

_LONGEST = 400
"""Characters: nobody writes that much without a word to the matter."""

_SIGNATURE = Pattern(
    r"(?:^|\n) *(?:--? ?(?=\n|$)|с уважением|с наилучшими|всего (?:доброго|хорошего)|(?:best |kind |warm )?regards"
    r"|best,"
    r"|(?:отправлено|послано|написано) (?:с|со|из) |sent (?:from|via) |get outlook)"
)
_INTRODUCTION = Pattern(
    r"\b(?:это|меня зовут|мое имя|имя:|фио:) ?(?P<name>\w{2,20}(?: \w{2,20}(?:вич|вна|чна)\b)?)(?=[ ,.]+(?:из|кв"
    r"|дом|у меня|\d)|\W*$)"
)
_NO_MATTER = Pattern(
    # Numbers, addresses, and where somebody lives.
    r"[\w.+-]+@[\w.-]+|https?://\S+|\b(?:из|дома?|кв|квартир\w|подъезда?|корпуса?|корп|уч|участок|участка|жк|кп|снт"
    r"|улица)"
    r"\b\.? ?№? ?\d+\w?(?:-?(?:й|го|ого))?(?: (?:дома|квартиры|подъезда|корпуса|участка))?\b|\d+"
    # What is elsewhere, or wanted.
    r"|\b(?:см\.?|смотри(?:те)?|на|во?|прикрепил\w?|прилагаю) (?:вложени\w|фото|видео|файл\w?|картинк\w)\b"
    r"|\b(?:для|на) связ[иь]\b|\b(?:жду|ждем|ожидаю) (?:звонка|решения|связи)\b|\bпримите меры\b"
    # What the mail's door writes for a letter without words.
    r"|\(письмо без текста\)|\(без темы\)|\(no subject\)"
    r"|\b\w{4,20}(?:евич|ович|овна|евна|ична)\b|\b(\w)\1+\b"
)
_WORD = Pattern(r"[^\W\d_]{2,}(?:'t)?")


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(words).split())


_VAGUE = _folded(
    # What holds sentences together.
    "и а но да нет не ни же ли бы то вот там тут здесь это этот эта эти этого этому что чего чему как так такое "
    "такая "
    "где когда куда почему зачем кто кому если уже еще ещё опять снова или для по на за из до от об обо при без под "
    "над "
    "про во со ко ну ау эй ведь тоже также только лишь просто очень совсем вообще вовсе больше меньше раз все всё "
    "всех "
    "всем всё-таки сам сама само сами один одна одно ничего ничто никто нисколько никак никогда нигде всегда сейчас "
    "сегодня завтра вчера утра утром вечера вечером ночью днем днём день дня дней неделю неделя недели месяц час "
    "часа "
    "часов минут давно скоро сразу потом теперь пока уж хоть хотя чем чтобы чтоб какой какая какое какие каждый день "
    "время времени год года лет второй третий третью вторую подряд конец конца концов "
    # Who.
    "я мы ты вы он она оно они меня мне мной нас нам нами вас вам вами его её ее их ему ей им мой моя мое моё мои "
    "моего "
    "моей моему моем наш наша наше наши нашего ваш ваша ваше ваши вашего вашей вашу у с в о к себя свой "
    # Greetings and thanks.
    "здравствуйте здравствуй здрасте здрасьте здраствуйте добрый доброе доброго доброй день утро вечер вечера ночи "
    "суток "
    "привет приветствую всем коллеги уважаемые уважаемая уважаемый поддержка поддержки поддержку техподдержка "
    "техподдержку господа товарищи друзья девушка дорогие спасибо заранее благодарю пожалуйста пожалуста плиз пж пжл "
    "уважением досвидания свидания пока имя отчество "
    # Calls for help.
    "помогите помоги помочь помощь помощи срочно срочная срочное срочный скорее быстрее скорей немедленно спасите "
    "sos "
    "help asap urgent please pls ответьте ответь ответа ответ ответите отвечайте отзовитесь жду ждем ждём сколько "
    "можно "
    "перезвоните перезвонить позвоните позвонить звоните наберите набрать свяжитесь связаться "
    "напишите пишите телефон номер телефону номеру разберитесь разобраться решите решить решения сделайте "
    "сделать делайте делать что-нибудь нибудь исправьте почините починить исправить просьба прошу надо нужно нужна "
    "нужен "
    "хочу можете можно могли мог могу подскажите скажите объясните посмотрите проверьте "
    # Complaints about nothing in particular.
    "вопрос вопросу вопроса вопросик вопросы проблема проблемы проблему проблемка проблем беда бардак ужас кошмар "
    "безобразие позор плохо ужасно отвратительно хуже некуда ошибка ошибку ошибки сбой глюк глючит глюки тупит "
    "барахлит "
    "работает работать работают работал работала работало заработало рабочее раб пашет фурычит получается получилось "
    "выходит сломалось сломался сломалась сломано поломка случилось происходит творится надоело достали достало "
    "хватит "
    "деньги платим издеваетесь издевательство обращение обращению обращения заявка заявку заявке заявки письмо "
    "письме "
    "тема тему теме дальше "
    # What does not tell which thing of ours it is.
    "приложение приложения приложении приложением приложуха прога программа программу программы система pass пасс "
    "штука фигня хрень ваше "
    # Hints at what is elsewhere.
    "см смотрите смотри вложение вложении вложения вложениях скрин скрины скрине скриншот скриншоте скриншоты "
    "видно видите тест тестовое test testing asdf qwerty aaa ааа "
    "указал указала писал писала написал написала говорил говорила звонил звонила первом предыдущем прошлом прошлый "
    "вышесказанное выше ниже раньше "
    # What phone it is.
    "версия версии версию модель модели андроид android ios айос иос iphone айфон самсунг samsung xiaomi телефоне "
    "смартфон "
    # English.
    "the and not is it to of my me you your in on for with hello hi dear team support issue problem question does do "
    "doesn't doesnt don't work works working broken call back want need can could would have has this that again "
    "still "
    "why what how who when nothing everything anything all any one more no yes ok thanks thank reply answer waiting "
    "wait "
    "see attached attachment screenshot error app application something wrong fix hey good morning afternoon "
    "evening day "
    # Clients' names.
    "александр александра алексей алексеевна алена алина алла анастасия анатолий андрей анна антон арина артем борис "
    "вадим валентина валерий валерия василий вера виктор виктория виталий владимир владислав вячеслав галина "
    "геннадий "
    "георгий григорий дарья денис дмитрий евгений евгения екатерина елена жанна зинаида иван игорь илья инна ирина "
    "кирилл константин кристина ксения лариса лидия любовь людмила максим маргарита марина мария михаил надежда "
    "наталья "
    "наталия никита николай нина оксана олег ольга павел петр полина раиса роман руслан светлана семен сергей софья "
    "станислав степан тамара татьяна тимур федор юлия юрий яна "
    # As subjects have them.
    "re fw fwd отв пересл subject без темы текста новое форма обратная обратной "
)


def is_unclear(details: Details) -> bool:
    """Tell whether subject and description say nothing that somebody could work on."""
    if len(details.description) > 3 * _LONGEST:
        return False
    description = fold(details.description)
    if signature := _SIGNATURE.search(description):
        description = description[: signature.start()]
    if len(description.strip()) > _LONGEST:
        return False
    said = f"{fold(details.subject)}\n{description}"
    for value in (details.product_version, details.device_model, details.os_version):
        for part in fold(value).split(", "):
            said = said.replace(part, " ") if part else said
    names = {found["name"] for found in _INTRODUCTION.finditer(said)}
    words = {found[0] for found in _WORD.finditer(_NO_MATTER.sub(" ", said))}
    return not words - _VAGUE - {word for name in names for word in name.split()}
