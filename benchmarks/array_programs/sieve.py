"""The sieve of Eratosthenes, in a list."""


def sieve(n):
    is_prime = [True] * (n + 1)
    is_prime[0] = is_prime[1] = False
    i = 2
    while i * i <= n:
        if is_prime[i]:
            for j in range(i * i, n + 1, i):
                is_prime[j] = False
        i += 1
    count = 0
    for i in range(n + 1):
        if is_prime[i]:
            count += 1
    return count


SIZES = {"tiny": 100, "full": 2_000_000}
OUTPUTS = ()


def make(size, rng):
    return (size,)
