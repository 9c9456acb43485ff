from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("businesses", "0002_row_security")]

    operations = [
        # How many letters a person caused, from whichever business: numbers, no rows.
        definer_function(
            "invitations_sent_by",
            "inviter bigint, address text, since timestamptz",
            "TABLE (letters bigint, to_address bigint)",
            "SELECT count(*), count(*) FILTER (WHERE email = address)"
            " FROM businesses_invitation"
            " WHERE invited_by_id = inviter AND created_at > since",
        ),
    ]
