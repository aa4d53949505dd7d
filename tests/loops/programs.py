"""The loops that people come with: the kernels of numerical programs, as written in a first version."""

import math

import numpy as np


def saxpy(x, y, a):
    for i in range(len(x)):              #: parallel-if
        y[i] = a * x[i] + y[i]
    return y


def pairwise_distances(p, d):
    n = p.shape[0]
    for i in range(n):                   #: parallel-if
        for j in range(n):               #: parallel-if
            s = 0.0
            for k in range(p.shape[1]):  #: parallel-if RED101
                t = p[i, k] - p[j, k]
                s += t * t
            d[i, j] = math.sqrt(s)
    return d


def matmul(a, b, c):
    for i in range(a.shape[0]):          #: parallel-if
        for j in range(b.shape[1]):      #: parallel-if
            for k in range(a.shape[1]):  #: parallel-if RED101
                c[i, j] += a[i, k] * b[k, j]
    return c


def matmul_with_a_local_sum(a, b, c):
    for i in range(a.shape[0]):          #: parallel-if
        for j in range(b.shape[1]):      #: parallel-if
            s = 0
            for k in range(a.shape[1]):  #: parallel-if RED101
                s += a[i, k] * b[k, j]
            c[i, j] = s
    return c


def jacobi2d(a, b, steps):
    n = a.shape[0]
    for t in range(steps):               #: serial DEP103
        for i in range(1, n - 1):        #: parallel-if
            for j in range(1, n - 1):    #: parallel-if
                b[i, j] = 0.2 * (a[i, j] + a[i, j - 1] + a[i, j + 1] + a[i + 1, j] + a[i - 1, j])
        for i in range(1, n - 1):        #: parallel-if
            for j in range(1, n - 1):    #: parallel-if
                a[i, j] = b[i, j]
    return a


def heat3d(a, b, steps):
    n = a.shape[0]
    for t in range(steps):               #: serial DEP103
        for i in range(1, n - 1):        #: parallel-if
            for j in range(1, n - 1):    #: parallel-if
                for k in range(1, n - 1): #: parallel-if
                    b[i, j, k] = (0.125 * (a[i + 1, j, k] - 2.0 * a[i, j, k] + a[i - 1, j, k])
                                  + 0.125 * (a[i, j + 1, k] - 2.0 * a[i, j, k] + a[i, j - 1, k])
                                  + 0.125 * (a[i, j, k + 1] - 2.0 * a[i, j, k] + a[i, j, k - 1])
                                  + a[i, j, k])
        for i in range(1, n - 1):        #: parallel-if
            for j in range(1, n - 1):    #: parallel-if
                for k in range(1, n - 1): #: parallel-if
                    a[i, j, k] = b[i, j, k]
    return a


def seidel2d(a, steps):
    n = a.shape[0]
    for t in range(steps):               #: serial DEP103
        for i in range(1, n - 1):        #: serial DEP102
            for j in range(1, n - 1):    #: serial DEP102
                a[i, j] = (a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1] + a[i, j - 1] + a[i, j] + a[i, j + 1]
                           + a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]) / 9.0
    return a


def blackscholes(price, strike, years, call, put, r, v):
    for i in range(len(price)):          #: parallel-if
        root = math.sqrt(years[i])
        d1 = (math.log(price[i] / strike[i]) + (r + 0.5 * v * v) * years[i]) / (v * root)
        d2 = d1 - v * root
        n1 = 0.5 * (1.0 + math.erf(d1 / math.sqrt(2.0)))
        n2 = 0.5 * (1.0 + math.erf(d2 / math.sqrt(2.0)))
        discounted = strike[i] * math.exp(-r * years[i])
        call[i] = price[i] * n1 - discounted * n2
        put[i] = discounted * (1.0 - n2) - price[i] * (1.0 - n1)
    return call, put


