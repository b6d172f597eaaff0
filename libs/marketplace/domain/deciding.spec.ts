import { asId } from '@aceso/kernel';
import { decide, REASON_LENGTH_MAX } from './deciding';

const buyerId = asId<'Party'>('bbbbbbbb-0000-4000-8000-000000000001');
const officerId = asId<'Party'>('bbbbbbbb-0000-4000-8000-000000000002');
const submitted = { state: 'submitted', buyerId } as const;
const act = { decision: 'approve', officerId, reason: 'Ethics approval seen.' } as const;

describe('a decision', () => {
  it('approves or declines what is in review', () => {
    expect(decide(submitted, act)).toBe('approved');
    expect(decide(submitted, { ...act, decision: 'decline' })).toBe('declined');
  });

  it.each([
    ['by the buyer', submitted, { ...act, officerId: buyerId }, 'DECIDER_IS_BUYER'],
    ['without a reason', submitted, { ...act, reason: '  ' }, 'DECISION_REASON_INVALID'],
    ['with a novel', submitted, { ...act, reason: 'x'.repeat(REASON_LENGTH_MAX + 1) }, 'DECISION_REASON_INVALID'],
    ['with what text cannot hold', submitted, { ...act, reason: 'because\u0000' }, 'DECISION_REASON_INVALID'],
    ['twice', { ...submitted, state: 'approved' as const }, act, 'REQUEST_STATE_REFUSED'],
    ['on what was cancelled', { ...submitted, state: 'cancelled' as const }, act, 'REQUEST_STATE_REFUSED'],
  ])('is refused %s', (_, request, made, code) => {
    expect(() => decide(request, made)).toThrow(expect.objectContaining({ code }));
  });
});
