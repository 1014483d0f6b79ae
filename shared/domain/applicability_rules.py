"""The table of rules by which data of app and phone are asked for, or not (R6; docs/adr/0015-asking.md).

To change what is asked of whom, add a phrase to a rule, or a rule to the table; the notation is that of
`shared/domain/phrases.py`. Then see what `make bench` says of it (`extraction_quality`, field `no_device_data`).
"""

from dataclasses import dataclass

from shared.domain.phrases import Phrases, Words


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to ask for data of app and phone, or not to.

    Attributes:
        name: What it is called in tests and talks.
        because: The reason, for whoever wonders about a decision or changes the table.
        needed: What follows from it.
        phrases: What a request says to which it applies.
        unless: What such a request must not say.
    """

    name: str
    because: str
    needed: bool
    phrases: Phrases
    unless: Phrases | None = None

    def applies(self, text: Words) -> bool:
        """Tell whether a request falls under it."""
        return self.phrases.are_in(text) and not (self.unless and self.unless.are_in(text))


_DEVICE = (
    "(шлагбаум*|ворот*|калитк*|двер*|домофон*|панел*|считывател*|контроллер*|турникет*|замок|замк*|камер*|стрел*"
    "|стойк*"
    "|доводчик*|привод*|трубк*|датчик*|терминал*|видеорегистратор*|болард*|кнопка выхода|barrier|gate|reader"
    "|intercom)"
)
_FITTER = "(мастер*|монтажник*|бригад*|техник*|инженер*|электрик*|слесар*)"
_TROUBLE = (
    "не (работа*|откр*|прихо*|мог*|могу|загру*|вход*|захо*|вид*|получ*|пуска*|дает|срабат*), ошибк*, вылет*, завис*"
    ", пропал*, глюч*, doesn't, not working, error, crash*, can't, cannot"
)
_THE_APP = "(в|из|через|ваше|само|мобильное|мобильного|мобильном) (приложени*|преложени*)"
_CARD = "(карт*|карточк*|брел*|метк*|чип*|пульт*|таблетк*|ключ-карт*|fob*|card*|tag*|remote*)"

RULES: tuple[Rule, ...] = (
    Rule(
        "personal data",
        "who wants their data erased, or a consent withdrawn, has no trouble with a phone",
        needed=False,
        phrases=Phrases(
            "(удал*|отзыв*|отозв*|отзов*|прекрат*|уничтож*) .. (персональн*|пдн|личные данные)",
            "персональн* данн* .. (удал*|отзыв*|отозв*|уничтож*), 152-фз, фз-152, фз 152, gdpr",
            "(delete|erase|remove) .. (data|account)",
        ),
    ),
    Rule(
        "work and advertising",
        "vacancies and other people's offers are not about our product in use",
        needed=False,
        phrases=Phrases(
            "ваканси*, резюме, собеседовани*, стажировк*, коммерческ* предложени*, сотрудничеств*, скидк*, рекламн*",
            "(предлагаем|предлагаю) (вам|вашей|услуг*|сотрудн*|свои|рассмотр*), тендер*, партнерск*, продвижени* сайт*",
            "мы (производим|поставляем|занимаемся|предлагаем|изготавливаем), наш* (компани*|фирм*|продукци*) .. "
            "предлага*",
            "vacancy, job (offer|opening), partnership, seo, our (services|products)",
        ),
    ),
    Rule(
        "new house",
        "who wants to become a customer, or to have more gates, has no app for them yet",
        needed=False,
        phrases=Phrases(
            "(подключ*|установ*|внедр*|оснасти*|оборудовать|поставить) .. (поселк*|поселок|жк|снт|тсж|тсн"
            "|бизнес-центр*|бц"
            "|ваш* систем*|вашу систему|комплекс*|новостройк*|шлагбаум*|турникет*|домофон*|видеонаблюдени*)",
            "прайс*, демо, демонстраци*, презентаци*, price list*, demo, quote, quotation",
            "(хотим|хотел*|хотели|интересу*|планиру*|рассматрива*) .. (подключить|подключение|установить|установка"
            "|установку"
            "|внедр*|интеграц*|лицензи*|систему доступа|скуд), услови* (подключени*|интеграци*|сотрудничеств*)",
        ),
        unless=Phrases(_TROUBLE, _THE_APP),
    ),
    Rule(
        "computer",
        "what is opened in a browser, or by an administrator at a computer, has no phone",
        needed=False,
        phrases=Phrases(
            "веб-кабинет*, веб кабинет*, веб-интерфейс*, веб-верси*, веб-панел*, web-кабинет*, web-интерфейс*, вебк*",
            "(на|с) (компьютер*|ноутбук*|пк|компе|компа|рабочем месте), админк*, админ-панел*, админпанел*, админ "
            "панел*",
            "кабинет* (администратор*|управляющ*|ук|диспетчер*|оператор*), chrome, хром, хроме, firefox, edge, opera",
            "(яндекс|yandex) (браузер*|browser), яндекс.браузер*, internet explorer, windows, macos, (в|через) "
            "браузер*",
            "(выгруз*|экспорт*|скача*|сформиров*) .. (отчет*|журнал*|эксель|excel), отчет* не (выгру*|форм*|скач*)",
            "(on|from) (my|the|a) (computer|laptop|pc|desktop), web (portal|cabinet|interface|console), admin panel",
        ),
        unless=Phrases(_THE_APP, "приложени* (не|вылет*|завис*|пишет), mobile app, (the|your) app, с телефона тоже"),
    ),
    Rule(
        "vandalism",
        "what is torn off, rammed or without current is mended with tools, whatever app a client has",
        needed=False,
        phrases=Phrases(
            "вырва*, оторва*, снес, снесл*, снесен*, погну*, сбил, сбила, сбили, выломан*, выломал*, взлома*, разбит*",
            "разбил*, сорва*, торчат, торчит, искрит, отлом*, обломан*, обломил*, отвалил*, дымит*, затопи*, "
            "залило, сгорел*",
            "оборва*, перереза*, украли, обесточ*, электричеств*, нет (света|питания|напряжения), без (питания|света)",
            "поцарапа*, врезал*, въехал* в (шлагбаум|ворота|стойку|столб), протаран*, стрела упала, упала стрела",
            "torn, ripped, smashed, broken off, bent, hanging out, vandal*, no power",
        ),
        unless=Phrases(_THE_APP),
    ),
    Rule(
        "app",
        "the request itself speaks of the app, or of opening by phone",
        needed=True,
        phrases=Phrases(
            "приложение, приложением, преложение, приложению, приложуха, приложухе, прилага, прилагу, прога, прогу, "
            "проге",
            "приложени* (не|вылет*|завис*|пиш*|просит), мобильн* (приложени*|ключ*|пропуск*|верси*), пуш, пуши, "
            "пушей, push*",
            _THE_APP,
            "(с|по|на|через|из) (телефона|телефону|телефоне|телефон|смартфон*|айфон*|мобильник*|мобильного), мой "
            "телефон не",
            "(моего|моем|моим|мобильного) (телефон*|смартфон*|айфон*), bluetooth, блютуз*, блютус*, nfc, face id, "
            "фейс айди",
            "qr, qr-код*, куар*, цифров* ключ*, виджет*, смс, sms, пин-код*, пинкод*, геолокац*, код* подтвержд*",
            "уведомлени* не, не приход* уведомлени*, app, my phone, mobile",
        ),
        unless=Phrases(
            "приложени* к (договор*|письм*|акт*|счет*), (на|по) телефон* (диспетчер*|горяч*|поддержк*|никто)",
            "(документы|реквизиты|выписка|скан|копия|копии|акт|письмо) (в|см) приложени*",
            "приложени* № *",
        ),
    ),
    Rule(
        "money and papers",
        "bills, contracts, prices and certificates are answered from the books",
        needed=False,
        phrases=Phrases(
            "счет, счета, счету, счетом, счете, счетов, счет-фактур*, счёт-фактур*, договор*, акт, акта, акты, "
            "актов, акте",
            "сверк*, квитанц*, тариф*, начисл*, задолженн*, долг, долга, долги, переплат*, пени, пеня, оплат*, "
            "оплач*, платим",
            "платеж*, плату, плата, платы, платить, списал*, списали, бухгалтер*, (вернит*|вернуть|возврат) .. "
            "(деньги|средств*)",
            "сколько .. (стоит|стоить|стоят), стоимост*, цена, цене, цену, цены, реквизит*, справка, справку, "
            "справки, упд, эдо",
            "сертификат*, техническ* документац*, закрывающ* документ*, гарантийн* письмо, официальн* (запрос"
            "|письмо|ответ)",
            "предоплат*, рассрочк*, счёт-договор*, выписк*, диадок, чек, чека, чеки, инн, абонплат*, расторг*, "
            "расторж*, доверенност*, ндс, субсиди*, перерасч*",
            "invoice*, bill, bills, billing, billed, charged, refund*, contract, payment*, price*, receipt*, how much",
        ),
        unless=Phrases(
            "пропуск оплачен*, оплачен* до, оплочен* до, оплат* не про*, не (проходит|прошла|могу|удается) оплат*, "
            "кнопк* оплат*"
        ),
    ),
    Rule(
        "out of order",
        "what fails for everybody, or by card and code as well, is not the phone's trouble",
        needed=False,
        phrases=Phrases(
            "ни у кого, никого не (пускает|впускает|выпускает), всех подряд, ни по (карт*|ключ*|коду|брел*|метк*), "
            "у всех не",
            "все (жильцы|соседи|жители|дома|не могут), (весь|всему|всего) (дом|подъезд|поселок|дому|подъезду|поселку)",
            f"{_DEVICE} .. (не включ*|не горит|слома*|заклин*|заел*|замерз*|не закр*|скрип*|шум*|гудит|пищит|хлопа*"
            "|висит)",
            f"{_DEVICE} .. (стоит открыт*|стоят открыт*|все время открыт*|перекос*|не реагирует ни|не опуска*"
            "|офлайн|оффлайн)",
            f"{_DEVICE} .. (мертв*|потух*|погас*|запотел*|перестал* отвечать|черный экран|настежь|нараспашку|not "
            "close)",
            f"(сломал*|неисправ*|не включ*|не горит|заклин*|заело|замерз*|скрипит|broken) .. {_DEVICE}",
            f"(нужен|вызвать|вызовите|пришлите|отправьте|направьте|send|когда) .. ({_FITTER[1:-1]}|ремонт*|выезд"
            "|technician*)",
            "по гаранти*, замен* .. (блок*|трубк*|панел*|считыват*|замк*|замок|доводчик*|контроллер*|камер*|пульт*)",
            "technician*, out of order, for everyone, никто не (может|въедет|выедет|проедет), ни одна машина, все "
            "стоят",
            f"{_DEVICE} .. (шатается|болтается|заедает|ржав*|скрежет*|дребезж*|разболтал*|молчит|хрипит|искр*"
            "|broken|stuck|dead)",
            f"{_DEVICE} .. (упал*|ударил*|опустил* на|offline|damaged), (опустил*|ударил*) .. (машин*|авто*|капот"
            "|крышу)",
        ),
        unless=Phrases(_THE_APP, "у всех остальных, у других"),
    ),
    Rule(
        "cards and fobs",
        "a lost, damaged or new card or fob is handed out over a counter",
        needed=False,
        phrases=Phrases(
            "(потер*|утер*|слома*|размагн*|украли|заказать|купить|получить|забрать|выда*|нов*|еще один|еще одну) "
            f".. {_CARD}",
            "(дополнительн*|заблокир*|перевыпус*|перепрош*|прописать|нужен|нужна|нужны|lost|new|another|damaged) "
            f".. {_CARD}",
            f"{_CARD} .. (потер*|размагн*|не чит*|слома*|перестал*|не срабат*|не работ*|не откр*|stopped|lost)",
        ),
    ),
    Rule(
        "people",
        "complaints about guards, fitters and neighbours are about people",
        needed=False,
        phrases=Phrases(
            "хамит, хамят, хамил*, хамство, нахамил*, груби*, грубо, грубит, нагрубил*, матом, пьян*, спит, спят, "
            "примите меры",
            "жалоба на, жалуюсь на, обматерил*, накричал*, кричит на, (орет|ругается) на, вымога*",
            f"{_FITTER} .. не (пришел|пришли|приехал*|явил*|позвонил*|убрал*), {_FITTER} .. (опоздал*|натоптал*"
            "|обещал*)",
            f"никто не (пришел|приехал), (ждал*|жду|ждем|прождал*|waited) .. {_FITTER}, rude, complain* about",
        ),
        unless=Phrases(_THE_APP),
    ),
    Rule(
        "thanks",
        "who only thanks has no trouble",
        needed=False,
        phrases=Phrases(
            "спасибо .. (специалист*|сотрудни*|оператор*|менеджер*|девушк*|помощь|помог*|оперативн*|отзывчив*"
            "|терпени*)",
            "благодарность, благодарим, благодарю, благодарны, побольше бы таких, молодцы, отличная работа",
            "thank* .. (help|support|team|quick)",
        ),
        unless=Phrases(_TROUBLE, "заранее, подскажите, помогите, почему, нужно, прошу, просьба, please"),
    ),
    Rule(
        "changes in the books",
        "owners, residents, staff and their rights are entered by us or the management company",
        needed=False,
        phrases=Phrases(
            "(добав*|внес*|удал*|убер*|убрать|исключ*|завест*|завед*|созда*|отключ*|заблокир*|смен*|измен*|выда*) "
            ".. (сотрудник*"
            "|оператор*|администратор*|охранник*|диспетчер*|консьерж*|собственник*|арендатор*|юрлиц*|в базу|из базы"
            "|реестр*|уволен*)",
            "переоформ*, смен* (собственник*|владельц*|фамили*|арендатор*), нов* (собственник*|владел*)",
            "(поменя*|смен*|измен*|исправ*|обнов*) .. (фамили*|фио|имя|отчество|номер телефона|почту|e-mail|email"
            "|пароль от wi-fi)",
            "(привяз*|привяжите|отвяз*|отвяжите|перенести|перенесите) .. (квартир*|участ*|лицев*|дом|собственник*"
            "|доступ*)",
            "(прошу|просим|просьба|нужно) (добавить|внести|оформить|продлить|увеличить|удалить|аннулировать"
            "|исключить|убрать)",
            "прежн* (собственник*|владел*|жил*), (продал*|купил*) (квартир*|дом|участок), квартира продана, права как",
        ),
        unless=Phrases(_TROUBLE),
    ),
    Rule(
        "office",
        "hours, addresses and papers of the office are no matter of a phone",
        needed=False,
        phrases=Phrases(
            "(график|режим|часы) работы, где (вы находитесь|ваш офис|находится офис), адрес* офиса, как к вам проехать",
            "контакт* .. (отдел*|менеджер*|бухгалтери*), office hours, юридическ* адрес*",
        ),
        unless=Phrases(_TROUBLE),
    ),
    Rule(
        "house",
        "cleaning, heating and quarrels about parking are the management company's",
        needed=False,
        phrases=Phrases(
            "мусор*, уборк*, убрать снег, не убра*, снег*, протечк*, протека*, отоплени*, горяч* вод*, холодн* "
            "вод*, шумят",
            "(занял*|занимают|паркует*|припарковал*) .. (место|газон*|тротуар*|чуж*), курят, лай, собак*",
        ),
        unless=Phrases(_TROUBLE),
    ),
    Rule(
        "recordings",
        "who wants a recording of a camera or a journal gets it from the archive",
        needed=False,
        phrases=Phrases(
            "(запи*|видео*|выгруз*|предостав*|сохран*|пришлите|footage|recording*) .. (с камер*|полици*|from the "
            "camera)",
            "(есть ли|нужна|посмотреть) запис*, участков*, полици*, для следств*, журнал* (проход*|событий|въезд*"
            "|посещени*)",
        ),
        unless=Phrases(_TROUBLE),
    ),
)
"""From the strongest sign to the weakest."""
