import type { AccessEventId, PartyId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

export const DISCLOSURE_KINDS = ['court-order', 'public-health', 'access-body'] as const;
export type DisclosureKind = (typeof DISCLOSURE_KINDS)[number];

export interface DisclosureRow {
  readonly id: string;
  readonly personId: PersonId;
  readonly kind: DisclosureKind;
  readonly reference: string;
  /** Null: all types. */
  readonly types: readonly string[] | null;
  readonly proposedBy: PartyId;
  readonly proposedAt: Date;
  /** Null until a second officer approved. */
  readonly approvedBy: PartyId | null;
  readonly approvedAt: Date | null;
}

export interface DisclosurePage {
  /** One disclosure only. */
  readonly id?: string;
  readonly limit: number;
  readonly after: string | null;
}

/** Disclosures that the acting party sees: about itself, or all for an officer. Newest first. */
export function selectDisclosures(tx: Tx, { id, limit, after }: DisclosurePage): Promise<DisclosureRow[]> {
  return tx.query<DisclosureRow>(
    `select d.id, d.person_id as "personId", d.kind, d.reference, d.types, d.proposed_by as "proposedBy",
            d.proposed_at as "proposedAt", a.approved_by as "approvedBy", a.approved_at as "approvedAt"
       from register.disclosure d left join register.disclosure_approval a on a.disclosure_id = d.id
      where ($1::uuid is null or d.id = $1)
        and ($2::uuid is null or (d.proposed_at, d.id) < (select l.proposed_at, l.id from register.disclosure l where l.id = $2))
      order by d.proposed_at desc, d.id desc limit $3`,
    [id ?? null, after, limit],
  );
}

export async function insertDisclosure(
  tx: Tx,
  row: Pick<DisclosureRow, 'id' | 'personId' | 'kind' | 'reference' | 'types'> & {
    readonly officerId: PartyId;
    readonly event: AccessEventId;
  },
): Promise<void> {
  const { id, personId, kind, reference, types, officerId, event } = row;
  await tx.execute(
    `insert into register.disclosure (id, person_id, kind, reference, types, proposed_by, access_event_id)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, personId, kind, reference, types, officerId, event],
  );
}

export async function insertApproval(
  tx: Tx,
  { id, officerId, event }: { readonly id: string; readonly officerId: PartyId; readonly event: AccessEventId },
): Promise<void> {
  await tx.execute(
    'insert into register.disclosure_approval (disclosure_id, approved_by, access_event_id) values ($1, $2, $3)',
    [id, officerId, event],
  );
}