def nbody(pos, vel, mass, dt, steps):
    n = len(mass)
    for t in range(steps):               #: serial DEP103
        for i in range(n):               #: parallel-if
            ax = 0.0
            ay = 0.0
            az = 0.0
            for j in range(n):           #: parallel-if RED101
                if i != j:
                    dx = pos[j, 0] - pos[i, 0]
                    dy = pos[j, 1] - pos[i, 1]
                    dz = pos[j, 2] - pos[i, 2]
                    d2 = dx * dx + dy * dy + dz * dz + 1e-9
                    f = mass[j] / (d2 * math.sqrt(d2))
                    ax += f * dx
                    ay += f * dy
                    az += f * dz
            vel[i, 0] += dt * ax
            vel[i, 1] += dt * ay
            vel[i, 2] += dt * az
        for i in range(n):               #: parallel-if
            for k in range(3):           #: parallel-if
                pos[i, k] += dt * vel[i, k]
    return pos, vel


def game_of_life(a, b):
    n, m = a.shape
    for i in range(n):                   #: parallel-if
        for j in range(m):               #: parallel-if
            alive = 0
            for di in range(-1, 2):      #: parallel-if RED101
                for dj in range(-1, 2):  #: parallel-if RED101
                    if di != 0 or dj != 0:
                        alive += a[(i + di) % n, (j + dj) % m]
            if a[i, j] == 1:
                b[i, j] = 1 if alive == 2 or alive == 3 else 0
            else:
                b[i, j] = 1 if alive == 3 else 0
    return b


def floyd_warshall(d):
    n = d.shape[0]
    for k in range(n):                   #: serial DEP103
        for i in range(n):               #: serial DEP103
            for j in range(n):           #: serial DEP103
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return d


def lu(a):
    n = a.shape[0]
    for k in range(n):                   #: serial DEP102
        for i in range(k + 1, n):        #: parallel
            a[i, k] = a[i, k] / a[k, k]
            for j in range(k + 1, n):    #: parallel
                a[i, j] = a[i, j] - a[i, k] * a[k, j]
    return a


def cholesky(a):
    n = a.shape[0]
    for i in range(n):                   #: serial DEP102
        for j in range(i):               #: serial DEP102
            for k in range(j):           #: parallel-if RED101
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
        for k in range(i):               #: parallel-if RED101
            a[i, i] -= a[i, k] * a[i, k]
        a[i, i] = math.sqrt(a[i, i])
    return a


def conv2d(image, kernel, out):
    h, w = out.shape
    kh, kw = kernel.shape
    for y in range(h):                   #: parallel-if
        for x in range(w):               #: parallel-if
            s = 0.0
            for i in range(kh):          #: parallel-if RED101
                for j in range(kw):      #: parallel-if RED101
                    s += image[y + i, x + j] * kernel[i, j]
            out[y, x] = s
    return out


def histogram(values, counts, lo, width):
    for i in range(len(values)):         #: parallel-if RED101
        k = int((values[i] - lo) / width)
        if 0 <= k < len(counts):
            counts[k] += 1
    return counts


def csr_times_vector(data, columns, starts, x, y):
    for i in range(len(y)):              #: parallel-if
        s = 0.0
        for k in range(starts[i], starts[i + 1]): #: parallel-if RED101
            s += data[k] * x[columns[k]]
        y[i] = s
    return y


def levenshtein(a, b, d):
    n = len(a)
    m = len(b)
    for i in range(n + 1):               #: parallel
        d[i, 0] = i
    for j in range(m + 1):               #: parallel
        d[0, j] = j
    for i in range(1, n + 1):            #: serial DEP102
        for j in range(1, m + 1):        #: serial DEP102
            cost = 0 if a[i - 1] == b[j - 1] else 1
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost)
    return d[n, m]


def covariance(data, mean, cov):
    n, m = data.shape
    for j in range(m):                   #: parallel-if
        mean[j] = 0.0
        for i in range(n):               #: parallel-if RED101
            mean[j] += data[i, j]
        mean[j] /= n
    for i in range(n):                   #: parallel-if
        for j in range(m):               #: parallel-if
            data[i, j] -= mean[j]
    for i in range(m):                   #: parallel-if
        for j in range(i, m):            #: parallel-if
            cov[i, j] = 0.0
            for k in range(n):           #: parallel-if RED101
                cov[i, j] += data[k, i] * data[k, j]
            cov[i, j] /= n - 1.0
            cov[j, i] = cov[i, j]
    return cov


