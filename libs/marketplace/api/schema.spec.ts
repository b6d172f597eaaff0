import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { ACCESS } from '@aceso/platform/graphql';
import { isInputObjectType, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql';
import { AnswerResolver } from './answer.resolver';
import { OrderResolver } from './order.resolver';
import { RequestSumsResolver } from './request-sums.resolver';
import { RequestResolver } from './request.resolver';
import { ReviewResolver } from './review.resolver';

const RESOLVERS = [AnswerResolver, OrderResolver, RequestSumsResolver, RequestResolver, ReviewResolver];
let schema: GraphQLSchema;

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [GraphQLSchemaBuilderModule] }).compile();
  schema = await module.get(GraphQLSchemaFactory).create(RESOLVERS);
  await module.close();
});

describe('the schema of the marketplace', () => {
  it('describes every type, field and argument', () => {
    const silent: string[] = [];
    for (const [name, type] of Object.entries(schema.getTypeMap())) {
      if (name.startsWith('__') || name === 'Query' || name === 'Mutation') continue;
      if (!type.description) silent.push(name);
    }
    for (const [name, type] of Object.entries(schema.getTypeMap())) {
      if (name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))) continue;
      for (const [field, definition] of Object.entries(type.getFields())) {
        if (!definition.description) silent.push(`${name}.${field}`);
        for (const argument of 'args' in definition ? definition.args : []) {
          if (!argument.description) silent.push(`${name}.${field}(${argument.name})`);
        }
      }
    }
    expect(silent).toEqual([]);
  });

  it('has the operations that the flow of a sale needs', () => {
    const names = (type: 'Query' | 'Mutation') => {
      const found = schema.getType(type);
      return isObjectType(found) ? Object.keys(found.getFields()).sort() : [];
    };
    expect(names('Query')).toEqual([
      'myOrders',
      'myRequests',
      'order',
      'request',
      'requestsToReview',
      'sentRequests',
      'viewsInWords',
    ]);
    expect(names('Mutation')).toEqual([
      'amendRequest',
      'cancelRequest',
      'decideRequest',
      'decline',
      'fundRequest',
      'grant',
      'submitRequest',
    ]);
  });

  it('asks an idempotency key of every mutation that moves money or a request', () => {
    const { fields } = schema.getMutationType()!.toConfig();
    const keyed = Object.entries(fields).filter(([, { args = {} }]) => 'idempotencyKey' in args || 'input' in args);
    // A grant carries its own key (`jti`), and declining twice is declining.
    expect(
      Object.keys(fields)
        .filter((name) => !keyed.some(([other]) => other === name))
        .sort(),
    ).toEqual(['decline', 'grant']);
  });

  it('lets nobody decide on or fund a version without naming it', () => {
    const { fields } = schema.getMutationType()!.toConfig();
    for (const name of ['decideRequest', 'fundRequest', 'decline']) {
      expect(String(fields[name]?.args?.version?.type)).toBe('Int!');
    }
  });

  it('is closed by default: every handler or its class says who may call it', () => {
    const open = RESOLVERS.flatMap((resolver) => {
      const whole = Reflect.getMetadata(ACCESS, resolver) !== undefined;
      return Object.entries(Object.getOwnPropertyDescriptors(resolver.prototype))

        .filter(([name]) => name !== 'constructor')
        .filter(([, { value }]) => typeof value === 'function' && Reflect.hasMetadata('graphql:resolver_type', value))
        .filter(([, { value }]) => !whole && !Reflect.hasMetadata(ACCESS, value))
        .map(([name]) => `${resolver.name}.${name}`);
    });
    expect(open).toEqual([]);
  });
});
