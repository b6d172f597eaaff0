import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';
import type { MeasuredRate } from './domain/delivery-estimate';

/** How long packages take on this instance, by those that it made. Role api. */
@Injectable()
export class DeliveryEstimates {
  constructor(private readonly database: Database) {}

  /** The rate of the newest orders, from the start of the extraction until the package was ready; null with fewer than RATE_ORDERS_MIN. */
  async rate(): Promise<MeasuredRate | null> {
    const [rate] = await this.database.query<MeasuredRate>(
      'api',
      'select orders, seconds_a_person as "secondsAPerson" from extraction.measured_rate()',
    );
    return rate ?? null;
  }
}
