import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { requireActive } from '@aceso/identity';
import type { PartyId, PersonId, SourceRecordId } from '@aceso/kernel';
import { Database, Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { bundleParts } from '../domain';
import { RecordReader } from '../record-reader';
import { RegisterError } from '../register.errors';
import { SourceRecordService } from '../source-record.service';
import {
  insertApproval,
  insertDisclosure,
  selectDisclosures,
  type DisclosureKind,
  type DisclosurePage,
  type DisclosureRow,
} from './disclosure-rows';
import { itemsOf, written } from './own-record.service';
import { viewOf } from './record-view';

/** Days after its approval in which what is disclosed may be fetched. */
export const DISCLOSURE_DAYS = 7;
/** File number or name of the order or law, as the officers cite it. No name of a person belongs into it. */
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9 ./:-]{1,79}$/;

/** What one officer proposes. */
export interface DisclosureWish {
  readonly of: { readonly sourceRecordId: SourceRecordId } | { readonly patientId: PartyId };
  readonly kind: DisclosureKind;
  readonly reference: string;
  /** Resource types that are named; all without it. */
  readonly types: readonly string[] | null;
}

/** Disclosures outside consent (court order, public health, access body): two officers, and the patient sees each step. */
@Injectable()
export class DisclosureService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly reader: RecordReader,
    private readonly records: SourceRecordService,
    private readonly runtime: Runtime,
  ) {}

  /** Proposes a disclosure; nothing leaves yet. Throws DISCLOSURE_REFUSED where the patient is not known or the reference is none. */
  async propose(officer: Actor, { of, kind, reference, types }: DisclosureWish): Promise<{ id: string }> {
    if (!REFERENCE.test(reference)) {
      throw new RegisterError('DISCLOSURE_REFUSED', 'cite the order in 2 to 80 letters, digits and . / : -');
    }
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(officer.partyId);
      await requireActive(tx, officer.partyId);
      const personId = await personOf(tx, of);
      if (!personId)
        throw new RegisterError('DISCLOSURE_REFUSED', 'nobody is bound to that record or registered under that id');
      const id = this.runtime.uuid();
      const event = await this.record(tx, officer, {
        act: 'disclosure.proposed',
        id,
        personId,
        detail: { kind, reference, types },
      });
      await insertDisclosure(tx, { id, personId, kind, reference, types, officerId: officer.partyId, event });
      return { id };
    });
  }

  /** A second officer approves. Throws DISCLOSURE_NOT_FOUND, DISCLOSURE_NEEDS_ANOTHER; approved again it changes nothing. */
  async approve(officer: Actor, id: string): Promise<void> {
    await this.database.transaction('api', async (tx) => {
      const { personId, proposedBy, approvedAt, kind, reference } = await this.find(tx, officer, id);
      if (proposedBy === officer.partyId) {
        throw new RegisterError('DISCLOSURE_NEEDS_ANOTHER', 'another officer than the one who proposed it approves');
      }
      if (approvedAt !== null) return;
      const event = await this.record(tx, officer, {
        act: 'disclosure.approved',
        id,
        personId,
        detail: { kind, reference },
      });
      await insertApproval(tx, { id, officerId: officer.partyId, event });
    });
  }

  /** Disclosures about the acting patient, or all for an officer; newest first. */
  async list(actor: Actor, page: DisclosurePage): Promise<DisclosureRow[]> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      return selectDisclosures(tx, page);
    });
  }

  /**
   * What is disclosed, as a FHIR Bundle, for one of the two officers. Its access event has committed when this returns. Throws
   * DISCLOSURE_NOT_FOUND, also before the approval and once its time is over.
   */
  async open(officer: Actor, id: string): Promise<AsyncGenerator<string>> {
    const { tickets, types } = await this.database.transaction('api', async (tx) => {
      const found = await this.find(tx, officer, id);
      const until = (found.approvedAt?.getTime() ?? 0) + DISCLOSURE_DAYS * 86_400_000;
      const theirs = [found.proposedBy, found.approvedBy].includes(officer.partyId);
      if (!theirs || this.runtime.now() > until) throw notFound();
      const { personId, kind } = found;
      const reason = { act: 'record.disclosed', purpose: 'disclosure', basis: kind, actorId: officer.partyId } as const;
      const items = itemsOf(personId, await this.records.heads(tx, personId));
      return {
        tickets: await this.reader.prepare(tx, items, { ...reason, detail: { disclosure: id } }),
        types: found.types,
      };
    });
    const view = viewOf(
      this.reader,
      tickets,
      ({ resource }) => types === null || types.includes(resource.resourceType),
    );
    return written(bundleParts(this.runtime.uuid(), this.runtime.now()), view);
  }

  private async find(tx: Tx, officer: Actor, id: string): Promise<DisclosureRow> {
    await tx.actAs(officer.partyId);
    await requireActive(tx, officer.partyId);
    const [found] = await selectDisclosures(tx, { id, limit: 1, after: null });
    if (!found) throw notFound();
    return found;
  }

  private record(
    tx: Tx,
    { partyId }: Actor,
    step: {
      readonly act: string;
      readonly id: string;
      readonly personId: PersonId;
      readonly detail: {
        readonly kind: DisclosureKind;
        readonly reference: string;
        readonly types?: readonly string[] | null;
      };
    },
  ) {
    const { act, id, personId, detail } = step;
    return this.audit.record(tx, {
      act,
      actorId: partyId,
      subjectId: personId,
      objectType: 'disclosure',
      objectId: id,
      outcome: 'permitted',
      purpose: 'disclosure',
      basis: detail.kind,
      detail,
    });
  }
}

const notFound = (): RegisterError =>
  new RegisterError('DISCLOSURE_NOT_FOUND', 'there is no such disclosure, or it is not approved, or its time is over');

async function personOf(tx: Tx, of: DisclosureWish['of']): Promise<PersonId | undefined> {
  const [row] = await ('patientId' in of
    ? tx.query<{ id: PersonId }>('select person_id as id from identity.patient where party_id = $1', [of.patientId])
    : tx.query<{ id: PersonId }>(
        'select person_id as id from identity.binding where source_record_id = $1 and ended_at is null',
        [of.sourceRecordId],
      ));
  return row?.id;
}
