"""A consortium to try the checks and schemes on: a year of claims in which errors are planted, each written down."""