def atax(a, x, y, tmp):
    n, m = a.shape
    for i in range(m):                   #: parallel
        y[i] = 0
    for i in range(n):                   #: parallel-if RED101
        tmp[i] = 0.0
        for j in range(m):               #: parallel-if RED101
            tmp[i] = tmp[i] + a[i, j] * x[j]
        for j in range(m):               #: parallel-if
            y[j] = y[j] + a[i, j] * tmp[i]
    return y


def bicg(a, s, q, p, r):
    n, m = a.shape
    for i in range(m):                   #: parallel
        s[i] = 0
    for i in range(n):                   #: parallel-if RED101
        q[i] = 0.0
        for j in range(m):               #: parallel-if RED101
            s[j] = s[j] + r[i] * a[i, j]
            q[i] = q[i] + a[i, j] * p[j]
    return s, q


def gesummv(a, b, tmp, x, y, alpha, beta):
    n = len(x)
    for i in range(n):                   #: parallel-if
        tmp[i] = 0.0
        y[i] = 0.0
        for j in range(n):               #: parallel-if RED101
            tmp[i] = a[i, j] * x[j] + tmp[i]
            y[i] = b[i, j] * x[j] + y[i]
        y[i] = alpha * tmp[i] + beta * y[i]
    return y


def fdtd2d(ex, ey, hz, source):
    nx, ny = hz.shape
    for t in range(len(source)):         #: serial DEP104
        for j in range(ny):              #: parallel-if
            ey[0, j] = source[t]
        for i in range(1, nx):           #: parallel-if
            for j in range(ny):          #: parallel-if
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(nx):              #: parallel-if
            for j in range(1, ny):       #: parallel-if
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(nx - 1):          #: parallel-if
            for j in range(ny - 1):      #: parallel-if
                hz[i, j] = hz[i, j] - 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
    return ex, ey, hz


def kmeans_assignment(points, centres, label):
    for i in range(points.shape[0]):     #: parallel-if
        best = 1e300
        where = 0
        for c in range(centres.shape[0]): #: parallel-if RED101
            d = 0.0
            for k in range(points.shape[1]): #: parallel-if RED101
                t = points[i, k] - centres[c, k]
                d += t * t
            if d < best:
                best = d
                where = c
        label[i] = where
    return label


def leibniz(n):
    s = 0.0
    for k in range(n):                   #: parallel-if RED101
        s += (-1.0 if k % 2 else 1.0) / (2 * k + 1)
    return 4.0 * s


def primes(sieve):
    n = len(sieve)
    for i in range(n):                   #: parallel
        sieve[i] = i >= 2
    for i in range(2, n):                #: serial DEP103
        if sieve[i]:
            for j in range(i * i, n, i): #: parallel
                sieve[j] = False
    return sieve


def flattened_matrix(a, b, n, m):
    for i in range(n):                   #: serial DEP106
        for j in range(m):               #: serial DEP106
            b[i * m + j] = a[j * n + i]
    return b


def red_and_black(a, n):
    for i in range(1, n - 1, 2):         #: parallel
        a[i] = 0.5 * (a[i - 1] + a[i + 1])
    for i in range(2, n - 1, 2):         #: parallel
        a[i] = 0.5 * (a[i - 1] + a[i + 1])
    return a


def blur_of_bytes(image, out):
    h, w = image.shape
    for y in range(1, h - 1):            #: parallel-if
        for x in range(1, w - 1):        #: parallel-if
            s = 0
            for dy in range(-1, 2):      #: parallel-if RED101
                for dx in range(-1, 2):  #: parallel-if RED101
                    s += int(image[y + dy, x + dx])
            out[y, x] = s // 9
    return out


def brighten_bytes(image, gain):
    h, w = image.shape
    for y in range(h):                   #: parallel
        for x in range(w):               #: parallel
            v = image[y, x] * gain
            if v > 255:
                v = 255
            image[y, x] = int(v)
    return image


def longest_run(bits):
    best = 0
    run = 0
    for i in range(len(bits)):           #: serial DEP105
        if bits[i]:
            run += 1
            if run > best:
                best = run
        else:
            run = 0
    return best


