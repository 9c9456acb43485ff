"""What differs between the UK, US and Indian editions."""

from __future__ import annotations

from dataclasses import dataclass

from tests.zoho_standin.answers import Record, Refused, invalid, missing
from tests.zoho_standin.world import Organisation

VAT_TREATMENTS = ("uk", "eu_vat_registered", "overseas", "eu_vat_not_registered")
GST_TREATMENTS = (
    "business_gst",
    "business_none",
    "overseas",
    "consumer",
    "business_composition",
    "business_sez",
)


@dataclass(frozen=True)
class SeedTax:
    name: str
    percentage: str
    kind: str = "tax"
    specific: str = ""
    specification: str = ""
    active: bool = True
    default: bool = False
    parts: tuple[tuple[str, str], ...] = ()


def _gst(percentage: str, half: str) -> SeedTax:
    parts = ((f"CGST{half} ({half}%)", half), (f"SGST{half} ({half}%)", half))
    return SeedTax(
        f"GST{percentage}", percentage, "tax_group", specification="intra", parts=parts
    )


def _igst(percentage: str) -> SeedTax:
    return SeedTax(f"IGST{percentage}", percentage, "tax", "igst", "inter")


_INDIAN_HALVES = {
    "0": "0",
    "5": "2.5",
    "12": "6",
    "18": "9",
    "28": "14",
    "40": "20",
}

SEEDED_TAXES: dict[str, tuple[SeedTax, ...]] = {
    "uk": (
        SeedTax("Standard Rate", "20", default=True),
        SeedTax("Reduced Rate", "5"),
        SeedTax("Zero Rate", "0"),
        SeedTax("Exempt", "0"),
        SeedTax("Old Standard Rate", "17.5", active=False),
    ),
    "us": (),
    "in": (
        *(_gst(rate, half) for rate, half in _INDIAN_HALVES.items()),
        *(_igst(rate) for rate in _INDIAN_HALVES),
    ),
}


def check_treatment(organisation: Organisation, body: Record) -> None:
    """The tax treatment of a contact or document is one of the edition's words."""
    vat, gst = body.get("vat_treatment"), body.get("gst_treatment")
    if vat and vat not in VAT_TREATMENTS:
        raise invalid("vat_treatment")
    if gst and gst not in GST_TREATMENTS:
        raise invalid("gst_treatment")
    if (
        organisation.edition == "in"
        and gst == "business_gst"
        and not body.get("gst_no")
    ):
        raise invalid("gst_no")


def check_supply(
    organisation: Organisation, bill: Record, vendor: Record, line: Record
) -> None:
    """India validates the combination of states, tax and reverse charge."""
    if organisation.edition != "in":
        return
    tax_id, reverse_id = line.get("tax_id"), line.get("reverse_charge_tax_id")
    if tax_id and reverse_id:
        message = "You cant apply both reverse charge and tax to the same transaction."
        raise Refused(400, 71510, message)
    treatment = bill.get("gst_treatment") or vendor["gst_treatment"]
    if tax_id and treatment == "business_none":
        message = "Reverse charge has to be applied as the vendor has no GSTIN."
        raise Refused(400, 71512, message)
    tax = organisation.taxes.get(tax_id or reverse_id or "")
    if tax is not None:
        _check_states(bill, tax)


def _check_states(bill: Record, tax: Record) -> None:
    same = bill["source_of_supply"] == bill["destination_of_supply"]
    if same and tax["tax_specification"] == "inter":
        message = "IGST cannot be applied as this is an intrastate transaction"
        raise Refused(400, 3032, message)
    if not same and tax["tax_specification"] == "intra":
        message = "IGST has to be applied as this is an interstate transaction"
        raise Refused(400, 3032, message)


def supply_fields(organisation: Organisation, body: Record, vendor: Record) -> Record:
    """The edition's own fields of a bill, with their defaults."""
    if organisation.edition == "in":
        home = organisation.profile["state_code"]
        source = body.get("source_of_supply") or vendor["place_of_contact"] or home
        return {
            "source_of_supply": source,
            "destination_of_supply": body.get("destination_of_supply") or home,
            "gst_treatment": body.get("gst_treatment") or vendor["gst_treatment"],
            "gst_no": body.get("gst_no") or vendor["gst_no"],
            "is_reverse_charge_applied": any(
                line.get("reverse_charge_tax_id") for line in body["line_items"]
            ),
        }
    if organisation.edition == "uk":
        treatment = body.get("vat_treatment") or vendor["vat_treatment"]
        return {"vat_treatment": treatment, "filed_in_vat_return_id": ""}
    return {}


def sale_fields(organisation: Organisation, body: Record, customer: Record) -> Record:
    """The edition's own fields of an invoice; Zoho takes them from the customer."""
    if organisation.edition == "in":
        treatment = body.get("gst_treatment") or customer["gst_treatment"]
        if not treatment:
            raise missing("gst_treatment")
        home = organisation.profile["state_code"]
        place = body.get("place_of_supply") or customer["place_of_contact"]
        return {
            "source_of_supply": home,
            "place_of_supply": place or home,
            "gst_treatment": treatment,
            "gst_no": body.get("gst_no") or customer["gst_no"],
        }
    if organisation.edition == "uk":
        treatment = body.get("vat_treatment") or customer["vat_treatment"]
        return {"vat_treatment": treatment, "filed_in_vat_return_id": ""}
    return {}


def check_sale(organisation: Organisation, invoice: Record, line: Record) -> None:
    """India: sold within the state with CGST and SGST, beyond it with IGST."""
    tax = organisation.taxes.get(line.get("tax_id") or "")
    if organisation.edition == "in" and tax is not None:
        places = {
            "source_of_supply": invoice["source_of_supply"],
            "destination_of_supply": invoice["place_of_supply"],
        }
        _check_states(places, tax)
