import { Writable } from 'node:stream';
import { Progress } from '../../../apps/cli/src/demo/progress';

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

/** The demo's people act; nobody watches. */
export const silentProgress = new Progress(nowhere as NodeJS.WriteStream);
