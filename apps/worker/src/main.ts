import { runService } from '@aceso/platform';
import { startWorker } from './worker';

void runService('worker', startWorker);
