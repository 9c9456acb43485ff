"""What the frame and the pages show of publishing, as template tags."""
