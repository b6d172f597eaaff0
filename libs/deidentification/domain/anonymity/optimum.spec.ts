import fc from 'fast-check';
import { anonymise, measureNode } from './anonymise';
import { TableEncoder } from './encoded-table';
import { hierarchyOf, type Hierarchy } from './hierarchy';
import { METRICS, metricOf, type MetricName } from './metric';
import { isNowhereCoarser, NodeJudge } from './node-judge';
import { compileModels, type PrivacyModel } from './privacy-model';

/**
 * The definitions of docs/reference/deidentification.md, record by record and node by node, with none of the engine's shortcuts.
 */
interface Case {
  readonly rows: readonly { readonly values: readonly string[]; readonly sensitive: string }[];
  readonly others: readonly (readonly string[])[];
  readonly hierarchies: readonly (readonly (readonly string[])[])[];
  readonly models: readonly PrivacyModel[];
  readonly metric: MetricName;
  readonly weights: readonly number[];
  readonly suppression: number;
}

const SENSITIVE = [
  ['u', 'left', '*'],
  ['v', 'left', '*'],
  ['w', 'right', '*'],
  ['x', 'right', '*'],
];

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const countBy = (texts: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
};

/** How a record looks at a node. */
const generalise = ({ hierarchies }: Case, values: readonly string[], levels: readonly number[]) =>
  values.map((value, column) => hierarchies[column]!.find(([leaf]) => leaf === value)![levels[column]!]!);

function passes(model: PrivacyModel, group: readonly string[], { all, persons }: { all: string[]; persons: number }) {
  const counts = [...countBy(group).values()].sort((a, b) => b - a);
  const share = (value: string, of: readonly string[]) => of.filter((one) => one === value).length / of.length;
  switch (model.kind) {
    case 'k-anonymity':
      return group.length >= model.k;
    case 'k-map':
      return persons >= model.k;
    case 'distinct-l':
      return counts.length >= model.l;
    case 'entropy-l':
      return -sum(counts.map((c) => (c / group.length) * Math.log(c / group.length))) >= Math.log(model.l) - 1e-9;
    case 'recursive-cl':
      return counts[0]! < model.c * sum(counts.slice(model.l - 1));
    case 't-closeness': {
      const values = [...new Set(all)].sort();
      const difference = (value: string) => share(value, group) - share(value, all);
      if (model.distance === 'equal')
        return sum(values.map((value) => Math.abs(difference(value)))) / 2 <= model.t + 1e-9;
      if (model.distance === 'ordered') {
        const steps = values.map((_, index) => Math.abs(sum(values.slice(0, index + 1).map(difference))));
        return values.length < 2 || sum(steps) / (values.length - 1) <= model.t + 1e-9;
      }
      // The earth mover's distance on a tree: mass over each edge times its length, here 1/(2H) with H = 2.
      const edges = [0, 1].flatMap((level) =>
        [...new Set(SENSITIVE.map((row) => row[level]!))].map((node) =>
          Math.abs(sum(SENSITIVE.filter((row) => row[level] === node).map(([leaf]) => difference(leaf!)))),
        ),
      );
      return sum(edges) / 4 <= model.t + 1e-9;
    }
  }
}

