"""How clients name the product, the systems of phones, and versions; regular expressions for folded text."""

PRODUCT = (
    r"(?:pass? ?-?24(?:[.-]?online)?|пасс? ?-?24|приложени\w{1,2}|прилож\w{1,2}|приложух\w|прилаг[аеиуо]\w?"
    r"|преложени\w|прил[ау.]?|prilozh?eni\w{1,2}|программ\w{1,2}"
    r"|прог[аеиу]|app|софт|мобилк[аеи]|клиент\w?|application|p24|п24|по)"
)
OS = r"(?:i(?:pad)? ?os|айос|айоэс|ай ос|иос|andr?oi?d|анд[рп]о?[иеэй]?[дт][^\W\d]{0,2}|адроид[^\W\d]{0,2}|дроид)"
SKIN = (
    r"(?:harmony ?os|hyper ?os|magic ?(?:os|ui)|oxygen ?os|color ?os|funtouch ?os|one ?ui|realme ?ui|flyme|origin "
    r"?os|nothing ?os|xos|hios|(?:emui"
    r"|miui|миюай|миуи)(?: global)?)"
)
VERSION_WORD = r"(?:ве?рси\w{1,3}|вресия|верися|весрия|верс\.?|вер\.?|номер сборки|versi(?:on|ya|ja|a)|vers\.?|ver\.?)"
