import { Injectable } from '@nestjs/common';
import { utf8 } from '@aceso/kernel';
import { KeyCustody, Runtime, sealAes256Gcm, type Tx } from '@aceso/platform';
import type { AttemptId } from './data/attempt.store';
import type { Participation } from './domain/release-list';

const KEY_BYTES = 32;

/**
 * What members of a release can later show of their own part: pseudonym (for withdrawal lists) and place in the release
 * list. Each is sealed under a key of its own, so that erasing a person erases it and nothing else.
 */
@Injectable()
export class Participations {
  constructor(
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
  ) {}

  /** Stores the parts of all members of a released attempt. */
  async store(tx: Tx, attemptId: AttemptId, participations: readonly Participation[]): Promise<void> {
    const rows = participations.map(({ kind, ownerId, text }) => {
      const owner = utf8(`aceso/participation/v1\0${attemptId}\0${ownerId}`);
      const key = this.runtime.randomBytes(KEY_BYTES);
      return { kind, ownerId, ...this.custody.wrap(key, owner), sealed: sealAes256Gcm(key, utf8(text), owner) };
    });
    await tx.execute(
      `insert into extraction.participation (attempt_id, owner_kind, owner_id, wrapped, epoch, sealed)
       select $1, * from unnest($2::text[], $3::uuid[], $4::bytea[], $5::integer[], $6::bytea[])`,
      [
        attemptId,
        rows.map((row) => row.kind),
        rows.map((row) => row.ownerId),
        rows.map((row) => Buffer.from(row.wrapped)),
        rows.map((row) => row.epoch),
        rows.map((row) => Buffer.from(row.sealed)),
      ],
    );
  }
}
