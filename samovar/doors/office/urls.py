"""The office's addresses: each room's screens and the REST API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from samovar.doors.office import screens
from samovar.doors.office.api import api
from samovar.doors.rooms import modules

urlpatterns: list[URLPattern | URLResolver] = [
    *screens.urlpatterns,
    path("api/v1/", api.urls),
    *(path("", include(module.urlpatterns)) for module in modules("screens")),
]

handler400 = "samovar.doors.office.errors.bad_request"
handler403 = "samovar.doors.office.errors.forbidden"
handler404 = "samovar.doors.office.errors.not_found"
handler500 = "samovar.doors.office.errors.fault"
