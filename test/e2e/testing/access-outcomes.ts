import { randomUUID } from 'node:crypto';
import type { ActorName, Ids, World } from './access-world';

/** `ok`: an answer with something in it; `empty`: none, an empty list or null; otherwise the code of the refusal. */
export type Outcome = string;

export interface Asked {
  readonly world: World;
  readonly actor: ActorName;
  readonly ids: Ids;
}

export interface Row {
  /** One for each actor, in the order of ACTORS. */
  readonly outcomes: readonly Outcome[];
  /** True where the request names something by an id: whoever may not see it learns nothing of its existence. */
  readonly byId?: true;
}

export interface FieldRow extends Row {
  readonly document: string;
  readonly variables?: (asked: Asked) => object;
}

export interface RouteRow extends Row {
  readonly method: string;
  readonly path: (ids: Ids) => string;
}

export const U = 'UNAUTHENTICATED';
export const F = 'FORBIDDEN';
export const ok = 'ok';
export const empty = 'empty';
/** Let in; the statement that was sent says nothing. */
export const said = 'STATEMENT_MALFORMED';

export const everybody = (outcome: Outcome): Outcome[] => Array.from({ length: 9 }, () => outcome);
export const parties = (outcome: Outcome): Outcome[] => [U, ...everybody(outcome).slice(1)];
export const patients = (own: Outcome, other = own): Outcome[] => [U, own, other, F, F, F, F, F, F];
export const researchers = (own: Outcome, other = own, officer = F): Outcome[] => [
  U,
  F,
  F,
  own,
  other,
  F,
  F,
  officer,
  F,
];
export const providers = (own: Outcome, other = own): Outcome[] => [U, F, F, F, F, own, other, F, F];
export const officers = (outcome: Outcome): Outcome[] => [U, F, F, F, F, F, F, outcome, F];
export const physicians = (outcome: Outcome): Outcome[] => [U, F, F, F, F, F, F, F, outcome];

export const NOTHING = () => ({ s: '{}' });
export const page = (field: string) => `{ ${field} { edges { cursor } pageInfo { hasNextPage } } }`;
export const REQUEST = `{ id version state content contentHash sentAt answerDeadline order decision { reason }
  asked { approximate } answered { approximate } quote { personsMax } }`;
export const ORDER = `{ id state request escrow { amountMinor } progress { stage } package { downloadUrl } settlement { refunded { amountMinor } } }`;
export const KEY = () => ({ key: randomUUID() });

/** A statement of the actor, where the actor has a key that may say it; signed for real, so that only rights decide. */
export const signed =
  (typ: string, claims: (ids: Ids) => Record<string, unknown>) =>
  ({ world, actor, ids }: Asked): object => ({ s: world.actors[actor]?.state(typ, claims(ids)).text ?? '{}' });

/** The same in a chain: only the patient has one. */
export const signedInChain =
  (typ: string, claims: (ids: Ids) => Record<string, unknown>) =>
  (asked: Asked): object => {
    const { world, actor, ids } = asked;
    if (actor !== 'patient') return signed(typ, (of) => ({ ...claims(of), seq: 1, prev: null }))(asked);
    return { s: world.actors.patient?.stateInChain(typ, claims(ids)).text };
  };
