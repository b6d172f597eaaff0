import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { LedgerEntryId } from '@aceso/kernel';
import { Ledger, type Receipt } from '@aceso/ledger';
import { CONFIG, type Config } from '@aceso/platform';
import { ExtractionError } from './extraction.errors';

/** How often a receipt is asked for, and how long at most: some publication intervals, however short they are set. */
const POLL_MS = 200;
const INTERVALS_MAX = 3;
const WAIT_MS_MIN = 30_000;

/** Waits for the receipts of what is delivered. */
@Injectable()
export class PublishedReceipt {
  constructor(
    private readonly ledger: Ledger,
    // How long to wait for the log is the instance's setting.
    @Inject(CONFIG) private readonly config: Pick<Config, 'checkpointIntervalMs'>,
  ) {}

  /** The receipt of an entry with its opening, as soon as the log has published it. Throws RECEIPT_PENDING when it did not in time. */
  async of(entryId: LedgerEntryId): Promise<Receipt> {
    const waitMs = Math.max(WAIT_MS_MIN, INTERVALS_MAX * this.config.checkpointIntervalMs);
    const polls = Math.ceil(waitMs / POLL_MS);
    for (let poll = 0; poll <= polls; poll += 1) {
      const receipt = await this.ledger.receipt(entryId);
      if (receipt) return receipt;
      await sleep(POLL_MS);
    }
    throw new ExtractionError('RECEIPT_PENDING', 'the entry is not in a published checkpoint yet');
  }
}
