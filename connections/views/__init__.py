"""What people see of connections: one module per family of pages."""
