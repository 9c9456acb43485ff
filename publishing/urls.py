"""Addresses of both workspaces, of one item, and of payment methods."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from publishing.models import Item
from publishing.views import (
    automatic,
    bulk,
    changes,
    clients,
    copies,
    documents,
    duplicates,
    inbox,
    item,
    journey,
    merging,
    methods,
    options,
    publish,
    suppliers,
    uploads,
    word_rules,
)


class Workspace(StringConverter):
    regex = "costs|sales"


class Party(StringConverter):
    regex = "suppliers|customers"


register_converter(Workspace, "workspace")
register_converter(Party, "party")

BUSINESS = "b/<slug:slug>/"
WORKSPACE = f"{BUSINESS}<workspace:workspace>/"
OPTIONS = f"{WORKSPACE}options/"
ITEM = f"{WORKSPACE}<int:item_id>/"
PARTY = f"{BUSINESS}<party:side>/<int:supplier_id>/"
METHODS = f"{BUSINESS}payment-methods/"

PICKERS = [
    ("suppliers", "supplier", "supplier_options"),
    ("known-suppliers", "known_supplier", "known_supplier_options"),
    ("zoho-suppliers", "contact", "contact_options"),
    ("categories", "category", "category_options"),
    ("tax-rates", "tax_rate", "tax_options"),
    ("taxes", "tax", "tax_or_exemption_options"),
    ("projects", "project", "project_options"),
    ("locations", "location", "location_options"),
    ("customers", "customer", "customer_options"),
    ("payment-methods", "payment_method", "method_options"),
]

urlpatterns = [
    path("clients/", clients.clients, name="clients"),
    path("clients/copy/<slug:source>/", copies.choose, name="copy_choose"),
    path(
        "clients/copy/<slug:source>/<slug:target>/",
        copies.preview,
        name="copy_preview",
    ),
    *(
        address
        for name in Item.Workspace.values
        for address in (
            path(
                f"{BUSINESS}{name}/", inbox.inbox, {"workspace": name}, f"{name}_inbox"
            ),
            path(
                f"{BUSINESS}{name}/archive/",
                inbox.archive,
                {"workspace": name},
                f"{name}_archive",
            ),
        )
    ),
    path(f"{WORKSPACE}upload/", uploads.upload, name="upload"),
    path(f"{WORKSPACE}new/", inbox.new, name="item_new"),
    path(f"{WORKSPACE}columns/", inbox.columns, name="items_columns"),
    path(f"{WORKSPACE}rows/", inbox.rows, name="items_rows"),
    path(f"{WORKSPACE}rules/", word_rules.overview, name="category_rules"),
    path(
        f"{WORKSPACE}rules/<int:rule_id>/",
        word_rules.change,
        name="category_rule_change",
    ),
    path(f"{WORKSPACE}journey/", journey.progress, name="items_journey"),
    path(f"{WORKSPACE}selection/publish/", publish.many, name="items_publish"),
    path(f"{WORKSPACE}selection/code/", bulk.code, name="items_code"),
    path(f"{WORKSPACE}selection/archive/", bulk.archive, name="items_archive"),
    *(
        path(f"{OPTIONS}{words}/", options.search, {"field": field}, name=name)
        for words, field, name in PICKERS
    ),
    path(ITEM, item.page, name="item"),
    path(f"{ITEM}fields/<slug:field>/", changes.save, name="item_field"),
    path(f"{ITEM}fields/<slug:field>/why/", item.why, name="item_why"),
    path(f"{ITEM}supplier/", changes.decide_supplier, name="supplier_decide"),
    path(f"{ITEM}duplicate/", duplicates.decide, name="item_duplicate"),
    path(f"{ITEM}state/", item.state, name="item_state"),
    path(f"{ITEM}preview/", item.preview, name="item_preview"),
    path(f"{ITEM}history/", item.history, name="item_history"),
    path(f"{ITEM}publish/", publish.one, name="item_publish"),
    path(f"{ITEM}attach-again/", publish.attach_again, name="item_attach_again"),
    path(f"{ITEM}seen/", publish.seen, name="item_seen"),
    path(f"{ITEM}archive/", item.archive, name="item_archive"),
    path(f"{ITEM}unarchive/", item.unarchive, name="item_unarchive"),
    path(f"{ITEM}clear/", item.clear, name="item_clear"),
    path(f"{ITEM}document/", documents.file, name="document_file"),
    path(f"{ITEM}document/pages/<int:page>/", documents.page, name="document_page"),
    path(f"{BUSINESS}<party:side>/", suppliers.overview, name="suppliers"),
    path(f"{BUSINESS}<party:side>/rules/", suppliers.rules, name="suppliers_rules"),
    path(f"{BUSINESS}<party:side>/file/", suppliers.from_file, name="suppliers_file"),
    path(f"{BUSINESS}auto-publish/", automatic.overview, name="automatic"),
    path(f"{BUSINESS}auto-publish/help/", automatic.explained, name="automatic_help"),
    path(f"{PARTY}auto-publish/", automatic.switch, name="supplier_auto"),
    path(f"{PARTY}resume/", automatic.resume, name="supplier_resume"),
    path(PARTY, suppliers.page, name="supplier"),
    path(f"{PARTY}apply/", suppliers.apply, name="supplier_apply"),
    path(f"{PARTY}merge/", suppliers.merge, name="supplier_merge"),
    path(f"{PARTY}take-back/", suppliers.unmerge, name="supplier_unmerge"),
    path(f"{BUSINESS}merge-lists/", merging.page, name="merge_lists"),
    path(METHODS, methods.overview, name="payment_methods"),
    path(f"{METHODS}new/", methods.new, name="payment_method_new"),
    path(f"{METHODS}<int:method_id>/", methods.change, name="payment_method_change"),
    path(
        f"{METHODS}<int:method_id>/remove/",
        methods.remove,
        name="payment_method_remove",
    ),
]