function scoreOf(given: Case, levels: readonly number[], kept: readonly boolean[]): number {
  const { rows, hierarchies, metric, weights } = given;
  const n = rows.length;
  const looks = rows.map(({ values }) => generalise(given, values, levels));
  const sizes = countBy(looks.map((look) => look.join()));
  const s = kept.filter((stays) => !stays).length;
  const keptSizes = countBy(looks.filter((_, row) => kept[row]).map((look) => look.join()));
  const weighted = (of: (column: number) => number) =>
    sum(hierarchies.map((_, column) => weights[column]! * of(column)));
  const loss = (column: number) => {
    const leaves = hierarchies[column]!;
    if (leaves.length === 1) return 0;
    const shares = looks.map((look, row) =>
      kept[row] ? leaves.filter((leaf) => leaf[levels[column]!] === look[column]).length / leaves.length : 1,
    );
    return Math.max(0, (sum(shares) - n / leaves.length) / (n - n / leaves.length));
  };
  switch (metric) {
    case 'loss':
      return weighted(loss) / sum(weights);
    case 'loss-geometric':
      return (
        hierarchies.reduce((product, _, column) => product * (loss(column) + 1) ** weights[column]!, 1) **
          (1 / sum(weights)) -
        1
      );
    case 'aecs':
      return n / (keptSizes.size + (s > 0 ? 1 : 0));
    case 'discernibility':
      return sum(looks.map((look, row) => (kept[row] ? sizes.get(look.join())! : n)));
    case 'entropy':
      return weighted((column) => {
        const original = countBy(rows.map(({ values }) => values[column]!));
        const general = countBy(looks.map((look) => look[column]!));
        const gone = looks.filter((_, row) => !kept[row]).map((look) => look[column]!);
        const goneCounts = countBy(gone);
        return (
          sum(
            rows.map(
              ({ values }, row) => -Math.log2(original.get(values[column]!)! / general.get(looks[row]![column]!)!),
            ),
          ) + sum(gone.map((value) => -Math.log2(goneCounts.get(value)! / s)))
        );
      });
    case 'precision':
      return (
        weighted((column) => {
          const height = hierarchies[column]![0]!.length - 1;
          return ((n - s) * (height === 0 ? 0 : levels[column]! / height) + s) / n;
        }) / sum(weights)
      );
    case 'height':
      return weighted((column) => levels[column]!);
  }
}

function naive(given: Case, levels: readonly number[]) {
  const key = (values: readonly string[]) => generalise(given, values, levels).join();
  const keys = given.rows.map(({ values }) => key(values));
  const population = [...keys, ...given.others.map(key)];
  const all = given.rows.map(({ sensitive }) => sensitive);
  const good = new Map(
    [...new Set(keys)].map((one) => {
      const group = all.filter((_, row) => keys[row] === one);
      const persons = population.filter((other) => other === one).length;
      return [one, given.models.every((model) => passes(model, group, { all, persons }))];
    }),
  );
  const kept = keys.map((one) => good.get(one)!);
  const suppressed = kept.filter((stays) => !stays).length;
  return {
    suppressed,
    classes: [...good.values()].filter(Boolean).length,
    score: scoreOf(given, levels, kept),
    isSolution: suppressed <= Math.floor(given.suppression * keys.length),
  };
}

function nodesOf({ hierarchies }: Case): number[][] {
  return hierarchies.reduce<number[][]>(
    (nodes, rows) => nodes.flatMap((node) => rows[0]!.map((_, level) => [...node, level])),
    [[]],
  );
}

function prepared(given: Case) {
  const hierarchies: Hierarchy[] = given.hierarchies.map((rows, index) => hierarchyOf(`c${index}`, rows));
  const encoder = new TableEncoder(hierarchies);
  for (const { values, sensitive } of given.rows) encoder.add(values, sensitive);
  if (given.models.some(({ kind }) => kind === 'k-map'))
    for (const values of [...given.rows.map((row) => row.values), ...given.others]) encoder.addPopulation(values);
  const { models, metric, weights, suppression } = given;
  const sensitiveHierarchy = hierarchyOf('sensitive', SENSITIVE);
  return {
    table: encoder.finish(),
    options: { models, metric, weights, suppression, sensitiveHierarchy, now: () => 0 },
  };
}

/** Rows of a nested hierarchy: at each further level neighbouring values may become one. */
const hierarchyRows = fc
  .record({
    leaves: fc.integer({ min: 1, max: 4 }),
    joins: fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { maxLength: 3 }),
  })
  .map(({ leaves, joins }) => {
    const rows = Array.from({ length: leaves }, (_, leaf) => [`v${leaf}`]);
    let groups = rows.map((_, leaf) => leaf);
    joins.forEach((join, at) => {
      const distinct = [...new Set(groups)];
      const parent = new Map<number, number>();
      distinct.forEach((group, index) =>
        parent.set(group, index > 0 && join[index] ? parent.get(distinct[index - 1]!)! : group),
      );
      groups = groups.map((group) => parent.get(group)!);
      rows.forEach((row, leaf) => row.push(`l${at}g${groups[leaf]}`));
    });
    return rows;
  });

