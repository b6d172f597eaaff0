import { Injectable } from '@nestjs/common';
import { pseudonymsUnder } from '@aceso/deidentification/domain';
import { hmacSha256, type Tx } from '@aceso/platform';
import { excludedFrom, type Attempt } from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import type { SourcePerson } from './domain/risk-facts';
import { MemberSelection } from './member-selection';
import { policyOf } from './plan.service';
import { SaleKeys } from './sale-keys';

/** Reads what final files are measured against. */
@Injectable()
export class RiskSource {
  constructor(
    private readonly selection: MemberSelection,
    private readonly saleKeys: SaleKeys,
  ) {}

  /** Everybody whose consent to the order is valid now, with the attributes that the plan was made from. */
  async persons(tx: Tx, order: OrderInWork, { recordDate }: Attempt): Promise<readonly SourcePerson[]> {
    const excluded = await excludedFrom(tx, order.id);
    const at = { recordDate, policy: policyOf(order), excluded };
    const candidates = await this.selection.candidates(tx, order, at);
    const saleKey = await this.saleKeys.open(tx, order.id, 'extraction.measured');
    const pseudonymise = pseudonymsUnder(saleKey, hmacSha256);
    return candidates.map(({ personId, attributes }) => ({
      pseudonym: pseudonymise('pseudonym/Patient', personId),
      attributes,
    }));
  }
}
