import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { buildSchema } from 'graphql';
import { withAssembledApi } from '../../apps/api/src/schema';
import { AcesoProcess, describeWhenBuilt } from './testing/aceso-process';
import { ROUTES } from './testing/access-routes';
import type { FieldRow, Outcome, RouteRow } from './testing/access-outcomes';
import { FIELDS as SALE_FIELDS } from './testing/access-rows';
import { RECORD_FIELDS } from './testing/record-rows';
import { ACTORS, makeWorld, type ActorName, type Ids, type World } from './testing/access-world';

interface Answer {
  readonly outcome: Outcome;
  /** Everything that the caller was told. */
  readonly told: string;
}

type Ask = (actor: ActorName, ids: Ids) => Promise<Answer>;

const READS_NOTHING = /NOT_FOUND$|UNKNOWN$|^NO_DATA$|^empty$/;
const FIELDS: Readonly<Record<string, FieldRow>> = { ...RECORD_FIELDS, ...SALE_FIELDS };

describe('the access matrix', () => {
  it('has a row for every query and mutation of the schema', () => {
    const schema = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    expect(Object.keys(FIELDS).sort()).toEqual(fields.flatMap((type) => Object.keys(type?.getFields() ?? {})).sort());
  });

  it('has a row for every route', async () => {
    expect(Object.keys(ROUTES).sort()).toEqual((await declaredRoutes()).sort());
  }, 60_000);
});

describeWhenBuilt('the access matrix on real processes')('access to real processes', () => {
  let aceso: AcesoProcess;
  let world: World;

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    world = await makeWorld(aceso);
  }, 180_000);
  afterAll(() => aceso?.stop(), 60_000);

  const authorization = async (actor: ActorName): Promise<Record<string, string>> => {
    const party = world.actors[actor];
    return party ? { authorization: `Bearer ${await party.bearer()}` } : {};
  };

  const askField = (name: string, { document, variables }: FieldRow): Ask => {
    return async (actor, ids) => {
      const response = await fetch(`${aceso.baseUrl}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(await authorization(actor)) },
        body: JSON.stringify({ query: document, variables: variables?.({ world, actor, ids }) }),
      });
      const told = await response.text();
      const { data, errors } = JSON.parse(told) as GraphqlAnswer;
      return { told, outcome: errors?.[0]?.extensions.code ?? (isEmpty(data?.[name]) ? 'empty' : 'ok') };
    };
  };

  const askRoute = ({ method, path }: RouteRow): Ask => {
    return async (actor, ids) => {
      const sends = method === 'PUT' ? { body: '{}', type: { 'content-type': 'application/octet-stream' } } : {};
      const headers = { ...sends.type, ...(await authorization(actor)) };
      const response = await fetch(`${aceso.baseUrl}${path(ids)}`, { method, headers, body: sends.body ?? null });
      const told = await response.text();
      if (response.ok) return { told, outcome: 'ok' };
      return { told, outcome: (JSON.parse(told) as { error: { code: string } }).error.code };
    };
  };

  /** Asks as everybody; what is there for others must not differ from what is nowhere. */
  async function judge(row: FieldRow | RouteRow, ask: Ask): Promise<void> {
    const answers = await Promise.all(ACTORS.map(async (actor) => [actor, await ask(actor, world.ids)] as const));
    const outcomes = answers.map(([actor, { outcome }]) => [actor, outcome]);
    expect(Object.fromEntries(outcomes)).toEqual(
      Object.fromEntries(ACTORS.map((actor, index) => [actor, row.outcomes[index]])),
    );
    if (!row.byId) return;
    for (const [actor, { outcome, told }] of answers) {
      if (!READS_NOTHING.test(outcome)) continue;
      expect([actor, (await ask(actor, world.unknown)).told]).toEqual([actor, told]);
    }
  }

  it.each(Object.entries(FIELDS))('%s', (name, row) => judge(row, askField(name, row)));

  it.each(Object.entries(ROUTES))('%s', (_, row) => judge(row, askRoute(row)));
});

interface GraphqlAnswer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

/** Null, a list of nothing, or a page of nothing. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isEmpty);
  if (typeof value !== 'object' || value === null) return value === null || value === undefined;
  return 'edges' in value && isEmpty(value.edges);
}

/** `METHOD /pattern` of every handler of every controller. */
function declaredRoutes(): Promise<string[]> {
  return withAssembledApi((app) => {
    const classes = new Set<object>();
    for (const { controllers } of app.get(ModulesContainer).values()) {
      for (const { metatype } of controllers.values()) if (typeof metatype === 'function') classes.add(metatype);
    }
    return [...classes].flatMap((Controller) => routesOf(Controller as new () => object));
  });
}

function routesOf(Controller: new () => object): string[] {
  const base = String(Reflect.getMetadata('path', Controller) ?? '/');
  return Object.values(Object.getOwnPropertyDescriptors(Controller.prototype)).flatMap(({ value }) => {
    const isHandler = typeof value === 'function' && value !== Controller;
    const path: unknown = isHandler ? Reflect.getMetadata('path', value as object) : undefined;
    if (typeof path !== 'string') return [];
    const method = RequestMethod[Reflect.getMetadata('method', value as object) as number];
    const parts = `${base}/${path}`.split('/').filter((part) => part !== '');
    return [`${method} /${parts.join('/')}`];
  });
}
