import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ORIGIN_DEFAULT, type Config } from '../config/config';
import { readSecret, writeSecret } from '../secrets/secret-file';

interface Kept {
  readonly origin: string;
}

/**
 * The configuration with an origin that no other instance has: the one that was set, else `localhost/aceso-<random>`, made
 * at the first start and kept in the home folder. Statements are made out to it, so none can be replayed elsewhere.
 */
export function withOwnOrigin(config: Config): Config {
  if (config.origin !== ORIGIN_DEFAULT) return config;
  const kept = withKeptOrigin(config);
  if (kept.origin !== ORIGIN_DEFAULT) return kept;
  const origin = `${ORIGIN_DEFAULT}-${randomBytes(4).toString('hex')}`;
  writeSecret(fileIn(config.home), { origin });
  return { ...config, origin };
}

/** The same for whoever only looks at an instance: an origin that was never made is not made now. */
export function withKeptOrigin(config: Config): Config {
  const kept = config.origin === ORIGIN_DEFAULT ? readSecret<Kept>(fileIn(config.home)) : undefined;
  return kept ? { ...config, origin: kept.origin } : config;
}

/** Keeps the origin of an instance that is restored from a backup, where nobody sets one. */
export function keepOrigin(home: string, origin: string): void {
  writeSecret(fileIn(home), { origin });
}

const fileIn = (home: string): string => join(home, 'origin.json');
