import { ASK_NEXT } from './ask-state';
import { moveOrder, ORDER_NEXT, ORDER_STATES, type OrderState } from './order-state';
import { moveRequest, REQUEST_NEXT, REQUEST_STATES, type RequestState } from './request-state';

const pairs = <S>(states: readonly S[]): [S, S][] => states.flatMap((from) => states.map((to): [S, S] => [from, to]));

describe('the states of a request', () => {
  it.each(pairs<RequestState>(REQUEST_STATES))('from %s to %s only as the table says', (from, to) => {
    if (REQUEST_NEXT[from].includes(to)) expect(moveRequest(from, to)).toBe(to);
    else {
      expect(() => moveRequest(from, to)).toThrow(expect.objectContaining({ code: 'REQUEST_STATE_REFUSED' }));
    }
  });

  it('never reopen what was cancelled, nor fund what nobody was asked about', () => {
    expect(REQUEST_NEXT.cancelled).toEqual([]);
    const funded = REQUEST_STATES.filter((state) => REQUEST_NEXT[state].includes('funded'));
    expect(funded).toEqual(['asking']);
  });
});

describe('the states of an order', () => {
  it.each(pairs<OrderState>(ORDER_STATES))('from %s to %s only as the table says', (from, to) => {
    if (ORDER_NEXT[from].includes(to)) expect(moveOrder(from, to)).toBe(to);
    else {
      expect(() => moveOrder(from, to)).toThrow(expect.objectContaining({ code: 'ORDER_STATE_REFUSED' }));
    }
  });

  it('never refund what was released, nor release what was refunded', () => {
    expect(ORDER_NEXT.released).not.toContain('refunded');
    expect(ORDER_NEXT.delivered).toEqual([]);
    expect(ORDER_NEXT.refunded).toEqual([]);
  });
});

describe('the states of an answer', () => {
  it('let patients think again, but never be as if they had not answered', () => {
    expect(ASK_NEXT.declined).toContain('granted');
    expect(ASK_NEXT.granted).toContain('declined');
    expect(Object.values(ASK_NEXT).flat()).not.toContain('asked');
  });
});
