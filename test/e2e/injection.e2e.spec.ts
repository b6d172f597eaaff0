import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { AcesoProcess, describeWhenBuilt } from './testing/aceso-process';
import { F, U, type FieldRow } from './testing/access-outcomes';
import { FIELDS as SALE_FIELDS } from './testing/access-rows';
import { ACTORS, makeWorld, type ActorName, type World } from './testing/access-world';
import { RECORD_FIELDS } from './testing/record-rows';

/** What ends a text, a statement or a pattern in SQL, in JSON or in a COPY, and what no text of PostgreSQL can hold. */
const HOSTILE = [
  `' or 1=1 --`,
  `\\'"); drop table facts.fact; -- $1::text $$ {x} [x] %_ \\.\n\\N\t`,
  'a\u0000b',
  '\ud800',
  JSON.stringify({
    version: 1,
    all: [
      { condition: { system: `'; --`, codes: [`' or 1=1 --`, '\\'] } },
      { observation: { codes: [`'`], value: { min: 1, unit: `'` } } },
      { observation: { codes: [`'`], result: { system: `'; --`, codes: ['\\'] } } },
    ],
  }),
];
const SCHEMA = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));
const ROWS: Readonly<Record<string, FieldRow>> = { ...RECORD_FIELDS, ...SALE_FIELDS };
const QUERIES = SCHEMA.getQueryType()!.getFields();
const MUTATIONS = SCHEMA.getMutationType()!.getFields();

type Field = GraphQLField<unknown, unknown>;
const isText = (type: GraphQLInputType): boolean => ['String', 'ID'].includes(getNamedType(type).name);

/** Whether a text stands anywhere in an argument. */
function takesText(type: GraphQLInputType, depth = 0): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return isText(type);
  return depth < 4 && Object.values(named.getFields()).some((member) => takesText(member.type, depth + 1));
}

/** A value of a type with one text wherever there is a text. */
function filled(type: GraphQLInputType, text: string, depth = 0): unknown {
  if (isNonNullType(type)) return filled(type.ofType, text, depth);
  if (isListType(type)) return [filled(type.ofType, text, depth)];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    if (depth > 4) return null;
    const members = Object.values(type.getFields());
    return Object.fromEntries(members.map((member) => [member.name, filled(member.type, text, depth + 1)]));
  }
  if (isText(type)) return text;
  return getNamedType(type).name === 'Boolean' ? false : 1;
}

/** A document that gives every argument of a field. What a statement says is signed: its members are for the specs of statements. */
function documentOf(kind: 'query' | 'mutation', { name, args, type }: Field): string {
  const named = getNamedType(type);
  const selection = isLeafType(named) ? '' : '{ __typename }';
  const head = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  return `${kind}(${head}) { ${name}(${args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')}) ${selection} }`;
}

/** The same variables once for each text in them, with another text there; a text that is JSON has texts as well. */
function* altered(value: unknown, text: string): Generator<unknown> {
  if (typeof value === 'string') {
    yield text;
    if (value.startsWith('{') && value.includes('"version"')) {
      for (const inner of altered(JSON.parse(value), text)) yield JSON.stringify(inner);
    }
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) for (const other of altered(item, text)) yield value.with(at, other);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      for (const other of altered(member, text)) yield { ...value, [key]: other };
    }
  }
}

/** Each variant is an act of its own: a key that was used would end it before anything else is looked at. */
function withFreshKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFreshKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isKey(name, member) ? randomUUID() : withFreshKeys(member)]),
  );
}
const isKey = (name: string, member: unknown): boolean =>
  ['idempotencyKey', 'key'].includes(name) && typeof member === 'string' && !HOSTILE.includes(member);

describeWhenBuilt('hostile texts on real processes')('a text in any argument', () => {
  let aceso: AcesoProcess;
  let world: World;
  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    world = await makeWorld(aceso);
  }, 180_000);
  afterAll(() => aceso?.stop(), 60_000);

  /** Whoever is let in; an owner where there is one. */
  const actorOf = (name: string): ActorName => {
    const { outcomes } = ROWS[name]!;
    return ACTORS.find((actor, at) => actor !== 'anonymous' && ![U, F].includes(outcomes[at]!)) ?? 'researcher';
  };

  /** Codes of refusals; none where the answer is one. */
  const ask = async (actor: ActorName, query: string, variables: unknown): Promise<string[]> => {
    const authorization = `Bearer ${await world.actors[actor]!.bearer()}`;
    const response = await fetch(`${aceso.baseUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query, variables }),
    });
    const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    return errors.map(({ extensions }) => extensions.code);
  };
  const tables = () =>
    aceso.ownerQuery(`select format('%I.%I', schemaname, tablename) as name from pg_tables order by 1`);

  const fields = [
    ...Object.values(QUERIES).map((field) => ['query', field] as const),
    ...Object.values(MUTATIONS).map((field) => ['mutation', field] as const),
  ].filter(([, { args }]) => args.some(({ type }) => takesText(type)));

  it.each(fields.map(([kind, field]) => [field.name, kind, field] as const))(
    'is a text to %s',
    async (name, kind, field) => {
      const actor = actorOf(name);
      const before = await tables();
      const failed: unknown[] = [];
      let asked = 0;
      const judge = async (document: string, variables: unknown): Promise<void> => {
        const codes = await ask(actor, document, variables);
        asked += 1;
        if (codes.includes('INTERNAL')) failed.push(variables);
      };
      for (const text of HOSTILE) {
        const all = Object.fromEntries(field.args.map((arg) => [arg.name, filled(arg.type, text)]));
        await judge(documentOf(kind, field), all);
        const { document, variables } = ROWS[name]!;
        const usual = variables?.({ world, actor, ids: world.ids }) ?? {};
        for (const one of altered(usual, text)) await judge(document, withFreshKeys(one));
      }
      expect(asked).toBeGreaterThanOrEqual(HOSTILE.length);
      expect(failed).toEqual([]);
      expect(await tables()).toEqual(before);
    },
    60_000,
  );
});
