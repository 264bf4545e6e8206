"""The decisions of the demo: its segments, its win-back campaign with its letter, and what is told of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from samovar.communicate import operations as communicate
from samovar.communicate import queries as messages
from samovar.decide import operations as decide
from samovar.decide import rehearsal
from samovar.decide.queries import Campaign
from samovar.doors.advance import settle
from samovar.doors.session import LocalSession
from samovar.measure import queries as measure
from samovar.measure import verdicts
from samovar.staff.actors import Actor
from samovar.understand import operations as understand
from samovar.understand import queries as understood
from samovar.understand import words
from samovar.webkit.formats import money

ACTOR = Actor.system("demo")
DISCOUNT_PERCENT = 10
URL = "https://shop.example/sale?code=TEA10"
LAPSED = "count(orders) >= 1 and days_since(last orders) > 90"
Say = Callable[[str], None]

SUBJECT = '{{ first_name | default: "Здравствуйте" }}, мы скучаем: −10 % на любимый чай'
HTML = f"""<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><style>
  body {{ font-family: Georgia, serif; color: #2b2118; background: #faf6f0; }}
  .letter {{ max-width: 560px; margin: 0 auto; padding: 24px; background: #ffffff; }}
  .button {{ display: inline-block; padding: 12px 28px; color: #ffffff; background: #9c3d1e; text-decoration: none; }}
  .small {{ font-size: 13px; color: #6b5d50; }}
</style></head><body><div class="letter">
  <h1>{{{{ first_name | default: "Здравствуйте" }}}}, чай заждался</h1>
  <p>Вы давно у нас не были{{% if city %}}, а в {{{{ city }}}} сейчас самая пора для самовара{{% endif %}}.</p>
  <p>Две недели для вас скидка {DISCOUNT_PERCENT} % на всё: от иван-чая до исинских чайников.</p>
  <p><a class="button" href="{URL}">Выбрать чай</a></p>
  <p class="small">Это письмо пришло на {{{{ email }}}}, потому что вы согласились получать наши новости.
  <a href="{{{{ unsubscribe_url }}}}">Отписаться</a> · <a href="{{{{ preferences_url }}}}">Настроить</a></p>
</div></body></html>
"""


TEXT = f"""{{{{ first_name | default: "Здравствуйте" }}}}, чай заждался

Вы давно у нас не были{{% if city %}}, а в {{{{ city }}}} сейчас самая пора для самовара{{% endif %}}.
Две недели для вас скидка {DISCOUNT_PERCENT} % на всё: от иван-чая до исинских чайников.

Выбрать чай: {URL}

Это письмо пришло на {{{{ email }}}}, потому что вы согласились получать наши новости.
Отписаться: {{{{ unsubscribe_url }}}}
"""

# What any shop can ask of its orders, and what only a shop with a site, categories and consents can.
ORDER_SEGMENTS = {
    "Давно не заказывали": LAPSED,
    "Постоянные": "count(orders in last 180 days) >= 3",
    "Большие чеки": "max(orders.amount) >= 5000",
    "Под угрозой ухода": 'lifecycle = "at risk"',
}
SITE_SEGMENTS = {
    "Бросили корзину на этой неделе": "count(cart_adds in last 7 days) >= 1 and count(orders in last 7 days) = 0",
    "Новые без заказа": "days_since(registered_at) <= 30 and count(orders) = 0",
    "Любят улун": 'count(lines where category = "Улун") >= 3',
    "Можно писать": "consent.email.marketing",
}


def segments(session: LocalSession, texts: Mapping[str, str], say: Say) -> int:
    """Save segments (name -> rule) and count them; how many there are."""
    for name, text in texts.items():
        rule = words.read(text, session.warehouse)
        understand.create(name=name, rule=rule, actor=ACTOR, at_us=session.clock.now_us())
    settle(session)
    saved = understood.segments()
    for segment in saved:
        say(f"  {segment.people or 0:>8,}  {segment.name}")
    return len(saved)


def win_back(session: LocalSession, say: Say) -> Campaign:
    """Draft, write, launch and deliver the letter to those who have not ordered for 90 days and agreed to letters."""
    campaign = draft(session, audience=f"{LAPSED} and consent.email.marketing")
    at_us = session.clock.now_us()
    communicate.save_letter(campaign=campaign, variant="A", subject=SUBJECT, html=HTML, text=TEXT, actor=ACTOR, at_us=at_us)
    decide.launch(campaign=campaign, warehouse=session.warehouse, actor=ACTOR, at_us=at_us)
    settle(session)
    states = messages.outcomes(campaign.id).by_state
    say(f"“{campaign.name}”: {states.get('sent', 0):,} letters sent, {states.get('held_out', 0):,} people in the control group.")
    return campaign


def draft(session: LocalSession, *, audience: str) -> Campaign:
    """The campaign before its letter."""
    return decide.create_draft(
        name="Вернуть уснувших", slug="win-back", goal="Следующий заказ тех, кто молчит больше 90 дней",
        audience=audience, control_share=0.10, actor=ACTOR, at_us=session.clock.now_us(),
    )  # fmt: skip


def rehearse(session: LocalSession, say: Say) -> dict[str, Any]:
    """Whom the campaign would reach, for a shop whose letter is not ours to write; it stays a draft."""
    campaign = draft(session, audience=LAPSED)
    found = rehearsal.rehearse(campaign=campaign, warehouse=session.warehouse, at_us=session.clock.now_us())
    say(f"“{campaign.name}” stays a draft: of {found.people:,} people {found.reach:,} have an address and agreed to letters.")
    figures = dict.fromkeys(("treated", "control", "sent", "opened", "clicked", "incremental_minor"), 0)
    return {**figures, "interval_minor": None}


def summary(session: LocalSession) -> measure.Summary:
    """The workspace in figures, now."""
    return measure.summary(warehouse=session.warehouse, at_us=session.clock.now_us())


def report(session: LocalSession, campaign: Campaign, say: Say) -> dict[str, Any]:
    """The figures of the contract, and the verdict in words."""
    campaign.refresh_from_db()
    found = measure.campaign_report(campaign=campaign, warehouse=session.warehouse, at_us=session.clock.now_us())
    answer = measure.report_as_json(found)
    say(f"Opened by {found.opened:,} people ({found.opened_by_machine:,} by machines), clicked by {found.clicked:,}.")
    say(verdicts.sentence(found, session.workspace.currency))
    names = ("treated", "control", "sent", "opened", "clicked", "incremental_minor", "interval_minor")
    return {name: answer[name] for name in names}


def say_truth(truth_minor: int, currency: str, say: Say) -> None:
    """What the simulation knows and no shop ever does."""
    say(f"The simulation knows: it truly earned {money(truth_minor, currency)}.")


def events(session: LocalSession) -> int:
    """How many events were collected, the house's own left out."""
    return int(session.owner.loop.execute("SELECT count(*) FROM events WHERE kind <> 'house'").fetchall()[0][0])
