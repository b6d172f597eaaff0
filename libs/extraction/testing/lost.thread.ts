import { serveJobs } from '@aceso/platform/threads';

/** A thread for specs that ends in the middle of its first task. */
serveJobs(() => () => process.exit(1));
