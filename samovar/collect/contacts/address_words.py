"""Words of addresses: kinds of places in one spelling, cities with short names, postal codes by country. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from samovar.collect.contacts.word_sets import word_set


@dataclass(frozen=True)
class PostalShape:
    """`pattern` matches a code without signs and blanks, in capitals; `written` puts its groups together."""

    pattern: re.Pattern[str]
    written: str


def _digits(count: int) -> PostalShape:
    return PostalShape(re.compile(rf"(\d{{{count}}})\Z"), "{}")


def _halves(first: int, second: int, between: str) -> PostalShape:
    return PostalShape(re.compile(rf"(\d{{{first}}})(\d{{{second}}})\Z"), f"{{}}{between}{{}}")


POSTAL = MappingProxyType(
    {
        "RU": PostalShape(re.compile(r"([1-6]\d{5})\Z"), "{}"),
        **dict.fromkeys(("BY", "KG", "KZ", "TJ", "TM", "UZ", "CN", "IN", "SG", "RO"), _digits(6)),
        **dict.fromkeys(
            word_set("UA DE FR ES IT FI TR EE HR RS ME BA MY TH MX EG KR SA MA DZ TN ID VN CU PE UY MC SM VA XK"), _digits(5)
        ),
        **dict.fromkeys(word_set("AT BE BG CH CY DK HU LU MK NO SI AU NZ ZA AM GE PH TN LI"), _digits(4)),
        **dict.fromkeys(("IS", "FO", "MG"), _digits(3)),
        "IL": _digits(7),
        "US": PostalShape(re.compile(r"(\d{5})(\d{4})?\Z"), "{}-{}"),
        "CZ": _halves(3, 2, " "), "SK": _halves(3, 2, " "), "SE": _halves(3, 2, " "), "GR": _halves(3, 2, " "),
        "PL": _halves(2, 3, "-"), "PT": _halves(4, 3, "-"), "JP": _halves(3, 4, "-"), "BR": _halves(5, 3, "-"),
        "LV": PostalShape(re.compile(r"(?:LV)?(\d{4})\Z"), "LV-{}"), "LT": PostalShape(re.compile(r"(?:LT)?(\d{5})\Z"), "LT-{}"),
        "MD": PostalShape(re.compile(r"(?:MD)?(\d{4})\Z"), "MD-{}"), "AZ": PostalShape(re.compile(r"(?:AZ)?(\d{4})\Z"), "AZ{}"),
        "NL": PostalShape(re.compile(r"([1-9]\d{3})([A-Z]{2})\Z"), "{} {}"),
        "CA": PostalShape(re.compile(r"([ABCEGHJ-NPRSTVXY]\d[A-Z])(\d[A-Z]\d)\Z"), "{} {}"),
        "GB": PostalShape(re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})\Z"), "{} {}"),
        "IE": PostalShape(re.compile(r"([A-Z]\d[\dW])([A-Z\d]{4})\Z"), "{} {}"),
    }
)  # fmt: skip

CITY_PREFIX = re.compile(r"^(?:гор(?:од|\.)\s*|г(?:\.\s*|\s+))(?=[^\W\d_])", re.IGNORECASE)
CITY_NAMES = MappingProxyType(
    {
        "спб": "Санкт-Петербург", "с петербург": "Санкт-Петербург", "санкт петербург": "Санкт-Петербург",
        "питер": "Санкт-Петербург", "петербург": "Санкт-Петербург", "с пб": "Санкт-Петербург",
        "мск": "Москва", "москва": "Москва",
        "екб": "Екатеринбург", "н новгород": "Нижний Новгород", "нн": "Нижний Новгород", "ростов на дону": "Ростов-на-Дону",
        "комсомольск на амуре": "Комсомольск-на-Амуре", "йошкар ола": "Йошкар-Ола", "улан удэ": "Улан-Удэ",
        "набережные челны": "Набережные Челны", "наб челны": "Набережные Челны", "севастополь": "Севастополь",
        "нур султан": "Астана", "алма ата": "Алматы",
    }
)  # fmt: skip
SMALL_WORDS = word_set("на де ла об the of upon de la du sur am an der von les и")

REGION_KINDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bобл(?:асть|\.|\b)", re.IGNORECASE), "область"),
    (re.compile(r"\bресп(?:ублика|\.|\b)\s*", re.IGNORECASE), "Республика "),
    (re.compile(r"\bкр(?:ай|\.)", re.IGNORECASE), "край"),
    (re.compile(r"\b(?:а\.\s?о\.|ао\b|авт(?:ономный|\.)\s?окр(?:уг|\.)?)", re.IGNORECASE), "автономный округ"),
)

# Words that make a text a region or a district.
AREA = re.compile(
    r"(?<![\w-])(?:обл(?:асть)?|респ(?:ублика)?|край|авт(?:ономный|\.)\s?окр(?:уг)?|р-н|район|oblast|krai|okrug|region)(?![\w-])",
    re.IGNORECASE,
)


def _kind(words: str, spelling: str) -> tuple[re.Pattern[str], str]:
    """A kind of street in any of its spellings, as a word of its own, before the next word."""
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])\.?\s*(?=[\w\"«])", re.IGNORECASE), f"{spelling} "


STREET_KINDS = (
    _kind("улица|ул", "ул."), _kind("проспект|просп|пр-кт|пр-т|пр-т", "пр-т"), _kind("переулок|пер|пер-к", "пер."),
    _kind("площадь|пл", "пл."), _kind("набережная|наб", "наб."), _kind("шоссе|ш", "ш."), _kind("бульвар|бул|б-р", "б-р"),
    _kind("проезд|пр-д", "пр-д"), _kind("тупик|туп", "туп."), _kind("микрорайон|мкр|мкрн|м-н", "мкр."), _kind("аллея|ал", "ал."),
    _kind("квартал|кв-л", "кв-л"),
)  # fmt: skip
HOUSE_PARTS = (
    _kind("дом|д", "д."), _kind("корпус|корп|к(?=\\.)", "корп."), _kind("строение|стр", "стр."), _kind("квартира|кв", "кв."),
    _kind("офис|оф", "оф."),
)  # fmt: skip

COUNTRY_NAMES = MappingProxyType(
    {
        "рф": "RU", "российская федерация": "RU", "russian federation": "RU", "rus": "RU", "рос": "RU", "ru": "RU",
        "usa": "US", "u s a": "US", "united states of america": "US", "america": "US", "сша": "US",
        "uk": "GB", "u k": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB", "англия": "GB",
        "gbr": "GB", "deu": "DE", "фрг": "DE", "brd": "DE", "kaz": "KZ", "blr": "BY", "белоруссия": "BY", "рб": "BY", "рк": "KZ",
        "ukr": "UA", "fra": "FR", "ita": "IT", "esp": "ES", "eire": "IE", "rsa": "ZA", "uae": "AE", "оаэ": "AE",
        "united arab emirates": "AE", "holland": "NL", "голландия": "NL", "korea": "KR", "south korea": "KR", "южная корея": "KR",
        "czech republic": "CZ", "чешская республика": "CZ", "channel islands": "JE", "киргизия": "KG", "молдавия": "MD",
        "туркмения": "TM", "turkey": "TR", "macedonia": "MK", "hong kong": "HK", "гонконг": "HK", "burma": "MM",
    }
)  # fmt: skip
