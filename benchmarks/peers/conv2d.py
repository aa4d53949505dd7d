"""Rows in parallel; the loops over the kernel go outside the one along a row, which then vectorizes."""

from numba import prange


def serial(image, kernel, out):
    height, width = out.shape
    for i in range(height):
        for j in range(width):
            out[i, j] = 0.0
        for p in range(kernel.shape[0]):
            for q in range(kernel.shape[1]):
                for j in range(width):
                    out[i, j] += image[i + p, j + q] * kernel[p, q]


def parallel(image, kernel, out):
    height, width = out.shape
    for i in prange(height):
        for j in range(width):
            out[i, j] = 0.0
        for p in range(kernel.shape[0]):
            for q in range(kernel.shape[1]):
                for j in range(width):
                    out[i, j] += image[i + p, j + q] * kernel[p, q]
