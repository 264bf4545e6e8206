"""What a finding says to people: a sentence for each code, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.collect.contacts.verdicts import Finding, Verdict

SENTENCES: dict[str, Promise] = {
    "address_rubbish": lazy("“%(about)s” is no address."),
    "address_link": lazy("A link, an e-mail address or a piece of a page stands in it."),
    "address_region": lazy("“%(about)s” is a region or a district, not a city."),
    "address_signs": lazy("There are signs in it that addresses do not have."),
    "birthday_ahead": lazy("The day lies in the future."),
    "birthday_default": lazy("Forms fill in this day when nobody chose one."),
    "birthday_either_way": lazy("The date can be read in two ways; it was read as %(about)s."),
    "birthday_newborn": lazy("The day is less than a year ago."),
    "birthday_no_date": lazy("This is no date."),
    "birthday_too_old": lazy("A person born then would be %(about)s years old."),
    "city_signs": lazy("There is a number in the name of the city."),
    "country_unknown": lazy("No country is called “%(about)s”."),
    "email_alphabets": lazy("Letters of different alphabets stand in one word of it."),
    "email_disposable": lazy("%(about)s gives out addresses for a few minutes."),
    "email_letters": lazy("Letters of another alphabet pass for Latin ones in it: perhaps %(about)s was meant."),
    "email_no_mail": lazy("%(about)s takes no mail."),
    "email_reserved": lazy("%(about)s is a name for tests and inner networks; mail never arrives there."),
    "email_role": lazy("The address is of an office (“%(about)s”), not of a person."),
    "email_syntax": lazy("This is no e-mail address."),
    "email_typo": lazy("Perhaps %(about)s was meant."),
    "invisible_signs": lazy("It came with signs that nobody sees."),
    "name_address": lazy("An e-mail address or a link stands where the name should."),
    "name_case": lazy("Capital letters were put right."),
    "name_company": lazy("“%(about)s” makes it the name of a company, not of a person."),
    "name_initial": lazy("There is an initial in the place of a name."),
    "name_joined": lazy("Words are run together in it: perhaps “%(about)s” was meant."),
    "name_layout": lazy("It looks typed in the wrong keyboard layout: perhaps “%(about)s” was meant."),
    "name_no_letters": lazy("There are no letters in it."),
    "name_order": lazy("It is not certain which word is the given name and which the surname."),
    "name_phone": lazy("A number stands where the name should."),
    "name_rubbish": lazy("“%(about)s” is no name."),
    "name_signs": lazy("There are signs in it that names do not have."),
    "name_strangers": lazy("Latin letters that look like Russian ones were put right."),
    "name_word": lazy("“%(about)s” is what the form asked for, not a name."),
    "name_words": lazy("It has more or fewer words than a name."),
    "phone_extension": lazy("The extension was left out."),
    "phone_guess": lazy("Letters stand among its digits: perhaps %(about)s was meant."),
    "phone_letters": lazy("Letters stand among its digits."),
    "phone_local": lazy("The code of the town is missing."),
    "phone_no_number": lazy("This is no phone number."),
    "phone_no_sms": lazy("A line of this kind takes no SMS."),
    "phone_not_in_plan": lazy("The length is right, but no such number is given out in this country."),
    "phone_too_long": lazy("There are too many digits."),
    "phone_too_short": lazy("There are too few digits."),
    "phone_words": lazy("Words beside the number were left out."),
    "postal_code_filler": lazy("One digit throughout: it was probably put in to get past the form."),
    "postal_code_shape": lazy("Postal codes of this country look different."),
}
LINES: dict[str, Promise] = {
    "company": lazy("company number"), "fixed": lazy("landline"), "fixed_or_mobile": lazy("landline or mobile"),
    "mobile": lazy("mobile"), "pager": lazy("pager"), "personal": lazy("personal number"), "premium": lazy("premium rate"),
    "shared_cost": lazy("shared cost"), "toll_free": lazy("toll-free"), "unknown": lazy("unknown kind"),
    "voicemail": lazy("voicemail"), "voip": lazy("internet line"),
}  # fmt: skip


def sentence(finding: Finding) -> str:
    """What a finding says."""
    return str(SENTENCES[finding.code]) % {"about": finding.about}


def verdict_word(verdict: Verdict) -> str:
    """A verdict in one word."""
    words = {Verdict.VALID: _("valid"), Verdict.DOUBTFUL: _("doubtful"), Verdict.INVALID: _("invalid")}
    return words[verdict]
