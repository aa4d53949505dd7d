"""Price options on a share whose volatility comes from its real history.

    python options.py [SHARE]

The monthly prices since 1990 of ten shares and indices come with matplotlib: IBM, AAPL, MSFT, ...
"""

import csv
import math
import sys
from pathlib import Path

import matplotlib
import numpy as np


def read_prices(share):
    path = Path(matplotlib.get_data_path()) / "sample_data" / "Stocks.csv"
    with path.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return np.array([float(row[share]) for row in rows if row[share]])


def volatility(prices):
    """Return the standard deviation of the logarithmic returns, for a year."""
    n = len(prices) - 1
    mean = 0.0
    for i in range(n):
        mean += math.log(prices[i + 1] / prices[i])
    mean /= n
    squares = 0.0
    for i in range(n):
        deviation = math.log(prices[i + 1] / prices[i]) - mean
        squares += deviation * deviation
    return math.sqrt(12.0 * squares / (n - 1))


def price_all(spot, strikes, years, rate, sigma, calls):
    """Fill `calls[i, j]` with the price of a call at strike i that ends after years j."""
    for i in range(len(strikes)):
        for j in range(len(years)):
            root = sigma * math.sqrt(years[j])
            d1 = (math.log(spot / strikes[i]) + (rate + 0.5 * sigma * sigma) * years[j]) / root
            d2 = d1 - root
            share = 0.5 * spot * (1.0 + math.erf(d1 / math.sqrt(2.0)))
            discounted = strikes[i] * math.exp(-rate * years[j])
            calls[i, j] = share - 0.5 * discounted * (1.0 + math.erf(d2 / math.sqrt(2.0)))


def implied(spot, strikes, years, rate, prices, sigmas):
    """Find for each price the volatility that explains it, by halving an interval."""
    for i in range(len(strikes)):
        for j in range(len(years)):
            low = 0.001
            high = 5.0
            for _ in range(50):
                sigma = 0.5 * (low + high)
                root = sigma * math.sqrt(years[j])
                d1 = (math.log(spot / strikes[i]) + (rate + 0.5 * sigma * sigma) * years[j]) / root
                d2 = d1 - root
                share = 0.5 * spot * (1.0 + math.erf(d1 / math.sqrt(2.0)))
                discounted = strikes[i] * math.exp(-rate * years[j])
                price = share - 0.5 * discounted * (1.0 + math.erf(d2 / math.sqrt(2.0)))
                if price > prices[i, j]:
                    high = sigma
                else:
                    low = sigma
            sigmas[i, j] = 0.5 * (low + high)


def main():
    share = sys.argv[1] if len(sys.argv) > 1 else "IBM"
    prices = read_prices(share)
    spot = float(prices[-1])
    sigma = volatility(prices)
    print(f"{share}: {len(prices)} months, last price {spot:.2f}, volatility {sigma:.4f}")

    strikes = np.linspace(0.5 * spot, 1.5 * spot, 120)
    years = np.linspace(0.1, 3.0, 60)
    calls = np.zeros((len(strikes), len(years)))
    price_all(spot, strikes, years, 0.02, sigma, calls)
    print(f"a call at today's price for a year costs about {calls[60, 19]:.4f}")

    sigmas = np.zeros_like(calls)
    implied(spot, strikes, years, 0.02, calls, sigmas)
    worst = 0.0
    for i in range(sigmas.shape[0]):
        for j in range(sigmas.shape[1]):
            # where the price is only what the option is worth at once, it says nothing of volatility
            worth_now = max(spot - strikes[i] * math.exp(-0.02 * years[j]), 0.0)
            if calls[i, j] - worth_now > 0.01:
                worst = max(worst, abs(sigmas[i, j] - sigma))
    print(f"volatility found again from {calls.size} prices, at most {worst:.2e} off where they tell it")


if __name__ == "__main__":
    main()
