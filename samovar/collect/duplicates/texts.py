"""Names and addresses as they are compared: one spelling for each, whatever letters and short forms it was written with. Pure.

A key is Latin, lower case, without marks. Russian names and their Latin forms meet in it (Щукин, Schukin, Shchukin), and so do
short forms of first names (Саша, Александр). Keys are only compared with keys; nobody reads them.
"""

from __future__ import annotations

import re
import unicodedata

_LATIN = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i", "ї": "i", "є": "e",
    "ґ": "g", "ў": "u", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe",
})  # fmt: skip
# Spellings of one sound in the usual ways of writing Russian names in Latin letters, in the order they are replaced.
_SOUNDS = (
    ("shch", "sch"), ("tsch", "ch"), ("tch", "ch"), ("kh", "h"), ("tz", "ts"), ("ck", "k"), ("ph", "f"), ("w", "v"), ("x", "ks"),
    ("yo", "e"), ("jo", "e"), ("yu", "iu"), ("ju", "iu"), ("ya", "ia"), ("ja", "ia"), ("ye", "e"), ("je", "e"), ("y", "i"),
    ("j", "i"),
)  # fmt: skip
_SIGNS = re.compile(r"[^a-z0-9 ]+")
_REPEATS = re.compile(r"(.)\1+")
_BLANKS = re.compile(r"\s+")

# Short forms of first names, as keys would be without this table, of what they are short for.
_SHORT: dict[str, str] = {
    short: name
    for name, shorts in {
        "александр": "alexander",
        "алексей": "леша лёша алёша aleksei alexey",
        "анастасия": "настя настёна ася",
        "анатолий": "толя",
        "андрей": "андрюша andrew",
        "анна": "аня анюта нюра",
        "антон": "тоша антоша",
        "борис": "боря",
        "вадим": "вадик",
        "валерий": "валера",
        "василий": "вася basil",
        "виктор": "витя",
        "виктория": "вика",
        "виталий": "виталик",
        "владимир": "вова володя",
        "владислав": "влад",
        "вячеслав": "слава",
        "галина": "галя",
        "геннадий": "гена",
        "георгий": "гоша жора",
        "григорий": "гриша",
        "дарья": "даша",
        "денис": "дениска",
        "дмитрий": "дима митя",
        "екатерина": "катя катюша",
        "елена": "лена алёна",
        "елизавета": "лиза",
        "зинаида": "зина",
        "иван": "ваня",
        "игорь": "игорёк",
        "ирина": "ира",
        "константин": "костя",
        "ксения": "ксюша",
        "лариса": "лара",
        "лев": "лёва",
        "людмила": "люда люся мила",
        "любовь": "люба",
        "маргарита": "рита",
        "мария": "маша маруся",
        "михаил": "миша",
        "надежда": "надя",
        "наталья": "наташа наталия natalia",
        "николай": "коля",
        "оксана": "ксана",
        "ольга": "оля",
        "павел": "паша",
        "пётр": "петя",
        "полина": "поля",
        "роман": "рома",
        "светлана": "света",
        "семён": "сеня",
        "сергей": "серёжа",
        "софья": "соня софия",
        "станислав": "стас",
        "степан": "стёпа",
        "тамара": "тома",
        "татьяна": "таня",
        "фёдор": "федя",
        "эдуард": "эдик",
        "юлия": "юля",
        "юрий": "юра",
        "яков": "яша",
        "robert": "rob bob bobby robbie",
        "william": "will bill billy",
        "richard": "dick rick",
        "thomas": "tom tommy",
        "james": "jim jimmy",
        "michael": "mike mick",
        "elizabeth": "liz beth lizzie",
        "katherine": "kate kathy katie catherine",
        "margaret": "maggie meg",
        "joseph": "joe",
        "samuel": "sam",
        "benjamin": "ben",
        "daniel": "dan danny",
        "edward": "ed eddie",
        "christopher": "chris",
        "matthew": "matt",
        "nicholas": "nick",
        "anthony": "tony",
        "stephen": "steve steven",
        "david": "dave",
        "jennifer": "jen jenny",
        "jessica": "jess",
        "rebecca": "becky",
        "susan": "sue",
        "deborah": "debbie",
        "patricia": "patty",
        "charles": "charlie chuck",
        "frederick": "fred",
        "gregory": "greg",
        "timothy": "tim",
        "zachary": "zach zac",
        "joshua": "josh",
        "jacob": "jake",
        "oliver": "ollie",
        "archibald": "archie",
        "alfred": "alfie",
        "henry": "harry",
    }.items()
    for short in shorts.split()
}
# Short forms of a man's name and of a woman's: the part that both have, which differs evidently from neither.
_OF_BOTH = {"саша": "aleksand", "шура": "aleksand", "саня": "aleksand", "алекс": "aleksand", "женя": "evgen", "валя": "valent"}
_STREET_WORDS = re.compile(
    r"\b(?:ulitsa|ul|prospekt|prosp|pr kt|pr t|pr|pereulok|per|ploschad|pl|shosse|sh|bulvar|bulv|b r|proezd|naberezhnaia|nab|dom|"
    r"d|kvartira|kv|korpus|korp|k|stroenie|str|street|st|avenue|ave|road|rd)\b"
)
_TOWN_WORDS = re.compile(r"^(?:gorod|gor|g|poselok|pos|p|selo|s|derevnia|der|d|stanitsa|st tsa)\s+(?=\S)")


