"""What the frame and the pages show of connections, as template tags."""
