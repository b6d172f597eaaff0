import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { OrderId } from '@aceso/kernel';
import { BlobStore, CONFIG, Database, type Config } from '@aceso/platform';
import { disposableWork } from './data/package.store';

/** Removes what attempts left in the blob store and in the work folder once nothing needs it: part files, final files, superseded packages. */
@Injectable()
export class WorkFolders {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'home'>,
  ) {}

  /** Keeps the files of an attempt that is under way, and of a package that is not encrypted yet. */
  async clear(orderId: OrderId): Promise<void> {
    const { attempts, packages } = await this.database.transaction('worker', (tx) => disposableWork(tx, orderId));
    const prefixes = [...attempts.map((id) => `extraction/${id}/`), ...packages.map((id) => `packages/${id}/`)];
    for (const prefix of prefixes) for await (const key of this.blobs.list(prefix)) await this.blobs.delete(key);
    // What a process left that was killed while it made tables.
    for (const id of attempts)
      await rm(join(this.config.home, 'work', 'extraction', id), { recursive: true, force: true });
  }
}
