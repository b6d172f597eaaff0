import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Moments at which a test holds or ends a process. */
export type FaultPoint =
  'shard-reading' | 'shard-written' | 'release-files-written' | 'release-committed' | 'package-written';

const POLL_MS = 20;

/**
 * Holds a process at a named moment while a file of that name stands in a folder, so that tests can end or stop it there.
 * Without a folder, as everywhere outside of tests, nothing is looked at.
 */
export class FaultPoints {
  constructor(private readonly folder?: string) {}

  /** Returns at once, or when the file `<folder>/<point>` is gone; `<point>.reached` tells the test. */
  async reach(point: FaultPoint): Promise<void> {
    if (this.folder === undefined) return;
    const file = join(this.folder, point);
    if (!existsSync(file)) return;
    writeFileSync(`${file}.reached`, '');
    while (existsSync(file)) await sleep(POLL_MS);
  }
}
