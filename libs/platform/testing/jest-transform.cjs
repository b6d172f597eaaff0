const GLOBALS = ['expect', 'describe', 'it', 'test', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'];

/** What Jest runs in place of a spec: hands it to the environment, which runs it outside of Jest's context. */
module.exports = {
  process: (_source, filename) => ({
    code: `runSpec(${JSON.stringify(filename)}, { jest, ${GLOBALS.join(', ')} });`,
  }),
};
