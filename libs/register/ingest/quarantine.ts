import { Injectable } from '@nestjs/common';
import { verdictOf, type Finding } from '@aceso/fhir';
import { assert, utf8, type PartyId } from '@aceso/kernel';
import { Database, hmacSha256, openAes256Gcm, Runtime, sealAes256Gcm, SOFTWARE, type Tx } from '@aceso/platform';

import { verdictNumber } from '../domain';
import { copyRows, instant, int2, int4, maybe, text, uuid } from '../data/binary-copy';
import type { SettledWait } from './open-record';

/** How long a quarantined resource waits, days. */
export const QUARANTINE_DAYS = 30;
/** Quarantined resources of one provider at a time; more are refused. */
export const QUARANTINE_ROWS_MAX = 1_000_000;
const DAY_MS = 86_400_000;

/** A resource that must wait. */
export interface WaitingRow {
  readonly line: number;
  readonly entry: number;
  readonly finding: Finding;
  readonly canonical: Uint8Array;
  /** Hash of the local id of the patient that it waits for; undefined where no patient can help. */
  readonly waitingFor: Uint8Array | undefined;
  /** Worst verdict of the line's resources that do not wait, as a number. */
  readonly rest: number;
}

/** Whose quarantine, and which ingest fills it. */
export interface QuarantineContext {
  readonly providerId: PartyId;
  readonly ingestId: string;
  /** The provider's key. */
  readonly providerKey: Uint8Array;
}

/** A waiting resource, opened. */
export interface OpenedWait {
  readonly ingestId: string;
  readonly line: number;
  readonly entry: number;
  /** Hex hash of the patient's local id; null where no patient can help. */
  readonly waitingFor: string | null;
  readonly canonical: Uint8Array;
}

/** A waiting resource that was read again; with what it waits for now, where it can be read. */
export interface ReadAgain extends Pick<OpenedWait, 'ingestId' | 'line' | 'entry'> {
  readonly patient?: { readonly hash: string; readonly finding: Finding };
}

type Place = Pick<OpenedWait, 'line' | 'entry'>;

interface WaitRow {
  readonly ingest_id: string;
  readonly line: number;
  readonly entry: number;
  readonly waiting_for: string | null;
  readonly sealed: Uint8Array;
}

