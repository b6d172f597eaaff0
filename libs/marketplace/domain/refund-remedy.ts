import type { RefundReason } from './order-state';

const SMALLER = 'widen the criteria, or wait until more persons can be asked, and send the request again';
const COARSER =
  'widen the criteria so that more persons are alike, ask for a smaller k if the instance allows one, or for fewer resource ' +
  'types under a coarser policy, and send the request again';
const AGAIN = 'send the request again';

/** What a research center would have to change for such an order to be fulfilled; null where nothing has to. */
const REMEDIES: Readonly<Record<RefundReason, string | null>> = {
  COHORT_TOO_SMALL: SMALLER,
  K_NOT_REACHED: COARSER,
  RISK_TOO_HIGH: COARSER,
  GATE_MOVED: AGAIN,
  RECORD_UNREADABLE: AGAIN,
  ATTEMPTS_EXHAUSTED: `${AGAIN}; if it ends so once more, ask the operator`,
  CANCELLED_BY_BUYER: null,
  COMPOSITION_TOO_NARROW:
    'ask for other persons, or under a coarser policy: together with the packages that the center and its affiliates hold ' +
    'already, too few persons would stay alike; then send the request again',
  POLICY_RETIRED: `${AGAIN}: it is then asked under a policy of this release; who agreed before agreed to another version`,
  BUYER_STOPPED: 'settle what your licence was suspended for, see myLicence, and send the request again',
};

/** In words, the same for everybody with this reason: it says nothing about any person. */
export function refundRemedy(reason: RefundReason | null): string | null {
  return reason === null ? null : REMEDIES[reason];
}
