"""Which models does the demo train? Five small ones in plain numpy; each step or round returns its loss."""

import numpy as np

from runs.demo.datasets import Floats, Ints


def softmax(scores: Floats) -> Floats:
    """Probabilities (n, classes) of scores (n, classes)."""
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def cross_entropy(probabilities: Floats, labels: Ints) -> float:
    """Mean of -log p(label)."""
    return float(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean())


class SoftmaxRegression:
    """Multinomial logistic regression by gradient descent with weight decay."""

    def __init__(self, features: int, classes: int, learning_rate: float, decay: float = 0.0) -> None:
        self.weights = np.zeros((features, classes))
        self.bias = np.zeros(classes)
        self.learning_rate, self.decay = learning_rate, decay

    def probabilities(self, x: Floats) -> Floats:
        """(n, classes) for x (n, features)."""
        return softmax(x @ self.weights + self.bias)

    def step(self, x: Floats, labels: Ints) -> float:
        """One step down the gradient; the loss before it."""
        p = self.probabilities(x)
        loss = cross_entropy(p, labels)
        p[np.arange(len(labels)), labels] -= 1
        self.weights -= self.learning_rate * (x.T @ p / len(x) + self.decay * self.weights)
        self.bias -= self.learning_rate * p.mean(axis=0)
        return loss


class Mlp:
    """A network of one hidden tanh or relu layer and a softmax, trained with momentum."""

    def __init__(
        self, rng: np.random.Generator, sizes: tuple[int, int, int], learning_rate: float, activation: str
    ) -> None:
        inside, hidden, outside = sizes
        self.weights = [
            rng.normal(0, 1.5 / np.sqrt(inside), (inside, hidden)),
            rng.normal(0, 0.5, hidden),
            rng.normal(0, 1 / np.sqrt(hidden), (hidden, outside)),
            np.zeros(outside),
        ]
        self.speed = [np.zeros_like(part) for part in self.weights]
        self.learning_rate, self.activation = learning_rate, activation

    def _hidden(self, x: Floats) -> Floats:
        before = x @ self.weights[0] + self.weights[1]
        return np.asarray(np.tanh(before) if self.activation == "tanh" else np.maximum(before, 0))

    def probabilities(self, x: Floats) -> Floats:
        """(n, classes) for x (n, features)."""
        return softmax(self._hidden(x) @ self.weights[2] + self.weights[3])

    def step(self, x: Floats, labels: Ints) -> tuple[float, float]:
        """One step with momentum 0.9; the loss before it, and the length of its gradient."""
        hidden = self._hidden(x)
        p = softmax(hidden @ self.weights[2] + self.weights[3])
        loss = cross_entropy(p, labels)
        p[np.arange(len(labels)), labels] -= 1
        p /= len(x)
        slope = (1 - hidden**2) if self.activation == "tanh" else (hidden > 0)
        back = (p @ self.weights[2].T) * slope
        gradients = [x.T @ back, back.sum(axis=0), hidden.T @ p, p.sum(axis=0)]
        for weight, speed, gradient in zip(self.weights, self.speed, gradients, strict=True):
            speed *= 0.9
            speed -= self.learning_rate * gradient
            weight += speed
        return loss, float(np.sqrt(sum(float((gradient**2).sum()) for gradient in gradients)))


class KMeans:
    """Lloyd's k-means with starting centres drawn from the points."""

    def __init__(self, rng: np.random.Generator, x: Floats, k: int) -> None:
        if k > len(x):
            raise ValueError(f"cannot make {k} clusters of {len(x)} points")
        self.centres = x[rng.choice(len(x), k, replace=False)].copy()

    def nearest(self, x: Floats) -> Ints:
        """The cluster (n,) of each point."""
        distance = ((x[:, None, :] - self.centres[None]) ** 2).sum(axis=2)
        return np.asarray(distance.argmin(axis=1))

    def step(self, x: Floats) -> tuple[float, float]:
        """One round; the inertia (sum of squared distances) before it, and how far the centres moved."""
        chosen = self.nearest(x)
        inertia = float(((x - self.centres[chosen]) ** 2).sum())
        moved = self.centres.copy()
        for cluster in range(len(self.centres)):
            if (chosen == cluster).any():
                moved[cluster] = x[chosen == cluster].mean(axis=0)
        shift = float(np.abs(moved - self.centres).max())
        self.centres = moved
        return inertia, shift


class Factorisation:
    """Ratings as the product of two thin matrices, fitted by mini-batch gradient steps."""

    def __init__(self, rng: np.random.Generator, people: int, films: int, rank: int, rate: float, decay: float) -> None:
        self.people, self.films = rng.normal(0, 0.1, (people, rank)), rng.normal(0, 0.1, (films, rank))
        self.mean, self.rate, self.decay = 3.3, rate, decay

    def predict(self, person: Ints, film: Ints) -> Floats:
        """Expected ratings (n,)."""
        return np.asarray(self.mean + (self.people[person] * self.films[film]).sum(axis=1))

    def step(self, person: Ints, film: Ints, rating: Floats) -> float:
        """One step over a batch; its root mean squared error before the step."""
        error = rating - self.predict(person, film)
        one, other = self.people[person], self.films[film]
        np.add.at(self.people, person, self.rate * (error[:, None] * other - self.decay * one))
        np.add.at(self.films, film, self.rate * (error[:, None] * one - self.decay * other))
        return float(np.sqrt((error**2).mean()))


class BoostedStumps:
    """Gradient boosting for squared error, each round one split of one feature."""

    def __init__(self, learning_rate: float, cuts: int = 16) -> None:
        self.learning_rate, self.cuts = learning_rate, cuts
        self.start = 0.0
        self.stumps: list[tuple[int, float, float, float]] = []

    def predict(self, x: Floats) -> Floats:
        """Values (n,) for x (n, features)."""
        total = np.full(len(x), self.start)
        for feature, cut, left, right in self.stumps:
            total += np.where(x[:, feature] <= cut, left, right)
        return total

    def step(self, x: Floats, residual: Floats) -> tuple[int, float]:
        """Add the stump that lowers the squared residual most: its feature and the gain."""
        best: tuple[float, int, float, float, float] = (-1.0, 0, 0.0, 0.0, 0.0)
        for feature in range(x.shape[1]):
            cuts = np.quantile(x[:, feature], np.linspace(0.05, 0.95, self.cuts))
            below = x[:, feature][None] <= cuts[:, None]
            n_left = np.maximum(below.sum(axis=1), 1)
            n_right = np.maximum(len(x) - n_left, 1)
            sum_left = below @ residual
            sum_right = residual.sum() - sum_left
            gains = sum_left**2 / n_left + sum_right**2 / n_right
            at = int(gains.argmax())
            if gains[at] > best[0]:
                best = (gains[at], feature, cuts[at], sum_left[at] / n_left[at], sum_right[at] / n_right[at])
        gain, feature, cut, left, right = best
        self.stumps.append((feature, float(cut), self.learning_rate * left, self.learning_rate * right))
        return feature, float(gain)


def online_regression(x: Floats, y: Floats, rate: float) -> list[float]:
    """Least mean squares, one sample at a time: the squared error (n,) of each prediction before its step.

    Plain floats: for three weights numpy would take ten times as long.
    """
    weights = [0.0] * x.shape[1]
    losses: list[float] = []
    for row, target in zip(x.tolist(), y.tolist(), strict=True):
        error = target - sum(weight * value for weight, value in zip(weights, row, strict=True))
        losses.append(error * error)
        weights = [weight + rate * error * value for weight, value in zip(weights, row, strict=True)]
    return losses
