#include <math.h>
#include <stdint.h>

void blackscholes(const double *restrict spot, int64_t n, const double *restrict strike, int64_t n1_,
                  const double *restrict years, int64_t n2_, double rate, double volatility,
                  double *restrict call, int64_t n3_, double *restrict put, int64_t n4_)
{
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        const double root = volatility * sqrt(years[i]);
        const double d1 = (log(spot[i] / strike[i])
                           + (rate + 0.5 * volatility * volatility) * years[i]) / root;
        const double d2 = d1 - root;
        const double n1 = 0.5 * (1.0 + erf(d1 / sqrt(2.0)));
        const double n2 = 0.5 * (1.0 + erf(d2 / sqrt(2.0)));
        const double discounted = strike[i] * exp(-rate * years[i]);
        call[i] = spot[i] * n1 - discounted * n2;
        put[i] = discounted * (1.0 - n2) - spot[i] * (1.0 - n1);
    }
}
