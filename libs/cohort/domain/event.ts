import { EVENT_KINDS, type EventKind, type PlacedEvent } from './criteria';

/** What a rule or an entry says of an event, whatever its kind. */
export interface EventQuery {
  readonly kind: EventKind;
  readonly query: Extract<PlacedEvent, { readonly observation: unknown }>['observation'];
}

/** The event that a rule is about; undefined for rules about something else. */
export function eventOf(rule: object): EventQuery | undefined {
  const kind = EVENT_KINDS.find((each) => each in rule);
  return kind && { kind, query: (rule as { readonly [Kind in EventKind]: EventQuery['query'] })[kind] };
}
