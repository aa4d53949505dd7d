"""What kind of function a call calls, as far as the text tells."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from parloop.survey.names import Names

EFFECTS: Final = frozenset(
    {"plotting", "printing", "input or output", "machine learning", "text", "pandas",
     "other library", "unknown method", "unknown function"}
)  # fmt: skip
"""Kinds of calls that keep a loop from being compute-like."""

ARITHMETIC: Final = frozenset(
    {"number builtin", "math", "numpy ufunc", "minimum or maximum"}
)
"""Kinds of calls that a classical loop may have."""

_MODULES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("math", "cmath"), "math"),
    **dict.fromkeys(("random", "secrets"), "random numbers"),
    **dict.fromkeys(("pandas", "geopandas", "polars", "dask"), "pandas"),
    **dict.fromkeys(
        ("matplotlib", "pylab", "seaborn", "plotly", "bokeh", "altair", "mpl_toolkits", "ggplot",
         "folium", "graphviz", "IPython", "ipywidgets", "holoviews", "cartopy"), "plotting"),
    **dict.fromkeys(
        ("sklearn", "torch", "tensorflow", "keras", "xgboost", "lightgbm", "catboost", "jax",
         "theano", "mxnet", "statsmodels", "transformers", "gym", "torchvision", "skorch"),
        "machine learning"),
    **dict.fromkeys(
        ("os", "sys", "io", "json", "csv", "pickle", "requests", "urllib", "urllib2", "glob",
         "shutil", "subprocess", "sqlite3", "h5py", "netCDF4", "xarray", "pathlib", "zipfile",
         "joblib", "logging", "socket", "yaml", "astropy", "imageio", "PIL", "cv2"),
        "input or output"),
    **dict.fromkeys(("re", "string", "nltk", "spacy", "textblob", "gensim", "bs4"), "text"),
    **dict.fromkeys(("time", "datetime", "timeit", "tqdm", "gc", "warnings"), "time and progress"),
    **dict.fromkeys(("itertools", "collections", "functools", "operator", "copy", "heapq",
                     "bisect", "array"), "collections"),
    **dict.fromkeys(("numba", "cython"), "other library"),
}  # fmt: skip

_BUILTINS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("abs", "bool", "complex", "divmod", "float", "int", "len", "pow", "round"),
                    "number builtin"),
    **dict.fromkeys(("min", "max"), "minimum or maximum"),
    **dict.fromkeys(("range", "enumerate", "zip", "reversed", "iter", "next", "xrange"),
                    "iteration"),
    **dict.fromkeys(("all", "any", "dict", "filter", "frozenset", "list", "map", "set", "slice",
                     "sorted", "sum", "tuple", "bytearray"), "collections"),
    **dict.fromkeys(("ascii", "bin", "bytes", "chr", "format", "hex", "oct", "ord", "repr", "str"),
                    "text"),
    **dict.fromkeys(("print", "display", "clear_output"), "printing"),
    **dict.fromkeys(("open", "input", "exec", "eval", "exit", "quit", "compile", "__import__",
                     "breakpoint"), "input or output"),
    **dict.fromkeys(("callable", "delattr", "getattr", "hasattr", "hash", "id", "isinstance",
                     "issubclass", "object", "setattr", "super", "type", "vars", "globals",
                     "locals", "dir"), "objects"),
    **dict.fromkeys(("tqdm", "trange", "tqdm_notebook", "tnrange"), "time and progress"),
}  # fmt: skip

_REDUCTIONS: Final = frozenset(
    {"all", "any", "argmax", "argmin", "average", "corrcoef", "cov", "count_nonzero", "cumprod",
     "cumsum", "dot", "inner", "matmul", "max", "mean", "median", "min", "nanmax", "nanmean",
     "nanmin", "nanstd", "nansum", "norm", "percentile", "prod", "ptp", "quantile", "std", "sum",
     "trace", "vdot", "trapz", "var", "amax", "amin", "einsum", "outer", "allclose"}
)  # fmt: skip

_CONSTRUCTORS: Final = frozenset(
    {"arange", "array", "asarray", "astype", "copy", "diag", "empty", "empty_like", "eye", "full",
     "full_like", "geomspace", "identity", "linspace", "logspace", "mgrid", "meshgrid", "ones",
     "ones_like", "zeros", "zeros_like", "matrix", "tile", "repeat", "fromfunction"}
)  # fmt: skip

_SHAPES: Final = frozenset(
    {"append", "argsort", "argwhere", "array_split", "atleast_2d", "bincount", "broadcast_to",
     "concatenate", "column_stack", "delete", "digitize", "diff", "expand_dims", "flip", "gradient",
     "histogram", "hstack", "insert", "interp", "intersect1d", "nonzero", "pad", "ravel", "reshape",
     "roll", "rot90", "row_stack", "searchsorted", "select", "sort", "split", "squeeze", "stack",
     "swapaxes", "take", "transpose", "triu", "tril", "unique", "vstack", "where", "isin", "cross",
     "flatten", "tolist", "item", "fill", "convolve", "polyfit", "polyval", "kron", "choose"}
)  # fmt: skip

_COLLECTION_METHODS: Final = frozenset(
    {"add", "clear", "count", "discard", "extend", "extendleft", "get", "index", "insert", "items",
     "keys", "most_common", "pop", "popitem", "popleft", "remove", "reverse", "setdefault", "sort",
     "union", "intersection", "difference", "update", "values", "appendleft"}
)  # fmt: skip

_TEXT_METHODS: Final = frozenset(
    {"capitalize", "decode", "encode", "endswith", "find", "format", "isalpha", "isdigit", "join",
     "isupper", "ljust", "lower", "lstrip", "replace", "rfind", "rjust", "rstrip", "split",
     "splitlines", "startswith", "strip", "title", "translate", "upper", "zfill"}
)  # fmt: skip

_PLOT_METHODS: Final = frozenset(
    {"add_patch", "add_subplot", "annotate", "axhline", "axvline", "bar", "contour", "contourf",
     "errorbar", "fill_between", "grid", "hist", "imshow", "legend", "pcolormesh", "plot",
     "plot_surface", "quiver", "savefig", "scatter", "set_data", "set_title", "set_xlabel",
     "set_xlim", "set_xticks", "set_ylabel", "set_ylim", "show", "text", "set_text"}
)  # fmt: skip

_LEARNING_METHODS: Final = frozenset(
    {"backward", "compile", "evaluate", "fit", "fit_transform", "partial_fit", "predict",
     "predict_proba", "score", "step", "train", "train_on_batch", "transform", "zero_grad", "eval"}
)  # fmt: skip

_TABLE_METHODS: Final = frozenset(
    {"apply", "drop", "dropna", "fillna", "groupby", "head", "isnull", "iterrows", "itertuples",
     "loc", "merge", "pivot", "rename", "reset_index", "rolling", "sample", "set_index", "to_csv",
     "value_counts", "resample", "sort_values", "iteritems", "query"}
)  # fmt: skip

_FILE_METHODS: Final = frozenset(
    {"close", "flush", "read", "readline", "readlines", "seek", "send", "write", "writerow",
     "writelines", "recv", "execute", "fetchall", "commit"}
)  # fmt: skip


_RANDOM_METHODS: Final = frozenset(
    {"choice", "exponential", "gauss", "integers", "multivariate_normal", "normal", "permutation",
     "poisson", "rand", "randint", "randn", "random", "shuffle", "standard_normal", "uniform",
     "rvs"}
)  # fmt: skip

_METHODS: Final = (
    (frozenset({"append"}), "append"),
    (_REDUCTIONS, "numpy reduction"),
    (frozenset({"astype", "copy"}), "numpy constructor"),
    (_COLLECTION_METHODS, "list or dict method"),
    (_TEXT_METHODS, "text"),
    (_PLOT_METHODS, "plotting"),
    (_LEARNING_METHODS, "machine learning"),
    (_TABLE_METHODS, "pandas"),
    (_FILE_METHODS, "input or output"),
    (_RANDOM_METHODS, "random numbers"),
    (_SHAPES, "numpy, whole arrays"),
)


def kind_of_call(call: ast.Call, names: Names) -> str:
    """Return the kind of function that `call` calls: a key of the tables in `docs/survey.md`."""
    func = call.func
    match func:
        case ast.Name(id=name) if name in names.functions:
            return "own function"
        case ast.Name(id=name) if name in names.classes:
            return "own class"
    dotted = names.dotted(func)
    if dotted is not None:
        return _of_module(dotted)
    match func:
        case ast.Name(id=name):
            return _BUILTINS.get(name, "unknown function")
        case ast.Attribute(attr=method):
            return _of_method(method, func.value)
        case ast.Lambda():
            return "own function"
    return "unknown function"


def _of_module(dotted: str) -> str:
    if dotted == "numba.prange":
        return "iteration"
    root, _, rest = dotted.partition(".")
    last = dotted.rpartition(".")[2]
    if root == "numpy":
        return _of_numpy(rest, last)
    if root == "scipy":
        return "random numbers" if last == "rvs" else "scipy"
    return _MODULES.get(root, "other library")


def _of_numpy(rest: str, last: str) -> str:
    if rest.startswith("random"):
        return "random numbers"
    if last in _REDUCTIONS:
        return "numpy reduction"
    if rest.startswith(("linalg", "fft")):
        return "linear algebra or FFT"
    if last in _CONSTRUCTORS:
        return "numpy constructor"
    if last in _SHAPES:
        return "numpy, whole arrays"
    if rest.startswith(("load", "save", "genfromtxt", "fromfile")):
        return "input or output"
    return "numpy ufunc"


def _of_method(method: str, owner: ast.expr) -> str:
    if isinstance(owner, ast.Constant | ast.JoinedStr):
        return "text"
    if isinstance(owner, ast.Name) and owner.id == "self":
        return "own method"
    for methods, kind in _METHODS:
        if method in methods:
            return kind
    return "unknown method"
