const { createRequire } = require('node:module');
const { TestEnvironment } = require('jest-environment-node');
require('./compile-sources.cjs');

/** By their identity Jest's matchers tell kinds of values apart (`expect.any`, errors), which are made outside of its context. */
const KINDS = ['Array', 'BigInt', 'Boolean', 'Error', 'Function', 'Number', 'Object', 'String', 'Symbol'];

/**
 * Runs each spec in the worker's own realm, with the modules that were loaded for the specs before it: loading NestJS, TypeORM and
 * our contexts anew for each of hundreds of files took half of the time of all tests (docs/adr/0037). What a spec
 * spies on is restored at its end; a module that keeps what a spec gave it would be seen by the next one.
 */
module.exports = class SharedModulesEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const kind of KINDS) this.global[kind] = globalThis[kind];
    this.global.runSpec = runSpec;
  }

  async teardown() {
    this.moduleMocker.restoreAllMocks();
    await super.teardown();
  }
};

/** `globals` are those of the spec's own run: `describe`, `expect`, `jest` and the like. */
function runSpec(filename, globals) {
  Object.assign(globalThis, globals);
  // Jest's formatter knows the maps of files that it compiled itself; Node's knows those that these bring along.
  process.setSourceMapsEnabled(true);
  delete Error.prepareStackTrace;
  delete require.cache[filename];
  createRequire(filename)(filename);
}
