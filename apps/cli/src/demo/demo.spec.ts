import { join } from 'node:path';
import { ORIGIN_DEFAULT } from '@aceso/platform';
import { demoConfig } from './demo';

it('keeps every file of a demo in its output folder, whatever the instance beside it is set to', () => {
  const env = {
    ACESO_HOME: '/srv/aceso',
    ACESO_SIGNING_RECORD: '/srv/kept/last-signed.json',
    ACESO_ORIGIN: 'ledger.example.org/aceso',
    PORT: '3999',
  };
  const config = demoConfig('/srv/demo', '2026-01-31', env);
  expect(config).toMatchObject({
    home: '/srv/demo/home',
    signingRecord: join('/srv/demo/home', 'ledger', 'last-signed.json'),
    origin: ORIGIN_DEFAULT,
    demo: true,
    withdrawalListSeconds: 10,
    now: '2026-01-31',
    port: 3999,
  });
});
