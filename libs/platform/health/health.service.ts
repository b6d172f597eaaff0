import { Injectable } from '@nestjs/common';
import { BlobStore } from '../blobs/blob-store';
import { KeyCustody } from '../custody/key-custody';
import { Database } from '../database/database';
import { checkMigrations, checkRoles } from '../database/checks';
import { describeError } from '../logging/describe-error';
import { Logger } from '../logging/logger';
import { PlatformError } from '../platform.errors';

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly code?: string }[];
}

/** What `/readyz` answers: whether this process can do its work now. */
@Injectable()
export class HealthService {
  constructor(
    private readonly database: Database,
    private readonly custody: KeyCustody,
    private readonly blobs: BlobStore,
    private readonly logger: Logger,
  ) {}

  /** Runs every check; a failing one is named with its code and never throws. */
  async readiness(): Promise<Readiness> {
    const checks = await Promise.all([
      this.#run('database', () => this.#reach()),
      this.#run('migrations', () => checkMigrations(this.database)),
      this.#run('roles', () => checkRoles(this.database)),
      this.#run('keys', async () => this.custody.check()),
      this.#run('blobs', () => this.blobs.check()),
    ]);
    return { ready: checks.every(({ ok }) => ok), checks };
  }

  async #reach(): Promise<void> {
    for (const role of this.database.roles) await this.database.query(role, 'select 1');
  }

  async #run(name: string, check: () => Promise<void>): Promise<Readiness['checks'][number]> {
    try {
      await check();
      return { name, ok: true };
    } catch (error) {
      const code = error instanceof PlatformError ? error.code : 'UNAVAILABLE';
      this.logger.warn('a readiness check fails', { ...describeError(error), check: name, code });
      return { name, ok: false, code };
    }
  }
}
