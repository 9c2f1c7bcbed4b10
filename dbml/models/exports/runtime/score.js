// What a plan computes: IEEE doubles, NaN for what is missing, and nothing is raised but a refusal.

export class Refused extends Error {
  constructor(message) {
    super(message);
    this.name = "Refused";
  }
}

const rint = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

// The complementary error function: a series in the middle, a continued fraction beyond (Abramowitz and Stegun, 7.1.6 and 7.1.14).
function erfc(x) {
  if (x !== x) return x;
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  if (x < 2.5) {
    let term = x, total = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) total += term *= (2 * x * x) / (2 * n + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (fraction * Math.sqrt(Math.PI));
}

const ndtr = (x) => 0.5 * erfc(-x / Math.SQRT2);

// Its inverse: a first guess (Abramowitz and Stegun, 26.2.23), and Newton's steps on the logarithm.
function ndtri(p) {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -ndtri(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 5; step++) {
    const below = ndtr(x), density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    x -= Math.log(below / p) * (below / density);
  }
  return x;
}

// The C library's expf, which is not always the nearest float32: a polynomial between 32nds of a power of two.
function exp32(x) {
  if (!(x > -104 && x < 89)) return x !== x ? x : x < 0 ? 0 : Infinity;
  const scaled = x * (EXP32[3] * 32), whole = rint(scaled), r = scaled - whole;
  return Math.fround(((EXP32[0] * r + EXP32[1]) * (r * r) + (EXP32[2] * r + 1)) * Math.pow(2, whole / 32));
}

const FUNCTIONS = {
  absolute: Math.abs, arccos: Math.acos, arccosh: Math.acosh, arcsin: Math.asin, arcsinh: Math.asinh,
  arctan: Math.atan, arctanh: Math.atanh, cbrt: Math.cbrt, ceil: Math.ceil, cos: Math.cos, cosh: Math.cosh,
  exp: Math.exp, exp2: (x) => Math.pow(2, x), exp32, expm1: Math.expm1, floor: Math.floor, log: Math.log,
  log10: Math.log10, log1p: Math.log1p, log2: Math.log2, ndtr, ndtri, negative: (x) => -x, reciprocal: (x) => 1 / x,
  rint, sign: (x) => (x === 0 ? 0 : Math.sign(x)), sin: Math.sin, sinh: Math.sinh, sqrt: Math.sqrt,
  square: (x) => x * x, tan: Math.tan, tanh: Math.tanh,
};

// How many of ascending values are below x, or not above it.
function place(values, x, orEqual) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < x || (orEqual && values[middle] === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const table = (node) => (node.table ??= new Map(node.keys.map((key, i) => [key, node.values[i]])));
const sum = (values) => values.reduce((total, value) => total + value, 0);

function interpolate({ x, y }, value) {
  if (value !== value || value >= x[x.length - 1]) return value !== value ? value : y[y.length - 1];
  const i = place(x, value, true) - 1;
  if (i < 0 || value === x[i]) return y[Math.max(i, 0)];
  return ((y[i + 1] - y[i]) / (x[i + 1] - x[i])) * (value - x[i]) + y[i];
}

function polynomial({ breaks, coefficients }, x) {
  if (x !== x) return x;
  const i = Math.min(Math.max(place(breaks, x, true) - 1, 0), coefficients.length - 1);
  return coefficients[i].reduce((total, coefficient) => total * (x - breaks[i]) + coefficient, 0);
}

function softmax(values, index) {
  const greatest = Math.max(...values);
  if (!Number.isFinite(greatest)) return NaN;
  return Math.exp(values[index] - greatest) / sum(values.map((value) => Math.exp(value - greatest)));
}

function weightedMedian(values, weights) {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
  const half = 0.5 * order.reduce((total, i) => total + weights[i], 0);
  let total = 0;
  for (const i of order) if ((total += weights[i]) >= half) return values[i];
  return values[order[0]];
}

function goesLeft(node, i, x) {
  if (x !== x) return Boolean(node.missing_left?.[i]);
  const set = node.sets?.[i];
  if (set) return set.includes(x);
  return node.strict ? x < node.threshold[i] : x <= node.threshold[i];
}

function trees(node, of) {
  let total = node.start;
  for (let i of node.roots) {
    while (node.column[i] >= 0) i = goesLeft(node, i, of[node.column[i]]) ? node.left[i] : node.right[i];
    total += node.threshold[i];
    if (node.precision === 32) total = Math.fround(total);
  }
  return total;
}

function modulo(x, divisor) {
  const rest = x % divisor;
  return rest < 0 ? rest + divisor : rest === 0 ? 0 : rest;
}

function kernel(node, of) {
  let total = 0;
  for (const [i, vector] of node.vectors.entries()) {
    let inner = 0;
    const apart = ["rbf", "matern", "rational"].includes(node.kind);
    for (const [j, value] of vector.entries()) inner += apart ? (of[j] - value) ** 2 : of[j] * value;
    if (node.kind === "rational") inner = (1 + node.gamma * inner) ** -node.shift;
    else if (node.kind === "matern") {
      const far = Math.sqrt(inner) * Math.sqrt(node.degree);
      inner = (node.degree === 1 ? 1 : node.degree === 3 ? 1 + far : 1 + far + far * far / 3) * Math.exp(-far);
    } else if (node.kind !== "linear") inner = node.gamma * inner + (node.kind === "rbf" ? 0 : node.shift);
    if (node.kind === "rbf") inner = Math.exp(inner);
    else if (node.kind === "sigmoid") inner = Math.tanh(inner);
    else if (node.kind === "poly") inner **= node.degree;
    total += node.weights[i] * inner;
  }
  return total + node.constant;
}

const lookup = (node, key, missing) => (missing ? node.missing : table(node).has(key) ? table(node).get(key) : node.default);

const OPERATIONS = {
  number: (node, of, row) => row.numbers[node.index],
  text: (node, of, row) => row.texts[node.index],
  constant: (node) => node.value,
  add: (node, of) => of[0] + of[1],
  subtract: (node, of) => of[0] - of[1],
  multiply: (node, of) => of[0] * of[1],
  divide: (node, of) => of[0] / of[1],
  minimum: (node, of) => (of[0] < of[1] || of[0] !== of[0] ? of[0] : of[1]),
  maximum: (node, of) => (of[0] > of[1] || of[0] !== of[0] ? of[0] : of[1]),
  modulo: (node, of) => modulo(of[0], node.divisor),
  function: (node, of) => FUNCTIONS[node.name](of[0]),
  round32: (node, of) => Math.fround(of[0]),
  sum: (node, of) => sum(of),
  dot: (node, of) => sum(of.map((value, i) => value * node.weights[i])) + node.constant,
  sigmoid: (node, of) => (of[0] > -700 ? 1 / (1 + Math.exp(-of[0])) : Math.exp(of[0])),
  softmax: (node, of) => softmax(of, node.index),
  less: (node, of) => of[0] < of[1],
  less_equal: (node, of) => of[0] <= of[1],
  equal: (node, of) => of[0] === of[1],
  finite: (node, of) => Number.isFinite(of[0]),
  missing: (node, of) => of[0] !== of[0],
  absent: (node, of) => of[0] === null,
  is: (node, of) => of[0] === node.value,
  not: (node, of) => !of[0],
  all: (node, of) => of.every(Boolean),
  any: (node, of) => of.some(Boolean),
  indicator: (node, of) => (of[0] ? 1 : 0),
  select: (node, of) => (of[0] ? of[1] : of[2]),
  fill: (node, of) => (of[0] === null ? node.value : of[0]),
  replace: (node, of) => (of[0] === node.key ? node.value : of[0]),
  lookup: (node, of) => lookup(node, of[0], of[0] === null),
  match: (node, of) => lookup(node, of[0], of[0] !== of[0]),
  step: (node, of) => (of[0] !== of[0] ? node.missing : node.values[place(node.edges, of[0], node.side === "right")]),
  interpolate: (node, of) => interpolate(node, of[0]),
  polynomial: (node, of) => polynomial(node, of[0]),
  weighted_median: (node, of) => weightedMedian(of, node.weights),
  kernel,
  trees,
};

// A row by the names of the features: null is what is unknown, and every feature has to be said.
function read(row) {
  const numbers = [], texts = [];
  for (const { name, kind } of INTERFACE.features) {
    const value = row[name];
    if (value === undefined) throw new Refused(`feature "${name}" is missing; give null for what is unknown`);
    if (kind === "text") {
      if (value !== null && typeof value !== "string") throw new Refused(`feature "${name}" is text, not ${value}`);
      texts.push(value);
    } else {
      if (value !== null && typeof value !== "number" && typeof value !== "boolean")
        throw new Refused(`feature "${name}" is a number, not ${value}`);
      numbers.push(value === null ? NaN : Number(value));
    }
  }
  return { numbers, texts };
}

// Every node of the plan, for a row that meets its checks.
function evaluate(row) {
  const input = read(row), values = [];
  for (const node of PLAN.nodes)
    values.push(OPERATIONS[node.op](node, (node.of ?? []).map((i) => values[i]), input));
  for (const { node, because } of PLAN.checks) if (!values[node]) throw new Refused(because);
  return values;
}

// The score of a row, such as {plan: "basic", months: 3}; throws Refused where the model refuses it.
export function score(row) {
  const answer = evaluate(row)[PLAN.output];
  if (!Number.isFinite(answer)) throw new Refused("the estimator answered NaN or infinity");
  return answer;
}

export { INTERFACE as interface };
