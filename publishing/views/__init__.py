"""The pages of Costs and Sales: lists, one item, publishing, payment methods."""
