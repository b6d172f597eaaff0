import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOFTWARE } from './software';

it('names the version of package.json', () => {
  const { name, version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
  expect(SOFTWARE).toEqual({ name, version });
});
