import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isTypeDefinitionNode,
  parse,
  validate,
  visit,
  type TypeDefinitionNode,
} from 'graphql';
import { schemaText } from '../../apps/api/src/schema';

const root = join(__dirname, '..', '..');

/**
 * The text without the types that nothing in it leads to from a query or mutation: other specs of the same worker declare types as well, and those
 * are of no part of the API. An interface leads to the types that implement it.
 */
function withoutOrphans(text: string): string {
  const document = parse(text);
  const named = document.definitions.filter(isTypeDefinitionNode);
  const reached = new Set(['Query', 'Mutation']);
  const isReached = (node: TypeDefinitionNode): boolean =>
    reached.has(node.name.value) ||
    ('interfaces' in node && (node.interfaces ?? []).some(({ name }) => reached.has(name.value)));
  for (let before = 0; before < reached.size;) {
    before = reached.size;
    for (const node of named.filter(isReached)) {
      reached.add(node.name.value);
      visit(node, { NamedType: ({ name }) => void reached.add(name.value) });
    }
  }
  const orphans = named.filter(({ name }) => !reached.has(name.value)).map(({ loc }) => loc!);
  return orphans.reduceRight(
    (rest, { start, end }) => `${rest.slice(0, start)}${rest.slice(end).replace(/^\n*/, '')}`,
    text,
  );
}

describe('schema.graphql', () => {
  let text: string;

  beforeAll(async () => {
    text = withoutOrphans(await schemaText());
  }, 60_000);

  it('is what the resolvers say (after a change: npm run schema)', () => {
    expect(readFileSync(join(root, 'schema.graphql'), 'utf8')).toBe(text);
  });

  it('describes every type, field, argument and value', () => {
    const missing: string[] = [];
    for (const type of Object.values(buildSchema(text).getTypeMap())) {
      if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
      if (!type.description && !['Query', 'Mutation', 'Subscription'].includes(type.name)) missing.push(type.name);
      const members =
        isObjectType(type) || isInputObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
      for (const field of members) {
        if (!field.description) missing.push(`${type.name}.${field.name}`);
        for (const argument of 'args' in field ? field.args : []) {
          if (!argument.description) missing.push(`${type.name}.${field.name}(${argument.name})`);
        }
      }
      if (isEnumType(type)) {
        missing.push(
          ...type.getValues().flatMap(({ name, description }) => (description ? [] : [`${type.name}.${name}`])),
        );
      }
    }
    expect(missing).toEqual([]);
  });

  it('has no mutation of money, consent or release without a key against repetition', () => {
    const mutations = Object.values(buildSchema(text).getMutationType()?.getFields() ?? {});
    // A signed statement is taken once by its jti; what is not repeated by accident needs no key.
    const once = ['statement'];
    const bare = mutations.filter(
      ({ args }) =>
        !args.some((argument) => once.includes(argument.name) || hasKey(argument.name, getNamedType(argument.type))),
    );
    expect(bare.map(({ name }) => name)).toEqual(
      expect.not.arrayContaining([
        'fundRequest',
        'recordDeposit',
        'requestPayout',
        'submitRequest',
        'decideRequest',
        'cancelRequest',
      ]),
    );
  });

  it('runs the examples that are shown to visitors', () => {
    const examples = JSON.parse(readFileSync(join(root, 'apps/api/assets/examples.json'), 'utf8')) as {
      name: string;
      query: string;
    }[];
    const schema = buildSchema(text);
    const wrong = examples.flatMap(({ name, query }) =>
      validate(schema, parse(query)).map(({ message }) => `${name}: ${message}`),
    );
    expect(wrong).toEqual([]);
  });
});

function hasKey(name: string, type: unknown): boolean {
  if (name === 'idempotencyKey') return true;
  return isInputObjectType(type) && 'idempotencyKey' in type.getFields();
}
