import { REFUND_REASONS } from './order-state';
import { refundRemedy } from './refund-remedy';

describe('what would have to change', () => {
  it.each(REFUND_REASONS.filter((reason) => reason !== 'CANCELLED_BY_BUYER'))('is told for %s', (reason) => {
    expect(refundRemedy(reason)).toMatch(/send the request again/);
  });

  it('is nothing for an order that goes on, or that its buyer cancelled', () => {
    expect([refundRemedy(null), refundRemedy('CANCELLED_BY_BUYER')]).toEqual([null, null]);
  });
});
