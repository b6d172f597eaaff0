import { registerEnumType } from '@nestjs/graphql';
import type { AskState, Decision, OrderState, RequestState } from '../domain';

/** Names in GraphQL and the states that they stand for. */
const upper = <S extends string>(states: readonly S[]) =>
  Object.fromEntries(states.map((state) => [state.toUpperCase(), state])) as Record<Uppercase<S>, S>;

export const RequestStates = upper<RequestState>([
  'submitted',
  'approved',
  'declined',
  'asking',
  'funded',
  'cancelled',
]);
export const OrderStates = upper<OrderState>(['funded', 'extracting', 'released', 'delivered', 'refunded']);
export const Answers = upper<AskState>(['asked', 'granted', 'declined']);
export const Decisions = upper<Decision>(['approve', 'decline']);

registerEnumType(RequestStates, {
  name: 'RequestState',
  description: 'Where a request stands.',
  valuesMap: {
    SUBMITTED: { description: 'It waits for a compliance officer.' },
    APPROVED: { description: 'The cohort will be asked.' },
    DECLINED: { description: 'A compliance officer declined it; a new version may be sent.' },
    ASKING: { description: 'Patients answer until the deadline, or until it is funded.' },
    FUNDED: { description: 'It has become an order.' },
    CANCELLED: { description: 'It has ended without data; what was paid has been refunded.' },
  },
});
registerEnumType(OrderStates, {
  name: 'OrderState',
  description: 'Where an order stands.',
  valuesMap: {
    FUNDED: { description: 'The money is in escrow.' },
    EXTRACTING: { description: 'The package is being made; cancelling is no longer possible.' },
    RELEASED: { description: 'The package has left the gate and the escrow is shared out.' },
    DELIVERED: { description: 'The package was handed over.' },
    REFUNDED: { description: 'It ended without data; the whole escrow went back.' },
  },
});
registerEnumType(Answers, {
  name: 'Answer',
  description: 'What a patient made of a request.',
  valuesMap: {
    ASKED: { description: 'No answer yet; after the deadline that is a no.' },
    GRANTED: { description: 'Agreed by a signed grant.' },
    DECLINED: { description: 'Declined.' },
  },
});
registerEnumType(Decisions, {
  name: 'Decision',
  description: 'What a compliance officer decides.',
  valuesMap: {
    APPROVE: { description: 'The cohort may be asked.' },
    DECLINE: { description: 'Nobody is asked.' },
  },
});
