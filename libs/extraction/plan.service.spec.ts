import { policyNamed } from '@aceso/deidentification/domain';
import type { OrderInWork } from './data/order.store';
import { classSizeOf } from './plan.service';

describe('the smallest class of an order', () => {
  it.each([
    ['the request', 12, 'minimal', 5, 12],
    ['the policy', 5, 'minimal', 5, 11],
    ['the instance', 5, 'expert-1', 20, 20],
    ['all of them', 5, 'expert-1', 5, 5],
  ])('is that of %s', (_, k, policy, classSizeMin, expected) => {
    const order = { content: { k }, classSizeMin } as unknown as OrderInWork;
    expect(classSizeOf(order, policyNamed(policy))).toBe(expected);
  });
});
