"""Passes of a risk model over a portfolio of decided cases."""