/** Resources that parse but cannot be placed yet: sealed under their provider's key, expiring, tried again. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
  ) {}

  /** Forgets what an earlier attempt of an ingest has put aside: the file is read again from its start. */
  async forget(tx: Tx, ingestId: string): Promise<void> {
    await tx.execute('delete from register.quarantine where ingest_id = $1', [ingestId]);
  }

  /** How many resources of a provider wait. */
  async count(tx: Tx, providerId: PartyId): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      'select count(*)::integer as count from register.quarantine where provider_id = $1 and became is null',
      [providerId],
    );
    return row?.count ?? 0;
  }

  async add(tx: Tx, rows: readonly WaitingRow[], context: QuarantineContext): Promise<void> {
    if (rows.length === 0) return;
    const { providerId, ingestId } = context;
    const key = quarantineKey(context.providerKey);
    const expires = instant(this.runtime.now() + QUARANTINE_DAYS * DAY_MS);
    await copyRows(
      tx,
      `register.quarantine (ingest_id, line, entry, provider_id, code, path, waiting_for, rest, sealed, expires_at,
        read_by)`,
      rows.map(({ line, entry, finding, canonical, waitingFor, rest }) => {
        assert(verdictOf(finding) === 'quarantined', 'only what is quarantined waits');
        const sealed = sealAes256Gcm(key, canonical, rowData({ ingestId, line, entry }));
        const place = [uuid(ingestId), int4(line), int4(entry), uuid(providerId)];
        return [
          ...place,
          text(finding.code),
          maybe(finding.path, text),
          waitingFor ?? null,
          int2(rest),
          sealed,
          expires,
          text(SOFTWARE.version),
        ];
      }),
    );
  }

  /** Waiting resources of patients (by hex hash) that are known now, in the order in which they were sent. */
  waiting(hashes: readonly string[], context: QuarantineContext): AsyncGenerator<OpenedWait> {
    return this.opened(`q.waiting_for in (select decode(unnest($2::text[]), 'hex'))`, hashes, context);
  }

  /** Resources of earlier ingests that wait for no patient and were never read by this version of the software. */
  unread(context: QuarantineContext): AsyncGenerator<OpenedWait> {
    return this.opened('q.waiting_for is null and q.read_by is distinct from $2', SOFTWARE.version, context);
  }

  /** Notes what this version of the software made of resources that it has not placed. */
  async noteRead(tx: Tx, waits: readonly ReadAgain[]): Promise<void> {
    const rows = waits.map(({ ingestId, line, entry, patient }) => ({
      ingest: ingestId,
      line,
      entry,
      hash: patient?.hash,
      code: patient?.finding.code,
      path: patient?.finding.path,
    }));
    await tx.execute(
      `update register.quarantine q set read_by = $2, waiting_for = decode(r.hash, 'hex'),
         code = coalesce(r.code, q.code), path = coalesce(r.path, q.path)
       from jsonb_to_recordset($1::jsonb) r (ingest uuid, line integer, entry integer, hash text, code text, path text)
       where q.ingest_id = r.ingest and q.line = r.line and q.entry = r.entry`,
      [JSON.stringify(rows), SOFTWARE.version],
    );
  }

  private async *opened(which: string, value: unknown, context: QuarantineContext): AsyncGenerator<OpenedWait> {
    const key = quarantineKey(context.providerKey);
    const rows = this.database.stream<WaitRow>(
      'worker',
      `select q.ingest_id, q.line, q.entry, encode(q.waiting_for, 'hex') as waiting_for, q.sealed
       from register.quarantine q join register.ingest i on i.id = q.ingest_id
       where q.provider_id = $1 and q.became is null and ${which}
       order by i.number, q.line, q.entry`,
      [context.providerId, value],
    );
    for await (const { ingest_id: ingestId, line, entry, waiting_for: waitingFor, sealed } of rows) {
      const canonical = openAes256Gcm(key, sealed, rowData({ ingestId, line, entry }));
      yield { ingestId, line, entry, waitingFor, canonical };
    }
  }

  /**
   * Settles waits in the transaction that stores their resources: what this ingest put aside is remembered till its end,
   * what an earlier one did is counted there as placed later.
   */
  async settle(tx: Tx, settled: readonly SettledWait[], ingestId: string): Promise<void> {
    const own = settled.filter((wait) => wait.ingestId === ingestId);
    const earlier = settled.filter((wait) => wait.ingestId !== ingestId);
    if (own.length > 0) {
      await tx.execute(
        `update register.quarantine q set became = s.became, sealed = null
         from unnest($2::integer[], $3::integer[], $4::smallint[]) s (line, entry, became)
         where q.ingest_id = $1 and q.line = s.line and q.entry = s.entry`,
        [ingestId, own.map(({ line }) => line), own.map(({ entry }) => entry), own.map(({ became }) => became)],
      );
    }
    if (earlier.length > 0) {
      await tx.execute(
        removeAndCount(
          'placed_later',
          `using unnest($1::uuid[], $2::integer[], $3::integer[]) s (ingest_id, line, entry)
           where q.ingest_id = s.ingest_id and q.line = s.line and q.entry = s.entry`,
        ),
        [earlier.map((wait) => wait.ingestId), earlier.map(({ line }) => line), earlier.map(({ entry }) => entry)],
      );
      await tx.execute('update register.ingest set recovered = recovered + $2 where id = $1', [
        ingestId,
        earlier.length,
      ]);
    }
  }

  /** What became of the resources that this ingest put aside: counts by verdict number, of resources and of lines. */
  async outcome(tx: Tx, ingestId: string): Promise<{ resources: Map<number, number>; lines: Map<number, number> }> {
    const resources = await tx.query<{ became: number; count: number }>(
      `select became, count(*)::integer as count from register.quarantine
       where ingest_id = $1 and became is not null group by became`,
      [ingestId],
    );
    const lines = await tx.query<{ verdict: number; count: number }>(
      `select verdict, count(*)::integer as count from (
         select greatest(max(rest), max(coalesce(became, 2))) as verdict
         from register.quarantine where ingest_id = $1 group by line) settled
       where verdict < 2 group by verdict`,
      [ingestId],
    );
    return {
      resources: new Map(resources.map(({ became, count }) => [became, count])),
      lines: new Map(lines.map(({ verdict, count }) => [verdict, count])),
    };
  }

  /** Of what this ingest put aside, what still waits or turned out to be unchanged, in the order of the file. */
  async *findings(ingestId: string): AsyncGenerator<Place & { finding: Finding }> {
    const rows = this.database.stream<Place & { code: Finding['code']; path: string | null; became: number | null }>(
      'worker',
      `select line, entry, code, path, became from register.quarantine
       where ingest_id = $1 and (became is null or became = $2) order by line, entry`,
      [ingestId, verdictNumber('unchanged')],
    );
    for await (const { line, entry, code, path, became } of rows) {
      const waits: Finding = path === null ? { code } : { code, path };
      yield { line, entry, finding: became === null ? waits : { code: 'SENT_BEFORE' } };
    }
  }

  /** Drops the notes on what was placed within an ingest; what still waits stays. */
  async close(tx: Tx, ingestId: string): Promise<void> {
    await tx.execute('delete from register.quarantine where ingest_id = $1 and became is not null', [ingestId]);
  }

  /** Removes what has waited too long and counts it at its ingest. Rows of an unfinished ingest stay until it ends. */
  async expire(tx: Tx): Promise<void> {
    await tx.execute(
      removeAndCount(
        'expired',
        `using register.ingest i
         where q.expires_at < $1 and i.id = q.ingest_id and i.state in ('finished', 'failed')`,
      ),
      [new Date(this.runtime.now())],
    );
  }
}

/**
 * Removes rows of the quarantine and counts those that still waited at the ingest that put them aside; a failed one may
 * also have left notes on what it placed itself. The ingests are locked in one order: two that count do not deadlock.
 */
function removeAndCount(counter: 'placed_later' | 'expired', which: string): string {
  return `with removed as (
      delete from register.quarantine q ${which} returning q.ingest_id, q.became
    ), counted as (
      select ingest_id, count(*)::integer as waited from removed where became is null group by ingest_id
    ), locked as materialized (
      select i.id from register.ingest i where i.id in (select ingest_id from counted) order by i.id for update
    )
    update register.ingest i set ${counter} = i.${counter} + counted.waited
      from locked join counted on counted.ingest_id = locked.id where i.id = locked.id`;
}

function quarantineKey(providerKey: Uint8Array): Uint8Array {
  return hmacSha256(providerKey, utf8('aceso/quarantine/v1'));
}

function rowData({ ingestId, line, entry }: Pick<OpenedWait, 'ingestId' | 'line' | 'entry'>): Uint8Array {
  return utf8(`aceso/quarantine-row/v1 ${ingestId} ${line} ${entry}`);
}
