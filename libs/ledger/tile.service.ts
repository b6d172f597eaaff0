import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';
import { publishedBundle, publishedTile } from './data/tiles';
import { ENTRIES, formatTilePath, type TileName } from './domain';
import { KeyUseLog } from './key-use-log';

/** The log as outsiders read it (C2SP tlog-tiles): what published checkpoints need, and nothing newer. */
@Injectable()
export class TileService {
  constructor(
    private readonly database: Database,
    private readonly accessLog: KeyUseLog,
  ) {}

  /** A tile of hashes, for everybody; null where no published checkpoint needs it. Role api. */
  async tile(name: TileName): Promise<Uint8Array | null> {
    return publishedTile({ query: (sql, params) => this.database.query('api', sql, params) }, name);
  }

  /**
   * An entry bundle, for an authorised auditor; null where no published checkpoint needs it. That it was read, and by
   * whom, commits before the first byte is shown. Role api.
   */
  async entries(auditorId: string, name: TileName): Promise<Uint8Array | null> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(auditorId);
      const bundle = await publishedBundle(tx, name);
      if (bundle === null) return null;
      const detail = { bundle: formatTilePath({ ...name, level: ENTRIES }) };
      await this.accessLog.record(tx, [{ act: 'ledger.entries-read', subjectId: null, actorId: auditorId, detail }]);
      return bundle;
    });
  }
}
