"""Whole records as the live API sends them: absent text is "", never null."""

from __future__ import annotations

from decimal import Decimal

from tests.zoho_standin.answers import Record
from tests.zoho_standin.editions import SeedTax

_ZERO = Decimal("0.0")


def blank(names: str) -> Record:
    return dict.fromkeys(names.split(), "")


def account_record(number: str, name: str, kind: str, stamp: str) -> Record:
    return {
        "account_id": number,
        "account_name": name,
        "account_code": "",
        "account_type": kind,
        "description": "",
        "placeholder": "",
        "is_register_supported_account": False,
        "is_user_created": False,
        "is_system_account": False,
        "is_active": True,
        "can_show_in_ze": False,
        "parent_account_id": "",
        "parent_account_name": "",
        "depth": 0,
        "has_attachment": False,
        "is_child_present": False,
        "child_count": "",
        "documents": [],
        "created_time": stamp,
        "is_standalone_account": False,
        "last_modified_time": stamp,
        "account_number": "",
        "order": 999,
    }


def account_row(account: Record) -> Record:
    hidden = ("currency_id", "currency_code", "account_number", "order")
    return {key: value for key, value in account.items() if key not in hidden}


def bank_account_row(account: Record) -> Record:
    row = {
        **blank(
            "account_sub_type bank_name feeds_last_refresh_date routing_number"
            " partner_bank_source_formatted partner_bank_source payout_bank_name"
            " feed_status"
        ),
        "uncategorized_transactions": 0,
        "total_unprinted_checks": 0,
        "balance": _ZERO,
        "bank_balance": _ZERO,
        "bcy_balance": _ZERO,
        "is_direct_paypal": False,
        "mfa_required": False,
        "is_primary_account": False,
        "is_paypal_account": False,
        "is_beta_feed": False,
        "consent_info": blank("consent_remaining_days is_consent_expired"),
    }
    kept = "account_id account_name account_code account_type currency_id currency_code"
    row |= {name: account[name] for name in (*kept.split(), "is_active")}
    if account["account_type"] != "cash":
        row["account_number"] = account["account_number"]
    return row


def currency_record(
    number: str, code: str, name: str, symbol: str, precision: int
) -> Record:
    return {
        "currency_id": number,
        "currency_code": code,
        "currency_name": name,
        "currency_name_formatted": f"{code}- {name}",
        "currency_symbol": symbol,
        "price_precision": precision,
        "currency_format": "1,234,567.89" if precision else "1,234,567",
        "is_base_currency": False,
        "exchange_rate": _ZERO,
        "effective_date": "",
        "auto_exchange_rate_enabled": False,
    }


def tax_record(number: str, seed: SeedTax, parts: list[Record], stamp: str) -> Record:
    percentage = Decimal(seed.percentage)
    whole = percentage == percentage.to_integral_value()
    record = {
        **blank("tax_display_name diff_rate_reason start_date end_date description"),
        "tax_id": number,
        "tax_name": seed.name,
        "tax_percentage": int(percentage) if whole else percentage,
        "tax_type": seed.kind,
        "tax_specific_type": seed.specific,
        "tax_specification": seed.specification,
        "is_value_added": True,
        "is_inactive": not seed.active,
        "is_default_tax": seed.default,
        "is_editable": seed.specific != "igst",
        "status": "Active" if seed.active else "Inactive",
        "last_modified_time": stamp,
        "reference_id": "",
        "parts": parts,
    }
    if not seed.specification:
        record |= {"country": "United Kingdom", "country_code": "UK"}
    if seed.specific == "igst":
        record |= {
            "tax_authority_name": "INTD",
            "output_tax_account_name": "Output IGST",
        }
    return record


def contact_record(number: str, fields: Record, currency: Record, stamp: str) -> Record:
    """`fields` is what was sent, or what the seed says."""
    people = fields.get("contact_persons") or []
    first = next((p for p in people if p.get("is_primary_contact")), None)
    primary = first or (people[0] if people else {})
    record = {
        **blank(
            "contact_tax_information designation department website language_code"
            " language_code_formatted contact_salutation photo_url invited_by"
            " portal_status customer_sub_type contact_relation_type owner_id owner_name"
            " twitter facebook primary_contact_id zcrm_account_id zcrm_contact_id"
            " crm_owner_id payment_terms_id tax_id_type tax_id_value tax_reg_label"
            " account_id account_name contact_category sales_channel entity_address_id"
            " pricebook_id pricebook_name notes created_by_name created_by_id"
            " last_modified_by_id company_name gst_no gst_treatment place_of_contact"
            " vat_treatment vat_reg_no"
        ),
        "contact_id": number,
        "contact_type": "customer",
        "first_name": primary.get("first_name", ""),
        "last_name": primary.get("last_name", ""),
        "email": primary.get("email", ""),
        "phone": primary.get("phone", ""),
        "mobile": primary.get("mobile", ""),
        "is_bcy_only_contact": False,
        "has_transaction": False,
        "source": "api",
        "documents": [],
        "payment_terms": 0,
        "payment_terms_label": "Due on Receipt",
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "price_precision": currency["price_precision"],
        "exchange_rate": "",
        "outstanding_receivable_amount": _ZERO,
        "outstanding_receivable_amount_bcy": _ZERO,
        "outstanding_payable_amount": _ZERO,
        "outstanding_payable_amount_bcy": _ZERO,
        "unused_credits_receivable_amount": _ZERO,
        "unused_credits_receivable_amount_bcy": _ZERO,
        "unused_credits_payable_amount": _ZERO,
        "unused_credits_payable_amount_bcy": _ZERO,
        "status": "active",
        "payment_reminder_enabled": False,
        "custom_fields": [],
        "custom_field_hash": {},
        "track_1099": False,
        "ach_supported": False,
        "opening_balances": [],
        "billing_address": address(),
        "shipping_address": address(),
        "contact_persons": [],
        "addresses": [],
        "tags": [],
        "created_time": stamp,
        "last_modified_time": stamp,
    }
    changed = dict(fields)
    for name in ("billing_address", "shipping_address"):
        changed[name] = address() | changed.get(name, {})
    return record | changed


def address() -> Record:
    return blank(
        "address_id attention address street2 city state_code state zip country county"
        " latitude longitude country_code phone fax"
    )


def contact_row(contact: Record) -> Record:
    kept = (
        "contact_id contact_name company_name website language_code contact_type status"
        " customer_sub_type source payment_terms payment_terms_id payment_terms_label"
        " currency_id twitter facebook currency_code outstanding_receivable_amount"
        " outstanding_receivable_amount_bcy outstanding_payable_amount"
        " outstanding_payable_amount_bcy unused_credits_receivable_amount"
        " unused_credits_receivable_amount_bcy unused_credits_payable_amount"
        " unused_credits_payable_amount_bcy first_name last_name email phone mobile"
        " track_1099 created_time last_modified_time custom_fields custom_field_hash"
        " tags ach_supported"
    )
    return {
        **{name: contact[name] for name in kept.split()},
        **blank(
            "language_code_formatted portal_status_formatted created_time_formatted"
            " last_modified_time_formatted"
        ),
        "customer_name": contact["contact_name"],
        "vendor_name": contact["contact_name"],
        "contact_type_formatted": contact["contact_type"].title(),
        "is_linked_with_zohocrm": False,
        "portal_status": "disabled",
        "contactperson_custom_fields": [],
        "has_attachment": bool(contact["documents"]),
    }
