import { Injectable } from '@nestjs/common';
import type { PartyId, PersonId } from '@aceso/kernel';
import { Runtime, type Tx } from '@aceso/platform';

/** Acts after which something that was permitted may no longer be (privacy-and-keys 5). */
export type NarrowingAct =
  | 'revocation'
  | 'terms'
  | 'rules'
  | 'key-revoked'
  | 'unlink'
  | 'retraction'
  | 'erasure'
  | 'freeze'
  | 'authority-ended'
  | 'majority';

interface GateRow {
  readonly personId: PersonId;
  readonly version: number;
}

/** One gate a person. A release compares the versions it saw with those at its commit. */
@Injectable()
export class GateService {
  constructor(private readonly runtime: Runtime) {}

  /** Raises the gates of persons, locked in ascending order: a release in progress ends first, a later one sees it. */
  async narrow(tx: Tx, personIds: readonly PersonId[], act: NarrowingAct): Promise<void> {
    await tx.execute(raise('select unnest($1::uuid[])'), [personIds, act, new Date(this.runtime.now())]);
  }

  /** The same for a patient's person and for everybody whom a provider holds records of, without bringing their ids here. */
  async narrowOf(tx: Tx, partyId: PartyId, act: NarrowingAct): Promise<void> {
    await tx.execute(raise(PERSONS_OF_PARTY), [partyId, act, new Date(this.runtime.now())]);
  }

  /** Versions of the gates as they are now, without a lock. Persons that do not exist are left out. */
  async versions(tx: Tx, personIds: readonly PersonId[]): Promise<Map<PersonId, number>> {
    const rows = await tx.query<GateRow>(
      `select person_id as "personId", version from identity.patient_gate where person_id = any ($1::uuid[])`,
      [personIds],
    );
    return byPerson(rows);
  }

  /**
   * Locks the gates in ascending order against narrowing until the end of the transaction and reads their versions. The
   * lock is shared: releases of several orders over the same persons do not wait for each other.
   */
  async lockAndRead(tx: Tx, personIds: readonly PersonId[]): Promise<Map<PersonId, number>> {
    const rows = await tx.query<GateRow>(
      `select person_id as "personId", version from identity.patient_gate
        where person_id = any ($1::uuid[]) order by person_id for share`,
      [personIds],
    );
    return byPerson(rows);
  }
}

const PERSONS_OF_PARTY = `
  select person_id from identity.patient where party_id = $1
  union select person_id from identity.binding where provider_id = $1 and ended_at is null`;

const raise = (persons: string): string => `
  with locked as materialized (
    select person_id from identity.patient_gate where person_id in (${persons}) order by person_id for update
  )
  update identity.patient_gate gate
     set version = gate.version + 1, narrowed_by = $2, narrowed_at = $3
    from locked where gate.person_id = locked.person_id`;

function byPerson(rows: readonly GateRow[]): Map<PersonId, number> {
  return new Map(rows.map(({ personId, version }) => [personId, version]));
}