def spelling(text: str) -> str:
    """Latin letters and figures of a text, one blank between words."""
    lower = text.lower().translate(_LATIN)
    if not lower.isascii():
        lower = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    for written, sound in _SOUNDS:
        if written in lower:
            lower = lower.replace(written, sound)
    return _BLANKS.sub(" ", _SIGNS.sub(" ", lower)).strip()


def name_key(text: str) -> str:
    """The key of a part of a name: sounds that people double or drop are one; empty for what holds no letter."""
    return _REPEATS.sub(r"\1", spelling(text).replace(" ", ""))


_NAMES = {name_key(short): name_key(name) for short, name in _SHORT.items()}
_NAMES |= {name_key(short): part for short, part in _OF_BOTH.items()}
COMMON_FIRST_NAMES = frozenset(_NAMES.values()) - frozenset(_OF_BOTH.values())  # two different ones are two people, not a slip


def first_name_key(text: str) -> str:
    """The key of a first name, of the full one where a short form is known."""
    key = name_key(text)
    return _NAMES.get(key, key)


def last_name_key(text: str) -> str:
    """The key of a surname: Russian ones in the form of a man, so that Иванова and Иванов are one family."""
    key = name_key(text)
    if key.endswith(("ova", "eva", "ina")) and len(key) > 4:
        return key[:-1]
    return key[:-3] + "i" if key.endswith("aia") and len(key) > 5 else key


# What cities are called in English and for short, where that is not their name in Latin letters.
_CITIES: dict[str, str] = {
    spelling(other): spelling(name)
    for name, others in {
        "москва": "moscow, мск, msk",
        "санкт-петербург": "saint petersburg, st petersburg, petersburg, петербург, спб, spb, питер",
        "нижний новгород": "nizhny novgorod, н новгород",
        "великий новгород": "veliky novgorod, в новгород",
        "екатеринбург": "екб, ekb",
        "ростов-на-дону": "rostov-on-don, rostov on the don",
        "набережные челны": "naberezhnye chelny",
        "архангельск": "archangel",
        "комсомольск-на-амуре": "komsomolsk-on-amur",
        "тольятти": "togliatti",
        "грозный": "grozny",
        "нижний тагил": "nizhny tagil",
        "новый уренгой": "novy urengoy",
        "старый оскол": "stary oskol",
        "йошкар-ола": "yoshkar-ola",
        "минеральные воды": "mineralnye vody",
        "великие луки": "velikiye luki",
    }.items()
    for other in others.split(", ")
}


def street_key(text: str) -> str:
    """The key of a street with house and flat: words such as ул., дом, кв. say nothing."""
    return _BLANKS.sub(" ", _STREET_WORDS.sub(" ", spelling(text))).strip()


def city_key(text: str) -> str:
    """The key of a town or suburb, without г. before it; of a great Russian city one, in English too."""
    key = _TOWN_WORDS.sub("", spelling(text))
    return _CITIES.get(key, key)


def code_key(text: str) -> str:
    """The key of a postal code or a document's number: letters and figures alone."""
    return spelling(text).replace(" ", "")
