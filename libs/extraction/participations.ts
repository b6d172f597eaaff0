import { Injectable, type OnModuleInit } from '@nestjs/common';
import { fromUtf8, utf8, type LedgerEntryId } from '@aceso/kernel';
import { Erasures } from '@aceso/ledger';
import type { Opening } from '@aceso/ledger/domain';
import { KeyCustody, openAes256Gcm, Runtime, sealAes256Gcm, type KeyTable, type Tx } from '@aceso/platform';
import type { AttemptId } from './data/attempt.store';
import { parseParticipation, participationText, type Participation } from './domain/participation';

const KEY_BYTES = 32;

/** Keys of sealed parts in releases, for the turn of an epoch. */
export const PARTICIPATION_KEY_TABLE: KeyTable = {
  table: 'extraction.participation',
  key: { attempt_id: 'uuid', owner_kind: 'text', owner_id: 'uuid' },
  wrapped: 'wrapped',
  epoch: 'epoch',
  aad: ({ attempt_id, owner_id }) => ownerData(attempt_id as AttemptId, String(owner_id)),
};

/** A stored part, still sealed, and the public entry of its release. */
export interface StoredParticipation {
  readonly attemptId: AttemptId;
  readonly ownerId: string;
  readonly entryId: LedgerEntryId;
  /** Of that entry in the log. */
  readonly index: string;
  readonly orderId: string;
  readonly wrapped: Uint8Array;
  readonly epoch: number;
  readonly sealed: Uint8Array;
}

/**
 * What members of a release can later show of their own part: pseudonym (for withdrawal lists), place in the release
 * list and what opens the release's entry. Each is sealed under a key of its own, so that erasing a person erases it and
 * nothing else.
 */
@Injectable()
export class Participations implements OnModuleInit {
  constructor(
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
    private readonly erasures: Erasures,
  ) {}

  /** They are stored receipts: an erasure of their owner takes them along. */
  onModuleInit(): void {
    this.erasures.alsoForget((tx, ids) => this.forget(tx, ids));
  }

  /** Stores the parts of all members of a released attempt; `opening` is that of the release's entry. */
  async store(
    tx: Tx,
    attemptId: AttemptId,
    { participations, opening }: { readonly participations: readonly Participation[]; readonly opening: Opening },
  ): Promise<void> {
    const rows = participations.map((participation) => {
      const { kind, ownerId, shown } = participation;
      const owner = ownerData(attemptId, ownerId);
      const key = this.runtime.randomBytes(KEY_BYTES);
      const sealed = sealAes256Gcm(key, utf8(participationText(participation, opening)), owner);
      return { kind, ownerId, shown, ...this.custody.wrap(key, owner), sealed };
    });
    await tx.execute(
      `insert into extraction.participation (attempt_id, owner_kind, owner_id, wrapped, epoch, sealed, shown)
       select $1, * from unnest($2::text[], $3::uuid[], $4::bytea[], $5::integer[], $6::bytea[], $7::boolean[])`,
      [
        attemptId,
        rows.map((row) => row.kind),
        rows.map((row) => row.ownerId),
        rows.map((row) => Buffer.from(row.wrapped)),
        rows.map((row) => row.epoch),
        rows.map((row) => Buffer.from(row.sealed)),
        rows.map((row) => row.shown),
      ],
    );
  }

  /** Parts of the acting party in releases whose entry is in the log, newest first, all before an index. */
  async own(tx: Tx, page: { readonly before: string | null; readonly limit: number }): Promise<StoredParticipation[]> {
    return tx.query<StoredParticipation>(
      `select p.attempt_id as "attemptId", p.owner_id as "ownerId", k.entry_id as "entryId", e.index,
              k.order_id as "orderId", p.wrapped, p.epoch, p.sealed
         from extraction.participation p
         join extraction.package k on k.attempt_id = p.attempt_id
         join ledger.entry e on e.id = k.entry_id
        where p.owner_id in (select subject_id from ledger.own_subject) and ($1::bigint is null or e.index < $1)
        order by e.index desc limit $2`,
      [page.before, page.limit],
    );
  }

  /** Opens parts, each with the access event that says why. */
  async open(
    tx: Tx,
    rows: readonly StoredParticipation[],
    accessEventIds: readonly string[],
  ): Promise<ReturnType<typeof parseParticipation>[]> {
    const requests = rows.map(({ ownerId, attemptId, wrapped, epoch }, at) => ({
      keyOwner: ownerId,
      wrapped,
      epoch,
      aad: ownerData(attemptId, ownerId),
      accessEventId: accessEventIds[at] as string,
    }));
    const keys = await this.custody.unwrap(tx, requests);
    return rows.map(({ ownerId, attemptId, sealed }, at) =>
      parseParticipation(fromUtf8(openAes256Gcm(keys[at] as Uint8Array, sealed, ownerData(attemptId, ownerId)))),
    );
  }

  private async forget(tx: Tx, ownerIds: readonly string[]): Promise<void> {
    await tx.execute('delete from extraction.participation where owner_id = any ($1::uuid[])', [ownerIds]);
  }
}

/** A sealed part cannot be moved to another release or owner. */
function ownerData(attemptId: AttemptId, ownerId: string): Uint8Array {
  return utf8(`aceso/participation/v1\0${attemptId}\0${ownerId}`);
}
