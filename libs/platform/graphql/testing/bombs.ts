/** Documents that try to exhaust the server (threats T8, T9). Test data; every one is refused before anything runs. */
export interface Bomb {
  readonly name: string;
  readonly query: string;
}

const nest = (depth: number, open: string, inner: string, close = '}'): string =>
  open.repeat(depth) + inner + close.repeat(depth);
const repeat = (count: number, part: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ');
const CHILD = 'things { edges { node { ';
const END = ' } } }';

/** Fragments of which each one spreads the next twice: 2^length fields. */
const doubling = (length: number, prefix: string): string =>
  `{ things(first: 100) { edges { node { ...${prefix}0 ${END} } ` +
  repeat(
    length,
    (at) =>
      `fragment ${prefix}${at} on Thing { a: child { ...${prefix}${at + 1} } b: child { ...${prefix}${at + 1} } }`,
  ) +
  ` fragment ${prefix}${length} on Thing { number }`;

const depthBombs = (): Bomb[] => [
  { name: 'a deep chain', query: `{ ${CHILD} ${nest(50, 'child { ', 'number')} ${END} }` },
  { name: 'a chain one too deep', query: `{ ${CHILD} ${nest(7, 'child { ', 'number')} ${END} }` },
  {
    name: 'a deep chain in inline fragments',
    query: `{ ${CHILD} ${nest(30, '... on Thing { child { ', 'number', '} }')} ${END} }`,
  },
  {
    name: 'a deep chain over fragments',
    query: `{ ${CHILD} ...F0 ${END} } ${repeat(20, (at) => `fragment F${at} on Thing { child { ...F${at + 1} } }`)} fragment F20 on Thing { number }`,
  },
  {
    name: 'a deep chain under a fragment called __schema',
    query: `{ ...__schema } fragment __schema on Query { ${CHILD} ${nest(30, 'child { ', 'number')} ${END} }`,
  },
  {
    name: 'a deep chain under an operation called __schema',
    query: `query __schema { ${CHILD} ${nest(30, 'child { ', 'number')} ${END} }`,
  },
  {
    name: 'a deep chain under an alias called __schema',
    query: `{ __schema: things { edges { node { ${nest(30, 'child { ', 'number')} ${END} }`,
  },
  { name: 'a deep chain of unknown fields', query: `{ ${nest(200, 'x { ', 'y')} }` },
  { name: 'deep inline fragments alone', query: `{ ${nest(400, '... { ', 'hello')} }`.slice(0, 15_000) + ' } } }' },
  { name: 'a deep list value', query: `{ thing(id: ${'['.repeat(500)}${']'.repeat(500)}) { number } }` },
  { name: 'a deep object value', query: `{ thing(id: ${nest(330, '{a:', '1')}) { number } }` },
];

const widthBombs = (tokens: number): Bomb[] => [
  { name: '50,000 __typename', query: `{ ${'__typename '.repeat(50_000)} }` },
  { name: 'one token too many', query: `{ ${'hello '.repeat(tokens - 1)} }` },
  { name: 'many __typename under aliases', query: `{ ${repeat(300, (at) => `a${at}: __typename`)} }` },
  { name: 'many aliases', query: `{ ${repeat(16, (at) => `a${at}: hello`)} }` },
  {
    name: 'many aliases in a fragment',
    query: `{ ...F } fragment F on Query { ${repeat(16, (at) => `a${at}: hello`)} }`,
  },
  {
    name: 'many aliases in an unused fragment called __schema',
    query: `{ hello } fragment __schema on Query { ${repeat(16, (at) => `a${at}: hello`)} }`,
  },
  { name: 'many aliased logins', query: `mutation { ${repeat(14, (at) => `a${at}: login(guess: "${at}")`)} }` },
  {
    name: 'logins hidden in fragments',
    query:
      'mutation { ...A ...B } fragment A on Mutation { a: login(guess: "1") } fragment B on Mutation { ... { b: login(guess: "2") } }',
  },
  { name: 'many mutations', query: `mutation { ${repeat(11, (at) => `a${at}: change`)} }` },
  { name: 'many directives on one field', query: `{ hello ${'@include(if: true) '.repeat(100)} }` },
  { name: 'many unknown directives', query: `{ hello ${'@x '.repeat(400)} }` },
  { name: 'directives spread out', query: `{ ${'hello @skip(if: false) '.repeat(21)} }` },
  { name: 'many operations', query: repeat(200, (at) => `query Q${at} { hello }`) },
  { name: 'many variables', query: `query(${repeat(150, (at) => `$v${at}: Int`)}) { hello }` },
  { name: 'many comments', query: `{ hello } ${'# x\n'.repeat(20_000)}` },
  { name: 'much white space', query: `{ hello }${' '.repeat(100_000)}` },
  { name: 'a long name', query: `{ ${'a'.repeat(100_000)} }` },
  { name: 'a long string', query: `{ thing(id: "${'a'.repeat(60_000)}") { number } }` },
  { name: 'a block string without end', query: `{ thing(id: """${'a'.repeat(10_000)}` },
];

const costBombs = (): Bomb[] => [
  { name: 'fragments that double', query: doubling(6, 'F') },
  { name: 'fragments that double, called __schema', query: doubling(6, '__schema') },
  {
    name: 'large pages of many fields',
    query: `{ things(first: 100) { edges { node { ${repeat(10, (at) => `f${at}: child { number id __typename price { amountMinor currency } }`)} } } } }`,
  },
  {
    name: 'pages by variable',
    query: `query($n: Int = 1) { things(first: $n) { edges { node { ${repeat(10, (at) => `f${at}: child { number id __typename price { amountMinor currency } }`)} } } } }`,
  },
  { name: 'a page of 2^31', query: '{ things(first: 2147483647) { edges { cursor } } }' },
  { name: 'a page of 10^30', query: `{ things(first: 1${'0'.repeat(30)}) { edges { cursor } } }` },
];

const shapeBombs = (): Bomb[] => [
  { name: 'a fragment that contains itself', query: '{ ...A } fragment A on Query { ...A }' },
  {
    name: 'circular fragments',
    query: '{ ...A } fragment A on Query { hello ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
  },
  {
    name: 'circular fragments called __schema',
    query: '{ ...__schema } fragment __schema on Query { ...__type } fragment __type on Query { ...__schema }',
  },
  { name: 'unused circular fragments', query: '{ hello } fragment A on Query { ...B } fragment B on Query { ...A }' },
  { name: 'a circle through a field', query: `{ ${CHILD} ...A ${END} } fragment A on Thing { child { ...A } }` },
  { name: 'a deep introspection', query: `{ __schema { types { ${nest(30, 'ofType { ', 'name')} } } }` },
  { name: 'introspection by aliases', query: `{ ${repeat(10, (at) => `a${at}: __schema { types { name } }`)} }` },
  {
    name: 'introspection by inner aliases',
    query: '{ __schema { types { a: fields { type { name } } b: fields { type { name } } } } }',
  },
  {
    name: 'introspection in circles',
    query: '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
  },
  {
    name: 'introspection through a fragment',
    query: `{ ...S } fragment S on Query { __schema { types { ${nest(30, 'ofType { ', 'name')} } } }`,
  },
  {
    name: 'fields that conflict',
    query: `{ ${repeat(200, (at) => `thing(id: "${at}") { number }`)} }`.slice(0, 5_000) + '}',
  },
  { name: 'a type system definition', query: 'type Query { hello: String }' },
  { name: 'nothing', query: '' },
  { name: 'white space only', query: ' \n\t,,, # nothing' },
  { name: 'a null byte', query: '{ hello \u0000 }' },
  { name: 'half a surrogate', query: '{ \ud800 }' },
];

/** At least forty documents; `tokens` is the limit of the endpoint. */
export function bombs(tokens: number): Bomb[] {
  return [...depthBombs(), ...widthBombs(tokens), ...costBombs(), ...shapeBombs()];
}
