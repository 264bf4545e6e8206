"""Words and forms that names are told by: surnames, particles, rubbish, letters of the wrong alphabet. Pure."""

from __future__ import annotations

import re
from types import MappingProxyType

from samovar.collect.contacts.word_sets import word_set
from samovar.collect.duplicates.texts import name_key

MALE_SURNAME = re.compile(r"[а-яё](?:[оеё]в|[иы]н|ск[ио]й|цк[ио]й)\Z")
FEMALE_SURNAME = re.compile(r"[а-яё](?:[оеё]ва|[иы]на|ская|цкая|ная|лая|тая)\Z")
SURNAME = re.compile(
    r"[а-яё](?:[оеё]ва?|[иы]на?|ск(?:ий|ая|ой)|цк(?:ий|ая|ой)|[нлтб]ая|[бт]ой|енко|йко|чко|[ую]к|чук|ян|янц|швили|дзе|[иы]х|ич|"
    r"ия|уа|[её]нок|айло|[лш]о|ман|берг|штейн|сон|дт|ец|иди|оглу|бай)\Z"
)
PARTICLES = word_set(
    "van von der den de da di del della dos du la le ter ten zu af bin ibn el al y e e' "
    "ван фон дер ден де да ди дель дела ла ле тер ибн бин аль эль оглы кызы улы гызы бей заде"
)
PATRONYMIC_TAILS = MappingProxyType(
    {"оглы": "male", "оглу": "male", "улы": "male", "уулу": "male", "кызы": "female", "гызы": "female", "қызы": "female"}
)
GENDERS = MappingProxyType(
    dict.fromkeys(["f", "w", "fem", "female", "woman", "girl", "ж", "жен", "женский", "женщина", "девушка", "she"], "female")
    | dict.fromkeys(["m", "man", "male", "boy", "м", "муж", "мужской", "мужчина", "парень", "he"], "male")
)
HONORIFICS = word_set("mr mrs ms miss dr prof sir madam г-н г-жа господин госпожа д-р проф")
RUBBISH = word_set("""
    test tester testing тест тестов тестовый тестовая тестер проба asdf asdfg asdasd asd qwe qwer qwerty qwert йцу
    йцук йцукен фыв фыва фывап ололо zxc zxcv zxcvb ячс abc абв n/a na н/д нд none null nil undefined unknown
    неизвестно неизвестный неизвестная нет no name noname anonymous anonim аноним anon гость guest user username юзер
    xxx ххх ааа aaa demo демо sample example пример nan admin админ администратор дубль удалить delete удалён удален
    deleted спам spam lorem ipsum foo bar baz aaaa ыыы ыва вася-пупкин
""")  # fmt: skip
# Words that stand in a form for what is asked, or for whoever it is.
WHO_IS_ASKED = word_set("""
    имя фамилия отчество фио ф.и.о клиент клиентка покупатель покупательница заказчик customer client name firstname
    lastname surname buyer частное лицо физлицо физическое розничный розница касса продавец магазин ип ооо тоо
""") | {
    "розничный покупатель", "физическое лицо", "частное лицо", "first name", "last name", "full name", "ваше имя", "ф. и. о",
}  # fmt: skip

# Forms of companies, as they stand before or after a name.
COMPANIES = word_set("""
    ооо оао зао пао ао нао ип чп тоо тов фоп гуп муп фгуп ано нко кфх снт тсж
    ltd llc inc gmbh corp plc llp pjsc ojsc
""")
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?){1,3}\Z|[^\W\d_]\Z")
# Russian forms in the keys of Latin spellings (`duplicates.texts`).
_LATIN_PATRONYMIC = re.compile(r"[a-z](?:ovich|evich|ilich|lukich|kuzmich|fomich|nikitich|savich|ovna|evna|ichna)\Z")
_LATIN_SURNAME = re.compile(r"[a-z]{2}(?:[oe]va?|sk(?:i|aia|oi)|enko|chuk|shvili|dze)\Z")

_STRANGERS = str.maketrans("aAeEoOpPcCxXyYTMHBKi", "аАеЕоОрРсСхХуУТМНВКі".replace("і", "и"))
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[А-ЯЁа-яё]")
_ONE_CASE = str.maketrans(
    "`qwertyuiop[]asdfghjkl;'zxcvbnm,.", "ёйцукенгшщзхъфывапролджэячсмитьбю"
)  # the Russian letter on the key of each Latin one


def is_initials(word: str) -> bool:
    """И., И.И., J: letters in the place of names."""
    return _INITIALS.match(word) is not None


def is_latin_patronymic(word: str) -> bool:
    """Petrovna, Ilyich: a Russian patronymic in Latin letters."""
    return _LATIN_PATRONYMIC.search(name_key(word)) is not None


def is_latin_surname(word: str) -> bool:
    """Ivanova, Dostoyevsky, Shevchenko: a form that only Slavic surnames have. Pushkin and Martin look alike, and are none."""
    return _LATIN_SURNAME.search(name_key(word)) is not None


def without_strangers(word: str) -> str:
    """A Russian word without the Latin letters that only look like its own; any other word as it is."""
    if word.isascii() or not _LATIN.search(word):
        return word
    made = word.translate(_STRANGERS)
    return made if not _LATIN.search(made) and len(_CYRILLIC.findall(word)) * 2 >= len(word) - 1 else word


def cyrillic_of_layout(word: str) -> str:
    """What a Latin word says in Russian when the keyboard was not switched, in lower case; nothing for other letters."""
    return word.lower().translate(_ONE_CASE) if word.isascii() and len(word) > 3 else ""
