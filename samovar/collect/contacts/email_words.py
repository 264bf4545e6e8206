"""Domains and names of addresses that the checks know. Lists of the house's own making."""

from __future__ import annotations

from types import MappingProxyType

# Where most private mailboxes are: a domain that looks like one of these and is none is a slip of the hand.
GREAT = (
    "gmail.com", "googlemail.com", "yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "ya.ru", "mail.ru", "bk.ru", "list.ru",
    "inbox.ru", "internet.ru", "rambler.ru", "lenta.ru", "outlook.com", "hotmail.com", "live.com", "icloud.com", "yahoo.com",
    "aol.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "ukr.net", "tut.by", "mail.com",
    "orange.fr", "libero.it", "comcast.net", "verizon.net",
)  # fmt: skip
# Domains that exist, one slip away from a great one.
REAL = frozenset(
    {
        *GREAT, "ymail.com", "email.com", "fmail.com", "hmail.com", "gmail.ru", "email.ru", "inbox.lv", "inbox.com", "yandex.ua",
        "yandex.net", "outlook.de", "outlook.fr", "hotmail.fr", "hotmail.de", "live.ru", "live.de", "yahoo.de", "yahoo.fr",
        "yahoo.co.uk", "hotmail.co.uk", "orange.com", "libera.it", "tutu.by", "web.dev", "mail.ee", "mail.by", "mail.kz",
        "gmx.com", "gmx.at", "gmx.ch", "maily.ru", "rambler.com", "internet.com", "icloud.net",
    }
)  # fmt: skip
# Slips that the general rule does not reach: the name is too short for it, or two letters are wrong.
TYPOS = MappingProxyType(
    {
        "mial.ru": "mail.ru", "maill.ru": "mail.ru", "mai.ru": "mail.ru", "mali.ru": "mail.ru", "maol.ru": "mail.ru",
        "meil.ru": "mail.ru", "majl.ru": "mail.ru", "nail.ru": "mail.ru", "mail.u": "mail.ru", "mail.tu": "mail.ru",
        "gmail.con": "gmail.com", "gmal.com": "gmail.com", "gmai.com": "gmail.com", "gmial.com": "gmail.com",
        "gmaill.com": "gmail.com", "gmail.co": "gmail.com", "gmali.com": "gmail.com", "gamil.com": "gmail.com",
        "gmeil.com": "gmail.com", "gmail.com.ru": "gmail.com", "gimeil.com": "gmail.com", "jmail.com": "gmail.com",
        "jandex.ru": "yandex.ru", "yandeks.ru": "yandex.ru", "yndex.ru": "yandex.ru", "yandex.u": "yandex.ru",
        "iandex.ru": "yandex.ru", "jandeks.ru": "yandex.ru", "ramblr.ru": "rambler.ru", "ramler.ru": "rambler.ru",
        "hotmial.com": "hotmail.com", "hotmal.com": "hotmail.com", "outlok.com": "outlook.com", "outloook.com": "outlook.com",
        "iclod.com": "icloud.com", "icloud.ru": "icloud.com", "yaho.com": "yahoo.com", "bk.ry": "bk.ru", "lst.ru": "list.ru",
        "lisr.ru": "list.ru", "inboks.ru": "inbox.ru", "gmail.om": "gmail.com", "ya.u": "ya.ru", "ya.tu": "ya.ru",
    }
)  # fmt: skip
TYPO_ENDINGS = MappingProxyType(
    {
        "com": ("con", "cim", "cmo", "ocm", "comm", "vom", "xom", "cpm", "coml", "c0m", "om", "cm"),
        "ru": ("ri", "rru", "ruu", "tu", "ur", "eu", "r", "u", "ry", "rul"),
        "net": ("ner", "nrt", "bet", "met", "nett"),
        "de": ("ed", "dee"),
    }
)
# Letters of other alphabets that look like Latin ones.
LOOKING_LATIN = str.maketrans("аеорсухіјѕԁԛԝһӏαορνυικ", "aeopcyxijsdqwhlaopvuik")
ROLES = frozenset(
    {
        "abuse", "accounting", "accounts", "admin", "administrator", "billing", "bookkeeping", "buh", "buhgalter", "buhgalteria",
        "careers", "client", "clients", "contact", "contacts", "corp", "customerservice", "devnull", "director", "dispatch",
        "enquiries", "feedback", "finance", "ftp", "glavbuh", "hello", "help", "helpdesk", "hostmaster", "hr", "info",
        "inform", "information", "inquiries", "it", "job", "jobs", "kadry", "kontakt", "legal", "list", "mail", "mailbox",
        "mailer-daemon", "manager", "marketing", "media", "news", "newsletter", "no-reply", "noc", "noreply", "office", "opt",
        "order", "orders", "payment", "payments", "postmaster", "pr", "press", "priem", "priemnaya", "privacy", "reception",
        "reklama", "root", "sale", "sales", "security", "sekretar", "service", "shop", "spam", "staff", "subscribe", "support",
        "tender", "tech", "test", "unsubscribe", "usenet", "vacancy", "webmaster", "www", "zakaz", "zakupki",
    }
)  # fmt: skip
