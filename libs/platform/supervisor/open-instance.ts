import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config';
import type { ProcessName } from '../database/roles';
import { embeddedOwnerUrl, startEmbeddedPostgres } from '../embedded/embedded-postgres';
import { PlatformError } from '../platform.errors';
import { provideRoles, readRoleUrls, type RoleUrls } from '../secrets/role-passwords';
import { lockHome } from './home-lock';
import { withKeptOrigin } from './origin';

/** The database of an instance for one command. */
export interface OpenInstance {
  /** With the origin under which the instance is served. */
  readonly config: Config;
  /** Addresses of the roles of the process that the command stands for. */
  readonly urls: RoleUrls;
  /** Address of the owner, for backups; undefined where this machine does not know it. */
  readonly ownerUrl: string | undefined;
  close(): Promise<void>;
}

/**
 * Reaches the database of an instance that was served before: the running one, be it embedded or not; else the embedded
 * server is started for as long as the command runs. DATABASE_SECRETS_MISSING before the first `aceso serve`.
 */
export async function openInstance(given: Config, process: ProcessName): Promise<OpenInstance> {
  const config = withKeptOrigin(given);
  const { home } = config;
  const urls = readRoleUrls(home, process);
  const ownerUrl = config.databaseUrl ?? embeddedOwnerUrl(home);
  const running: OpenInstance = { config, urls, ownerUrl, close: async () => undefined };
  const isEmbedded = config.databaseUrl === undefined && existsSync(join(home, 'secrets', 'database-owner.json'));
  if (!isEmbedded) return running;
  const lock = await lockHome(home).catch((error: unknown) => {
    if (error instanceof PlatformError && error.code === 'HOME_IN_USE') return undefined;
    throw error;
  });
  if (!lock) return running;
  try {
    const server = await startEmbeddedPostgres({ home });
    await provideRoles(home, server.ownerUrl); // it may listen on another port than the last time
    return {
      config,
      urls: readRoleUrls(home, process),
      ownerUrl: server.ownerUrl,
      async close() {
        await server.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
