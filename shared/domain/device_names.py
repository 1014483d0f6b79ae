"""The makers and models of phones, in the spellings in which clients write them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.domain.free_text import Pattern

_GAP = r"[ \-]{0,2}"
_SUFFIXES = (
    r"(?: ?\+|[ \-]?(?:pro ?max|про ?макс|pro ?plus|про ?плюс|pro|про|plus|плюс|max|макс|ultra|ультра|lite|лайт|mini"
    r"|мини|air|fe|фе|hd|vita|note|neo ?\d|master(?: edition)?|5g|4g|lte|nfc|ne|prime|power|edge|neo|нео|turbo|gt"
    r"|play|speed|zoom|fold|flip|xl|racing|20(?:1[6-9]"
    r"|2\d))(?!\w)){0,4}"
)
# The maker's own code in brackets: "Redmi Note 11 (2201117TY)".
_CODE = r"(?: ?\((?:sm-)?[a-z]{0,4}-?\d{3}[a-z0-9/\-]{0,10}\))?"
# "перезагружал айфон 5 раз", "Samsung, 12.11 в 10:30": a number that counts or dates something is no model.
_NO_MODEL = (
    r"(?!\w|[.:]\d|-(?:го|й|я|е|ю|м)\b|[ \-]?(?:₽|%|минут|недел|человек|руб|числ|январ|феврал|марта|апрел|мая|июн"
    r"|июл|август|сентябр|октябр|ноябр|декабр|(?:раза?|мин|часа?|часов|дн[яеи]\w?|день|лет|года?|шт|штуки?|штук"
    r"|месяц\w*|мес|сек|секунд"
    r"|р|гб|gb|мб|mb|times|minutes|hours|days|years)\b))"
)

_MAKERS: Mapping[str, str] = {
    "apple": (
        r"(?:apple |эпл )?(?:i[ \-]?ph?one?s?|айфоу?н\w{0,2}|ай фон\w{0,2}|афйон\w?)"
        + _GAP
        + r"(?:(?:1[0-9]|[4-8])(?:[sceс]|\b)|(?:x[rs]?|х[рс]?|air)(?!\w)"
        + r"|(?:se|се|сэ)(?!\w)(?: ?\(?(?:20(?:16|20|22)|[23])\)?(?![\w.-]))?"
        r"|икс(?!\w)|(?:шесть|семь|восемь|десять|(?:один|две|три|четыр|пят|шест)надцать)(?!\w))"
        r"|i[ \-]?pad (?:(?:air|mini|pro)(?: (?:[1-9]|1[0-3])(?!\w))?|[5-9](?!\w)|10(?!\w))|айпад (?:аир|эйр|мини"
        r"|про)(?: [1-9](?!\w))?"
        r"|(?<![.,])(?<!os )(?<!ос )(?:[6-9]|1[0-7]) (?:айфон[ае]?|iphone)(?!\w| ?\d)"
    ),
    "samsung": (
        r"(?:(?:s[au]ms[ui]ng|самсунг\w{0,2}|самсунк)"
        + _GAP
        + r"(?:g[ae]la(?:xy|xi|ksi)|г[аеэ]лакси)?|g[ae]la(?:xy|xi|ksi)|г[аеэ]лакси)"
        + _GAP
        + r"(?:[asmjfс]-?\d{1,3}(?:[a-z]|\b)|[asmj] \d{2}[a-z]?|note ?\d{1,2}|ноте? ?\d{1,2}|эс ?\d{1,2}"
        + r"|z ?(?:fold|flip|фолд|флип) ?\d?|(?:tab|таб) ?[as]\d{1,2}|xcover ?\d\w?"
        r"|sm-?[a-z]\d{3}[a-z]{0,2}(?:/\w{2,3})?)" + r"|sm-[a-z]\d{3}[a-z]{0,2}(?:/\w{2,3})?"
    ),
    "xiaomi": (
        r"(?:(?:xia?omi|xaomi|xiaomy|[сш]я?[ао]?оми|кс?[ия]а?оми|хаоми)"
        + _GAP
        + r"(?:(?:mi|ми)"
        + _GAP
        + r")?|mi ?)(?:(?:note|a) ?\d{1,2}[a-z]?|(?:mix|max)(?: ?\d)?[a-z]?|\d{1,2}(?:[txsuicт]|\b))"
        + r"|(?:(?:xia?omi|xaomi|xiaomy|[сш]я?[ао]?оми|кс?[ия]а?оми|хаоми)"
        + _GAP
        + r")?(?:(?:redmi|redmy|редми)"
        + _GAP
        + r"(?:(?:note|ноте?|ноут)"
        + _GAP
        + r"\d{1,2}(?:[stcт]|\b)|[ak]?\d{1,2}(?:[atcxiтa]|\b)|go(?!\w))|(?:poco|поко)"
        + _GAP
        + r"[xfmcф] ?\d{1,2}[a-z]?|black shark \d|(?:xiaomi|сяоми|ксиаоми|mi) pad ?\d)"
    ),
    "honor": (
        r"(?:huawei |хуавей )?(?:honou?r|хонор\w?|онор)"
        + _GAP
        + r"(?:magic ?v?s?\d?|[xх] ?\d{1,2}[a-z]?|(?:view|play|note)"
        r" ?\d{0,2}|\d{1,3}(?:[axiscх]|\b))"
    ),
    "huawei": (
        r"(?:(?:hu[ae]we[iy]|х[ую]а[вб][еэ]й|хуавеи)"
        + _GAP
        + r"(?:(?:p|п) ?\d{1,2}|mate ?(?:xs?|x?\d{1,2})|pura ?\d{2}|(?:nova|нова) ?[y]?\d{1,2}[a-z]?|y\d{1,2}[a-z]?"
        + r"|(?:p|п) (?:smart|смарт)(?: z)?)|nova (?:y)?\d{1,2}[a-z]?)"
    ),
    "realme": (
        r"(?:realme|real me|realmi|реалми|реалме|рилми)"
        + _GAP
        + r"(?:[cсц]\d{2}[a-z]?|gt ?\d?|(?:narzo|note) ?\d{1,2}[a-z]?|\d{1,2}(?:[ix]|\b))"
    ),
    "tecno": (
        r"(?:tec[hk]?no|текно|техно)"
        + _GAP
        + r"(?:spark|camon|pova|pop|phantom|спарк|камон|пова|поп)"
        + _GAP
        + r"(?:go(?: \d{4})?|[xv]?\d{1,4}[a-z]?)"
    ),
    "infinix": r"(?:infinix|инфиникс)" + _GAP + r"(?:hot|note|smart|zero|gt|хот|нот|смарт)" + _GAP + r"\d{1,2}[a-z]?",
    "oneplus": r"(?:one ?plus|1\+|[ву]ан ?плюс)"
    + _GAP
    + r"(?:nord(?: ce)?(?: ?n?\d{1,3}t?)?|ace \d?v?|open|\d{1,2}[rt]?)",
    "google": r"(?:google |гугл )?(?:pixel|пиксел\w?)" + _GAP + r"\d{1,2}a?",
    "motorola": (
        r"(?:(?:motorola|моторола)(?: moto| мото)?|moto|мото)"
        + _GAP
        + r"(?:(?:edge|razr|one)(?: \d{2,4})?|[gexр] ?\d{1,3}|g)(?! ?\d)"
    ),
    "nokia": r"(?:nokia|нок[иь]я|нокиа)" + _GAP + r"(?:xr\d{2}|[gxct]\d{1,2}|\d\.\d|\d{1,4})",
    "vivo": r"(?:vivo|виво)" + _GAP + r"(?:[yvxtуx] ?\d{1,3}[a-z]?|iqoo ?\w{1,3})",
    "oppo": r"(?:oppo|оппо)" + _GAP + r"(?:[aа] ?\d{1,3}[a-z]?|(?:reno|рено) ?\d{0,2} ?[ftz]?|find x?n?\d)",
    "asus": r"(?:asus |асус )?(?:zenfone|зенфон|rog phone)" + _GAP + r"\w{1,3}",
    "sony": r"(?:sony |сони )?(?:xperia|иксперия) (?:xz\d?|[xzl]\d?|\d{1,2})(?: [iv]{1,3}(?!\w))?",
    "nothing": r"nothing phone ?\(?\d?a?\)?|cmf phone \d",
    "lg": r"lg" + _GAP + r"[gkqv]\d{1,2}[a-z]?",
    "others": (
        r"(?:zte|blackview|doogee|ulefone|oukitel|cubot|itel|inoi|meizu|htc|зте|мейзу|иной|bq|highscreen|teclast"
        r"|lenovo|леново|alcatel|алкатель|philips|филипс|wileyfox|prestigio|texet|micromax|leagoo|elephone|dexp"
        r"|fairphone|vsmart|f\+"
        r"|umidigi)"
        + _GAP
        + r"(?:(?:blade|axon|nubia|armor|power|note|vision|magic|strike|desire|live|swift|muze|xenium) ?)?"
        r"[a-z]{0,2}-?\d{1,5}[a-z]{0,2}"
    ),
}
"""Regular expression, for folded text, of each maker's models; a maker's name alone is no model."""

_DEVICE = Pattern(
    r"(?<![\w\-])(?:"
    + "|".join(f"(?P<{maker}>{models})" for maker, models in _MAKERS.items())
    + ")"
    + _SUFFIXES
    + _CODE
    + _NO_MODEL
)
_BEGINNING = Pattern(
    r"[^a-z\u0430-\u044f](?=1\+|(?:[6-9]|1[0-7]) (?:айф|iph)|a(?:lca|pp|sus)|а(?:лка|сус|й ?фо|йпад|фйо)|b(?:lack|q)"
    r"|c(?:ubo|mf)|elep|f(?:\+|airp)|ph(?:il)|филип|wile|pres|micr|dexp|doog|g(?:[ae]la|oog)|г(?:[аеэ]ла|угл)"
    r"|h(?:ono|u[ae]|tc|ighs)|i(?:[ -]?ph?o|[ -]?pad|nfi|tel|noi)"
    r"|и(?:нфи|ксп|ной)|кс?[ия]а?оми|l(?:g|eno|eag)|лено|m(?:i ?[nam\d]|oto|eiz)|м(?:ото|ейз)|n(?:ova|oki|othi)"
    r"|нок[иь]"
    r"|o(?:ne ?pl|ppo|uki)|о(?:нор|ппо)|p(?:oco|ixe)|п(?:око|икс)|r(?:edm|eal|og)|р(?:едм|еал|илм)|s(?:[au]ms|m-|ony)"
    r"|с(?:амс|они|я?[ао]?оми)|шя?[ао]?оми|te[ckx]|те[кх]н|u(?:lef|mid)|v(?:ivo|sma)|в(?:иво|ан ?п)|уан ?п"
    r"|x(?:i?a?om|per)"
    r"|х(?:аоми|[ую]а|оно)|z(?:enf|te)|з(?:енф|те)|эпл)"
)
"""The first letters of all that `_MAKERS` has, and the character before: a word that has others need not be tried."""

_MAKER = Pattern(
    r"[\s\-(]*(?:apple|эпл|i[ \-]?phone|айфон\w{0,2}|samsung|самсунг\w{0,2}|galaxy|галакси|xiaomi|сяоми|ксиаоми"
    r"|redmi|редми"
    r"|poco|поко|honor|хонор|huawei|хуавей|realme|реалми|tecno|техно|infinix|oneplus|google|pixel|motorola|моторола"
    r"|nokia|нокиа|нокия|vivo|виво|oppo|оппо|android|андроид|смартфон|телефон|phone|[\s\-/,.()])+"
)


@dataclass(frozen=True, slots=True)
class DeviceMention:
    """A phone's model in a text.

    Attributes:
        start: Position of its first character.
        end: Position after its last.
        maker: One name for all spellings of it.
    """

    start: int
    end: int
    maker: str


def device_mentions(folded: str) -> Iterator[DeviceMention]:
    """Find the models of phones in a folded text, in their order."""
    end = 0
    for beginning in _BEGINNING.finditer("\n" + folded):
        start = beginning.start()  # The line feed makes up for the character before.
        if start >= end and (found := _DEVICE.match(folded, start)) and found.lastgroup:
            end = found.end()
            yield DeviceMention(start, start + len(found[0].rstrip(" -(")), found.lastgroup)


def is_maker_only(folded: str) -> bool:
    """Tell whether a text names a maker, or a kind of phone, and no model."""
    return _MAKER.fullmatch(folded) is not None
