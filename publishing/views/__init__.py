"""The pages of the Costs workspace: lists, one item, publishing, payment methods."""
