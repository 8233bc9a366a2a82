"""Benchmarks: what a step costs, how near solvers come, how fast a network trains and draws."""
