"""What people see of businesses: one module per family of pages."""
