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
  const file = join(config.home, 'origin.json');
  const kept = readSecret<Kept>(file);
  if (kept) return { ...config, origin: kept.origin };
  const origin = `${ORIGIN_DEFAULT}-${randomBytes(4).toString('hex')}`;
  writeSecret(file, { origin });
  return { ...config, origin };
}
