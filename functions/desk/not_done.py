"""Why something was not done, in words that say what to do instead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.desk.words import SUBMISSION_STATES, name_of
from shared.domain.merging import MergeRefusal, MergeRefusedError
from shared.domain.notification import Failure, NotificationState
from shared.domain.repetition import FORCIBLE, Refusal, ResendRefusedError
from shared.domain.splitting import SplitRefusal, SplitRefusedError
from shared.domain.ticket import tag
from shared.domain.trouble import explain
from shared.releasing import ReleaseRefusal, ReleaseRefusedError
from shared.telling import MergedError
from shared.wording import OMISSIONS


@dataclass(eq=False)
class NotDoneError(Exception):
    """Something is not done, and nothing is changed.

    Attributes:
        title: What is so, in Russian.
        text: What to do, in Russian.
        ticket: Another ticket to look at.
        forcible: Whether the person may insist.
        errors: Messages by field.
        final: Whether no other values would help.
    """

    title: str
    text: str
    ticket: int | None = None
    forcible: bool = False
    errors: Mapping[str, str] | None = None
    final: bool = False


NEVER_TAKEN = NotDoneError(
    "База данных не принимает эту запись", "Сообщите администратору: повторять её без пользы.", final=True
)


def not_told(error: MergedError) -> NotDoneError:
    """Say why it is not recorded that a number was told."""
    title = f"Обращение объединено с {tag(error.into)}"
    return NotDoneError(title, f"Сообщите клиенту номер {tag(error.into)} и отметьте это там.", error.into, final=True)


def not_resent(error: ResendRefusedError) -> NotDoneError:
    """Say why a letter is not sent again."""
    title, text = _RESEND[error.refusal](error)
    into = error.ticket.merged_into if error.ticket else None
    final = error.refusal in {Refusal.NO_SUCH_TICKET, Refusal.MERGED, Refusal.NO_LETTER}
    return NotDoneError(title, text, into, error.refusal in FORCIBLE, final=final)


def not_merged(error: MergeRefusedError) -> NotDoneError:
    """Say why two tickets are not merged."""
    title, text = _MERGE[error.refusal]
    named = None if error.refusal is MergeRefusal.NO_SUCH_TICKET else error.ticket
    final = error.refusal in {MergeRefusal.ONE_ALREADY, MergeRefusal.BROKEN}
    return NotDoneError(title, text.format(tag(error.ticket)), named, final=final)


def not_split(error: SplitRefusedError) -> NotDoneError:
    """Say why a submission is not split off."""
    return NotDoneError(*_SPLIT[error.refusal], error.ticket, final=True)


def not_released(error: ReleaseRefusedError) -> NotDoneError:
    """Say why a decision about a submission is not carried out."""
    entry = error.entry
    if entry is None:
        return NotDoneError("Такого сообщения нет", "Возможно, в адресе опечатка.", final=True)
    if error.refusal is ReleaseRefusal.INCOMPLETE:
        text = "Откройте его, прочитайте исходное письмо и запишите, кто обращается и с чем."
        return NotDoneError("Этому сообщению не хватает данных", text, final=True)
    state = SUBMISSION_STATES[entry.state]
    number = f", номер {tag(entry.ticket)}" if entry.ticket else ""
    by = f" Решил(а): {name_of(entry.submission.by)}." if entry.submission.by else ""
    return NotDoneError("Решение уже принято", f"Сейчас сообщение {state}{number}.{by}", entry.ticket, final=True)


def _dead(error: ResendRefusedError) -> tuple[str, str]:
    why = explain(Failure(None, error.dead.reason)) if error.dead else "причина неизвестна"
    address = error.dead.address if error.dead else "Этот адрес"
    text = (
        f"{address}: {why}. Уточните адрес у клиента и исправьте его здесь. Если адрес точно верный и снова работает,"
        " письмо можно отправить всё равно."
    )
    return "Прежние письма на этот адрес не дошли", text


def _held_back(error: ResendRefusedError) -> tuple[str, str]:
    omitted = error.ticket.confirmation_omitted if error.ticket else None
    why = OMISSIONS[omitted] if omitted else "так решила система"
    text = f"Причина: {why}. Если вы уверены, что пишете человеку, отправьте всё равно."
    return "Этому клиенту не пишут автоматически", text


_COPIES: Mapping[NotificationState, str] = {
    NotificationState.REQUESTED: "Письмо вот-вот уйдёт.",
    NotificationState.SENDING: "Письмо отправляется прямо сейчас, или связь прервалась и это ещё выясняется.",
    NotificationState.SENT: "Письмо ушло несколько минут назад и ещё может дойти.",
    NotificationState.DEFERRED: "Почтовый сервер клиента пока откладывает приём, попытки продолжаются.",
}


def _on_its_way(error: ResendRefusedError) -> tuple[str, str]:
    copy = error.letter
    state = _COPIES.get(copy.state, "Письмо уже запросили ещё раз.") if copy else "Письмо уже в пути."
    by = f" Его запросил(а) {name_of(copy.requested_by)}." if copy and copy.requested_by else ""
    text = f"{state}{by} Подождите несколько минут, иначе клиент может получить два письма."
    return "Такое письмо уже в пути", text


def _merged(error: ResendRefusedError) -> tuple[str, str]:
    into = tag(error.ticket.merged_into) if error.ticket and error.ticket.merged_into else "другим"
    return f"Обращение объединено с {into}", f"Клиенту сообщается номер {into}: письмо отправляют оттуда."


def _always(title: str, text: str) -> Callable[[ResendRefusedError], tuple[str, str]]:
    return lambda _: (title, text)


_RESEND: Mapping[Refusal, Callable[[ResendRefusedError], tuple[str, str]]] = {
    Refusal.NO_SUCH_TICKET: _always("Такого обращения нет", "Проверьте номер."),
    Refusal.MERGED: _merged,
    Refusal.ERASED: _always("Обращение закрыто", "Данные его клиента удалены по запросу: писать некому и не о чем."),
    Refusal.NO_LETTER: _always("Такого письма не было", "Повторять нечего."),
    Refusal.NO_ADDRESS: _always(
        "У клиента нет адреса", "Укажите адрес, если узнали его, или сообщите номер по телефону и отметьте это."
    ),
    Refusal.HELD_BACK: _held_back,
    Refusal.DEAD_ADDRESS: _dead,
    Refusal.ON_ITS_WAY: _on_its_way,
}
_BROKEN = ("Журнал в беспорядке", "Связь между обращениями ведёт в никуда. Сообщите администратору.")
_MERGE: Mapping[MergeRefusal, tuple[str, str]] = {
    MergeRefusal.ITSELF: ("Это одно и то же обращение", "Укажите номер другого обращения."),
    MergeRefusal.NO_SUCH_TICKET: ("Такого обращения нет", "Обращения {} не существует. Проверьте номер."),
    MergeRefusal.ONE_ALREADY: ("Они уже объединены", "Оба обращения идут под номером {}."),
    MergeRefusal.APART: ("Их разделил человек", "Система сама их не объединит."),
    MergeRefusal.ERASED: ("Одно из обращений закрыто", "Данные его клиента удалены по запросу."),
    MergeRefusal.BROKEN: _BROKEN,
}
_SPLIT: Mapping[SplitRefusal, tuple[str, str]] = {
    SplitRefusal.NO_SUCH_SUBMISSION: ("Такого сообщения нет", "Откройте обращение ещё раз: возможно, оно изменилось."),
    SplitRefusal.OPENS_ITS_TICKET: ("У этого сообщения уже свой номер", "Отделять его не от чего."),
    SplitRefusal.ANSWER: ("Это недостающие данные, а не обращение", "Без самого обращения они ничего не значат."),
    SplitRefusal.NO_REQUEST: ("Это не обращение", "Оно ждёт решения в карантине или закрыто."),
    SplitRefusal.BROKEN: _BROKEN,
}
