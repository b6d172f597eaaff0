import { bytesEqual, type Sha256 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { KEY_TYPE, parseVerifierKey, type VerifierKey } from './verifier-key';

/** Logs, witnesses and groups of one policy file: more is a mistake or an attack. */
const NAMES_MAX = 1_000;
/** `quorum none`: no witnesses are asked for. The name can be given to nobody. */
const NO_WITNESSES = 'none';

export interface WitnessGroup {
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A witness of a policy; `url` is the prefix below which it takes `add-checkpoint`. */
export interface PolicyWitness extends VerifierKey {
  readonly url?: string;
}

/**
 * tlog-policy: which logs are trusted, and which witnesses must have seen a checkpoint. The file is shipped with the
 * verifier and never taken from the receipt that it judges.
 */
export interface TrustPolicy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: ReadonlyMap<string, PolicyWitness>;
  readonly groups: ReadonlyMap<string, WitnessGroup>;
  readonly quorum: string;
}

/** Reads a policy file from the top down. Throws TRUST_POLICY_MALFORMED (with the line) or VERIFIER_KEY_MALFORMED. */
export function parseTrustPolicy(text: string, sha256: Sha256): TrustPolicy {
  return readPolicy(text, sha256).finish();
}

/** The logs of such a file alone, which then needs no quorum: what a witness is configured with. */
export function parseLogKeys(text: string, sha256: Sha256): readonly VerifierKey[] {
  return readPolicy(text, sha256).logs;
}

function readPolicy(text: string, sha256: Sha256): PolicyReader {
  const reader = new PolicyReader(sha256);
  text.split('\n').forEach((line, index) => reader.read(line, index + 1));
  return reader;
}

/** True when these cosigners are enough. `cosigned` answers for a witness key of the policy. */
export function quorumMet(policy: TrustPolicy, cosigned: (witness: PolicyWitness) => boolean): boolean {
  const stands = (name: string): boolean => {
    const group = policy.groups.get(name);
    if (group === undefined) return cosigned(policy.witnesses.get(name) as PolicyWitness);
    return group.members.filter(stands).length >= group.threshold;
  };
  return policy.quorum === NO_WITNESSES || stands(policy.quorum);
}

/**
 * True for a witness that the operator of a log of the policy runs itself: its key is named below the log's origin
 * (`<origin>/witness-1`), or is the log's own key. The reader's own policy tells it, no claim of a package is needed.
 */
export function isOperatorsOwn(policy: TrustPolicy, { name, publicKey }: VerifierKey): boolean {
  return policy.logs.some(
    (log) => name === log.name || name.startsWith(`${log.name}/`) || bytesEqual(publicKey, log.publicKey),
  );
}

/** True when the operator alone is believed: no witness is asked for, or its own ones are enough for the quorum. */
export function trustsOperatorOnly(policy: TrustPolicy): boolean {
  return quorumMet(policy, (witness) => isOperatorsOwn(policy, witness));
}

class PolicyReader {
  readonly logs: VerifierKey[] = [];
  private readonly witnesses = new Map<string, PolicyWitness>();
  private readonly groups = new Map<string, WitnessGroup>();
  private readonly grouped = new Set<string>();
  private quorum: string | undefined;
  private line = 0;

  constructor(private readonly sha256: Sha256) {}

  read(line: string, number: number): void {
    this.line = number;
    // tlog-policy separates with spaces and tabs only and allows no other control character.
    if ([...line].some((sign) => (sign < ' ' && sign !== '\t') || sign === '\u007f'))
      throw this.malformed('holds a control character');
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    // The specification has comments on lines of their own; the Go reader takes them behind a line as well.
    const comment = words.findIndex((word) => word.startsWith('#'));
    const [keyword, ...rest] = comment === -1 ? words : words.slice(0, comment);
    if (keyword === undefined) return;
    if (keyword === 'log') this.readLog(rest);
    else if (keyword === 'witness') this.readWitness(rest);
    else if (keyword === 'group') this.readGroup(rest);
    else if (keyword === 'quorum') this.readQuorum(rest);
    else throw this.malformed('the keyword is not known');
  }

  finish(): TrustPolicy {
    const { logs, witnesses, groups, quorum } = this;
    if (quorum === undefined) throw new LedgerError('TRUST_POLICY_MALFORMED', 'policy: no quorum line');
    return { logs, witnesses, groups, quorum };
  }

  private readLog([text, , ...more]: string[]): void {
    if (text === undefined || more.length > 0) throw this.malformed('expected: log <vkey> [url]');
    const key = parseVerifierKey(text, this.sha256);
    // tlog-tiles: public witnesses need a plain Ed25519 signature of the log; we sign nothing else.
    if (key.type !== KEY_TYPE.ed25519) throw this.malformed('the key of a log has type 0x01');
    if (this.logs.some((log) => bytesEqual(log.publicKey, key.publicKey))) throw this.malformed('a log twice');
    this.logs.push(key);
    if (this.logs.length > NAMES_MAX) throw this.malformed(`more than ${NAMES_MAX} logs`);
  }

  private readWitness([name, text, url, ...more]: string[]): void {
    if (name === undefined || text === undefined || more.length > 0) {
      throw this.malformed('expected: witness <name> <vkey> [url]');
    }
    this.requireFreeName(name);
    const key = parseVerifierKey(text, this.sha256);
    // Reading type 0x01 as 0x04 would give another key ID: two published readers differ there, so it is refused.
    if (key.type === KEY_TYPE.ed25519) throw this.malformed('the key of a witness has type 0x04 or 0x06');
    // cosignature/v1 does not name the cosigner, so one key must never count twice.
    if ([...this.witnesses.values()].some((other) => bytesEqual(other.publicKey, key.publicKey)))
      throw this.malformed('a witness twice');
    this.witnesses.set(name, url === undefined ? key : { ...key, url });
  }

  private readGroup([name, rule, ...members]: string[]): void {
    if (name === undefined || rule === undefined || members.length === 0) {
      throw this.malformed('expected: group <name> <k|any|all> <member>...');
    }
    this.requireFreeName(name);
    const threshold = parseThreshold(rule, members.length);
    if (threshold === undefined) throw this.malformed('the threshold lies between 1 and the number of members');
    for (const member of members) {
      if (!this.isDefined(member)) throw this.malformed('a member is not defined above');
      if (this.grouped.has(member)) throw this.malformed('a name is a member twice');
      this.grouped.add(member);
    }
    this.groups.set(name, { threshold, members });
  }

  private readQuorum([name, ...more]: string[]): void {
    if (name === undefined || more.length > 0) throw this.malformed('expected: quorum <name>');
    if (this.quorum !== undefined) throw this.malformed('a second quorum line');
    if (name !== NO_WITNESSES && !this.isDefined(name)) throw this.malformed('the quorum is not defined above');
    this.quorum = name;
  }

  private isDefined(name: string): boolean {
    return this.witnesses.has(name) || this.groups.has(name);
  }

  private requireFreeName(name: string): void {
    if (name === NO_WITNESSES || this.isDefined(name)) throw this.malformed('the name is taken');
    if (this.witnesses.size + this.groups.size >= NAMES_MAX) throw this.malformed(`more than ${NAMES_MAX} names`);
  }

  private malformed(why: string): LedgerError {
    return new LedgerError('TRUST_POLICY_MALFORMED', `policy, line ${this.line}: ${why}`);
  }
}

function parseThreshold(rule: string, memberCount: number): number | undefined {
  if (rule === 'any') return 1;
  if (rule === 'all') return memberCount;
  const threshold = /^[1-9][0-9]{0,3}$/.test(rule) ? Number(rule) : 0;
  return threshold >= 1 && threshold <= memberCount ? threshold : undefined;
}
