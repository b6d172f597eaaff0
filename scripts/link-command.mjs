/** Makes `npx aceso` run the build: a command link beside those of the dependencies, and the execute bit that compilers drop. */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const target = 'dist/apps/cli/src/main.js';
const link = 'node_modules/.bin/aceso';

chmodSync(target, 0o755);
mkdirSync('node_modules/.bin', { recursive: true });
rmSync(link, { force: true });
symlinkSync(`../../${target}`, link);
