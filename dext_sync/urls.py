"""The site map: one include per app."""

from django.urls import URLPattern, URLResolver, include, path

from dext_sync import monitoring

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", monitoring.healthz, name="healthz"),
    path("readyz", monitoring.readyz, name="readyz"),
    path("metrics", monitoring.metrics_page, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("", include("dext_sync.businesses.urls")),
    path("", include("connections.urls")),
    path("", include("publishing.urls")),
]

handler403 = "dext_sync.businesses.views.frame.permission_denied"
handler404 = "dext_sync.businesses.views.frame.page_not_found"
handler500 = "dext_sync.businesses.views.frame.server_error"
