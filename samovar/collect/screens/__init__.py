"""Screens of the room: customers and the card, goods, sources and their keys; imports and erasure have screens of their own."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from samovar.collect.duplicates import screens as duplicates
from samovar.collect.erasure import screens as erasure
from samovar.collect.imports import screens as imports
from samovar.collect.quality import screens as quality
from samovar.collect.screens import card, consents, customers, goods, sources
from samovar.webkit.find import Finder
from samovar.webkit.menu import Item

MENU = [
    Item(_("Customers"), "customers", 110, "customers:read"),
    *duplicates.MENU,
    Item(_("Goods"), "goods", 130, "goods:read"),
    Item(_("Sources"), "sources", 530, "sources:read"),
    *imports.MENU,
    *quality.MENU,
]
FINDERS = [Finder(_("Customers"), 10, "customers:read", customers.finder)]

urlpatterns: list[URLPattern] = [
    path("customers/", customers.customers, name="customers"),
    path("customers/<int:person_id>/", card.card, name="customer"),
    path("customers/<int:person_id>/merge", card.merge, name="merge_customer"),
    path("customers/<int:person_id>/unmerge", card.unmerge, name="unmerge_customer"),
    path("customers/<int:person_id>/consent", consents.change, name="change_consent"),
    path("customers/<int:person_id>/contact", card.correct_contact, name="correct_contact"),
    path("goods/", goods.goods, name="goods"),
    path("sources/", sources.sources, name="sources"),
    path("sources/add", sources.add_source, name="add_source"),
    path("sources/revoke", sources.revoke_source, name="revoke_source"),
    *duplicates.urlpatterns,
    *erasure.urlpatterns,
    *imports.urlpatterns,
    *quality.urlpatterns,
]
