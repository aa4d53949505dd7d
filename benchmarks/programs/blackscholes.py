"""Prices of European call and put options."""

import math

import numpy as np


def blackscholes(spot, strike, years, rate, volatility, call, put):
    for i in range(len(spot)):
        root = volatility * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + (rate + 0.5 * volatility * volatility) * years[i]) / root
        d2 = d1 - root
        n1 = 0.5 * (1.0 + math.erf(d1 / math.sqrt(2.0)))
        n2 = 0.5 * (1.0 + math.erf(d2 / math.sqrt(2.0)))
        discounted = strike[i] * math.exp(-rate * years[i])
        call[i] = spot[i] * n1 - discounted * n2
        put[i] = discounted * (1.0 - n2) - spot[i] * (1.0 - n1)


SIZES = {"tiny": 50, "cpython": 100_000, "full": 1_000_000}
OUTPUTS = ("call", "put")


def make(size, rng):
    spot = rng.uniform(5.0, 30.0, size)
    strike = rng.uniform(1.0, 100.0, size)
    years = rng.uniform(0.25, 10.0, size)
    return spot, strike, years, 0.02, 0.3, np.zeros(size), np.zeros(size)
