"""Who may open which page: one row for each named address of the site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from dext_sync.businesses.roles import Need


class Open(Enum):
    """Pages that do not belong to one business."""

    ANYONE = "anyone"
    PERSON = "whoever is signed in"
    TOKEN = "a machine that brings METRICS_TOKEN; to others it does not exist"


@dataclass(frozen=True)
class Row:
    to: Need | Open
    ids: Mapping[str, object] = field(default_factory=dict)
    # What else its address says; the page is there.
    place: Mapping[str, object] = field(default_factory=dict)
    # Its rows are named in what is sent, and the test sends nothing.
    finds_nothing: bool = False


# An id that no row has: for a page of one row, being let in means 404 by that id,
# and never 403.
NONE = 987654321

MEMBER = Row(Need.MEMBER)
MANAGE = Row(Need.MANAGE)
PUBLISH = Row(Need.PUBLISH)
COSTS = {"workspace": "costs"}
IN_COSTS = Row(Need.MEMBER, place=COSTS)
ITEM = Row(Need.MEMBER, {"item_id": NONE}, COSTS)
ITEM_PUBLISH = Row(Need.PUBLISH, {"item_id": NONE}, COSTS)
METHOD = Row(Need.MANAGE, {"method_id": NONE})
CONSENT = Row(Need.MANAGE, {"consent_id": NONE})
CONNECTION = Row(Need.MANAGE, {"connection_id": NONE})
USER = Row(Need.MANAGE, {"member_id": NONE})
ANYONE = Row(Open.ANYONE)
PERSON = Row(Open.PERSON)

MACHINES: dict[str, Row] = {
    "healthz": ANYONE,
    "readyz": ANYONE,
    "metrics": Row(Open.TOKEN),
}

ACCOUNT: dict[str, Row] = {
    "account_login": ANYONE,
    "account_logout": ANYONE,
    "account_inactive": ANYONE,
    "account_signup": ANYONE,
    "account_reauthenticate": PERSON,
    "account_email": PERSON,
    "account_email_verification_sent": ANYONE,
    "account_change_password": PERSON,
    "account_set_password": PERSON,
    "account_reset_password": ANYONE,
    "account_confirm_login_code": ANYONE,
    "account_confirm_email": Row(Open.ANYONE, {"key": "nokey"}),
    "account_reset_password_from_key_done": ANYONE,
    "account_reset_password_from_key": Row(
        Open.ANYONE, {"uidb36": "1", "key": "no-key"}
    ),
    "account_reset_password_done": ANYONE,
    "mfa_index": PERSON,
    "mfa_authenticate": ANYONE,
    "mfa_reauthenticate": PERSON,
    "mfa_activate_totp": PERSON,
    "mfa_deactivate_totp": PERSON,
    "mfa_view_recovery_codes": PERSON,
    "mfa_generate_recovery_codes": PERSON,
    "mfa_download_recovery_codes": PERSON,
    "mfa_list_webauthn": PERSON,
    "mfa_add_webauthn": PERSON,
    "mfa_reauthenticate_webauthn": PERSON,
    "mfa_remove_webauthn": Row(Open.PERSON, {"pk": NONE}),
    "mfa_edit_webauthn": Row(Open.PERSON, {"pk": NONE}),
}

BUSINESSES: dict[str, Row] = {
    "home": PERSON,
    "person": PERSON,
    "business_leave": Row(Open.PERSON, {"business": "no-such-business"}),
    "leave_clients": PERSON,
    "business_new": PERSON,
    "invitation": Row(Open.ANYONE, {"token": "no-such-token"}),
    "invitation_offered": Row(
        Open.PERSON, {"business_id": NONE, "invitation_id": NONE}
    ),
    "business_home": MEMBER,
    "business_mails": MEMBER,
    "business_profile": MANAGE,
    "activity": MANAGE,
    "members": MANAGE,
    "members_two_factor": MANAGE,
    "member_invite": MANAGE,
    "member_change": USER,
    "member_remove": USER,
    "ownership_hand_over": USER,
    "support_grant": MANAGE,
    "support_end": MANAGE,
    "invitation_revoke": Row(Need.MANAGE, {"invitation_id": NONE}),
}

PUBLISHING: dict[str, Row] = {
    "clients": PERSON,
    "copy_choose": Row(Open.PERSON, {"source": "no-such-business"}),
    "copy_preview": Row(
        Open.PERSON, {"source": "no-such-business", "target": "none-such"}
    ),
    "costs_inbox": MEMBER,
    "costs_archive": MEMBER,
    "sales_inbox": MEMBER,
    "sales_archive": MEMBER,
    "upload": IN_COSTS,
    "item_new": IN_COSTS,
    "items_columns": IN_COSTS,
    "items_rows": IN_COSTS,
    "items_journey": IN_COSTS,
    "items_publish": Row(Need.PUBLISH, place=COSTS),
    "items_code": Row(Need.MEMBER, place=COSTS, finds_nothing=True),
    "items_archive": IN_COSTS,
    "supplier_options": IN_COSTS,
    "known_supplier_options": IN_COSTS,
    "contact_options": IN_COSTS,
    "category_options": IN_COSTS,
    "tax_options": IN_COSTS,
    "tax_or_exemption_options": IN_COSTS,
    "project_options": IN_COSTS,
    "location_options": IN_COSTS,
    "customer_options": IN_COSTS,
    "method_options": IN_COSTS,
    "item": ITEM,
    "item_field": Row(Need.MEMBER, {"item_id": NONE, "field": "total"}, COSTS),
    "supplier_decide": ITEM,
    "item_duplicate": ITEM,
    "item_state": ITEM,
    "item_preview": ITEM,
    "item_history": ITEM,
    "item_publish": ITEM_PUBLISH,
    "item_attach_again": ITEM_PUBLISH,
    "item_seen": ITEM_PUBLISH,
    "item_archive": ITEM,
    "item_unarchive": ITEM,
    "item_clear": ITEM_PUBLISH,
    "document_file": ITEM,
    "document_page": Row(Need.MEMBER, {"item_id": NONE, "page": 1}, COSTS),
    "merge_lists": MANAGE,
    "automatic": MEMBER,
    "automatic_help": MEMBER,
    "suppliers": Row(Need.MANAGE, place={"side": "suppliers"}),
    "suppliers_rules": Row(Need.MANAGE, place={"side": "suppliers"}),
    "suppliers_file": Row(Need.MANAGE, place={"side": "suppliers"}),
    **dict.fromkeys(
        (
            "supplier",
            "supplier_apply",
            "supplier_merge",
            "supplier_unmerge",
            "supplier_auto",
            "supplier_resume",
        ),
        Row(Need.MANAGE, {"supplier_id": NONE}, {"side": "suppliers"}),
    ),
    "category_rules": Row(Need.MANAGE, place=COSTS),
    "category_rule_change": Row(Need.MANAGE, {"rule_id": NONE}, COSTS),
    "item_why": Row(Need.MEMBER, {"item_id": NONE, "field": "category"}, COSTS),
    "payment_methods": MANAGE,
    "payment_method_new": MANAGE,
    "payment_method_change": METHOD,
    "payment_method_remove": METHOD,
}

CONNECTIONS: dict[str, Row] = {
    "connections": MANAGE,
    "connection_choose": MANAGE,
    "connection_steps": MANAGE,
    "connection_start": MANAGE,
    # Zoho sends the browser here; the business comes from the state.
    "zoho_callback": ANYONE,
    "connection_organisation": CONSENT,
    "connection_take_over": Row(
        Need.MANAGE, {"consent_id": NONE, "organisation_id": "1"}
    ),
    "connection_finish": CONSENT,
    "connection_other": CONSENT,
    "connection_change": CONSENT,
    "connection_ended": CONSENT,
    "connection": CONNECTION,
    "connection_setting": Row(
        Need.MANAGE, {"connection_id": NONE, "setting": "new_invoices"}
    ),
    "connection_refresh": CONNECTION,
    "connection_progress": CONNECTION,
    "connection_disconnect": CONNECTION,
    "zoho_permissions": PERSON,
    "zoho_permission_withdraw": Row(Open.PERSON, {"grant_id": NONE}),
    "reconnect_together": Row(Open.PERSON, {"grant_id": NONE}),
    "reconnect_together_finish": Row(Open.PERSON, {"consent_id": NONE}),
    "lists": MANAGE,
    "list_page": Row(Need.MANAGE, {"kind": "no-such-list"}),
    "entry_visible": Row(Need.MANAGE, {"kind": "accounts", "entry_id": NONE}),
}

TABLE: dict[str, Row] = {
    **MACHINES,
    **ACCOUNT,
    **BUSINESSES,
    **CONNECTIONS,
    **PUBLISHING,
}
