import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres';
import { isAlive } from '../embedded/postmaster';
import { forgetHome } from './forget-home';
import { lockHome } from './home-lock';

let folder: string;
let server: EmbeddedPostgres | undefined;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'aceso-forget-')))); // 0700: as root the data lie elsewhere
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

it('removes the database wherever it lies, and the server that a killed launcher left running', async () => {
  const home = join(folder, 'home');
  server = await startEmbeddedPostgres({ home, settings: { fsync: 'off' } });
  const { data, pid } = server;
  await forgetHome(home);
  expect(isAlive(pid)).toBe(false);
  expect([home, data, ...(data.startsWith(home) ? [] : [dirname(data)])].filter(existsSync)).toEqual([]);
}, 60_000);

it('leaves a home alone that is being served', async () => {
  const home = join(folder, 'home');
  const lock = await lockHome(home);
  await expect(forgetHome(home)).rejects.toMatchObject({ code: 'HOME_IN_USE' });
  expect(existsSync(home)).toBe(true);
  lock.release();
});

it('has nothing to do where there is no home', async () => {
  await expect(forgetHome(join(folder, 'nowhere'))).resolves.toBeUndefined();
});