def exponential_smoothing(x, y, alpha):
    y[0] = x[0]
    for i in range(1, len(x)):           #: serial DEP102
        y[i] = alpha * x[i] + (1 - alpha) * y[i - 1]
    return y


def moments(x):
    s = 0
    q = 0
    lo = x[0]
    hi = x[0]
    for i in range(len(x)):              #: parallel-if RED101
        v = x[i]
        s += v
        q += v * v
        lo = min(lo, v)
        hi = max(hi, v)
    return s, q, lo, hi


def knapsack(best, weight, value):
    for k in range(len(weight)):         #: serial DEP106
        for w in range(len(best) - 1, weight[k] - 1, -1): #: serial DEP106
            best[w] = max(best[w], best[w - weight[k]] + value[k])
    return best


def newton(x, out):
    for i in range(len(x)):              #: parallel-if
        g = x[i]
        for k in range(8):               #: serial DEP105
            g = 0.5 * (g + x[i] / g)
        out[i] = g
    return out


def julia(out, cx, cy, limit):
    h, w = out.shape
    for y in range(h):                   #: parallel
        for x in range(w):               #: parallel
            zx = 3.0 * x / w - 1.5
            zy = 3.0 * y / h - 1.5
            n = 0
            while zx * zx + zy * zy < 4.0 and n < limit: #: serial SYN151
                zx, zy = zx * zx - zy * zy + cx, 2.0 * zx * zy + cy
                n += 1
            out[y, x] = n
    return out


def _n(rng, *shape):
    return rng.standard_normal(shape)


def _csr(rng, n):
    lengths = rng.integers(0, 5, n)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return rng.standard_normal(starts[-1]), rng.integers(0, n, starts[-1]), starts, rng.standard_normal(n), np.zeros(n)


def _spd(rng, n):
    a = rng.standard_normal((n, n))
    return a @ a.T + n * np.eye(n)


