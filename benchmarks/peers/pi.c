#include <stdint.h>

double pi(int64_t terms)
{
    double total = 0.0;
#pragma omp parallel for reduction(+ : total)
    for (int64_t k = 0; k < terms; k++) {
        if (k % 2 == 0)
            total += 1.0 / (2 * k + 1);
        else
            total -= 1.0 / (2 * k + 1);
    }
    return 4.0 * total;
}
