import { readFileSync } from 'node:fs';

/** The operating system's account that PostgreSQL runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. In order of preference; both exist on practically every Linux and macOS. */
const UNPRIVILEGED = ['postgres', 'nobody'];

/** Accounts of /etc/passwd by name: `name:password:uid:gid:…` (passwd(5)). */
export function parseAccounts(passwd: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && /^[0-9]+$/.test(uid ?? '') && /^[0-9]+$/.test(gid ?? '')) {
      accounts.set(name, { name, uid: Number(uid), gid: Number(gid) });
    }
  }
  return accounts;
}

/**
 * Who PostgreSQL runs as: undefined for "as we do", when this process is no root; else the account `postgres`, or `nobody`
 * where there is none, or nobody's usual number where there is not even that. No account is ever created on the host.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  let accounts: Map<string, Account>;
  try {
    accounts = parseAccounts(readFileSync('/etc/passwd', 'utf8'));
  } catch {
    accounts = new Map();
  }
  for (const name of UNPRIVILEGED) {
    const account = accounts.get(name);
    if (account && account.uid !== 0) return account;
  }
  return { name: 'nobody', uid: 65_534, gid: 65_534 };
}
