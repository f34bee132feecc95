#!/usr/bin/env python3
"""The fits of benches/models.rs next to statsmodels, arch and hmmlearn on the same series.

    python3 -m venv peer
    peer/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 arch==8.0.0 hmmlearn==0.3.3
    peer/bin/python benches/models_peer.py [--rounds 7] [--series FILE ...]

Without --series: the simulated series that the Rust side writes, and the last 2,500 daily returns of
the NEPSE index up to 2019 in percent, if HIMAL_SHARED holds them. One thread; both sides in turn;
milliseconds of processor time, median (least to most); ratio of the medians; how much higher the
log-likelihood is than the reference's.

Both sides compute plain maximum likelihood. Their work:

- Markov switching: statsmodels' fit(search_reps=10), its own ten-start search; here ten starts ranked
  after ten EM steps, the best three refined. mean = MarkovAutoregression, intercept = MarkovRegression.
- EGARCH(1,1,1)-t: arch's fit from its one start; here one start, and all six.
- HMM, three states: 100 EM steps from one given start on both sides; one start run to the same limit
  (300 steps, hmmlearn's tolerance 1e-6); ten starts run to it, the best kept.
"""

import argparse
import csv
import glob
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import statsmodels.api as sm
from arch import arch_model
from hmmlearn.hmm import GaussianHMM

warnings.simplefilter("ignore")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POINTS = 2500


def markov_mean(y, seed):
    np.random.seed(seed)
    model = sm.tsa.MarkovAutoregression(y, 2, 1, switching_ar=True, switching_variance=True)
    return model.fit(search_reps=10, disp=False).llf


def markov_intercept(y, seed):
    np.random.seed(seed)
    model = sm.tsa.MarkovRegression(y[1:], 2, exog=y[:-1], switching_variance=True)
    return model.fit(search_reps=10, disp=False).llf


def egarch(y, seed):
    model = arch_model(y, mean="Constant", vol="EGARCH", p=1, o=1, q=1, dist="t", rescale=False)
    return model.fit(disp="off").loglikelihood


def hmm(y, seeds):
    x = y[:, None]
    fits = [
        GaussianHMM(3, "diag", covars_prior=0, n_iter=300, tol=1e-6, random_state=s).fit(x) for s in seeds
    ]
    return max(fit.score(x) for fit in fits)


def hmm_same_start(y, seed):
    x = y[:, None]
    model = GaussianHMM(3, "diag", covars_prior=0, n_iter=100, tol=-np.inf, init_params="")
    model.startprob_ = np.full(3, 1 / 3)
    model.transmat_ = np.where(np.eye(3) > 0, 0.9, 0.05)
    model.means_ = np.zeros((3, 1))
    model.covars_ = np.array([[0.25], [1.0], [4.0]]) * np.mean(y * y)
    return model.fit(x).score(x)


# Name on our side, theirs, the row of the table.
PAIRS = [
    ("markov_mean", markov_mean, "Markov switching, mean form"),
    ("markov_intercept", markov_intercept, "Markov switching, intercept form"),
    ("egarch_one_start", egarch, "EGARCH-t, one start"),
    ("egarch_all_starts", egarch, "EGARCH-t, six starts against one"),
    ("hmm_same_start_100_steps", hmm_same_start, "HMM, 100 EM steps from one start"),
    ("hmm_one_start", lambda y, seed: hmm(y, [seed]), "HMM, one start"),
    ("hmm_ten_starts", lambda y, seed: hmm(y, range(10 * seed, 10 * seed + 10)), "HMM, ten starts"),
]


def nepse_index():
    shared = os.environ.get("HIMAL_SHARED", os.path.join(ROOT, "..", "shared"))
    found = glob.glob(os.path.join(shared, "data", "nepse-index", "nepse_1997-2019_*.csv.gz"))
    if not found:
        return None
    with gzip.open(found[0], "rt") as file:
        rows = [row for row in csv.DictReader(line for line in file if line.strip()) if row["Close"]]
    closes = np.array([float(row["Close"]) for row in rows[: POINTS + 1]])[::-1]
    return 100 * np.diff(np.log(closes))


def bench_binary():
    built = subprocess.run(
        ["cargo", "bench", "--bench", "models", "--no-run", "--message-format", "json"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )
    lines = (json.loads(line) for line in built.stdout.splitlines() if line.startswith("{"))
    return next(x["executable"] for x in lines if x.get("target", {}).get("name") == "models" and x.get("executable"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--series", nargs="*", default=[])
    parser.add_argument("--binary", help="the built bench; by default cargo builds it")
    options = parser.parse_args()
    binary = options.binary or bench_binary()
    with tempfile.TemporaryDirectory() as folder:
        series = {os.path.basename(path): np.loadtxt(path) for path in options.series}
        if not series:
            made = os.path.join(folder, "made")
            subprocess.run([binary, "--write", made], check=True)
            series["simulated"] = np.loadtxt(made)
            index = nepse_index()
            if index is not None:
                series["NEPSE index"] = index
        for name, y in series.items():
            path = os.path.join(folder, "series")
            np.savetxt(path, y, fmt="%.17g")
            print(f"\n{name}: {len(y)} points, {options.rounds} rounds\n")
            print("| fit | ours, ms | reference, ms | ratio | log-likelihood over the reference's |")
            print("|---|---|---|---|---|", flush=True)
            compare(binary, path, y, options.rounds)


def compare(binary, path, y, rounds):
    ours = {pair[0]: [] for pair in PAIRS}
    theirs = {pair[0]: [] for pair in PAIRS}
    for label, peer, _ in PAIRS:
        if label != "hmm_ten_starts":
            peer(y, 0)  # caches are filled before anything is timed
    for seed in range(rounds):
        lines = subprocess.run(
            [binary, "--series", path, "--passes", "3"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.splitlines()
        for found in map(json.loads, lines):
            ours[found["model"]].append((found["ms"], found["log_likelihood"]))
        for label, peer, _ in PAIRS:
            before = time.process_time()
            value = peer(y, seed)
            theirs[label].append(((time.process_time() - before) * 1e3, value))
    for label, _, title in PAIRS:
        mine, other = [t for t, _ in ours[label]], [t for t, _ in theirs[label]]
        # Against the best that the reference found in any round, the hardest to reach. A single random
        # start of one side says nothing about one of the other.
        over = min(v for _, v in ours[label]) - max(v for _, v in theirs[label])
        over = "other draws" if label == "hmm_one_start" else f"{over:+.4f}"
        ratio = statistics.median(other) / statistics.median(mine)
        print(f"| {title} | {spread(mine)} | {spread(other)} | {ratio:.1f} | {over} |", flush=True)


def spread(ms):
    return f"{statistics.median(ms):.2f} ({min(ms):.2f}-{max(ms):.2f})"


if __name__ == "__main__":
    sys.exit(main())
