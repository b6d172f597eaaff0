/**
 * The trust policy that an operator hands to its buyers, apart from every package (tlog-policy): its own log, and no
 * witness while there is none that is independent of the operator. `aceso verify` then says `trust: operator only`.
 */
export function trustPolicyText(verifierKey: string): string {
  return `log ${verifierKey}\nquorum none\n`;
}