const model = (records: number): fc.Arbitrary<PrivacyModel> =>
  fc.oneof(
    fc.record({ kind: fc.constant('k-anonymity' as const), k: fc.integer({ min: 1, max: Math.min(4, records) }) }),
    fc.record({ kind: fc.constant('k-map' as const), k: fc.integer({ min: 1, max: Math.min(5, records) }) }),
    fc.record({ kind: fc.constant('distinct-l' as const), l: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('entropy-l' as const), l: fc.constantFrom(1, 1.5, 2, 3) }),
    fc.record({
      kind: fc.constant('recursive-cl' as const),
      c: fc.constantFrom(0.5, 1, 2, 4),
      l: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      kind: fc.constant('t-closeness' as const),
      distance: fc.constantFrom('equal' as const, 'ordered' as const, 'hierarchical' as const),
      t: fc.constantFrom(0, 0.1, 0.25, 0.5, 1),
    }),
  );

const anyCase: fc.Arbitrary<Case> = fc.array(hierarchyRows, { minLength: 1, maxLength: 4 }).chain((hierarchies) => {
  const values = fc.tuple(...hierarchies.map((rows) => fc.constantFrom(...rows.map(([leaf]) => leaf!))));
  const row = fc.record({ values, sensitive: fc.constantFrom('u', 'v', 'w', 'x') });
  return fc.array(row, { minLength: 1, maxLength: 14 }).chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      others: fc.array(values, { maxLength: 6 }),
      hierarchies: fc.constant(hierarchies),
      models: fc.array(model(rows.length), { minLength: 1, maxLength: 2 }),
      metric: fc.constantFrom(...METRICS),
      weights: fc.tuple(...hierarchies.map(() => fc.constantFrom(1, 1, 0.5, 3))),
      suppression: fc.constantFrom(0, 0.1, 0.3, 0.6, 1),
    }),
  );
});

const DIGITS = 8;

it('finds the least score of all nodes, for every model and metric', () => {
  fc.assert(
    fc.property(anyCase, (given) => {
      const { table, options } = prepared(given);
      const solutions = nodesOf(given)
        .map((levels) => naive(given, levels))
        .filter(({ isSolution }) => isSolution);
      if (solutions.length === 0) {
        expect(() => anonymise(table, options)).toThrow(expect.objectContaining({ code: 'NO_SOLUTION' }));
        return;
      }
      const found = anonymise(table, options);
      const there = naive(given, found.levels);
      expect(found.optimalProven).toBe(true);
      expect(found.score).toBeCloseTo(Math.min(...solutions.map(({ score }) => score)), DIGITS);
      expect({ suppressed: found.suppressed, classes: found.classes }).toEqual({
        suppressed: there.suppressed,
        classes: there.classes,
      });
      expect(there.isSolution).toBe(true);
    }),
    { numRuns: 700 },
  );
});

it('measures every node as the definitions do', () => {
  fc.assert(
    fc.property(anyCase, (given) => {
      const { table, options } = prepared(given);
      for (const levels of nodesOf(given)) {
        const { score, ...counts } = measureNode(table, levels, options);
        const { score: expected, ...expectedCounts } = naive(given, levels);
        expect(counts).toEqual(expectedCounts);
        expect(score).toBeCloseTo(expected, DIGITS);
      }
    }),
    { numRuns: 150 },
  );
});

it('bounds the score of every solution of a box from below', () => {
  fc.assert(
    fc.property(anyCase, (given) => {
      const { table, options } = prepared(given);
      const models = compileModels(options.models, table, options.sensitiveHierarchy);
      const limit = Math.floor(given.suppression * table.records);
      const context = { table, weights: given.weights, suppressionLimit: limit, classSizeMin: models.classSizeMin };
      const metric = metricOf(given.metric, context);
      const judge = new NodeJudge(table, models, metric, Infinity, () => undefined);
      const nodes = nodesOf(given);
      const high = nodes[nodes.length - 1]!;
      for (const highest of [high, nodes[nodes.length >> 1]!])
        for (const low of nodes.filter((node) => isNowhereCoarser(node, highest)))
          for (const node of nodes.filter((one) => isNowhereCoarser(low, one) && isNowhereCoarser(one, highest))) {
            const { score, suppressed } = judge.judge(node);
            if (suppressed > limit) continue;
            const bound = metric.bound(low, judge.judge(highest), () => judge.judge(low));
            expect(bound).toBeLessThanOrEqual(score + 1e-9 * Math.abs(score));
          }
    }),
    { numRuns: 250 },
  );
});
