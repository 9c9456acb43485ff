"""What the editions of Zoho Books do not have in common."""

# Their purchases carry no tax: it is part of the price there.
EDITIONS_WITHOUT_PURCHASE_TAX = frozenset({"us"})
