"""The wire to Zoho Books and Zoho's sign-in: no Django, no database, no policy."""
