"""The words of the catalogue in Russian, in the cases that its sentences use."""

from __future__ import annotations

from samovar.rules.sentence.grammar import Noun, Words


def happened(agrees: str, one: str, of_one: str, many: str, of_many: str, with_many: str, *, tail: str = "") -> Noun:
    """What happened: gender, then заказ, заказа, заказы, заказов, с заказами; `tail` follows in every form."""
    return Noun(
        agrees, one + tail, many + tail, of_one=of_one + tail, of_many=of_many + tail, with_many=with_many + tail
    )  # fmt: skip


def of_value(agrees: str, one: str, of_many: str, with_one: str) -> Noun:
    """A field: сумма, сумм, на сумму."""
    return Noun(agrees, one, of_many=of_many, with_one=with_one)


def of_person(agrees: str, one: str, of_one: str) -> Noun:
    """An attribute: город, города."""
    return Noun(agrees, one, of_one=of_one)


def unit(agrees: str, one: str, of_one: str, of_many: str) -> Noun:
    """A unit of time: день, дня, дней."""
    return Noun(agrees, one, of_one=of_one, of_many=of_many)


_STANDING = {
    "reachable": "доступен",
    "refused": "отказ",
    "unasked": "согласия не спрашивали",
    "stopped": "адрес остановлен",
    "no_address": "нет адреса",
}
WORDS = Words(
    collections={
        "orders": happened("m", "заказ", "заказа", "заказы", "заказов", "с заказами"),
        "lines": happened("f", "строка", "строки", "строки", "строк", "со строками", tail=" заказа"),
        "returns": happened("m", "возврат", "возврата", "возвраты", "возвратов", "с возвратами"),
        "visits": happened("m", "визит", "визита", "визиты", "визитов", "с визитами"),
        "views": happened("m", "просмотр", "просмотра", "просмотры", "просмотров", "с просмотрами", tail=" товара"),
        "cart_adds": happened(
            "n", "добавление", "добавления", "добавления", "добавлений", "с добавлениями", tail=" в корзину"
        ),
        "checkouts": happened("n", "оформление", "оформления", "оформления", "оформлений", "с оформлениями", tail=" заказа"),
        "messages": happened("n", "сообщение", "сообщения", "сообщения", "сообщений", "с сообщениями"),
        "opens": happened("n", "открытие", "открытия", "открытия", "открытий", "с открытиями", tail=" сообщения"),
        "clicks": happened("m", "переход", "перехода", "переходы", "переходов", "с переходами", tail=" из сообщения"),
        "calls": happened("m", "звонок", "звонка", "звонки", "звонков", "со звонками"),
        "entries": happened("m", "вход", "входа", "входы", "входов", "с входами", tail=" в сегмент"),
        "lists": happened("n", "попадание", "попадания", "попадания", "попаданий", "с попаданиями", tail=" в список"),
        "items": happened("m", "товар", "товара", "товары", "товаров", "с товарами", tail=" в корзине"),
    },
    verbs={
        "orders": "сделал",
        "lines": "оформил",
        "returns": "оформил",
        "visits": "совершил",
        "views": "совершил",
        "cart_adds": "совершил",
        "checkouts": "начал",
        "messages": "получил",
        "opens": "совершил",
        "clicks": "совершил",
        "calls": "совершил",
        "entries": "совершил",
        "lists": "имеет",
        "event": "совершил",
        "record": "имеет",
        "items": "имеет",
    },
    fields={
        "amount": of_value("f", "сумма", "сумм", "на сумму"),
        "price": of_value("f", "цена", "цен", "с ценой"),
        "quantity": of_value("n", "количество товара", "количеств товара", "с количеством товара"),
        "order_id": of_value("m", "номер заказа", "номеров заказа", "с номером заказа"),
        "channel": of_value("m", "канал", "каналов", "с каналом"),
        "currency": of_value("f", "валюта", "валют", "с валютой"),
        "name": of_value("n", "название", "названий", "с названием"),
        "sku": of_value("m", "артикул", "артикулов", "с артикулом"),
        "product_id": of_value("m", "номер товара", "номеров товара", "с номером товара"),
        "category": of_value("f", "категория", "категорий", "с категорией"),
        "brand": of_value("m", "бренд", "брендов", "с брендом"),
        "url": of_value("m", "адрес", "адресов", "с адресом"),
        "lines": of_value("n", "число строк", "чисел строк", "с числом строк"),
        "views": of_value("n", "число страниц", "чисел страниц", "с числом страниц"),
        "value": of_value("f", "стоимость", "стоимостей", "со стоимостью"),
        "campaign_id": of_value("m", "номер кампании", "номеров кампании", "с номером кампании"),
        "variant": of_value("m", "вариант", "вариантов", "с вариантом"),
        "message_id": of_value("m", "номер сообщения", "номеров сообщения", "с номером сообщения"),
        "duration": of_value("f", "длительность", "длительностей", "с длительностью"),
        "segment": of_value("n", "название сегмента", "названий сегмента", "с названием"),
        "list": of_value("m", "список", "списков", "со списком"),
    },
    attributes={
        "first_name": of_person("n", "имя", "имени"),
        "middle_name": of_person("n", "отчество", "отчества"),
        "last_name": of_person("f", "фамилия", "фамилии"),
        "name": of_person("n", "полное имя", "полного имени"),
        "gender": of_person("m", "пол", "пола"),
        "city": of_person("m", "город", "города"),
        "region": of_person("m", "регион", "региона"),
        "country": of_person("f", "страна", "страны"),
        "language": of_person("m", "язык", "языка"),
        "birthday": of_person("f", "дата рождения", "даты рождения"),
        "registered_at": of_person("f", "регистрация", "регистрации"),
        "lifecycle": of_person("f", "стадия", "стадии"),
        "contact.email.is_known": of_person("n", "наличие почты", "наличия почты"),
        "contact.phone.is_known": of_person("n", "наличие телефона", "наличия телефона"),
        "contact.card.is_known": of_person("n", "наличие карты", "наличия карты"),
        "contact.user_id.is_known": of_person("n", "наличие номера пользователя", "наличия номера пользователя"),
        "reachable.email": of_person("f", "доступность для рекламы по почте", "доступности для рекламы по почте"),
        "reachable.sms": of_person("f", "доступность для рекламы по SMS", "доступности для рекламы по SMS"),
        "reachable.email.state": of_person("n", "состояние рассылки по почте", "состояния рассылки по почте"),
        "reachable.sms.state": of_person("n", "состояние рассылки по SMS", "состояния рассылки по SMS"),
        "reachable.channels": of_person("n", "число доступных для рекламы каналов", "числа доступных для рекламы каналов"),
        "contact.email.is_valid": of_person("f", "верность почты", "верности почты"),
        "contact.email.is_disposable": of_person("f", "одноразовость почты", "одноразовости почты"),
        "contact.email.is_role": of_person("f", "принадлежность почты службе", "принадлежности почты службе"),
        "contact.phone.is_valid": of_person("f", "верность телефона", "верности телефона"),
        "contact.phone.type": of_person("m", "вид телефона", "вида телефона"),
        "contact.phone.region": of_person("f", "страна телефона", "страны телефона"),
        "basket.total": of_person("f", "сумма корзины", "суммы корзины"),
        "basket.currency": of_person("f", "валюта корзины", "валюты корзины"),
        "basket.channel": of_person("m", "канал корзины", "канала корзины"),
        "coupon": of_person("m", "купон", "купона"),
        "now.hour": of_person("m", "час дня", "часа дня"),
        "now.weekday": of_person("m", "номер дня недели", "номера дня недели"),
    },
    anniversaries={"birthday": of_person("m", "следующий день рождения", "следующего дня рождения")},
    states={
        "registered_at": ("зарегистрирован", "не зарегистрирован"),
        "contact.email.is_known": ("имеет почту", "не имеет почты"),
        "contact.phone.is_known": ("имеет телефон", "не имеет телефона"),
        "contact.card.is_known": ("имеет карту", "не имеет карты"),
        "contact.user_id.is_known": ("имеет номер пользователя", "не имеет номера пользователя"),
        "reachable.email": ("доступен для рекламы по почте", "недоступен для рекламы по почте"),
        "reachable.sms": ("доступен для рекламы по SMS", "недоступен для рекламы по SMS"),
        "contact.email.is_valid": ("имеет верную почту", "не имеет верной почты"),
        "contact.email.is_disposable": ("имеет одноразовую почту", "не имеет одноразовой почты"),
        "contact.email.is_role": ("имеет почту службы", "не имеет почты службы"),
        "contact.phone.is_valid": ("имеет верный телефон", "не имеет верного телефона"),
    },
    values={
        "contact.phone.type": {
            "company": "номер организации",
            "fixed": "городской",
            "fixed_or_mobile": "городской или мобильный",
            "mobile": "мобильный",
            "pager": "пейджер",
            "personal": "личный",
            "premium": "платный",
            "shared_cost": "с разделением оплаты",
            "toll_free": "бесплатный",
            "unknown": "неизвестный",
            "voicemail": "голосовая почта",
            "voip": "интернет-телефония",
        },
        "lifecycle": {
            "newcomer": "новичок",
            "cautious": "осторожный",
            "developing": "развивающийся",
            "regular": "постоянный",
            "at risk": "близкий к потере",
            "lost": "потерянный",
        },
        **{f"reachable.{channel}.state": _STANDING for channel in ("email", "sms")},
        "now.weekday": dict(
            zip(
                "1234567", ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"), strict=True
            )
        ),
    },
    named={"now.weekday": of_person("m", "день недели", "дня недели")},
    channels={"email": "по почте", "sms": "по SMS", "phone": "по телефону"},
    purposes={"marketing": "рекламу", "service": "служебные сообщения"},
    units={
        "minutes": unit("f", "минута", "минуты", "минут"),
        "hours": unit("m", "час", "часа", "часов"),
        "days": unit("m", "день", "дня", "дней"),
        "weeks": unit("f", "неделя", "недели", "недель"),
        "months": unit("m", "месяц", "месяца", "месяцев"),
        "years": unit("m", "год", "года", "лет"),
    },
    windows={
        "today": "сегодня",
        "since": "с {first}",
        "from to": "с {first} по {last}",
        "this": "в этом месяце",
        "previous": "в прошлом месяце",
    },
    months=(
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
    ),
)  # fmt: skip
