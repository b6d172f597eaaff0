import { GraphQLSchemaHost } from '@nestjs/graphql';
import { ModulesContainer } from '@nestjs/core';
import { ACCESS, ROLES } from '@aceso/platform/graphql';
import { withAssembledApi } from '../../apps/api/src/schema';

/** Metadata keys of Nest that mark a method as something a client can reach. */
const RESOLVES = ['graphql:resolver_type', 'graphql:resolve_property', 'graphql:resolve_reference'];
const ROUTE = 'path';

/** The whole surface for callers without a token. A new line here is a decision. */
const PUBLIC = [
  'CheckpointController.checkpoint',
  'HealthController.alive',
  'HealthController.ready',
  'LedgerResolver.status',
  'PagesController.asset',
  'PagesController.consoleFile',
  'PagesController.doc',
  'PagesController.graphiql',
  'PagesController.home',
  'PagesController.schema',
  'PartyResolver.login',
  'PartyResolver.loginNonce',
  'PartyResolver.register',
  'PersonasController.personas',
  'ReceiptController.renew',
  // Who lost every key is no party: the new key signs, a provider's attestation names it.
  'RecoveryResolver.finishRecovery',
  'RecoveryResolver.requestRecovery',
  'TileController.tile',
  'VisaController.keySet',
];

interface Handler {
  /** `Class.method`. */
  readonly name: string;
  /** Name of the GraphQL field, or undefined for a route. */
  readonly field: string | undefined;
  readonly rule: unknown;
}

/** Everything that a client can reach in the assembled api: operations, field resolvers and routes. */
async function handlers(): Promise<{ found: Handler[]; rootFields: string[] }> {
  return withAssembledApi((app) => {
    const found: Handler[] = [];
    for (const module of app.get(ModulesContainer).values()) {
      for (const wrapper of [...module.providers.values(), ...module.controllers.values()]) {
        if (typeof wrapper.metatype !== 'function' || !wrapper.metatype.prototype) continue;
        found.push(...handlersOf(wrapper.metatype as new () => object));
      }
    }
    const { schema } = app.get(GraphQLSchemaHost);
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    return { found, rootFields: roots.flatMap((type) => Object.keys(type?.getFields() ?? {})) };
  });
}

function* handlersOf(Class: new () => object): Generator<Handler> {
  for (const [name, method] of methodsOf(Class)) {
    const resolves = RESOLVES.some((key) => Reflect.hasMetadata(key, method));
    if (!resolves && !Reflect.hasMetadata(ROUTE, method)) continue;
    yield {
      name: `${Class.name}.${name}`,
      field: resolves ? String(Reflect.getMetadata('graphql:resolver_name', method) ?? name) : undefined,
      rule: (Reflect.getMetadata(ACCESS, method) ?? Reflect.getMetadata(ACCESS, Class)) as unknown,
    };
  }
}

function* methodsOf(Class: new () => object): Generator<[string, object]> {
  const seen = new Set<string>();
  for (let at: object = Class.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value !== 'function' || name === 'constructor' || seen.has(name)) continue;
      seen.add(name);
      yield [name, value as object];
    }
  }
}

describe('access', () => {
  let found: Handler[];
  let rootFields: string[];

  beforeAll(async () => {
    ({ found, rootFields } = await handlers());
  }, 60_000);

  it('is declared by every resolver, field resolver and route', () => {
    expect(found.filter(({ rule }) => rule === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('is declared in known words', () => {
    const known = new Set<unknown>(['public', ...ROLES]);
    for (const { name, rule } of found) {
      const words = rule as unknown[];
      expect([name, words.length > 0 && words.every((word) => known.has(word))]).toEqual([name, true]);
      expect([name, words.includes('public') && words.length > 1]).toEqual([name, false]);
    }
  });

  it('was looked at for every field of the roots: the walk misses nothing', () => {
    const walked = new Set(found.map(({ field }) => field));
    expect(rootFields.filter((field) => !walked.has(field))).toEqual([]);
    expect(found.some(({ field }) => field === undefined)).toBe(true);
  });

  it('is public only where it is known to be', () => {
    const open = found.filter(({ rule }) => (rule as unknown[])[0] === 'public').map(({ name }) => name);
    expect(open.sort()).toEqual(PUBLIC);
  });
});
