import { availableParallelism } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { toEnvironment } from './child-environment';
import { readConfig } from './config';

const ANCHOR = {
  ACESO_ANCHOR_RPC_URL: 'https://user:hunter2@node.example.org/',
  ACESO_ANCHOR_CONTRACT: `0x${'aB'.repeat(20)}`,
  ACESO_ANCHOR_KEY_FILE: 'anchor.key',
};

describe('the configuration', () => {
  it('has a default for everything, is frozen, and makes the home absolute', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ port: 3000, host: '127.0.0.1', currency: 'EUR', adultAgeYears: 18, epochDays: 30 });
    expect(config).toMatchObject({ databaseUrl: undefined, redisUrl: undefined, now: undefined, demo: false });
    expect(config.publicUrl).toBe('http://localhost:3000');
    expect(isAbsolute(config.home)).toBe(true);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('keeps the signing record in the home folder unless it is told another place, and tells its services', () => {
    const { home, signingRecord } = readConfig({ ACESO_HOME: 'here' });
    expect(signingRecord).toBe(join(home, 'ledger', 'last-signed.json'));
    const elsewhere = readConfig({ ACESO_HOME: 'here', ACESO_SIGNING_RECORD: 'there/last-signed.json' });
    expect(elsewhere.signingRecord).toBe(resolve('there/last-signed.json'));
    expect(readConfig(toEnvironment(elsewhere)).signingRecord).toBe(elsewhere.signingRecord);
  });

  it('has no witness policy unless it is told one, and tells its services', () => {
    expect(readConfig({}).witnessPolicy).toBeUndefined();
    const config = readConfig({ ACESO_WITNESS_POLICY: 'witness.policy' });
    expect(config.witnessPolicy).toBe(resolve('witness.policy'));
    expect(readConfig(toEnvironment(config)).witnessPolicy).toBe(config.witnessPolicy);
  });

  it('trusts no issuer of visas unless it is told some, and tells its services', () => {
    expect(readConfig({}).visaIssuers).toBeUndefined();
    const config = readConfig({ ACESO_VISA_ISSUERS: 'issuers.json' });
    expect(config.visaIssuers).toBe(resolve('issuers.json'));
    expect(readConfig(toEnvironment(config)).visaIssuers).toBe(config.visaIssuers);
  });

  it('de-identifies with a thread a core, four at most, unless it is told a number, and tells its services', () => {
    const unasked = readConfig({}).threads;
    expect(unasked).toBe(Math.min(availableParallelism(), 4));
    const config = readConfig({ ACESO_THREADS: '7' });
    expect(config.threads).toBe(7);
    expect(readConfig(toEnvironment(config)).threads).toBe(7);
    for (const wrong of ['0', '65', '1.5'])
      expect(() => readConfig({ ACESO_THREADS: wrong })).toThrow(/ACESO_THREADS .* expected a number from 1 to 64/);
  });

  it('takes passkeys of the domain of its public address, or of the one that is named', () => {
    const given = { ACESO_PUBLIC_URL: 'https://aceso.example.org:8443/app' };
    expect(readConfig(given).relyingParty).toEqual({
      id: 'aceso.example.org',
      origins: ['https://aceso.example.org:8443'],
    });
    const named = {
      ACESO_PASSKEY_DOMAIN: 'example.org',
      ACESO_PASSKEY_ORIGINS: 'https://a.example.org, https://example.org',
    };
    const config = readConfig({ ...given, ...named });
    expect(config.relyingParty).toEqual({
      id: 'example.org',
      origins: ['https://a.example.org', 'https://example.org'],
    });
    expect(readConfig(toEnvironment(config)).relyingParty).toEqual(config.relyingParty);
    const foreign = { ...given, ACESO_PASSKEY_ORIGINS: 'https://aceso.example.org,https://badaceso.example.org' };
    expect(() => readConfig(foreign)).toThrow('ACESO_PASSKEY_ORIGINS names https://badaceso.example.org');
  });

  it('takes an empty variable as an unset one', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 3000, databaseUrl: undefined });
  });

  it('reads what is given', () => {
    const config = readConfig({
      PORT: '8080',
      ACESO_PUBLIC_URL: 'https://data.example.org/',
      ACESO_NOW: '2024-02-29',
      ACESO_DEMO: '1',
      DATABASE_URL: 'postgresql://owner:secret@db/aceso',
    });
    expect(config).toMatchObject({ port: 8080, publicUrl: 'https://data.example.org', now: '2024-02-29', demo: true });
    expect(config.databaseUrl).toBe('postgresql://owner:secret@db/aceso');
  });

  it('names every wrong variable at once, each with what is expected', () => {
    const wrong = { PORT: '70000', ACESO_NOW: '2023-02-29', ACESO_CURRENCY: 'euro', LOG_LEVEL: 'loud' };
    expect(() => readConfig(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: [
          'PORT is "70000", expected a port from 1 to 65535, or 0 for any free one',
          'ACESO_CURRENCY is "euro", expected an ISO 4217 code like EUR',
          'ACESO_NOW is "2023-02-29", expected a day like 2026-01-31',
          'LOG_LEVEL is "loud", expected one of fatal, error, warn, info, debug, silent',
        ].join('\n'),
      }),
    );
  });

  it.each([
    ['PORT', '-1'],
    ['PORT', '3000x'],
    ['PORT', '1e3'],
    ['HOST', 'a b'],
    ['ACESO_ORIGIN', 'https://ledger.example.org'],
    ['ACESO_ORIGIN', 'ledger.example.org/'],
    ['ACESO_ADULT_AGE_YEARS', '9'],
    ['ACESO_PASSKEY_DOMAIN', 'https://example.org'],
    ['ACESO_PASSKEY_DOMAIN', 'Example.org'],
    ['ACESO_PASSKEY_ORIGINS', 'example.org'],
    ['ACESO_PASSKEY_ORIGINS', 'http://localhost/'],
    ['ACESO_CHECKPOINT_INTERVAL_MS', '0'],
    ['ACESO_NOW', 'yesterday'],
    ['ACESO_DEMO', 'maybe'],
    ['ACESO_WITHDRAWAL_LIST_DAYS', '0'],
    ['ACESO_WITHDRAWAL_LIST_SECONDS', '10'],
    ['REDIS_URL', 'http://localhost'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('counts the rounds of withdrawal lists in seconds in a demo only, and tells its services the same', () => {
    const config = readConfig({ ACESO_DEMO: 'true', ACESO_WITHDRAWAL_LIST_SECONDS: '10' });
    expect(config).toMatchObject({ withdrawalListDays: 7, withdrawalListSeconds: 10 });
    expect(readConfig(toEnvironment(config)).withdrawalListSeconds).toBe(10);
    expect(readConfig({}).withdrawalListSeconds).toBeUndefined();
    expect(() => readConfig({ ACESO_WITHDRAWAL_LIST_SECONDS: '10' })).toThrow('ACESO_DEMO=true');
  });

  it('anchors when it is told where, and tells its services the same', () => {
    expect(readConfig({}).anchor).toBeUndefined();
    const { anchor } = readConfig({ ...ANCHOR, ACESO_ANCHOR_CHAIN_ID: '1337', ACESO_ANCHOR_FINALITY: '0' });
    expect(anchor).toEqual({
      rpcUrl: 'https://user:hunter2@node.example.org/',
      contract: `0x${'ab'.repeat(20)}`,
      keyFile: resolve('anchor.key'),
      intervalMinutes: 60,
      finality: 0,
      chainId: 1337,
    });
    expect(readConfig(ANCHOR).anchor).toMatchObject({ finality: 'finalized', chainId: undefined });
    const config = readConfig(ANCHOR);
    expect(readConfig(toEnvironment(config)).anchor).toEqual(config.anchor);
  });

  it('takes the anchor whole or not at all, and names what is missing', () => {
    expect(() => readConfig({ ...ANCHOR, ACESO_ANCHOR_KEY_FILE: '', ACESO_ANCHOR_FINALITY: 'soon' })).toThrow(
      [
        'ACESO_ANCHOR_FINALITY is "soon", expected finalized, or a number of confirmations from 0 to 100000',
        'ACESO_ANCHOR_KEY_FILE is not set, but others of the anchor are, expected the path of the file with the private key',
      ].join('\n'),
    );
    expect(() => readConfig({ ACESO_ANCHOR_INTERVAL_MINUTES: '5' })).toThrow('ACESO_ANCHOR_RPC_URL is not set');
    const wrong = { ...ANCHOR, ACESO_ANCHOR_RPC_URL: 'ws://user:hunter2@node.example.org/' };
    expect(() => readConfig(wrong)).toThrow(
      'ACESO_ANCHOR_RPC_URL is a value, expected the http:// or https:// address',
    );
  });

  it('never repeats a secret', () => {
    expect.assertions(2);
    try {
      readConfig({ DATABASE_URL: 'mysql://owner:hunter2@db/aceso' });
    } catch (error) {
      expect(String(error)).toContain('DATABASE_URL is a value, expected a postgres:// address');
      expect(String(error)).not.toContain('hunter2');
    }
  });
});
