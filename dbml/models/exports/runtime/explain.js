
// What each column of a tree's path adds, as plpython/treeshap.py explains.
function walk(forest, row, points, states, found, i, product) {
  const node = PLAN.nodes[forest.node], column = node.column[i];
  if (column < 0) return product.map((p) => p * node.threshold[i]);
  const before = states.get(column) ?? { keeps: true, share: 1, factors: points.map(() => 1), gains: points.map(() => 0) };
  const left = goesLeft(node, i, row[column]);
  let total = points.map(() => 0);
  for (const [child, goes, part] of [[node.left[i], left, forest.share[i]], [node.right[i], !left, 1 - forest.share[i]]]) {
    const keeps = before.keeps && goes, share = Math.max(before.share * part, 1e-150);
    const factors = points.map(([t]) => (keeps ? t : 0) + (1 - t) * share);
    const gains = factors.map((factor) => ((keeps ? 1 : 0) - share) / factor);
    states.set(column, { keeps, share, factors, gains });
    const below = walk(forest, row, points, states, found, child, product.map((p, q) => (p * factors[q]) / before.factors[q]));
    found[forest.features[column]] += forest.weight * sum(below.map((b, q) => b * (gains[q] - before.gains[q])));
    total = total.map((t, q) => t + below[q]);
  }
  states.set(column, before);
  return total;
}

// The score of a margin.
function linked(margin) {
  if (!EXPLANATION.link) return margin;
  const values = [];
  for (const node of EXPLANATION.link.nodes)
    values.push(OPERATIONS[node.op](node, (node.of ?? []).map((i) => values[i]), { numbers: [margin] }));
  return values[EXPLANATION.link.output];
}

// What each feature adds to the base: together they are the margin, or with the scale "probability" the score.
export function explain(row, scale = "margin") {
  if (!EXPLANATION) throw new Refused("this model cannot be explained");
  const values = evaluate(row), found = INTERFACE.features.map(() => 0);
  for (const { node, weight, feature, mean } of EXPLANATION.terms) found[feature] += weight * (values[node] - mean);
  for (const forest of EXPLANATION.forests) {
    const columns = PLAN.nodes[forest.node].of.map((i) => values[i]);
    PLAN.nodes[forest.node].roots.forEach((root, tree) => {
      const points = EXPLANATION.points[forest.counts[tree]];
      walk(forest, columns, points, new Map(), found, root, points.map(([, weight]) => weight));
    });
  }
  let base = EXPLANATION.base, ratio = 1;
  if (scale === "probability") {
    if (!EXPLANATION.probability) throw new Refused("the score is no probability that its margin alone decides");
    const moved = sum(found), near = 1e-6;
    ratio = Math.abs(moved) < near ? (linked(base + near) - linked(base - near)) / (2 * near) : (linked(base + moved) - linked(base)) / moved;
    base = linked(base);
  }
  return {
    base,
    contributions: INTERFACE.features.map(({ name }, i) => ({ feature: name, value: row[name], contribution: ratio * found[i] })),
  };
}
