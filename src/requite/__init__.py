"""Requite runs incentive schemes and tariff checks that are written as text."""
