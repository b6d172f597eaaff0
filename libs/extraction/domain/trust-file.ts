import { formatVerifierKey, isOperatorsOwn, trustsOperatorOnly, type TrustPolicy } from '@aceso/ledger/domain';

/**
 * The trust policy that an operator hands to its buyers, apart from every package (tlog-policy): its own log, the
 * witnesses and how many of them must have seen a checkpoint. Where the operator's own witnesses are enough the file
 * says so, and `aceso verify` finds it by their names.
 */
export function trustPolicyText(policy: TrustPolicy): string {
  const lines = policy.logs.map((log) => `log ${formatVerifierKey(log)}`);
  for (const [name, witness] of policy.witnesses) {
    // A witness of the operator listens where no reader reaches it.
    const url = isOperatorsOwn(policy, witness) || witness.url === undefined ? '' : ` ${witness.url}`;
    lines.push(`witness ${name} ${formatVerifierKey(witness)}${url}`);
  }
  for (const [name, { threshold, members }] of policy.groups) {
    lines.push(`group ${name} ${threshold} ${members.join(' ')}`);
  }
  return [...(trustsOperatorOnly(policy) ? OPERATOR_ONLY : []), ...lines, `quorum ${policy.quorum}`, ''].join('\n');
}

const OPERATOR_ONLY = [
  '# No witness that is independent of the operator is needed here: whoever uses this file believes the operator alone.',
  '# Witnesses whose name begins with that of the log are run by the operator.',
];