ARGUMENTS = {
    "saxpy": lambda rng: [(_n(rng, 5000), _n(rng, 5000), 2.5), (_n(rng, 40).astype(np.float32), _n(rng, 40).astype(np.float32), 2.5), (_n(rng, 0), _n(rng, 0), 1)],
    "pairwise_distances": lambda rng: [(_n(rng, 12, 3), np.zeros((12, 12))), (_n(rng, 5, 0), np.ones((5, 5)))],
    "matmul": lambda rng: [(_n(rng, 7, 5), _n(rng, 5, 6), np.zeros((7, 6))), (rng.integers(0, 9, (4, 4)), rng.integers(0, 9, (4, 4)), np.zeros((4, 4), int)), (x, x, np.zeros((5, 5))) if (x := _n(rng, 5, 5)) is not None else None, (_n(rng, 4, 3), _n(rng, 2, 5), np.zeros((4, 5)))],
    "matmul_with_a_local_sum": lambda rng: [(_n(rng, 7, 5), _n(rng, 5, 6), np.zeros((7, 6))), (_n(rng, 7, 0), _n(rng, 0, 6), np.ones((7, 6))), (x, x, x) if (x := _n(rng, 5, 5)) is not None else None],
    "jacobi2d": lambda rng: [(_n(rng, 12, 12), np.zeros((12, 12)), t) for t in (0, 1, 4)],
    "heat3d": lambda rng: [(_n(rng, 6, 6, 6), np.zeros((6, 6, 6)), 3)],
    "seidel2d": lambda rng: [(_n(rng, 12, 12), t) for t in (0, 1, 4)],
    "blackscholes": lambda rng: [(rng.uniform(5, 30, 200), rng.uniform(1, 100, 200), rng.uniform(0.25, 10, 200), np.zeros(200), np.zeros(200), 0.02, 0.3),
                                 (np.array([5.0, 0.0, 5.0]), np.ones(3), np.ones(3), np.zeros(3), np.zeros(3), 0.02, 0.3)],
    "nbody": lambda rng: [(_n(rng, 7, 3), _n(rng, 7, 3), rng.uniform(1, 2, 7), 0.01, 3)],
    "game_of_life": lambda rng: [(rng.integers(0, 2, (8, 9)).astype(t), np.zeros((8, 9), t)) for t in (np.int64, np.uint8)],
    "floyd_warshall": lambda rng: [(rng.integers(1, 99, (10, 10)).astype(t),) for t in (int, float, np.int32)],
    "lu": lambda rng: [(_spd(rng, 9),), (np.zeros((3, 3)),), (_n(rng, 0, 0),)],
    "cholesky": lambda rng: [(_spd(rng, 9),), (-_spd(rng, 4),)],
    "conv2d": lambda rng: [(_n(rng, 12, 13), _n(rng, 3, 3), np.zeros((10, 11))), (_n(rng, 9, 9).astype(np.float32), _n(rng, 2, 2).astype(np.float32), np.zeros((8, 8), np.float32)), (_n(rng, 9, 9), _n(rng, 3, 3), np.zeros((8, 7)))],
    "histogram": lambda rng: [(_n(rng, 500), np.zeros(10, int), -2.0, 0.4), (np.array([0.0, np.nan]), np.zeros(3, int), 0.0, 1.0)],
    "csr_times_vector": lambda rng: [_csr(rng, 30)],
    "levenshtein": lambda rng: [(rng.integers(0, 4, 12), rng.integers(0, 4, 15), np.zeros((13, 16), int)), (rng.integers(0, 4, 3), rng.integers(0, 4, 4), np.zeros((4, 5), np.int8)), (np.zeros(0, int), np.zeros(2, int), np.zeros((1, 3), int))],
    "covariance": lambda rng: [(_n(rng, 12, 5), np.zeros(5), np.zeros((5, 5))), (_n(rng, 1, 2), np.zeros(2), np.zeros((2, 2)))],
    "atax": lambda rng: [(_n(rng, 7, 9), _n(rng, 9), np.zeros(9), np.zeros(7))],
    "bicg": lambda rng: [(_n(rng, 7, 9), np.zeros(9), np.zeros(7), _n(rng, 9), _n(rng, 7))],
    "gesummv": lambda rng: [(_n(rng, 9, 9), _n(rng, 9, 9), np.zeros(9), _n(rng, 9), np.zeros(9), 1.5, 1.2)],
    "fdtd2d": lambda rng: [(_n(rng, 8, 9), _n(rng, 8, 9), _n(rng, 8, 9), np.arange(4.0))],
    "kmeans_assignment": lambda rng: [(_n(rng, 40, 3), _n(rng, 4, 3), np.zeros(40, int))],
    "leibniz": lambda rng: [(n,) for n in (0, 1, 1000)],
    "primes": lambda rng: [(np.zeros(200, t),) for t in (bool, int)],
    "flattened_matrix": lambda rng: [(_n(rng, 42), np.zeros(42), 6, 7), (_n(rng, 42), np.zeros(42), 0, 7), (_n(rng, 42), np.zeros(41), 6, 7)],
    "red_and_black": lambda rng: [(_n(rng, n), n) for n in (0, 2, 3, 40, 41)],
    "blur_of_bytes": lambda rng: [(rng.integers(0, 256, (12, 13)).astype(np.uint8), np.zeros((12, 13), np.uint8))],
    "brighten_bytes": lambda rng: [(rng.integers(0, 256, (12, 13)).astype(np.uint8), g) for g in (1.5, 0.1, -1.0, 2)],
    "longest_run": lambda rng: [(rng.integers(0, 2, 200).astype(t),) for t in (bool, int, float)],
    "exponential_smoothing": lambda rng: [(_n(rng, 200), np.zeros(200), 0.3), (_n(rng, 20).astype(np.float32), np.zeros(20, np.float32), 0.3)],
    "moments": lambda rng: [(_n(rng, 200),), (rng.integers(-99, 99, 200),), (rng.integers(-9, 9, 200).astype(np.int8),), (_n(rng, 200).astype(np.float32),)],
    "knapsack": lambda rng: [(np.zeros(50, int), rng.integers(1, 20, 8), rng.integers(1, 99, 8)), (np.zeros(50), rng.integers(1, 20, 8), _n(rng, 8))],
    "newton": lambda rng: [(rng.uniform(0.1, 9, 40), np.zeros(40)), (np.array([0.0, 1.0, -1.0]), np.zeros(3))],
    "julia": lambda rng: [(np.zeros((9, 11), int), -0.8, 0.156, 50)],
}
