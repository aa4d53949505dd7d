"""Dynamic programming over a table of lists: the cheapest way through a grid of costs."""


def nested_lists(cost):
    n, m = len(cost), len(cost[0])
    best = [[0.0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            if i == 0 and j == 0:
                before = 0.0
            elif i == 0:
                before = best[i][j - 1]
            elif j == 0:
                before = best[i - 1][j]
            else:
                before = min(best[i - 1][j], best[i][j - 1], best[i - 1][j - 1])
            best[i][j] = before + cost[i][j]
    return best[n - 1][m - 1]


SIZES = {"tiny": (6, 8), "full": (900, 1100)}
OUTPUTS = ()


def make(size, rng):
    return (rng.random(size).tolist(),)
