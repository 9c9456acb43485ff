"""Addresses of the Costs workspace, of one item, and of payment methods."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from dext_sync.businesses.access import business_view
from dext_sync.businesses.roles import Need


@business_view(Need.MEMBER)
def landing(request: HttpRequest, **ids: object) -> HttpResponse:
    raise Http404


COSTS = "b/<slug:slug>/costs/"
ITEM = f"{COSTS}<int:item_id>/"
METHODS = "b/<slug:slug>/payment-methods/"

urlpatterns = [
    path(COSTS, landing, name="costs_inbox"),
    path(f"{COSTS}archive/", landing, name="costs_archive"),
    path(f"{COSTS}upload/", landing, name="upload"),
    path(f"{COSTS}new/", landing, name="item_new"),
    path(f"{COSTS}rows/", landing, name="items_rows"),
    path(f"{COSTS}selection/publish/", landing, name="items_publish"),
    path(f"{COSTS}selection/code/", landing, name="items_code"),
    path(f"{COSTS}selection/archive/", landing, name="items_archive"),
    path(f"{COSTS}options/suppliers/", landing, name="supplier_options"),
    path(f"{COSTS}options/categories/", landing, name="category_options"),
    path(f"{COSTS}options/tax-rates/", landing, name="tax_options"),
    path(f"{COSTS}options/projects/", landing, name="project_options"),
    path(f"{COSTS}options/locations/", landing, name="location_options"),
    path(f"{COSTS}options/customers/", landing, name="customer_options"),
    path(f"{COSTS}options/payment-methods/", landing, name="method_options"),
    path(ITEM, landing, name="item"),
    path(f"{ITEM}fields/<slug:field>/", landing, name="item_field"),
    path(f"{ITEM}state/", landing, name="item_state"),
    path(f"{ITEM}preview/", landing, name="item_preview"),
    path(f"{ITEM}history/", landing, name="item_history"),
    path(f"{ITEM}publish/", landing, name="item_publish"),
    path(f"{ITEM}attach-again/", landing, name="item_attach_again"),
    path(f"{ITEM}archive/", landing, name="item_archive"),
    path(f"{ITEM}unarchive/", landing, name="item_unarchive"),
    path(f"{ITEM}supplier/", landing, name="supplier_decide"),
    path(f"{ITEM}document/", landing, name="document_file"),
    path(f"{ITEM}document/pages/<int:page>/", landing, name="document_page"),
    path(METHODS, landing, name="payment_methods"),
    path(f"{METHODS}new/", landing, name="payment_method_new"),
    path(f"{METHODS}<int:method_id>/", landing, name="payment_method_change"),
    path(f"{METHODS}<int:method_id>/remove/", landing, name="payment_method_remove"),
]
