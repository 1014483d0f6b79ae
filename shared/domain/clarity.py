"""Texts of which nobody can tell what the matter is (R14).

A clear text that is called unclear makes us ask a client a silly question; an unclear one that is called clear costs a
specialist one question more. So one single word that could tell what the matter is makes a text clear: only greetings,
calls for help, complaints about nothing in particular, names, numbers and what phone it is do not count.
"""

from collections.abc import Iterator

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
_INTRODUCING = tuple(map(fold, ("это", "меня зовут", "мое имя", "имя:", "фио:")))
"""Every introduction has one of these."""

_NO_MATTER_ANYWHERE = (
    # Numbers, addresses, and where somebody lives.
    r"[\w.+-]+@[\w.-]+|https?://\S+|\b(?:из|дома?|кв|квартир\w|подъезда?|корпуса?|корп|уч|участок|участка|жк|кп|снт"
    r"|улица)"
    r"\b\.? ?№? ?\d+\w?(?:-?(?:й|го|ого))?(?: (?:дома|квартиры|подъезда|корпуса|участка))?\b|\d+"
    # What is elsewhere, or wanted.
    r"|\b(?:см\.?|смотри(?:те)?|на|во?|прикрепил\w?|прилагаю) (?:вложени\w|фото|видео|файл\w?|картинк\w)\b"
    r"|\b(?:для|на) связ[иь]\b|\b(?:жду|ждем|ожидаю) (?:звонка|решения|связи)\b|\bпримите меры\b"
    # What the mail's door writes for a letter without words.
    r"|\(письмо без текста\)|\(без темы\)|\(no subject\)"
    r"|\b(?:жк|кп|снт|ооо|тсж) [«\"][^»\"\n]{1,30}[»\"]|\bул\.? \w{3,20}\b|\b\w{3,20} \w\. ?\w\."
)
_NO_MATTER_AT_THE_END = r"|\b\w\. ?(?:\w\. ?)?\w{3,20}(?=\W*$)"
_NAMES_AND_NOISE = r"|\b\w{4,20}(?:евич|ович|овна|евна|ична)\b|\b(\w)\1+\b"
_NO_MATTER = Pattern(_NO_MATTER_ANYWHERE + _NAMES_AND_NOISE)
_NO_MATTER_AND_END = Pattern(_NO_MATTER_ANYWHERE + _NO_MATTER_AT_THE_END + _NAMES_AND_NOISE)
_ANY = Pattern(r"\w")
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
    # More of the same.
    "ситуация ситуации ситуацию невозможно пользоваться воспользоваться толку бесполезно никакого никакой никакая "
    "никаких никакую результата реакции молчите молчание игнорируете игнор тишина когда-нибудь наконец наконец-то "
    "будет будете буду было была был были есть быть сделано сделали обещали обещанного тот та те той том же самое "
    "самый "
    "знаете видели получили получил получила получен прочитайте читайте дайте дать человек человека люди людям "
    "оператор оператором оператора специалист специалиста специалистом живой кто-нибудь кто-то алло але слышите хелп "
    "хэлп плз караул катастрофа чп баг баги лаг лагает косяк неполадка неполадки неисправность сбои накрылось "
    "накрылась "
    "умерло умерла пропало неправильно некорректно странно странное непонятно непонятное что-то чтото чего-то "
    "почему-то "
    "почемуто интересует хотел хотела хотелось бы узнать спросить уточнить обратиться обращаюсь обращался обращалась "
    "консультация консультацию консультации информация информацию инфо срок сроки статус понедельник вторник среду "
    "среда "
    "четверг пятницу пятница субботу воскресенье месяца сих пор поры повторно повторяю повторное первое второе "
    "третье "
    "обращении поговорить говорить свяжется рассчитываю надеюсь оперативно оперативное жалуюсь жалоба жалобу "
    "недоволен "
    "недовольна возмущен возмущена разочарован разочарована терпение терпения сил нервы нервов слов нету такого "
    "так-то "
    "собственно говоря вроде кажется наверное видимо короче вообщем вобщем блин черт капец жесть трындец мрак ппц "
    "пипец "
    "все-все постоянно периодически иногда часто редко каждую каждое каждые порядке порядок нормально хорошо сбоит "
    "шалит "
    "криво ерунда ерунду чушь начала началось начались стало стала стал случай случае такие таким той-же день-два "
    "иванов иванова петров петрова сидоров смирнов смирнова кузнецов кузнецова попов попова васильев соколов "
    "михайлов "
    "there here anybody anyone hey urgently kindly assist assistance contact phone number name soon possible as "
    "stopped "
    "happens useless terrible awful bad since yesterday today was were be been got get info information some someone "
    "fail fails failed failing broke trouble troubles matter request requests com www sincerely yours ps "
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
_OPENS = _folded(
    "открывается открывает открыть откроется пускает пустил пустили грузит грузится загружается включается включить "
    "запускается запустить реагирует отвечает отображается opens open"
)
"""With nothing beside them, they do not say what it is that doesn't open."""

_OURS = _folded("приложение приложения приложении приложуха прога программа система app")


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
    names = _introduced(said)
    words, left = set[str](), set[str]()
    for found in _words(said):
        words |= found
        left |= found - _VAGUE - names
        if left - _OPENS:
            # Mostly the subject says it already, and the rest need not be looked at.
            return False
    return not left or not words & _OURS


def _introduced(said: str) -> set[str]:
    """Give the words of the names with which people introduce themselves."""
    if not any(map(said.__contains__, _INTRODUCING)):
        return set()
    return {word for found in _INTRODUCTION.finditer(said) for word in found["name"].split()}


def _words(said: str) -> Iterator[set[str]]:
    """Give the words that could tell what the matter is, line by line: nothing of what is left out has two lines."""
    rest = said
    while rest:
        line, _, following = rest.partition("\n")
        if _ANY.search(following):
            without = _NO_MATTER.sub(" ", line)
        else:
            without, following = _NO_MATTER_AND_END.sub(" ", rest), ""
        yield {found[0] for found in _WORD.finditer(without)}
        rest = following
