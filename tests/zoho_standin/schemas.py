"""Which body fields and query parameters each operation knows, edition by edition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.zoho_standin.answers import Record, Refused, invalid, too_long


@dataclass(frozen=True)
class Field:
    kind: str
    longest: int | None = None
    editions: frozenset[str] | None = None
    inner: Mapping[str, Field] | None = None


Schema = Mapping[str, Field]


def fields(specification: str, **nested: Schema) -> Schema:
    """Reads `name:kind`, `name:text/100` (longest) and `name:id@uk,in` (editions)."""
    found = {}
    for word in specification.split():
        name, _, rest = word.partition(":")
        rest, _, editions = rest.partition("@")
        kind, _, longest = rest.partition("/")
        known = frozenset(editions.split(",")) if editions else None
        found[name] = Field(kind, int(longest) if longest else None, known)
    for name, schema in nested.items():
        found[name] = Field("list", inner=schema)
    return found


def check(body: Record, schema: Schema, edition: str) -> None:
    """Refuses what the operation does not know; empty text stands for absent."""
    for name, value in body.items():
        known = schema.get(name)
        if known is None:
            raise Refused(400, 2, f"Invalid Element {name}")
        if known.editions is not None and edition not in known.editions:
            _refuse_edition(name, edition)
        _check_value(name, value, known, edition)


def _refuse_edition(name: str, edition: str) -> None:
    if name == "tax_id" and edition == "us":
        raise Refused(400, 110817, "You have to enable Sales Tax to apply a tax.")
    raise Refused(400, 2, f"Invalid Element {name}")


def _check_value(name: str, value: object, known: Field, edition: str) -> None:
    if value == "" and known.kind not in ("list", "object", "number", "integer"):
        return
    if not _fits(value, known.kind):
        raise invalid(name.replace("_", " ").title())
    if isinstance(value, str) and known.longest and len(value) > known.longest:
        raise too_long(name, known.longest)
    if known.inner is None:
        return
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, dict):
            raise invalid(name)
        check(row, known.inner, edition)


def _fits(value: object, kind: str) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "id":
            return isinstance(value, str) and bool(re.fullmatch(r"\d{1,20}", value))
        case "number":
            plain = isinstance(value, int | Decimal) and not isinstance(value, bool)
            return plain and Decimal(str(value)).is_finite()
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "flag":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and is_date(value)
        case "list":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_TAG = fields("tag_id:id tag_option_id:id tag_name:text tag_option_name:text")
_CUSTOM = fields(
    "index:integer value:text custom_field_id:id customfield_id:id api_name:text"
    " label:text"
)
_TAXED = "uk,in,eu,au,ca,gcc,mx,ke,za,global"

BILL_LINE = fields(
    "purchaseorder_item_id:id line_item_id:id item_id:id name:text/100 account_id:id"
    " description:text/2000 rate:number hsn_or_sac:text@in,ke,za"
    " reverse_charge_tax_id:id@in,gcc,za location_id:id quantity:number"
    f" tax_id:id@{_TAXED} tds_tax_id:id@mx tax_treatment_code:text@gcc"
    " tax_exemption_id:id@in,au,ca tax_exemption_code:text@in,au,ca,mx"
    " item_order:integer product_type:text@eu,uk acquisition_vat_id:id@uk"
    " reverse_charge_vat_id:id@uk unit:text line_item_category:text is_billable:flag"
    " project_id:id customer_id:id serial_numbers:list",
    tags=_TAG,
    item_custom_fields=_CUSTOM,
)
BILL = fields(
    "vendor_id:id currency_id:id vat_treatment:text@uk is_update_customer:flag"
    " purchaseorder_ids:list bill_number:text/100 source_of_supply:text@in"
    " destination_of_supply:text@in place_of_supply:text@gcc permit_number:text@gcc"
    " gst_treatment:text@in tax_treatment:text@gcc,mx,ke,za gst_no:text@in"
    " pricebook_id:id reference_number:text/100 date:date due_date:date"
    " payment_terms:integer payment_terms_label:text/100 recurring_bill_id:id"
    " exchange_rate:number is_item_level_tax_calc:flag"
    f" is_inclusive_tax:flag@{_TAXED} adjustment:number"
    " adjustment_description:text/100 location_id:id notes:text/5000 terms:text/10000",
    documents=fields("document_id:id file_name:text"),
    custom_fields=_CUSTOM,
    tags=_TAG,
    line_items=BILL_LINE,
    taxes=fields("tax_id:id tax_name:text tax_amount:text"),
    approvers=fields("approver_id:id order:integer"),
)
EXPENSE_LINE = fields(
    "line_item_id:id account_id:id description:text/100 amount:number"
    f" tax_id:id@{_TAXED} item_order:text product_type:text@uk,za"
    " acquisition_vat_id:id@uk reverse_charge_vat_id:id@uk"
    " reverse_charge_tax_id:id@in,gcc,za tax_exemption_code:text@in"
    " tax_exemption_id:id@in location_id:id",
    tags=_TAG,
)
EXPENSE = fields(
    f"account_id:id date:date amount:number tax_id:id@{_TAXED}"
    " source_of_supply:text@in destination_of_supply:text@in place_of_supply:text@gcc"
    " hsn_or_sac:text@in,ke gst_no:text@in reverse_charge_tax_id:id@in,gcc,za"
    " location_id:id is_inclusive_tax:flag is_billable:flag reference_number:text/100"
    " description:text/100 customer_id:id currency_id:id exchange_rate:number"
    " project_id:id mileage_type:text vat_treatment:text@uk"
    " tax_treatment:text@gcc,ke,za product_type:text@uk,za acquisition_vat_id:id@uk"
    " reverse_charge_vat_id:id@uk start_reading:number end_reading:number"
    " distance:text mileage_unit:text mileage_rate:number employee_id:id@uk"
    " vehicle_type:text@uk can_reclaim_vat_on_mileage:text@uk fuel_type:text@uk"
    " engine_capacity_range:text@uk paid_through_account_id:id vendor_id:id",
    line_items=EXPENSE_LINE,
    taxes=fields("tax_id:id@mx tax_amount:number@mx"),
    custom_fields=_CUSTOM,
    tags=_TAG,
)
INVOICE_LINE = fields(
    # The description forgets `account_id`, which live answers have.
    "account_id:id item_id:id project_id:id time_entry_ids:list product_type:text"
    " hsn_or_sac:text@in,ke,za sat_item_key_code:text@mx unitkey_code:text@mx"
    " location_id:id expense_id:id bill_id:id bill_item_id:id"
    " expense_receipt_name:text name:text/100 description:text/2000"
    " item_order:integer bcy_rate:number rate:number quantity:number unit:text/100"
    " tax_id:id tds_tax_id:id@mx tax_name:text tax_type:text tax_percentage:number"
    " tax_treatment_code:text@gcc salesorder_item_id:id line_item_category:text",
    tags=_TAG,
)
INVOICE = fields(
    "customer_id:id currency_id:id contact_persons:list invoice_number:text/100"
    " place_of_supply:text@in,gcc vat_treatment:text@uk"
    " tax_treatment:text@gcc,mx,ke,za is_reverse_charge_applied:flag@za"
    " gst_treatment:text@in gst_no:text@in cfdi_usage:text@mx"
    " reference_number:text/100 template_id:id date:date payment_terms:integer"
    " payment_terms_label:text/100 due_date:date is_inclusive_tax:flag"
    " exchange_rate:number location_id:id recurring_invoice_id:id"
    " invoiced_estimate_id:id salesperson_name:text/200 send:flag"
    " payment_options:object allow_partial_payments:flag custom_body:text"
    " custom_subject:text notes:text/5000 terms:text/10000 adjustment:number"
    " adjustment_description:text/100 reason:text tax_authority_id:id@us"
    " tax_exemption_id:id@in,us billing_address_id:id shipping_address_id:id",
    custom_fields=_CUSTOM,
    tags=_TAG,
    line_items=INVOICE_LINE,
)
_ADDRESS = fields(
    "attention:text/100 address:text/500 street2:text/255 state_code:text/50"
    " city:text/100 state:text/100 zip:text/50 country:text/100 fax:text/50"
    " phone:text/50"
)
_PERSON = fields(
    "contact_person_id:id salutation:text/25 first_name:text/100 last_name:text/100"
    " email:text/100 phone:text/50 mobile:text/50 designation:text/50"
    " department:text/50 skype:text/50 is_primary_contact:flag enable_portal:flag"
    " communication_preference:object"
)
CONTACT: Schema = {
    **fields(
        "contact_name:text/200 company_name:text/200 website:text language_code:text"
        " contact_type:text customer_sub_type:text credit_limit:number pricebook_id:id"
        " contact_number:text ignore_auto_number_generation:flag"
        " is_portal_enabled:flag currency_id:id payment_terms:integer"
        " payment_terms_label:text/100 notes:text default_templates:object"
        " vat_reg_no:text@uk owner_id:id tax_reg_no:text@gcc,mx,ke,za"
        " tax_exemption_certificate_number:text@ke country_code:text@uk,gcc"
        " vat_treatment:text@uk tax_treatment:text@gcc,mx,ke,za tax_regime:text@mx"
        " legal_name:text@mx is_tds_registered:flag@mx place_of_contact:text@in"
        " gst_no:text@in gst_treatment:text@in tax_authority_name:text"
        " tax_exemption_id:id@us,ca,au,in tax_exemption_code:text@us,ca,au,in"
        " tax_authority_id:id@us tax_id:id@in,us tds_tax_id:id@mx"
        " is_taxable:flag@us,ca,au,in,mx,ke,za facebook:text twitter:text"
        " track_1099:flag@us tax_id_type:text@us tax_id_value:text@us",
        contact_persons=_PERSON,
        custom_fields=_CUSTOM,
        tags=_TAG,
        opening_balances=fields(
            "location_id:id exchange_rate:number opening_balance_amount:number"
        ),
    ),
    "billing_address": Field("object", inner=_ADDRESS),
    "shipping_address": Field("object", inner=_ADDRESS),
}
ACCOUNT = fields(
    "account_name:text/100 account_code:text/100 account_type:text currency_id:id"
    " description:text/500 show_on_dashboard:flag can_show_in_ze:flag"
    " include_in_vat_return:flag@uk parent_account_id:id",
    custom_fields=_CUSTOM,
)
